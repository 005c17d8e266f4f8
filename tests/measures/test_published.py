"""The report's single runs, with the spread that its repeated default shows."""

import math

import pytest
from scipy import stats

from lib.experiments import designs
from lib.measures.published import VOCABULARY, published_contrast, published_spread


def test_the_default_stands_three_times_in_the_published_table():
    table, found = designs.published_sweep(), published_spread()
    same = table[table["val_loss"].round(4).isin([0.9808, 0.9811, 0.9722])]["val_loss"]
    assert found.runs == 3
    assert found.deviation == pytest.approx(same.std())


def test_a_difference_has_the_interval_of_two_runs_and_leaves_none_out():
    found = published_contrast([1.0, 0.9])
    half = stats.t.ppf(0.975, 2) * published_spread().deviation * math.sqrt(2)
    assert (found.low, found.high) == pytest.approx((0.1 - half, 0.1 + half))
    assert (found.seeds, found.without_seed) == (None, ())
    assert found.reach == pytest.approx((-math.log(VOCABULARY), math.log(VOCABULARY)))
