"""One HTML document of the whole book, from the pages of a built site, for a browser to print.

A page becomes a section with a running head of its own; the names of its anchors begin with the page's, so
that a link from one page to another stays inside the document. What only a screen can show is left out:
forms, sound, scripts, and code that the pages fold away. Addresses of files that are not in the document
would lead nowhere on paper, or name folders of this machine, so that of such links the words alone stay.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup
from bs4.element import Tag

from lib.basics.errors import BookError
from lib.basics.places import PROJECT, shown
from lib.publish.record import RECORD_FILE

TITLE = "Composing to a Mood"
AUTHOR = "The Composing to a Mood authors"
#: Not on paper: what a reference of functions is for is to be searched.
_LEFT_OUT = "book/lib/"
_NAMING = ("aria-labelledby", "aria-describedby", "aria-controls", "for", "headers")  # attributes of anchors
_SCREEN_ONLY = (
    "script, link, noscript, form, .composer, :not(figure.player) > audio, button, .headerlink, .cell-links, "
    ".about-chapter, .noise-control, .quiz-elsewhere, .dropdown:has(.highlight-javascript), "
    "details:is(.above-input, .chapter-tests), .cell.tag_parameters, .cell.tag_injected-parameters"
)
_DOWNLOADS = ":is(figcaption, .quiz-answer) a[download]"
_STYLE = Path(__file__).with_name("paper.css")


@dataclass(frozen=True)
class Part:
    """A part of the table of contents: its caption, empty for the first page, and its documents in order."""

    caption: str
    documents: tuple[str, ...]


def printed_parts(project: Path = PROJECT) -> list[Part]:
    """The parts of `_toc.yml` with the documents that are printed."""
    toc = yaml.safe_load((project / "_toc.yml").read_text(encoding="utf-8"))

    def walk(entry: dict) -> Iterator[str]:
        if "file" in entry and not entry["file"].startswith(_LEFT_OUT):
            yield entry["file"]
        for child in (*entry.get("chapters", ()), *entry.get("sections", ())):
            yield from walk(child)

    found = [Part(part.get("caption", ""), tuple(walk(part))) for part in toc.get("parts", ())]
    return [Part("", (toc["root"],)), *found]


def slug(document: str) -> str:
    """The anchor of a page in the printed document; its own anchors begin with it."""
    return document.replace("/", "-")


def book_document(site: Path, parts: Sequence[Part], address: str = "") -> str:
    """The whole book as one HTML document; pictures, styles and scripts are those of the site's files.

    Args:
        site: the folder of the built pages.
        parts: of the table of contents, in order.
        address: where the site is published; empty where it has none, and then a player names its page alone.

    Raises:
        BookError: when there is no site, or one of the pages is missing in it.
    """
    documents = [document for part in parts for document in part.documents]
    pages = {document: _read(site, document) for document in documents}
    articles = {document: _article(page, document) for document, page in pages.items()}
    for document, article in articles.items():
        _prepare(article, document, address)
    anchors = {str(tag["id"]) for article in articles.values() for tag in article.find_all(id=True)}
    anchors |= {slug(document) for document in documents}
    for document, article in articles.items():
        _lead_inside(article, document, anchors, site)
    titles = {document: _title(article, document) for document, article in articles.items()}
    sections = "".join(
        f'<section class="paper-page" id="{slug(document)}" style="page: {slug(document)}">'
        f"{article.decode_contents()}</section>"
        for document, article in articles.items()
    )
    heads = "\n".join(_running_head(document, title) for document, title in titles.items())
    return (
        f'<!doctype html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
        f"<title>{TITLE}</title>{_styles(pages[documents[-1]], site, documents[-1])}"
        f"<style>{_STYLE.read_text(encoding='utf-8')}\n{heads}</style>{_scripts(pages, site)}</head>"
        f'<body><main class="bd-main"><div class="bd-content"><article class="bd-article">'
        f"{_title_page(site, address)}{_contents(parts, titles)}{sections}</article></div></main>"
        "</body></html>"
    )


def _read(site: Path, document: str) -> BeautifulSoup:
    path = site / f"{document}.html"
    try:
        return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    except OSError:
        raise BookError(
            f"There is no {shown(path)} to print; build the site first, with: make book (python -m lib book)"
        ) from None


def _article(page: BeautifulSoup, document: str) -> Tag:
    article = page.find("article")
    if not isinstance(article, Tag) or not article.find("h1"):
        raise BookError(f"The page {document}.html has no text to print; build the site again.")
    return article


def _title(article: Tag, document: str) -> str:
    """As the page writes it, with its number."""
    heading = article.find("h1")
    return " ".join(heading.get_text().split()) if heading else document


def _prepare(article: Tag, document: str, address: str) -> None:
    """Take out what only a screen can show, open the folds, and prefix the anchors."""
    for download in article.select(_DOWNLOADS):
        before = download.previous_sibling
        if isinstance(before, str):
            before.replace_with(before.rstrip(" ·"))
    for tag in article.select(f"{_SCREEN_ONLY}, {_DOWNLOADS}"):
        tag.decompose()
    for fold in article.find_all("details"):
        fold["open"] = ""
    for sound in article.select("audio"):  # the player wants one, and paper plays none
        sound.clear()
        sound.attrs = {"aria-label": str(sound.get("aria-label", ""))}
    for player in article.select("figure.player"):
        _say_where(player, document, address)
    for empty in article.select("p.sidebar-title"):
        if not empty.get_text(strip=True):
            empty.decompose()
    prefix = f"{slug(document)}--"
    for tag in article.find_all(id=True):
        tag["id"] = f"{prefix}{tag['id']}"
    for name in _NAMING:
        for tag in article.select(f"[{name}]"):
            value = tag[name] if isinstance(tag[name], list) else str(tag[name]).split()
            tag[name] = " ".join(prefix + each for each in value)


def _say_where(player: Tag, document: str, address: str) -> None:
    """Below a player's caption: the page on which it can be heard."""
    page = f"{document}.html"
    words = escape(page)
    if address:
        whole = escape(f"{address.rstrip('/')}/{page}")
        words = f'<a href="{whole}">{whole}</a>'
    line = BeautifulSoup(f'<span class="paper-hear">Hear: {words}</span>', "html.parser")
    (player.find("figcaption") or player).append(line)


def _lead_inside(article: Tag, document: str, anchors: set[str], site: Path) -> None:
    """Make links between pages links inside the document, and addresses of files whole."""
    folder = (site / document).parent
    for image in article.find_all("img", src=True):
        image["src"] = _whole(str(image["src"]), folder)
        image.attrs.pop("loading", None)
    for link in article.find_all("a", href=True):
        parts = urlsplit(str(link["href"]))
        if parts.scheme in ("http", "https", "mailto"):
            continue
        target = document
        if parts.path:
            path = (folder / unquote(parts.path)).resolve()
            inside = path.is_relative_to(site.resolve())
            target = path.relative_to(site.resolve()).with_suffix("").as_posix() if inside else ""
        anchor = slug(target) + (f"--{unquote(parts.fragment)}" if parts.fragment else "")
        if anchor in anchors:
            link["href"] = f"#{anchor}"
        elif "sd-hide-link-text" in (link.get("class") or []):  # lies over a card, for a pointer
            link.decompose()
        else:
            link.unwrap()


def _whole(address: str, folder: Path) -> str:
    """An address of a page's own as one that holds anywhere on this machine."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return address
    return (folder / unquote(parts.path)).resolve().as_uri()


def _styles(page: BeautifulSoup, site: Path, document: str) -> str:
    """Every stylesheet of the theme and the book, as a page of the site names them."""
    folder = (site / document).parent
    links = [
        (link.get("media", "all"), _whole(str(link["href"]), folder))
        for link in page.find_all("link", rel="stylesheet", href=True)
    ]
    return "".join(f'<link rel="stylesheet" media="{media}" href="{address}">' for media, address in links)


def _scripts(pages: dict[str, BeautifulSoup], site: Path) -> str:
    """Two scripts alone: the formulas', where a page has one, and the piano rolls'."""
    found = ""
    for document, page in pages.items():
        source = page.find("script", src=lambda address: bool(address) and "/mathjax/" in address)
        if isinstance(source, Tag):
            settings = page.find("script", string=lambda text: bool(text) and "window.MathJax =" in text)
            found = str(settings or "")
            found += f'<script defer src="{_whole(str(source["src"]), (site / document).parent)}"></script>'
            break
    return f'{found}<script defer src="{(site / "_static" / "player.js").resolve().as_uri()}"></script>'


def _running_head(document: str, title: str) -> str:
    """The CSS of the pages of one chapter: its title above, on every page."""
    words = title.replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\3c ")
    return f'@page {slug(document)} {{ @top-left {{ content: "{words}"; }} }}'


def _title_page(site: Path, address: str) -> str:
    try:
        record = json.loads((site / RECORD_FILE).read_text(encoding="utf-8"))
        profile, trial = str(record["profile"]), bool(record["trial"])
    except (OSError, ValueError, KeyError, TypeError):
        raise BookError(
            f"There is no {shown(site / RECORD_FILE)} that tells what the site was made with; "
            "build the site first, with: make book, or python -m lib book"
        ) from None
    warning = "<p><strong>A trial: its numbers are not meant to be read.</strong></p>" if trial else ""
    where = f'<p><a href="{escape(address)}">{escape(address)}</a></p>' if address else ""
    return (
        '<section class="paper-title" id="paper-title"><p class="paper-book">' + TITLE + "</p>"
        "<p>Music from an emotion and a genre, by an LSTM and a Transformer:<br>a course report that "
        f"computes its own numbers</p><p>{AUTHOR}</p>"
        f"{warning}{where}<p>Printed from the pages made with the profile <code>{escape(profile)}</code>.</p>"
        '<div class="paper-notes"><p>Code under MIT, prose and pictures under CC BY 4.0.</p>'
        "<p>Not on paper: sound, of which the piano rolls and the pages' names stand here; the form that "
        "composes in a browser; code and tables of tests that the pages fold away, which the notebooks hold; "
        "and the reference of the library, which is made to be searched. Quizzes stand with their answers "
        "open. A link to something that is not in this file is printed as words.</p></div></section>"
    )


def _contents(parts: Sequence[Part], titles: dict[str, str]) -> str:
    """The table of contents; the numbers of pages are filled in once they are known."""
    rows = []
    for part in parts:
        if part.caption:
            rows.append(f'<p class="paper-part">{escape(part.caption)}</p>')
        rows += [
            f'<p class="paper-entry"><a href="#{slug(document)}">{escape(titles[document])}</a>'
            '<span class="paper-dots"></span>'
            f'<span class="paper-number" data-page="{slug(document)}"></span></p>'
            for document in part.documents
        ]
    return f'<section class="paper-contents" id="paper-contents"><h1>Contents</h1>{"".join(rows)}</section>'
