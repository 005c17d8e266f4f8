"""The book as a PDF: a browser prints the document, the PDF tells on which pages the chapters begin, and the
browser prints once more with these numbers in the contents. At last the outline gets the headings' own words,
since Chromium runs those together that stand on two lines; and qpdf packs the many small objects that tell a
screen reader what is a heading, a cell or a link, which Chromium leaves unpacked."""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from shutil import which

import pikepdf
import yaml
from playwright.sync_api import Browser, Error, Page, sync_playwright

from lib.basics.errors import BookError
from lib.basics.files import atomic_path, explain_write_errors
from lib.basics.places import PROJECT, build_folder
from lib.publish.paper.assemble import AUTHOR, TITLE, book_document, printed_parts, slug
from lib.publish.paper.link import PDF, link_pages

#: The browsers that print, by their programs' names.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_WIDTH = 658  # CSS pixels between the margins of A4, so that pictures are drawn for paper
_PATIENCE = 600_000  # milliseconds until the document must have been loaded
# Fonts, pictures and formulas are there, and every piano roll is drawn.
_READY = """async () => {
    await Promise.all([...document.images].map((image) => image.decode().catch(() => null)));
    if (window.MathJax?.startup?.promise) await MathJax.startup.promise;
    await document.fonts.ready;
    window.dispatchEvent(new Event("beforeprint"));
}"""
_NUMBER = """(pages) => {
    for (const place of document.querySelectorAll(".paper-number")) {
        place.textContent = pages[place.dataset.page];
    }
}"""
_HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .filter((heading) => heading.checkVisibility())
    .map((heading) => heading.textContent.replace(/\\s+/g, " ").trim())"""


def print_book(site: Path | None = None, project: Path = PROJECT) -> Path:
    """Print the whole book from a built site, into it, and link it from every page.

    Args:
        site: the folder of the pages; by default the one that `python -m lib build` made.
        project: whose table of contents and configuration hold.

    Returns:
        The PDF.

    Raises:
        BookError: when there is no site, no browser, a browser that dies, or no room. What stood there before
            then stays.
    """
    site = site or build_folder() / "html"
    address = (_configuration(project).get("html") or {}).get("baseurl") or ""
    parts = printed_parts(project)
    content = book_document(site, parts, address)
    target = site / PDF
    with tempfile.TemporaryDirectory() as folder, atomic_path(target) as written:
        source = Path(folder) / "book.html"
        with explain_write_errors(source):
            source.write_text(content, encoding="utf-8")
        print_document(source, written, [slug(document) for part in parts for document in part.documents])
    link_pages(site)
    return target


def print_document(source: Path, target: Path, chapters: list[str]) -> None:
    """Print the file `source` to the file `target`.

    Args:
        source: HTML, with a heading of the first rank for its contents and for each chapter.
        target: a PDF.
        chapters: the names, in order, by which the contents ask for the numbers of pages.

    Raises:
        BookError: when no browser starts, when it dies, or when the contents lead nowhere.
    """
    with _browser() as browser:
        try:
            context = browser.new_context(
                offline=True, device_scale_factor=2, viewport={"width": _WIDTH, "height": 900}
            )
            page = context.new_page()
            page.emulate_media(media="print")
            page.goto(source.as_uri(), timeout=_PATIENCE)
            page.evaluate(_READY)
            _print(page, target)
            page.evaluate(_NUMBER, _first_pages(target, chapters))
            _print(page, target)
            headings = page.evaluate(_HEADINGS)
        except Error as error:
            raise BookError(
                f"The browser ended before the book was printed ({error.message.splitlines()[0]}); "
                "close what takes memory and run the command again."
            ) from error
    _finish(target, headings)


def _configuration(project: Path) -> dict:
    return yaml.safe_load((project / "_config.yml").read_text(encoding="utf-8"))


def _print(page: Page, target: Path) -> None:
    page.pdf(path=target, prefer_css_page_size=True, print_background=True, outline=True, tagged=True)


def _first_pages(path: Path, chapters: list[str]) -> dict[str, int]:
    """On which page, from 1, each chapter begins: where the links of the contents lead."""
    with pikepdf.open(path) as document:
        places = {str(name).lstrip("/"): place for name, place in document.Root.get("/Dests", {}).items()}
        missing = [chapter for chapter in chapters if chapter not in places]
        if missing:
            raise BookError(
                f"In the printed book no link leads to {missing[0]}, so its contents have no page numbers;"
                " the browser prints in another way than the one that is known here: take another Chromium."
            )
        return {chapter: document.pages.index(pikepdf.Page(places[chapter][0])) + 1 for chapter in chapters}


def _finish(path: Path, headings: list[str]) -> None:
    """Give the PDF its title, and its outline the words of the headings, in the same order; pack it."""
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        with document.open_metadata(set_pikepdf_as_editor=False) as metadata:
            metadata["dc:title"], metadata["dc:creator"] = TITLE, [AUTHOR]
        document.docinfo["/Title"], document.docinfo["/Author"] = TITLE, AUTHOR
        with document.open_outline() as outline:
            entries = list(_entries(outline.root))
            if len(entries) == len(headings):
                for entry, words in zip(entries, headings, strict=True):
                    entry.title = words
        document.save(path, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def _entries(level: Iterable[pikepdf.OutlineItem]) -> Iterator[pikepdf.OutlineItem]:
    """The entries of an outline as a reader unfolds it."""
    for entry in level:
        yield entry
        yield from _entries(entry.children)


@contextlib.contextmanager
def _browser() -> Iterator[Browser]:
    """The machine's Chromium or Chrome; or playwright's own, if somebody has installed it."""
    program = next(filter(None, map(which, BROWSERS)), None)
    with sync_playwright() as started:
        try:
            browser = started.chromium.launch(executable_path=program)
        except Error as error:
            raise BookError(
                f"No browser can be started to print with ({error.message.splitlines()[0]}); install "
                "Chromium, on Debian with: apt-get install chromium"
            ) from error
        try:
            yield browser
        finally:
            with contextlib.suppress(Error):  # it may have died
                browser.close()
