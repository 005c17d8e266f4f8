import doctest

import numpy as np
import pytest

from lib.basics import numbers
from lib.basics.numbers import p_text, p_words, shown, typeset


def test_examples_in_the_docstrings():
    assert doctest.testmod(numbers).failed == 0


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (np.int64(524907), "", "524,907"),
        (1234.5, "", "1,234.500"),
        (-0.005, ".3f", "−0.005"),
        (0.005, "+.3f", "+0.005"),
        (-0.004, ".0%", "0%"),
        (0.0, "+.1f", "0.0"),
        (1e-9, "g", "10⁻⁹"),
        (0.0, ".1e", "0"),
    ],
)
def test_one_number(value, form, text):
    assert shown(value, form) == text


def test_hyphens_that_are_no_minus_stay():
    for text in ("2026-11-29", "bars 5-8", "--browser-seed", "GPL-3.0", "e-5", "x-3"):
        assert typeset(text) == text
    assert typeset("(-0.02), [-1,234, -0.00]") == "(−0.02), [−1,234, 0.00]"


def test_p_values():
    assert [p_text(p) for p in (0.2, 0.001, 0.00014, float("nan"))] == ["0.200", "0.001", "< 0.001", "–"]
    assert p_words(1e-12) == "p < 0.001"
