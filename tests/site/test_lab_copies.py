"""Filled notebooks against the built site: sphinx and we put the same values into the same sentences."""

import os
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from lib.publish.chapters import chapters, glued_source
from lib.publish.execute import executed_path
from lib.publish.for_class.filled import Surroundings, filled_text
from lib.publish.gates import read_copy
from lib.publish.site import published

pytestmark = pytest.mark.skipif(not os.environ.get("MOOD_SMOKE_BOOK"), reason="only make test makes the book")

GLUE = re.compile(r"\{glue:text\}`[^`]+`")
PROFILE = "smoke"


def straight(text):
    """Text with typewriter's quotes and dashes, which sphinx makes typographic."""
    for typographic, plain in (("’", "'"), ("‘", "'"), ("“", '"'), ("”", '"'), ("–", "--"), ("…", "...")):
        text = text.replace(typographic, plain)
    return text


@pytest.mark.parametrize("chapter", chapters(), ids=lambda chapter: chapter.name)
def test_values_are_those_of_the_page(chapter, monkeypatch):
    home = Path(os.environ["MOOD_SMOKE_BOOK"])
    monkeypatch.setenv("MOOD_HOME", str(home))
    copy = read_copy(executed_path(PROFILE, chapter), chapter, PROFILE, {})
    values = dict(filter(None, map(glued_source, (output for _, output in copy.outputs()))))
    ours = [
        straight(re.sub(r"\\(?=[^\w\s])", "", filled_text(mark, values, Surroundings())))
        for cell in published(copy).cells
        if cell.cell_type == "markdown"
        for mark in GLUE.findall(cell.source)
    ]
    page = (home / "_build" / "html" / f"{chapter.document}.html").read_text(encoding="utf-8")
    theirs = [
        straight(" ".join(found.get_text().split()))
        for found in BeautifulSoup(page, "html.parser").select(".pasted-text")
    ]
    assert ours == theirs
