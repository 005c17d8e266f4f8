"""How numbers and names stand on the pages of the smoke book: one way, and none as the code has it."""

import os
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from lib.publish.chapters import documents

pytestmark = pytest.mark.skipif(not os.environ.get("MOOD_SMOKE_BOOK"), reason="only make test makes the book")

_NOT_PROSE = (
    "pre, code, script, style, svg, mjx-container, .math, .chapter-tests, .provenance, a.reference.external"
)
_FAULTS = {
    "a count with decimals": re.compile(r"\b(?:\d+,\d{3}\.00+|\d{2,}\.000)\b"),
    "a power of ten as code has it": re.compile(r"\b\d(?:\.\d+)?e[+-]\d\d\b"),
    "a percentage with a space": re.compile(r"\d[ \u00a0]%"),
    "a hyphen for a minus": re.compile(r"(?<![\w.\-−)\]])-\d"),
    "a minus before zero": re.compile(r"[−-]0(?:\.0+)?(?![\d.])"),
}
_PACKAGES = {"pretty_midi"}  # the credits name it
_CODE_NAME = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")


@pytest.fixture(params=[name for name in documents() if not name.startswith("book/lib/")])
def article(request):
    path = Path(os.environ["MOOD_SMOKE_BOOK"]) / "_build" / "html" / f"{request.param}.html"
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").find("article")
    for part in page.select(_NOT_PROSE):
        part.replace_with(" ")
    return page


def test_numbers_are_written_in_one_way(article):
    text = article.get_text("\n")
    found = {
        name: [text[max(0, hit.start() - 30) : hit.end() + 15] for hit in pattern.finditer(text)]
        for name, pattern in _FAULTS.items()
    }
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_no_table_or_figure_names_a_column_of_the_code(article):
    shown = [cell.get_text(" ") for cell in article.select("th, td, caption, figcaption")]
    shown += [image.get("alt", "") for image in article.find_all("img")]
    assert sorted({name for text in shown for name in _CODE_NAME.findall(text)} - _PACKAGES) == []
