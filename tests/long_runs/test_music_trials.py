"""Tables of several seeds become one, with Student's interval."""

import pandas as pd
import pytest

from lib.long_runs.music_trials import _over_seeds


def test_the_interval_is_students_over_the_seeds_that_have_a_value():
    keys = {"measure": "is_aabb", "source": "lstm"}
    tables = [pd.DataFrame([{**keys, "value": value, "pieces": 40}]) for value in (0.1, 0.2, 0.3)]
    tables.append(pd.DataFrame([{**keys, "value": float("nan"), "pieces": 0}]))
    (line,) = _over_seeds(tables, ["measure", "source"]).itertuples()
    assert (line.value, line.runs, line.pieces, line.by_seed) == (pytest.approx(0.2), 3, 120, "0.1 0.2 0.3")
    assert (line.low, line.high) == pytest.approx((0.2 - 0.24841, 0.2 + 0.24841), abs=1e-4)
