"""What the tests in a browser share: the site, and pages that remember what they asked for and said."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lib.basics.places import PROJECT

SITE = Path(os.environ.get("MOOD_SITE") or PROJECT / "_build" / "test" / "_build" / "html").resolve()
WIDTHS = (320, 390, 768, 1440)  # CSS pixels: two phones, a tablet, a desk
HEIGHT = 900
LISTINGS = "tests/"  # pages that only list a file of tests, all made alike

# Waits for fonts, formulas, the change of colours to a theme and a sidebar that slides in; then the page no
# longer moves by itself.
_SETTLED = """async () => {
    await document.fonts.ready;
    if (window.MathJax?.startup?.promise) await MathJax.startup.promise;
    const moving = document.getAnimations().filter((each) => each instanceof CSSTransition);
    await Promise.allSettled(moving.map((each) => each.finished));
}"""


def page_names() -> list[str]:
    """Every page of the site; the first one only leads to the book's."""
    found = (path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
    return sorted(name for name in found if not name.startswith("_static/") and name != "index.html")


class Visit:
    """One page in the browser.

    Attributes:
        page: playwright's page.
        requests: the addresses that it asked for.
        complaints: errors in its console, scripts that stopped, requests that failed.
    """

    def __init__(self, context, address: str):
        self.requests, self.complaints = [], []
        self.page = context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"a script stopped: {error}"))
        self.open(address)

    def open(self, address: str) -> None:
        """Go to another page."""
        self.page.goto(address)
        self.page.evaluate(_SETTLED)

    def resize(self, width: int) -> None:
        """Give the window another width, and wait until the page has taken it up."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.evaluate(_SETTLED)

    def foreign_requests(self, own: tuple[str, ...] = ("file:",)) -> list[str]:
        """What it asked of others than the site itself."""
        return [url for url in self.requests if not url.startswith((*own, "data:", "blob:"))]

    def _said(self, message) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _failed(self, request) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):  # audio that is paused, a page that is left
            self.complaints.append(f"{request.url}: {request.failure}")

    def _answered(self, response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.url}: {response.status}")


def file_of(url: str) -> Path:
    """The file behind an address on this disk."""
    return Path(unquote(urlsplit(url).path))


def pages_with(words: str) -> list[str]:
    """The pages whose HTML holds these words, found when the tests are collected."""
    return [name for name in page_names() if words in (SITE / name).read_text(encoding="utf-8")]


def chapter_names() -> list[str]:
    """The pages made of notebooks."""
    return [name for name in page_names() if name.startswith("notebooks/")]


def made_page(folder: Path, body: str, script: str) -> str:
    """The address of a page of our own with one script of the book, for what no chapter may hold."""
    static = PROJECT / "book" / "_static"
    page = folder / "made.html"
    page.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Made</title>'
        f'<link rel="stylesheet" href="{(static / script).as_uri()}.css">'
        f'<script defer src="{(static / script).as_uri()}.js"></script></head>'
        f"<body><article>{body}</article></body></html>",
        encoding="utf-8",
    )
    return page.as_uri()
