"""Filled chapters read like the site's pages: no marks left, the same values, a missing one named."""

import re

import pytest
from markdown_it import MarkdownIt
from myst_nb.core.variables import format_plain_text
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from pybtex.database import parse_string

from lib.publish.chapters import chapters
from lib.publish.for_class.filled import Surroundings, cited, figure_numbers, filled, filled_text

SOURCES = parse_string(
    "@article{one, author={Witten, Ian and Bell, Timothy}, year={1991}}"
    "@misc{many, author={Hoffmann, Jordan and Borgeaud, S. and others}, year={2022}}"
    "@misc{team, author={{Team 63}}, year={2025}}",
    "bibtex",
)
AROUND = Surroundings({"02_lstm": "The LSTM"}, SOURCES, {"fig-gates": "Figure 2.6"})
ANY_MARK = re.compile(r"\{(?!eq\}|margin\}|admonition\})[a-z]+(?::[a-z]+)?\}[`]")


def glue_output(name, text):
    return new_output(
        "display_data",
        {"application/papermill.record/text/plain": text},
        metadata={"scrapbook": {"name": name, "mime_prefix": "application/papermill.record/"}},
    )


@pytest.mark.parametrize(
    ("form", "text", "seen"),
    [
        (":.2f", "1.23456", "1.23"),
        (":,", "12345", "12,345"),
        (":.0%", "0.5", "50%"),
        ("", "'higher than'", "higher than"),
        ("", "0.25", "0.25"),
    ],
)
def test_values_stand_in_their_format(form, text, seen):
    assert filled_text(f"a {{glue:text}}`x{form}` b", {"x": text}, AROUND) == f"a {seen} b"


@pytest.mark.parametrize("form", ["", ":.2f"])
def test_a_missing_value_is_named_and_nothing_fails(form):
    assert filled_text(f"{{glue:text}}`x{form}`", {}, AROUND) == "(x is missing in this execution)"
    assert "is missing" in filled_text("{glue:text}`x:.2f`", {"x": "'a word'"}, AROUND)


def test_somebodys_label_stays_text():
    label = "*a* <b>b</b> `c` [d](http://e) $f$ _g_ \\h"
    text = filled_text("{glue:text}`x`", {"x": repr(label)}, AROUND)
    inline = MarkdownIt().parse(text)[1]
    assert [child.type for child in inline.children if child.type not in ("text", "text_special")] == []
    assert "".join(child.content for child in inline.children) == label
    assert not re.search(r"(?<!\\)\$", text)


def test_marks_become_what_the_site_says():
    text = filled_text(
        "{doc}`02_lstm` {cite:p}`one,many` {numref}`fig-gates` {mod}`lib.data` {term}`kappa` "
        "{ref}`below <label>` [Listen](../book/listen.md) {eq}`eq-lstm` {numref}`fig-other`",
        {},
        AROUND,
        {"fig-other": "Gates over bars: rows are features."},
    )
    assert text == (
        "[The LSTM](02_lstm.ipynb) [Witten and Bell, 1991; Hoffmann et al., 2022] Figure 2.6 `lib.data` "
        "kappa below Listen (a page of the site) {eq}`eq-lstm` the figure “Gates over bars”"
    )


def test_sources_are_cited_as_on_the_site():
    assert cited(["team"], SOURCES, textual=True) == "Team 63 [2025]"
    assert cited(["nobody2000"], SOURCES) == "[nobody2000]"


def test_no_mark_of_any_chapter_is_left():
    for chapter in chapters():
        for cell in chapter.read().cells:
            if cell.cell_type == "markdown":
                assert not ANY_MARK.search(filled_text(cell.source, {}, Surroundings())), chapter.name


def test_a_chapter_is_filled_and_folded(tiny_book):
    copy = tiny_book.copy(tiny_book.notebook("01_a", "1"))
    picture = new_code_cell("draw()", id="draw", metadata={"tags": ["hide-input"]})
    picture.metadata["mystnb"] = {"figure": {"caption": "Losses of {doc}`02_lstm`.", "name": "fig-gates"}}
    picture.outputs = [
        glue_output("x", "0.123"),
        new_output("stream", name="stderr", text="1 % done"),
        new_output("display_data", {"text/html": "<b>kept</b>"}),
    ]
    copy.notebook.cells += [picture, new_markdown_cell("It is {glue:text}`x:.1f`.")]
    before = repr(copy.notebook)
    notebook = filled(copy, copy.notebook, AROUND)
    assert repr(copy.notebook) == before
    drawn, caption, sentence = notebook.cells[-3:]
    assert [output.data for output in drawn.outputs] == [{"text/html": "<b>kept</b>"}]
    assert drawn.metadata.jupyter.source_hidden
    assert caption.source == "**Figure 2.6.** Losses of [The LSTM](02_lstm.ipynb)."
    assert sentence.source == "It is 0.1."
    assert "2026-01-01 with the profile smoke" in notebook.cells[0].source
    assert format_plain_text("0.123", ".1f") in sentence.source


def test_figures_have_the_numbers_of_the_built_site(tiny_book, tmp_path):
    chapter = tiny_book.notebook("01_a", "1")
    assert figure_numbers(tmp_path, chapter) == {}
    page = tmp_path / "notebooks" / "01_a.html"
    page.parent.mkdir()
    page.write_text('<figure id="fig-x"><p><span class="caption-number">Figure 1.2 </span>A</p></figure>')
    assert figure_numbers(tmp_path, chapter) == {"fig-x": "Figure 1.2"}
