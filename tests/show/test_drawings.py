"""Beside each picture of a notebook its drawing is kept, found again by the picture alone."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from lxml import etree
from matplotlib_inline.backend_inline import select_figure_formats

from lib.show import style
from lib.show.drawings import FOLDER, drawing, drawing_name, keep_drawings


@pytest.fixture
def shell():
    shell = InteractiveShell()
    select_figure_formats(shell, {"retina"})
    yield shell
    plt.close("all")


def figure():
    made, (left, right) = plt.subplots(1, 2)
    left.plot([1, 2, 3], label="a < b & c")
    left.legend()
    right.pcolormesh(np.arange(5000.0).reshape(50, 100))
    return made


def test_a_shown_figure_leaves_its_drawing_under_the_hash_of_its_picture(shell, monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    keep_drawings(shell)
    data, _ = shell.display_formatter.format(figure(), include={"image/png"})
    (kept,) = tmp_path.iterdir()
    assert kept.name == drawing_name(data["image/png"])
    assert etree.parse(kept).getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_nothing_is_kept_unless_asked_for(shell, monkeypatch):
    monkeypatch.delenv(FOLDER, raising=False)
    before = dict(shell.display_formatter.formatters["image/png"].type_printers)
    keep_drawings(shell)
    assert shell.display_formatter.formatters["image/png"].type_printers == before


def test_a_drawing_is_light_and_names_no_day():
    text = drawing(figure())
    assert len(text) < 300_000
    assert "<image" in text
    assert "dc:date" not in text


def test_a_second_shell_of_one_process_shows_its_figures(monkeypatch):
    """Pictures' format is a setting of the process: set again to what it is, it tells no shell."""
    for _ in range(2):
        shell = InteractiveShell()
        monkeypatch.setattr(style, "get_ipython", lambda shell=shell: shell)
        style.apply_style()
        data, _ = shell.display_formatter.format(figure(), include={"image/png"})
        assert data["image/png"]
    plt.close("all")
