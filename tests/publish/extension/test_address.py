"""The page for addresses that lead nowhere, and the cards that other sites show for a link."""

import re
import shutil
from types import SimpleNamespace

import imagesize
import pytest
from bs4 import BeautifulSoup
from docutils.core import publish_doctree

from lib.basics.places import BOOK
from lib.publish.extension.address import (
    CARD,
    CARD_SIZE,
    NOT_FOUND,
    _add_card,
    _write_not_found,
    card_lines,
    first_words,
    not_found_page,
)
from lib.publish.pages import Page, described_images, no_other_host

BASE = "https://example.org/composing"
RUDE = 'A "mood" <script>alert(1)</script> 悲しい 😀'


def metas(lines):
    found = BeautifulSoup(lines, "html.parser")
    assert {tag.name for tag in found.find_all(True)} == {"meta"}
    return {tag.get("property") or tag["name"]: tag["content"] for tag in found.find_all("meta")}


@pytest.mark.parametrize("base", [BASE, f"{BASE}/"])
def test_a_card_has_whole_addresses_and_any_text_is_text(base):
    found = metas(card_lines(base, "notebooks/04.html", RUDE, RUDE, "Book"))
    assert found["og:url"] == f"{BASE}/notebooks/04.html"
    assert found["og:image"] == f"{BASE}/{CARD}"
    assert found["og:title"] == found["og:description"] == RUDE
    assert found["twitter:card"] == "summary_large_image"
    assert all(found.values())
    assert "og:description" not in metas(card_lines(base, "a.html", "Title", "", "Book"))


def test_the_picture_is_there_in_the_size_that_is_told():
    path = BOOK / CARD
    assert imagesize.get(path) == CARD_SIZE == (1200, 630)
    assert path.stat().st_size < 300_000  # some sites take no larger one


def app_with(base, folder=None):
    builder = SimpleNamespace(get_target_uri=lambda page: f"{page}.html", format="html")
    config = SimpleNamespace(html_baseurl=base, html_title="Book", project="Project")
    return SimpleNamespace(config=config, builder=builder, outdir=folder)


def test_a_page_gets_a_card_only_where_the_site_has_an_address():
    doctree = publish_doctree(f"Title\n=====\n\nSee.\n\n{'A long beginning. ' * 20}\n")
    context = {"title": "<em>Title</em> &amp; more", "metatags": "<meta/>"}
    _add_card(app_with(""), "a/b", "page.html", context, doctree)
    assert context["metatags"] == "<meta/>"
    _add_card(app_with(BASE), "search", "page.html", context, None)
    assert context["metatags"] == "<meta/>"
    _add_card(app_with(BASE), "a/b", "page.html", context, doctree)
    found = metas(context["metatags"].removeprefix("<meta/>"))
    assert (found["og:title"], found["og:url"]) == ("Title & more", f"{BASE}/a/b.html")
    assert found["og:description"] == first_words(doctree)


def test_the_description_is_the_first_paragraph_that_says_something():
    text = "Title\n=====\n\nShort.\n\n.. note:: This stands in a box and is no beginning of a text.\n\n"
    words = first_words(publish_doctree(text + "The text itself begins here, and it has something to say."))
    assert words == "The text itself begins here, and it has something to say."
    words = first_words(publish_doctree(text + "word " * 100))
    assert re.fullmatch(r"(word )+…", words)
    assert len(words) <= 202
    assert first_words(None) == ""


@pytest.mark.parametrize("base", ["", BASE])
def test_the_page_stands_alone_and_its_links_start_at_the_root(tmp_path, base):
    _write_not_found(app_with(base, tmp_path), None)
    page = Page(tmp_path / NOT_FOUND, tmp_path)
    assert list(no_other_host(page)) == list(described_images(page)) == []
    assert not page.tree.find_all(["link", "img"])
    assert not page.tree.find_all(src=True)
    root = f"{BASE}/" if base else ""
    assert [link["href"] for link in page.tree.find_all("a")] == [
        f"{root}book/index.html",
        f"{root}search.html",
        f"{root}genindex.html",
    ]
    assert page.tree.title.get_text() == "Nothing here · Book"


def test_the_page_is_not_written_after_a_failure(tmp_path):
    _write_not_found(app_with("", tmp_path), ValueError())
    assert not list(tmp_path.iterdir())


def test_names_are_text_on_the_page():
    page = BeautifulSoup(not_found_page('https://example.org/"><b>', RUDE), "html.parser")
    assert RUDE in page.title.get_text()
    assert len(page.find_all("script")) == 1
    assert not page.find_all("b")


@pytest.mark.parametrize(
    ("address", "root"),
    [
        ("/repository/notebooks/04_generatoin.html", "/repository/"),
        ("/repository/book/lib/nothing.html", "/repository/"),
        ("/book/notebooks/x.html", "/book/"),
        ("/nothing.html", "/"),
        ("/repository/nothing", "/repository/"),
        ("/notebooks/deep/er/x.html", "/"),
    ],
)
def test_its_script_finds_the_root(tmp_path, address, root):
    """In the engine that the browser tests use too; the page is served at any address, as a server would."""
    sync_api = pytest.importorskip("playwright.sync_api")
    browsers = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, browsers)), None)
    if found is None:
        pytest.skip("there is no browser")
    with sync_api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page, body = browser.new_page(), not_found_page("", "Book")
        page.route("**/*", lambda route: route.fulfill(body=body, content_type="text/html"))
        page.goto(f"http://site.test{address}")
        links = page.eval_on_selector_all("a", "links => links.map(link => new URL(link.href).pathname)")
        browser.close()
    assert links == [f"{root}book/index.html", f"{root}search.html", f"{root}genindex.html"]
