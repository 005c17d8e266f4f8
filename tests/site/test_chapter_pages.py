"""What the site adds to a chapter beside its cells, looked at in the smoke book that `make test` has made."""

import os
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from lib.publish.chapters import chapters
from lib.publish.extension.cell_anchors import cell_anchor

pytestmark = pytest.mark.skipif(not os.environ.get("MOOD_SMOKE_BOOK"), reason="only make test makes the book")


@pytest.fixture(params=chapters(), ids=lambda chapter: chapter.name)
def chapter(request):
    return request.param


@pytest.fixture
def site():
    return Path(os.environ["MOOD_SMOKE_BOOK"]) / "_build" / "html"


@pytest.fixture
def page(site, chapter):
    return BeautifulSoup((site / f"{chapter.document}.html").read_text(encoding="utf-8"), "html.parser")


def test_shown_cells_have_the_address_that_their_notebook_stores(page, chapter):
    stored = {cell_anchor(cell.id) for cell in chapter.read().cells if cell.cell_type == "code"}
    shown = [cell["id"] for cell in page.select("div.cell.container")]
    assert len(shown) > 3
    assert len(set(shown)) == len(shown)
    assert len(set(shown) - stored) <= 1, "only papermill's own cell of parameters may be new"


def test_both_notebooks_can_be_taken_home(page, site, chapter):
    executed, clean = (
        site / chapter.document.rpartition("/")[0] / link["href"]
        for link in page.select("p.about-chapter a[download]")
    )
    results = [cell.get("outputs") for cell in nbformat.read(executed, 4).cells if cell.cell_type == "code"]
    assert any(results)
    assert not any(cell.get("outputs") for cell in nbformat.read(clean, 4).cells)
    assert clean.read_bytes() == chapter.source.read_bytes()


def test_the_status_page_and_tests_are_a_link_away(page, site, chapter):
    links = [link["href"] for link in page.select("p.about-chapter a, details.chapter-tests a")]
    assert any(link.endswith("book/status.html") for link in links)
    tests = [link for link in links if "/tests/" in link]
    assert tests
    for link in tests:
        target, _, fragment = link.partition("#")
        text = (site / chapter.document.rpartition("/")[0] / target).read_text(encoding="utf-8")
        assert f'id="{fragment}"' in text


def test_glossary_terms_are_linked_once_each(page):
    terms = [link["href"] for link in page.select("a.glossary-link")]
    assert terms
    assert len(terms) == len(set(terms))
