"""Our statistics where scipy and statsmodels have the same: one intention, two implementations."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import binom_test
from statsmodels.stats.weightstats import DescrStatsW

from lib.chapters.survey.scores import difference_of_means, evenness_test, sign_test
from lib.measures.statistics import bootstrap_mean, bootstrap_ratio, seed_interval

VALUES = np.random.default_rng(4).gamma(2.0, 1.5, 60)


def test_an_interval_over_seeds_is_students():
    found = seed_interval(VALUES[:5])
    assert tuple(found) == pytest.approx((VALUES[:5].mean(), *DescrStatsW(VALUES[:5]).tconfint_mean(0.05)))
    low, high = stats.t.interval(0.9, 4, VALUES[:5].mean(), stats.sem(VALUES[:5]))
    assert tuple(seed_interval(VALUES[:5], 0.9))[1:] == pytest.approx((low, high))


def test_a_bootstrapped_mean_is_scipys():
    found = bootstrap_mean(VALUES, np.arange(60), draws=20_000)
    expected = stats.bootstrap(
        (VALUES,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    assert found.estimate == pytest.approx(VALUES.mean())
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.02)


def test_a_bootstrapped_mean_over_groups_is_scipys_over_their_sums():
    groups = np.arange(60) // 3
    found = bootstrap_mean(VALUES, groups, draws=20_000)
    sums = VALUES.reshape(20, 3).sum(axis=1)
    expected = stats.bootstrap(
        (sums,),
        lambda drawn, axis: drawn.mean(axis=axis) / 3,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.03)


def test_a_bootstrapped_ratio_is_scipys():
    weights = 1 + VALUES[::-1]
    found = bootstrap_ratio(VALUES, weights, np.arange(60), draws=20_000)
    expected = stats.bootstrap(
        (VALUES, weights),
        lambda over, under, axis: over.sum(axis) / under.sum(axis),
        paired=True,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.01)


def test_the_survey_s_tests_are_those_of_the_books():
    counts = [9, 6, 11, 14, 3]
    assert evenness_test(counts) == pytest.approx(tuple(stats.chisquare(counts)))
    assert sign_test(counts) == pytest.approx(binom_test(17, 32, 0.5))


def test_the_widest_difference_of_paired_means_is_the_paired_test_of_opposed_answers():
    """Where the same raters answer as oppositely as they can, Student's paired interval is ours."""
    first = np.array([1, 2, 3, 4, 5])
    found = difference_of_means([1, 1, 1, 1, 1], [1, 1, 1, 1, 1])
    paired = stats.ttest_rel(first, first[::-1]).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((paired.low, paired.high))
