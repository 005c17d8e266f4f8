"""Words follow from intervals."""

import numpy as np
import pytest

from lib.show import words
from lib.show.words import compared, glue_all, listed, number_text


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (-2, -1, "lower than"),
        (1, 2, "higher than"),
        (-1, 2, "not distinguishable from"),
        (0, 2, "not distinguishable from"),
        (float("nan"), float("nan"), "not distinguishable from"),
    ],
)
def test_compared(low, high, word):
    assert compared(low, high) == word


def test_listed():
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"


def test_glued_values_are_plain(monkeypatch):
    glued = {}
    monkeypatch.setattr(words, "glue", lambda name, value, display: glued.update({name: value}))
    glue_all("lstm", best_order=np.int64(10), loss=np.float64(0.5), word="lower than")
    assert glued == {"lstm-best-order": 10, "lstm-loss": 0.5, "lstm-word": "lower than"}
    assert [type(value) for value in glued.values()] == [int, float, str]


@pytest.mark.parametrize("missing", [None, np.nan, np.float64("nan")])
def test_what_was_not_measured_is_said(missing, monkeypatch):
    glued = {}
    monkeypatch.setattr(words, "glue", lambda name, value, display: glued.update({name: value}))
    glue_all("lstm", loss=missing)
    assert glued == {"lstm-loss": "(not measured)"}
    assert number_text(np.nan, ".0%") == "(not measured)"
    assert number_text(0.5, ".0%") == "50%"
