"""The measures against scikit-learn's and SciPy's own, and against what is known."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import balanced_accuracy_score, r2_score, roc_auc_score

from lib.chapters.rated_emotions.measures import (
    Signs,
    auc,
    balanced_accuracy,
    best_threshold,
    explained,
    feature_frame,
    guesses_left_out,
    rank_correlation,
    signs_of,
)


@pytest.fixture
def drawn():
    generator = np.random.default_rng(2)
    series = np.repeat(np.arange(8), 12)
    positive = generator.random(96) < 0.6
    score = positive + generator.normal(0, 1, 96).round(1)
    return score, Signs(np.arange(96), positive, series)


def test_estimates_are_those_of_the_libraries(drawn):
    score, signs = drawn
    assert auc(score, signs).estimate == pytest.approx(roc_auc_score(signs.positive, score))
    guess = (score > 0.4).astype(float)
    assert balanced_accuracy(guess, signs).estimate == pytest.approx(
        balanced_accuracy_score(signs.positive, guess)
    )
    other = np.random.default_rng(3).normal(size=96) + score
    assert rank_correlation(score, other, signs.series).estimate == pytest.approx(
        spearmanr(score, other).statistic
    )
    assert explained(score, other, signs.series).estimate == pytest.approx(r2_score(other, score))


def test_intervals_hold_the_estimate_and_shrink_to_nothing_against_itself(drawn):
    score, signs = drawn
    for found in (auc(score, signs), balanced_accuracy((score > 0.4).astype(float), signs)):
        assert found.low < found.estimate < found.high
    assert auc(score, signs, minus=score) == (0, 0, 0)


def test_whole_series_are_drawn():
    """Many copies of one piece in a series tell no more than the series."""
    series, positive = np.repeat(np.arange(6), 2), np.tile([True, False], 6)
    score = np.where(positive, [2, 2, 1, 1, 2, 2, 1, 1, 2, 2, 1, 1], [1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2])
    once = balanced_accuracy((score > 1.5).astype(float), Signs(np.arange(12), positive, series))
    many = np.tile(np.arange(12), 50)
    often = balanced_accuracy((score > 1.5).astype(float), Signs(many, positive[many], series[many]))
    assert (once.low, once.high) == pytest.approx((often.low, often.high))


def test_only_pairs_in_one_stratum_are_compared():
    positive = np.array([True, False, True, False])
    signs = Signs(np.arange(4), positive, np.arange(4))
    score, meter = np.array([2.0, 1.0, 4.0, 3.0]), np.array(["2/4", "2/4", "6/8", "6/8"])
    assert auc(score, signs).estimate == 0.75
    assert auc(score, signs, within=meter).estimate == 1


def test_no_guess_is_never_right():
    signs = Signs(np.arange(4), np.array([True, True, False, False]), np.arange(4))
    assert balanced_accuracy(np.array([1, np.nan, 0, np.nan]), signs).estimate == 0.5


def test_the_best_cut_and_its_direction():
    positive = np.array([False, False, True, True])
    assert best_threshold(np.array([1.0, 2, 3, 4]), positive) == (2.5, True)
    assert best_threshold(np.array([4.0, 3, 2, 1]), positive) == (2.5, False)


def test_a_series_does_not_choose_its_own_cut():
    """A number that only names the series tells nothing about a series that was left out."""
    series = np.repeat(np.arange(6), 4)
    positive = series % 2 == 0
    signs = Signs(np.arange(24), positive, series)
    score = np.where(positive, 1.0, 0.0)
    assert balanced_accuracy(guesses_left_out(score, signs), signs).estimate == 1
    assert balanced_accuracy(guesses_left_out(series.astype(float), signs), signs).estimate < 0.6


def test_features_of_made_up_music_go_with_its_signs(rated):
    features = feature_frame(rated)
    assert np.isfinite(features.to_numpy()).all()
    assert auc(features["minor"].to_numpy(), signs_of(rated, "valence")).estimate < 0.1
    assert auc(features["onsets a second"].to_numpy(), signs_of(rated, "arousal")).estimate == 1
    assert 0.2 < auc(features["onsets a beat"].to_numpy(), signs_of(rated, "arousal")).estimate < 0.8
