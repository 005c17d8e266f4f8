import contextlib

import pikepdf
import pypdfium2
import pytest
from playwright.sync_api import Error

from lib.basics.errors import BookError
from lib.publish.paper import printing
from lib.publish.paper.printing import print_book


def test_no_site_is_told_and_nothing_is_written(tmp_path):
    with pytest.raises(BookError, match="build the site first"):
        print_book(tmp_path / "html")
    assert not list(tmp_path.iterdir())


class DeadBrowser:
    def new_context(self, **_):
        raise Error("Target page, context or browser has been closed\nCall log: much more")


def dead_browser(monkeypatch):
    monkeypatch.setattr(printing, "_browser", lambda: contextlib.nullcontext(DeadBrowser()))


def no_browser(monkeypatch):
    monkeypatch.setattr(printing, "which", lambda _: "/nowhere/chromium")


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (no_browser, "No browser can be started to print with"),
        (dead_browser, "ended before the book was printed"),
    ],
)
def test_a_browser_that_fails_is_told_and_what_was_there_stays(tmp_path, monkeypatch, trouble, words):
    trouble(monkeypatch)
    monkeypatch.setattr(printing, "book_document", lambda *_: "<html></html>")
    target = tmp_path / printing.PDF
    target.write_bytes(b"before")
    with pytest.raises(BookError, match=words) as told:
        print_book(tmp_path)
    assert "\n" not in str(told.value)
    assert target.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == [printing.PDF]


@pytest.fixture
def printed(tmp_path):
    """Two chapters as Chromium prints them: places by name, and an outline that runs words together."""
    document = pikepdf.new()
    for _ in range(3):
        document.add_blank_page()
    places = [pikepdf.make_page_destination(document, number, "XYZ", top=700) for number in range(3)]
    document.Root.Dests = pikepdf.Dictionary({"/one": places[1], "/two": places[2]})
    with document.open_outline() as outline:
        chapter = pikepdf.OutlineItem("Oneandmore", places[1])
        chapter.children.append(pikepdf.OutlineItem("Below", places[1]))
        outline.root.extend([chapter, pikepdf.OutlineItem("Two", places[2])])
    document.save(tmp_path / "book.pdf")
    return tmp_path / "book.pdf"


def test_chapters_begin_where_the_links_of_the_contents_lead(printed):
    assert printing._first_pages(printed, ["one", "two"]) == {"one": 2, "two": 3}
    with pytest.raises(BookError, match="no link leads to three"):
        printing._first_pages(printed, ["one", "three"])


@pytest.mark.parametrize(
    ("headings", "outline"),
    [
        (
            ["One and more", "Below", "Two & three – “four”"],
            ["One and more", "Below", "Two & three – “four”"],
        ),
        (["of another count"], ["Oneandmore", "Below", "Two"]),
    ],
)
def test_the_outline_gets_the_words_of_the_headings_and_keeps_its_places(printed, headings, outline):
    printing._finish(printed, headings)
    with pypdfium2.PdfDocument(printed) as read:
        entries = list(read.get_toc())
        assert [entry.get_title() for entry in entries] == outline
        assert [(entry.level, entry.get_dest().get_index()) for entry in entries] == [(0, 1), (1, 1), (0, 2)]
        assert read.get_metadata_value("Title") == "Composing to a Mood"
        assert read.get_metadata_value("Author") == "The Composing to a Mood authors"


def test_the_objects_of_a_finished_pdf_are_packed(printed):
    printing._finish(printed, [])
    assert b"/ObjStm" in printed.read_bytes()
    assert b"/Outlines" not in printed.read_bytes()
