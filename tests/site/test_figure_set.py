"""Every figure of the executed book comes as a drawing too, whatever else its chapter imported."""

import os
from pathlib import Path

import pytest
from lxml import etree

from lib.publish.chapters import chapters
from lib.publish.execute import executed_path
from lib.publish.for_class.figure_set import write_figures
from lib.publish.gates import read_copy

pytestmark = pytest.mark.skipif(not os.environ.get("MOOD_SMOKE_BOOK"), reason="only make test makes the book")

PROFILE = "smoke"


@pytest.mark.parametrize("chapter", chapters(), ids=lambda chapter: chapter.name)
def test_a_figure_with_a_picture_has_a_drawing(chapter, monkeypatch, tmp_path):
    monkeypatch.setenv("MOOD_HOME", os.environ["MOOD_SMOKE_BOOK"])
    copy = read_copy(executed_path(PROFILE, chapter), chapter, PROFILE, {})
    rows = write_figures(tmp_path / "figures", [copy])
    assert [row["figure"] for row in rows if row["png"] and not row["svg"]] == []
    for row in rows:
        if row["svg"]:
            drawn = etree.parse(Path(tmp_path / "figures" / row["svg"])).getroot()
            assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
