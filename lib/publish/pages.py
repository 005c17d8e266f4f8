"""Checks of the built site: what sphinx does not warn about, found in the HTML itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup
from bs4.element import Tag

from lib.publish.heard import heard_as_written

#: Elements whose address the browser fetches by itself; an outgoing <a> is only followed by a reader.
_FETCHING = {
    "script": "src",
    "img": "src",
    "audio": "src",
    "video": "src",
    "source": "src",
    "track": "src",
    "iframe": "src",
    "embed": "src",
    "input": "src",
    "object": "data",
    "link": "href",
    "use": "href",
    "image": "href",
}
_LINK_TYPES_NOT_FETCHED = {"canonical", "license", "author", "index", "search", "next", "prev", "alternate"}
_OTHER_HOST = re.compile(r"^(?:https?:)?//", re.IGNORECASE)
_STYLE_REQUEST = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)
_FILE_NAME = re.compile(r"\S*\.(?:png|jpe?g|svg|gif|webp)", re.IGNORECASE)


@dataclass
class Page:
    """One HTML file of the site."""

    path: Path
    site: Path
    text: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.text = self.path.read_text(encoding="utf-8")

    @property
    def name(self) -> str:
        """The page's path within the site."""
        return self.path.relative_to(self.site).as_posix()

    @cached_property
    def tree(self) -> BeautifulSoup:
        """The parsed page."""
        return BeautifulSoup(self.text, "html.parser")

    @property
    def content(self) -> Tag:
        """What the book itself says, without the theme's frame."""
        return self.tree.find("article") or self.tree

    @cached_property
    def anchors(self) -> set[str]:
        """Everything that a fragment can point to."""
        named = (tag.get("name") for tag in self.tree.find_all("a", attrs={"name": True}))
        return {tag["id"] for tag in self.tree.find_all(id=True)} | {name for name in named if name}


def no_error_output(page: Page) -> Iterator[str]:
    """No traceback, no warning printed by a cell, no message of the page's own markup."""
    if "Traceback (most recent call last)" in page.text or page.tree.select_one("div.output.traceback"):
        yield f"{page.name} shows a traceback"
    if page.tree.select_one("div.output.stderr"):
        yield f"{page.name} shows what a cell wrote to standard error"
    if box := page.tree.select_one(".system-message, .problematic"):
        yield f"{page.name} shows a markup error: {_shorten(box)}"


def described_images(page: Page) -> Iterator[str]:
    """Every image says in words what it shows; a file name is no description."""
    for image in page.tree.find_all("img"):
        text = (image.get("alt") or "").strip()
        if not text or _FILE_NAME.fullmatch(text):
            yield f"{page.name} has an image without alternative text: {(image.get('src') or '')[:80]}"
    for drawing in page.content.find_all("svg"):
        hidden = drawing.get("aria-hidden") == "true" or drawing.find_parent("svg")
        described = drawing.get("aria-label") or drawing.get("aria-labelledby") or drawing.find("title")
        if not hidden and not described:
            yield f"{page.name} has a drawing (svg) without a label"


def filled_figures(page: Page) -> Iterator[str]:
    """Every figure shows something."""
    for figure in page.content.find_all("figure"):
        if not figure.find(["img", "svg", "audio", "video", "table", "pre", "canvas"]):
            yield f"{page.name} has an empty figure: {figure.get('id') or _shorten(figure)}"


def living_links(page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    """Every address within the site leads to a file that is there, and every fragment to an anchor in it."""
    addresses = {tag["href"] for tag in page.tree.find_all("a", href=True)}
    for tag, attribute in _FETCHING.items():
        addresses |= {found[attribute] for found in page.tree.find_all(tag, attrs={attribute: True})}
    for address in sorted(addresses):
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or address in ("", "#"):
            continue
        target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
        if target.is_dir():
            yield f"{page.name} links the folder {address}, which opens nothing from a disk"
        elif not target.is_file() or not target.is_relative_to(page.site):
            yield f"{page.name} links {address}, which is not there"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
            yield f"{page.name} links {address}, but {pages[target].name} has no such anchor"


def no_other_host(page: Page) -> Iterator[str]:
    """Nothing is fetched from elsewhere: the site works offline and tells nobody who reads it."""
    for tag, attribute in _FETCHING.items():
        for found in page.tree.find_all(tag, attrs={attribute: True}):
            fetched = tag != "link" or not _LINK_TYPES_NOT_FETCHED & set(found.get("rel") or [])
            if fetched and _OTHER_HOST.match(found[attribute]):
                yield f"{page.name} fetches {found[attribute]} from another host"
        for found in page.tree.find_all(tag, srcset=True):
            if any(_OTHER_HOST.match(part.strip()) for part in found["srcset"].split(",")):
                yield f"{page.name} fetches {found['srcset']} from another host"
    styles = [found.get_text() for found in page.tree.find_all("style")]
    styles += [found["style"] for found in page.tree.find_all(style=True)]
    for address in _STYLE_REQUEST.findall("\n".join(styles)):
        yield f"{page.name} has a style that fetches {address} from another host"


def local_styles(site: Path) -> Iterator[str]:
    """No stylesheet of the site fetches a font, a picture or another sheet from elsewhere."""
    for path in sorted(site.rglob("*.css")):
        for address in _STYLE_REQUEST.findall(path.read_text(encoding="utf-8", errors="replace")):
            yield f"{path.relative_to(site).as_posix()} fetches {address} from another host"


def check_site(site: Path) -> list[str]:
    """Everything that is wrong with the built site in the folder `site`, a line each."""
    site = site.resolve()
    pages = {path: Page(path, site) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts}
    found = list(local_styles(site))
    for page in pages.values():
        for check in (no_error_output, described_images, filled_figures, no_other_host):
            found.extend(check(page))
        found.extend(living_links(page, pages))
    found.extend(heard_as_written(site, pages.values()))
    return found


def _shorten(tag: Tag) -> str:
    return " ".join(tag.get_text().split())[:120]
