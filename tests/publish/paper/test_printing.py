import contextlib

import pytest
from playwright.sync_api import Error

from lib.basics.errors import BookError
from lib.publish.paper import printing
from lib.publish.paper.printing import print_book


@pytest.fixture
def no_browser(monkeypatch):
    monkeypatch.setattr(printing, "which", lambda _: "/nowhere/chromium")


def test_no_site_is_told_and_nothing_is_written(tmp_path):
    with pytest.raises(BookError, match="build the site first"):
        print_book(tmp_path / "html")
    assert not list(tmp_path.iterdir())


def test_no_browser_is_told_and_what_was_there_stays(tmp_path, no_browser, monkeypatch):
    monkeypatch.setattr(printing, "book_document", lambda *_: "<html></html>")
    target = tmp_path / printing.PDF
    target.write_bytes(b"before")
    with pytest.raises(BookError, match="No browser can be started to print with") as told:
        print_book(tmp_path)
    assert "\n" not in str(told.value)
    assert target.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == [printing.PDF]


class DeadBrowser:
    def new_context(self, **_):
        raise Error("Target page, context or browser has been closed\nCall log: much more")


def test_a_browser_that_dies_is_told_and_what_was_there_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(printing, "book_document", lambda *_: "<html></html>")
    monkeypatch.setattr(printing, "_browser", lambda: contextlib.nullcontext(DeadBrowser()))
    target = tmp_path / printing.PDF
    target.write_bytes(b"before")
    with pytest.raises(BookError, match="ended before the book was printed") as told:
        print_book(tmp_path)
    assert "\n" not in str(told.value)
    assert target.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == [printing.PDF]
