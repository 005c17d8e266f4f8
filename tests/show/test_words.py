"""Words follow from intervals."""

import pytest

from lib.show.words import compared, listed


@pytest.mark.parametrize(("low", "high", "word"), [
    (-2, -1, "lower than"), (1, 2, "higher than"), (-1, 2, "not distinguishable from"),
    (0, 2, "not distinguishable from"), (float("nan"), float("nan"), "not distinguishable from")])
def test_compared(low, high, word):
    assert compared(low, high) == word


def test_listed():
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
