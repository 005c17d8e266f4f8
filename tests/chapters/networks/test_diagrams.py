"""The diagrams name what the settings say, and nothing of them lies over another part or outside."""

import itertools

import matplotlib as mpl
import pytest
from matplotlib.patches import FancyBboxPatch

from lib.chapters.networks.diagrams import plot_lstm_cell, plot_transformers
from lib.profiles import load_profile
from lib.show import apply_style

SHAPES = {
    "ours": load_profile("laptop").runs["transformer"].model,
    "theirs": load_profile("gpu").runs["transformer"].model,
}


@pytest.fixture(autouse=True)
def style():
    with mpl.rc_context():
        apply_style()
        yield


def texts_of(axis) -> list[str]:
    return [text.get_text() for text in axis.texts if text.get_text()]


def boxes_of(axis) -> list[tuple[float, float, float, float]]:
    """Left, bottom, right and top of every filled box."""
    return [
        (box.get_x(), box.get_y(), box.get_x() + box.get_width(), box.get_y() + box.get_height())
        for box in axis.patches
        if isinstance(box, FancyBboxPatch) and box.get_fill() and box.get_facecolor()[3]
    ]


@pytest.mark.parametrize("figure", [plot_lstm_cell, lambda: plot_transformers(SHAPES)])
def test_boxes_keep_apart_and_hold_their_words(figure):
    drawn = figure()
    drawn.canvas.draw()
    for axis in drawn.axes:
        boxes = boxes_of(axis)
        assert boxes
        for one, other in itertools.combinations(boxes, 2):
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one, other)
        for text in axis.texts:
            extent = text.get_window_extent().transformed(axis.transData.inverted())
            x, y = (extent.x0 + extent.x1) / 2, (extent.y0 + extent.y1) / 2
            for left, bottom, right, top in boxes:
                if left < x < right and bottom < y < top:
                    assert left <= extent.x0, text.get_text()
                    assert extent.x1 <= right, text.get_text()
        low, high = axis.get_ylim()
        assert all(low <= box[1] <= box[3] <= high for box in boxes)


def test_the_blocks_say_what_the_settings_say():
    ours, theirs = plot_transformers(SHAPES).axes
    assert "final norm" in texts_of(ours)
    assert "final norm" not in texts_of(theirs)
    assert texts_of(theirs).count("norm") == texts_of(ours).count("norm") == 2
    assert "× 4 layers" in texts_of(ours)
    assert "× 12 layers" in texts_of(theirs)
    assert "feed-forward\n768, squared ReLU" in texts_of(ours)
    assert "feed-forward\n2,048, ReLU" in texts_of(theirs)
    assert "[B, T, 512]" in texts_of(theirs)


def test_the_norm_stands_on_the_side_that_the_settings_say():
    for axis, above in zip(plot_transformers(SHAPES).axes, (False, True), strict=True):
        height = {text.get_text().split("\n")[0]: text.get_position()[1] for text in axis.texts}
        assert (height["norm"] > height["feed-forward"]) == above  # of several, the last one drawn


def test_the_cell_has_its_gates_and_the_names_of_the_equations():
    (axis,) = plot_lstm_cell().axes
    assert {"forget\nσ", "input\nσ", "output\nσ", "content\ntanh", "cₜ₋₁", "cₜ", "hₜ", "xₜ"} <= set(
        texts_of(axis)
    )
