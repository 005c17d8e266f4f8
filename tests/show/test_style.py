"""The palette can be read, also by colour-blind readers."""

import io
import warnings
from itertools import combinations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import seaborn as sns

from lib.show.style import (
    CARD,
    MODEL_COLOURS,
    MODEL_LINES,
    MODEL_MARKERS,
    SEQUENTIAL,
    TOKEN_COLOURS,
    apply_style,
    contrast,
    model_colour,
    model_label,
    short_label,
    text_colour,
    write_readably,
)

# Machado, Oliveira and Fernandes (2009), severity 1.0, for linear RGB.
VISION = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def lab(colour, vision):
    """CIE L*a*b* of a colour as seen with a kind of vision."""
    rgb = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(vision) @ linear, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("name", MODEL_COLOURS)
def test_models_stand_out_from_the_card(name):
    assert contrast(MODEL_COLOURS[name], CARD) >= 3


@pytest.mark.parametrize("vision", VISION)
def test_models_differ_for_every_kind_of_vision(vision):
    seen = {name: lab(colour, VISION[vision]) for name, colour in MODEL_COLOURS.items()}
    for first, second in combinations(seen, 2):
        assert np.linalg.norm(seen[first] - seen[second]) > 15, (first, second)


def test_models_differ_without_colour():
    assert len({(MODEL_MARKERS[name], MODEL_LINES[name]) for name in MODEL_COLOURS}) == len(MODEL_COLOURS)


@pytest.mark.parametrize("token_type", TOKEN_COLOURS)
def test_words_on_tokens_are_legible(token_type):
    fill = TOKEN_COLOURS[token_type]
    assert contrast(text_colour(fill), fill) >= 4.5


def test_names():
    assert model_label("transformer") == "Transformer"
    assert model_label("something else") == "something else"
    assert model_colour("transformer, post-norm") == MODEL_COLOURS["transformer"]
    assert model_colour("unheard of") not in list(MODEL_COLOURS.values())[:3]


def test_apply_style_outside_ipython():
    with mpl.rc_context():
        apply_style()
        assert mpl.rcParams["figure.facecolor"] == CARD


@pytest.mark.parametrize(
    "label", ["ca$$h", "$x^2$", "激昂的", "喜歡", "슬픔", "かなしい", "грустно", "{x}_^%#\\frac"]
)
def test_any_label_is_drawn_as_it_is(label):
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a letter that no font has
        apply_style()
        figure, axis = plt.subplots()
        axis.set_title(label)
        figure.savefig(io.BytesIO())
        assert axis.get_title(loc="left") == label
        plt.close(figure)


def test_a_long_label_is_cut_for_a_figure():
    assert short_label("a" * 60) == "a" * 23 + "…"
    assert short_label("激昂的") == "激昂的"


def test_numbers_of_a_heat_map_are_read_on_every_cell():
    _, axis = plt.subplots()
    shares = np.append(np.linspace(0, 1, 15), np.nan).reshape(4, 4)
    sns.heatmap(shares, annot=True, cmap=SEQUENTIAL, cbar=False, ax=axis)
    write_readably(axis)
    fills = axis.collections[0].get_facecolor()[:15]
    assert len(axis.texts) == 15
    for number, fill in zip(axis.texts, fills, strict=True):
        assert contrast(number.get_color(), mpl.colors.to_hex(fill)) >= 4.0
