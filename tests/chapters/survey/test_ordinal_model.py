"""The ordinal mixed model against answers simulated from known truths, and against other fits."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logsumexp
from statsmodels.miscmodels.ordinal_model import OrderedModel

from lib.basics.errors import BookError
from lib.chapters.survey.ordinal_model import fit_ordinal_model

THRESHOLDS = np.array([-1.5, -0.4, 0.5, 1.7])


def simulated(raters, pieces, effect, rater_sd, piece_sd, seed):
    generator = np.random.default_rng(seed)
    real = (np.arange(pieces) % 2).astype(float)
    mean = (
        effect * real
        + rater_sd * generator.standard_normal((raters, 1))
        + piece_sd * generator.standard_normal(pieces)
    )
    latent = mean + generator.logistic(size=(raters, pieces))
    scores = 1 + (latent[..., None] > THRESHOLDS).sum(axis=-1)
    rater, piece = np.indices((raters, pieces))
    return scores.ravel(), pd.DataFrame({"real": real[piece.ravel()]}), rater.ravel(), piece.ravel()


def test_known_truth_is_found():
    fit = fit_ordinal_model(*simulated(60, 60, 1.0, 0.9, 0.6, seed=1))
    assert fit.converged
    assert fit.coefficients.loc["real", "low"] < 1.0 < fit.coefficients.loc["real", "high"]
    assert fit.rater_sd == pytest.approx(0.9, abs=0.2)
    assert fit.piece_sd == pytest.approx(0.6, abs=0.15)
    assert np.diff(fit.thresholds) == pytest.approx(np.diff(THRESHOLDS), abs=0.2)
    assert (fit.answers, fit.raters, fit.pieces) == (3600, 60, 60)


def test_intervals_cover_and_no_effect_is_rarely_found():
    covered, alarms = 0, 0
    for seed in range(40):
        with_effect = fit_ordinal_model(*simulated(25, 12, 0.8, 0.8, 0.5, 100 + seed)).coefficients
        without = fit_ordinal_model(*simulated(25, 12, 0.0, 0.8, 0.5, 500 + seed)).coefficients
        covered += with_effect.loc["real", "low"] < 0.8 < with_effect.loc["real", "high"]
        alarms += not without.loc["real", "low"] < 0 < without.loc["real", "high"]
    assert covered >= 33  # 38 expected
    assert alarms <= 7  # 2 expected


def test_without_differences_between_raters_and_pieces_it_is_the_ordered_logit():
    scores, predictors, raters, pieces = simulated(55, 20, 0.8, 0.0, 0.0, seed=5)
    fit = fit_ordinal_model(scores, predictors, raters, pieces)
    plain = OrderedModel(scores, predictors, distr="logit").fit(disp=False)
    assert max(fit.rater_sd, fit.piece_sd) < 0.15
    assert fit.coefficients.loc["real", "log_odds"] == pytest.approx(plain.params["real"], abs=0.02)
    assert fit.log_likelihood == pytest.approx(plain.llf, abs=0.3)
    assert fit.log_likelihood >= plain.llf - 1e-3, "it holds the plain model as a special case"


def test_the_likelihood_agrees_with_gauss_hermite_quadrature():
    """With raters alone the integral is one-dimensional and can be had exactly."""
    scores, predictors, raters, _ = simulated(40, 20, 0.7, 1.0, 0.0, seed=6)
    fit = fit_ordinal_model(scores, predictors, raters)
    assert fit.pieces == 0
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    ends = np.concatenate([[-np.inf], fit.thresholds, [np.inf]])
    mean = predictors["real"].to_numpy() * fit.coefficients.loc["real", "log_odds"]
    total = 0.0
    for rater in range(40):
        rows = raters == rater
        shifted = mean[rows, None] + fit.rater_sd * nodes
        below, above = (ends[scores[rows] - 1 + side][:, None] - shifted for side in (0, 1))
        chance = expit(above) - expit(below)
        total += logsumexp(np.log(chance).sum(axis=0), b=weights / weights.sum())
    assert fit.log_likelihood == pytest.approx(total, abs=0.5)


def test_the_order_of_answers_and_the_names_do_not_matter():
    scores, predictors, raters, pieces = simulated(15, 8, 0.5, 0.8, 0.5, seed=7)
    order = np.random.default_rng(0).permutation(len(scores))
    first = fit_ordinal_model(scores, predictors, raters, pieces)
    second = fit_ordinal_model(
        scores[order],
        predictors.iloc[order],
        [f"r{raters[i]}" for i in order],
        [f"p{pieces[i]}" for i in order],
    )
    assert second.coefficients.loc["real"].to_numpy() == pytest.approx(
        first.coefficients.loc["real"].to_numpy(), abs=1e-3
    )


def test_scores_that_nobody_gave_and_missing_cells_are_no_obstacle():
    scores, predictors, raters, pieces = simulated(30, 10, 0.5, 0.8, 0.5, seed=8)
    kept = (scores != 2) & (np.arange(len(scores)) % 7 != 0)
    fit = fit_ordinal_model(scores[kept], predictors[kept], raters[kept], pieces[kept])
    assert fit.converged
    assert len(fit.thresholds) == 3


def test_nothing_to_estimate_is_said():
    scores, predictors, raters, pieces = simulated(10, 6, 0.5, 0.8, 0.5, seed=9)
    with pytest.raises(BookError, match="same score"):
        fit_ordinal_model(np.full_like(scores, 3), predictors, raters, pieces)
    with pytest.raises(BookError, match="at least two of each"):
        fit_ordinal_model(scores, predictors, np.zeros_like(raters), pieces)
    kept = pieces < 2
    with pytest.raises(BookError, match="2 pieces are too few"):
        fit_ordinal_model(scores[kept], predictors[kept], raters[kept], pieces[kept])
    with pytest.raises(BookError, match="'real' is the same"):
        fit_ordinal_model(scores, predictors * 0, raters, pieces)


def test_perfectly_separated_answers_give_no_number():
    _, predictors, raters, pieces = simulated(10, 8, 0.0, 0.5, 0.0, seed=10)
    split = np.where(predictors["real"] == 1, 5, 1)
    fit = fit_ordinal_model(split, predictors, raters, pieces)
    interval = fit.coefficients.loc["real"]
    assert not fit.converged or interval["high"] - interval["low"] > 10
