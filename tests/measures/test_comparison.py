"""Differences over seeds and pieces: coverage by simulation, agreement with known formulas, and bad input."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lib.basics.errors import BookError
from lib.measures.comparison import (
    combine,
    paired_difference,
    seed_spread,
    seeds_needed,
    slope_within,
    without_each_seed,
)
from lib.measures.losses import TokenLosses

TOKENS = 10


class Store:
    """Only what the comparisons read."""

    def __init__(self, pieces, groups=None):
        self.index = pd.DataFrame({"group": np.arange(pieces) if groups is None else groups})


def losses(by_piece, correct=False):
    pieces = len(by_piece)
    row = np.repeat(np.arange(pieces), TOKENS).astype(np.int32)
    place = np.tile(np.arange(1, TOKENS + 1), pieces).astype(np.int32)
    loss = np.repeat(by_piece, TOKENS).astype(np.float32)
    return TokenLosses(row, place, np.zeros(len(row), np.uint16), loss, np.full(len(row), correct))


def test_the_estimate_is_the_mean_over_seeds():
    store = Store(50)
    arm = [losses(np.full(50, 1.0 + shift)) for shift in (0.1, 0.2, 0.3)]
    baseline = [losses(np.full(50, 1.0))] * 3
    found = paired_difference(arm, baseline, store)
    assert found.estimate == pytest.approx(0.2, abs=1e-6)
    assert found.by_seed == pytest.approx((0.1, 0.2, 0.3), abs=1e-6)
    assert found.error_pieces == pytest.approx(0, abs=1e-6)
    half = stats.t.ppf(0.975, 2) * 0.1 / math.sqrt(3)
    assert found.high - found.estimate == pytest.approx(half, rel=1e-3), "seeds alone: two degrees of freedom"
    assert found.outcome.seeds == 3


def test_one_seed_has_no_interval_but_one_over_pieces():
    generator = np.random.default_rng(0)
    found = paired_difference([losses(generator.normal(1, 0.2, 80))], [losses(np.full(80, 1.0))], Store(80))
    assert math.isnan(found.low)
    assert found.piece_low < found.estimate < found.piece_high
    assert math.isnan(found.outcome.low)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    generator, covered, trials = np.random.default_rng(1), 0, 120
    for _ in range(trials):
        pieces = generator.normal(0.05, 0.2, 60)  # a true difference of 0.05 that varies over pieces,
        arm = [losses(1 + pieces + generator.normal(0, 0.03)) for _ in range(3)]  # and over seeds
        found = paired_difference(arm, [losses(np.ones(60))] * 3, Store(60), draws=300)
        covered += found.low <= 0.05 <= found.high
    assert 0.88 < covered / trials <= 1


def test_duplicate_groups_widen_the_interval():
    generator = np.random.default_rng(2)
    values = np.repeat(generator.normal(1, 0.2, 20), 5)  # five copies of each
    arm, baseline = [losses(values)], [losses(np.ones(100))]
    alone = paired_difference(arm, baseline, Store(100))
    grouped = paired_difference(arm, baseline, Store(100, np.repeat(np.arange(20), 5)))
    assert grouped.error_pieces > 1.8 * alone.error_pieces
    assert grouped.groups == 20


def test_other_seeds_or_tokens_are_refused():
    one = losses(np.ones(5))
    with pytest.raises(BookError, match="same seeds in both arms; it has 2 and 1"):
        paired_difference([one, one], [one], Store(5))
    with pytest.raises(BookError, match="same tokens in all runs"):
        paired_difference([one], [losses(np.ones(6))], Store(6))


def test_errors_combine_with_satterthwaites_degrees():
    error, degrees = combine(3.0, 2, 4.0, math.inf)
    assert error == 5
    assert degrees == pytest.approx(5**4 / (3**4 / 2))
    assert all(math.isnan(value) for value in combine(math.nan, 2, 1.0, 5))


def test_three_repeats_detect_only_large_differences():
    rule = seed_spread([1.0, 1.01, 0.99])
    assert rule.spread == pytest.approx(0.02)
    found = rule.contrast([1.05, 1.0])
    assert found.high - found.value == pytest.approx(4.303 * 0.01 * math.sqrt(2), rel=1e-3)
    assert found.degrees == 2
    four = rule.contrast([1, 1, 1, 1], (-1, 1, 1, -1))
    assert four.high == pytest.approx(4.303 * 0.01 * 2, rel=1e-3)


def test_what_diverged_or_was_run_once_decides_nothing():
    assert math.isnan(seed_spread([1.0, 1.1]).contrast([math.nan, 1.0]).value)
    once = seed_spread([1.0]).contrast([1.2, 1.0])
    assert once.value == pytest.approx(0.2)
    assert math.isnan(once.low)


def test_seeds_needed_follows_the_textbook():
    assert seeds_needed(1.0, 1.0) == 16  # 2 (1.96 + 0.84)² = 15.7
    assert seeds_needed(10.0, 1.0) == 2
    assert seeds_needed(0.0, 1.0) == math.inf
    assert math.isnan(seeds_needed(math.nan, 1.0))


class ClassStore:
    """Two collections of different difficulty, each with a large and a small class."""

    def __init__(self, slope):
        rows = []
        for genre, base in (("a", 1.0), ("b", 2.0)):
            for emotion, size in (("big", 64), ("small", 16)):
                rows += [(genre, emotion, "train", 0.0)] * size
                rows += [(genre, emotion, "test", base + slope * math.log2(size))] * 12
        self.index = pd.DataFrame(rows, columns=["genre", "emotion", "split", "loss"])
        self.index["group"] = np.arange(len(self.index))
        self.lengths = np.full(len(self.index), 100)

    def rows(self, split):
        return np.flatnonzero(self.index["split"] == split)


@pytest.mark.parametrize("slope", [-0.1, 0.0, 0.05])
def test_a_slope_within_collections_is_found_whatever_their_difficulty(slope):
    store = ClassStore(slope)
    rows = store.rows("test")
    judged = losses(store.index["loss"].to_numpy()[rows])
    row = rows[judged.row].astype(np.int32)
    moved = TokenLosses(row, judged.place, judged.token, judged.loss, judged.correct)
    found, table = slope_within(moved, store)
    assert found.value == pytest.approx(slope, abs=1e-6)
    assert len(table) == 4
    assert slope_within(moved, store, least_groups=13)[1].empty


def test_what_is_left_without_a_seed_is_the_t_interval_of_the_others():
    values = (0.1, 0.3, 0.25, 0.4)
    found = without_each_seed(values, 0.0, 50)
    for left_out, ends in enumerate(found):
        others = np.delete(values, left_out)
        half = stats.t.ppf(0.975, 2) * stats.sem(others)
        assert ends == pytest.approx((others.mean() - half, others.mean() + half))
    assert without_each_seed((0.1,), 0.01, 50) == ()
    assert np.isnan(without_each_seed((0.1, 0.2), 0.01, 50)).all(), "one seed left has no interval"
    wider = without_each_seed(values, 0.5, 50)
    assert all(wide[0] < narrow[0] for wide, narrow in zip(wider, found, strict=True))


def test_a_contrast_says_what_it_is_without_each_of_the_repeats():
    odd_one_out = seed_spread([1.0, 1.01, 1.02, 1.5]).contrast([1.3, 1.0])
    assert odd_one_out.low < 0 < odd_one_out.high
    assert len(odd_one_out.without_seed) == odd_one_out.seeds == 4
    assert [low > 0 for low, _ in odd_one_out.without_seed] == [False, False, False, True]
