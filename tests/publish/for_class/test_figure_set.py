"""The figure set: whole files that others can open, an index that is true, what is missing said."""

import csv
import io
from base64 import b64encode

import matplotlib.pyplot as plt
import pytest
import symusic
from lxml import etree
from nbformat.v4 import new_code_cell, new_output
from PIL import Image

from lib.basics.errors import BookError
from lib.publish.execute import drawings_folder
from lib.publish.for_class.figure_set import LICENCE, figure_set, index_page, notation_picture, write_figures
from lib.show.drawings import drawing, drawing_name
from lib.sound.notation import notation_svg

NASTY = '<script>alert(1)</script> & "quotes"'


def figure_cell(identifier, outputs, caption="Losses."):
    described = {"figure": {"caption": caption, "name": f"fig-{identifier}"}, "image": {"alt": "x"}}
    return new_code_cell("draw()", id=identifier, metadata={"mystnb": described}, outputs=outputs)


@pytest.fixture
def copy(tiny_book, monkeypatch):
    monkeypatch.setenv("MOOD_HOME", str(tiny_book.folder))
    return tiny_book.copy(tiny_book.notebook("01_a", "1"))


def picture():
    made, axis = plt.subplots()
    axis.plot([1, 2])
    written = io.BytesIO()
    made.savefig(written, format="png")
    plt.close(made)
    return b64encode(written.getvalue()).decode(), drawing(made)


def scale():
    track = symusic.Track(name="")
    for step, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72)):
        track.notes.append(symusic.Note(step * 480, 480, pitch, 80))
    score = symusic.Score(480)
    score.tracks.append(track)
    score.time_signatures.append(symusic.TimeSignature(0, 4, 4))
    return score


def test_a_figure_comes_as_svg_and_png_with_its_index(copy, tmp_path):
    png, svg = picture()
    kept = drawings_folder(copy.media.parent / "01_a.ipynb")
    kept.mkdir(parents=True)
    (kept / drawing_name(png)).write_text(svg)
    provenance = '<table class="table provenance"><tr><th>Data</th><td>12 pieces</td></tr></table>'
    copy.notebook.cells += [
        figure_cell("plot", [new_output("display_data", {"image/png": png})], NASTY),
        new_code_cell("", outputs=[new_output("display_data", {"text/html": provenance})]),
    ]
    write_figures(tmp_path / "out", [copy])
    (row,) = csv.DictReader((tmp_path / "out" / "index.csv").open(encoding="utf-8"))
    assert row["address"] == "notebooks/01_a.html#cell-plot"
    assert (row["licence"], row["data"], row["note"]) == (LICENCE, "12 pieces", "")
    assert "profile smoke; 2026-01-01; a device" in row["made"]
    assert (tmp_path / "out" / row["svg"]).read_text() == svg
    Image.open(tmp_path / "out" / row["png"]).verify()
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<script>" not in page
    assert "http" not in page


def test_a_figure_without_its_drawing_or_its_picture_is_said(copy, tmp_path):
    copy.notebook.cells += [
        figure_cell("old", [new_output("display_data", {"image/png": picture()[0]})]),
        figure_cell("words", [new_output("display_data", {"text/markdown": "*Drums only.*"})]),
    ]
    old, words = write_figures(tmp_path / "out", [copy])
    assert old["png"] == "01_a_old.png"
    assert not old["svg"]
    assert "execute the chapter again" in old["note"]
    assert "no picture" in words["note"]
    assert "no picture" in index_page([words])


def test_notation_becomes_a_picture_at_its_full_size(copy, tmp_path):
    svg = notation_svg(scale())
    copy.notebook.cells.append(figure_cell("staff", [new_output("display_data", {"image/svg+xml": svg})]))
    (row,) = write_figures(tmp_path / "out", [copy])
    light = (tmp_path / "out" / row["svg"]).read_text()
    assert "light-dark(" not in light
    etree.fromstring(light.encode())
    image = (
        Image.open(io.BytesIO(notation_picture(light))).convert("L").point(lambda grey: grey < 128 and 255)
    )
    left, _, right, _ = image.getbbox()
    assert right - left > 0.33 * image.width  # svglib alone draws verovio at three quarters
    assert image.width > 1000


def test_before_anything_was_executed_it_is_one_sentence(copy):
    with pytest.raises(
        BookError, match=r"no notebook has been executed for the profile 'smoke'; run: python"
    ):
        figure_set("smoke")
