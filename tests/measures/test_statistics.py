"""Bootstrap over groups and intervals over seeds, by hand and by simulation."""

import numpy as np
import pytest

from lib.measures.statistics import bootstrap, bootstrap_mean, bootstrap_ratio, seed_interval


def test_ratio_of_sums_not_mean_of_ratios():
    # (1 + 9) / (1 + 3) = 2.5, while the mean of 1/1 and 9/3 is 2.
    assert bootstrap_ratio([1, 9], [1, 3], [0, 1]).estimate == 2.5


def test_two_groups_give_the_three_possible_draws():
    interval = bootstrap_mean([0, 0, 1], ["a", "a", "b"], draws=4000, level=0.9)
    # aa: 0, ab: 1/3, bb: 1; each tail of 5 % lies within a probability of 25 %.
    assert interval == pytest.approx((1 / 3, 0, 1))


def test_one_group_has_no_interval():
    estimate, low, high = bootstrap_mean([1, 2], [7, 7])
    assert estimate == 1.5
    assert np.isnan([low, high]).all()


def test_independent_pieces_give_the_normal_interval():
    values = np.random.default_rng(0).normal(size=400)
    interval = bootstrap_mean(values, np.arange(400), draws=4000)
    half = 1.96 * values.std() / 20
    assert interval.low == pytest.approx(values.mean() - half, abs=0.012)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.012)


def test_copies_in_one_group_do_not_narrow_the_interval():
    values = np.random.default_rng(1).normal(size=50)
    alone = bootstrap_mean(values, np.arange(50))
    copied = bootstrap_mean(np.tile(values, 4), np.tile(np.arange(50), 4))
    assert copied == pytest.approx(alone)
    as_if_new = bootstrap_mean(np.tile(values, 4), np.arange(200))
    assert as_if_new.high - as_if_new.low < 0.6 * (alone.high - alone.low)


def test_same_seed_same_draws_also_in_parts(monkeypatch):
    values, groups = np.arange(30.0), np.arange(30)
    whole = bootstrap_mean(values, groups, draws=500, seed=3)
    assert bootstrap_mean(values, groups, draws=500, seed=3) == whole
    assert bootstrap_mean(values, groups, draws=500, seed=4) != whole
    monkeypatch.setattr("lib.measures.statistics._WEIGHTS_AT_A_TIME", 30 * 7)
    assert bootstrap_mean(values, groups, draws=500, seed=3) == pytest.approx(whole)


def test_several_outputs_share_the_draws():
    sums = np.random.default_rng(2).random((40, 3))
    both = bootstrap(sums, np.arange(40), lambda total: total[..., :2] / total[..., 2:], draws=300)
    first = bootstrap_ratio(sums[:, 0], sums[:, 2], np.arange(40), draws=300)
    assert (both.estimate[0], both.low[0], both.high[0]) == pytest.approx(tuple(first))
    assert both.low.shape == (2,)


def test_a_paired_difference_is_narrower_than_two_intervals():
    generator = np.random.default_rng(3)
    difficulty = generator.normal(size=200)
    better, worse = difficulty, difficulty + 0.1 + 0.02 * generator.normal(size=200)
    difference = bootstrap_mean(worse - better, np.arange(200))
    assert 0.09 < difference.low < difference.estimate < difference.high < 0.11


def test_three_seeds_by_hand():
    # mean 2, standard deviation 1, t(0.975, 2) = 4.3027, 4.3027 / √3 = 2.4841
    assert seed_interval([1, 2, 3]) == pytest.approx((2, 2 - 2.4841, 2 + 2.4841), abs=1e-3)
    estimate, low, high = seed_interval([5])
    assert estimate == 5
    assert np.isnan([low, high]).all()


def test_draws_without_a_statistic_are_left_out(recwarn):
    found = bootstrap_ratio(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 1.0]), np.arange(3))
    assert np.isfinite([found.low, found.high]).all()
    assert not recwarn.list
