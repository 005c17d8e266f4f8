r"""Ordered answers of raters about pieces: a cumulative logit model with a random effect for each.

.. math::

   P(Y_{ij} \le k) = \operatorname{logistic}(\theta_k - x_{ij}^\top\beta - \sigma_r u_i - \sigma_p v_j),
   \qquad u_i, v_j \sim N(0, 1)

Rater i and piece j. The likelihood is an integral over all u and v; it is taken by Laplace's approximation
(expansion around the most likely u and v), as in Christensen's R package *ordinal*; statsmodels' OrderedModel
has no random effects. The approximation is good when a rater gives about ten answers and more, and makes the
standard deviations a little too small when they give two or three; that of the pieces is also too small when
there are few pieces, as maximum likelihood makes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from statsmodels.tools.numdiff import approx_hess

from lib.basics.errors import BookError

_NEWTON_STEPS = 50
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class OrdinalFit:
    """A fitted model.

    Attributes:
        coefficients: a row a predictor: log_odds (positive: higher scores), low, high (95%), error. The
            interval uses Student's t with as many degrees of freedom as there are pieces, less the predictors
            and one: with few pieces a normal one would be too narrow.
        thresholds: θ between neighbouring scores, ascending, [scores − 1].
        rater_sd, piece_sd: σ of raters and of pieces, on the same scale; a logistic error has 1.81.
        log_likelihood: by Laplace's approximation.
        answers, raters, pieces: how many of each.
        converged: False when the optimiser gave up or the curvature gives no standard error; then no number
            of it should be quoted.
    """

    coefficients: pd.DataFrame
    thresholds: np.ndarray
    rater_sd: float
    piece_sd: float
    log_likelihood: float
    answers: int
    raters: int
    pieces: int
    converged: bool


def fit_ordinal_model(
    scores: Sequence[int],
    predictors: pd.DataFrame,
    raters: Sequence[object],
    pieces: Sequence[object] | None = None,
) -> OrdinalFit:
    """Fit the model by maximum likelihood.

    Args:
        scores: ordered answers, any integers; only those that occur get a threshold.
        predictors: numeric columns without a constant, a row an answer; may have no column.
        raters: who answered.
        pieces: about what; None leaves σ_p out (the interval then counts raters).

    Raises:
        BookError: when there is nothing to estimate: one score only, fewer than two raters or pieces, fewer
            pieces than the predictors need, or a predictor that does not vary.
    """
    levels, answers = np.unique(np.asarray(scores), return_inverse=True)
    rater_names, rater = np.unique(np.asarray(raters, dtype=object).astype(str), return_inverse=True)
    has_pieces = pieces is not None
    piece_names, piece = np.unique(
        np.asarray(pieces if has_pieces else np.zeros(len(answers)), dtype=object).astype(str),
        return_inverse=True,
    )
    matrix = predictors.to_numpy(dtype=np.float64)
    groups = len(piece_names) if has_pieces else len(rater_names)
    _check(levels, rater_names, piece_names if has_pieces else None, matrix, predictors, groups)
    data = _Data(answers, matrix, rater, piece, len(rater_names), len(piece_names), len(levels))
    start = _start(data, has_pieces)
    memory = np.zeros(len(rater_names) + len(piece_names))

    def cost(parameters: np.ndarray) -> float:
        return -_laplace(data, *_unpack(parameters, data, has_pieces), memory)

    found = minimize(cost, start, method="BFGS", options={"gtol": 1e-4 * len(answers) ** 0.5})
    thresholds, slopes, rater_sd, piece_sd = _unpack(found.x, data, has_pieces)
    errors = _errors(cost, found.x, data)
    freedom = groups - matrix.shape[1] - 1
    half = stats.t.ppf(0.975, freedom) * errors
    table = pd.DataFrame(
        {"log_odds": slopes, "low": slopes - half, "high": slopes + half, "error": errors},
        index=predictors.columns,
    )
    converged = bool(
        np.isfinite(found.fun)
        and np.isfinite(errors).all()
        and np.abs(found.jac).max() < 1e-2 * len(answers) ** 0.5
    )
    return OrdinalFit(
        table,
        thresholds,
        abs(rater_sd),
        abs(piece_sd),
        -float(found.fun),
        len(answers),
        len(rater_names),
        len(piece_names) if has_pieces else 0,
        converged,
    )


@dataclass(frozen=True)
class _Data:
    answers: np.ndarray  # [n] level numbers from 0
    predictors: np.ndarray  # [n, columns]
    rater: np.ndarray  # [n]
    piece: np.ndarray  # [n]
    num_raters: int
    num_pieces: int
    num_levels: int


def _check(levels, raters, pieces, matrix, predictors, groups) -> None:
    if len(levels) < 2:
        raise BookError("All answers are the same score: there is nothing that a model could explain.")
    if len(raters) < 2 or (pieces is not None and len(pieces) < 2):
        raise BookError("A model of raters and pieces needs at least two of each: collect more answers.")
    if groups - matrix.shape[1] < 2:
        raise BookError(
            f"{groups} {'pieces' if pieces is not None else 'raters'} are too few for "
            f"{matrix.shape[1]} predictors: at least {matrix.shape[1] + 2} are needed."
        )
    for name, column in zip(predictors.columns, matrix.T, strict=True):
        if np.ptp(column) == 0:
            raise BookError(f"The predictor '{name}' is the same for all answers: leave it out.")


def _start(data: _Data, has_pieces: bool) -> np.ndarray:
    shares = np.bincount(data.answers, minlength=data.num_levels) / len(data.answers)
    thresholds = stats.logistic.ppf(np.cumsum(shares)[:-1])
    deviations = [0.5] * (1 + has_pieces)
    return np.concatenate(
        [
            thresholds[:1],
            np.log(np.maximum(np.diff(thresholds), 1e-2)),
            np.zeros(data.predictors.shape[1]),
            deviations,
        ]
    )


def _unpack(parameters: np.ndarray, data: _Data, has_pieces: bool):
    """Thresholds (gaps are kept positive by a logarithm), slopes and the two standard deviations.

    Standard deviations may come out negative: the likelihood is the same for both signs and smooth at zero.
    """
    gaps, columns = data.num_levels - 2, data.predictors.shape[1]
    thresholds = np.concatenate([parameters[:1], parameters[0] + np.cumsum(np.exp(parameters[1 : 1 + gaps]))])
    slopes = parameters[1 + gaps : 1 + gaps + columns]
    rater_sd = parameters[1 + gaps + columns]
    return thresholds, slopes, rater_sd, parameters[-1] if has_pieces else 0.0


def _laplace(
    data: _Data,
    thresholds: np.ndarray,
    slopes: np.ndarray,
    rater_sd: float,
    piece_sd: float,
    memory: np.ndarray,
) -> float:
    """The log-likelihood; `memory` keeps the most likely effects as the start of the next call."""
    ends = np.concatenate([[-np.inf], thresholds, [np.inf]])
    lower, upper = ends[data.answers], ends[data.answers + 1]
    fixed = data.predictors @ slopes

    def penalised(effects: np.ndarray) -> tuple[float, np.ndarray]:
        mean = fixed + rater_sd * effects[data.rater] + piece_sd * effects[data.num_raters + data.piece]
        below, above = lower - mean, upper - mean
        with np.errstate(over="ignore"):
            # logistic(b) − logistic(a), without a difference of nearly equal numbers
            logs = log_expit(above) + log_expit(-below) + np.log1p(-np.exp(below - above))
        return float(logs.sum() - 0.5 * effects @ effects), mean

    effects = memory.copy()
    value, mean = penalised(effects)
    for _ in range(_NEWTON_STEPS):
        step, gradient, _ = _newton(data, lower - mean, upper - mean, effects, rater_sd, piece_sd)
        size = 1.0
        while size > 1e-4:
            trial, trial_mean = penalised(effects + size * step)
            if trial >= value - 1e-12:
                break
            size /= 2
        effects, value, mean = effects + size * step, trial, trial_mean
        if gradient @ step < _TOLERANCE:
            break
    memory[:] = effects
    log_determinant = _newton(data, lower - mean, upper - mean, effects, rater_sd, piece_sd)[2]
    return value - 0.5 * log_determinant


def _newton(
    data: _Data, below: np.ndarray, above: np.ndarray, effects: np.ndarray, rater_sd: float, piece_sd: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Newton's step, the gradient, and log det of the curvature of the penalised log-likelihood.

    With a logistic error the derivatives are short: F(a) + F(b) − 1 and −(f(a) + f(b)). The raters' block of
    the curvature is diagonal, so only a matrix as large as the pieces is ever solved.
    """
    cumulative = expit(below), expit(above)
    slope = cumulative[0] + cumulative[1] - 1
    weight = sum(part * (1 - part) for part in cumulative)
    count, pieces = data.num_raters, data.num_pieces
    gradient = (
        np.concatenate(
            [
                rater_sd * np.bincount(data.rater, slope, count),
                piece_sd * np.bincount(data.piece, slope, pieces),
            ]
        )
        - effects
    )
    raters = 1 + rater_sd**2 * np.bincount(data.rater, weight, count)
    diagonal = 1 + piece_sd**2 * np.bincount(data.piece, weight, pieces)
    cross = (
        rater_sd
        * piece_sd
        * np.bincount(data.rater * pieces + data.piece, weight, count * pieces).reshape(count, pieces)
    )
    reduced = np.diag(diagonal) - cross.T @ (cross / raters[:, None])
    right = gradient[count:] - cross.T @ (gradient[:count] / raters)
    for_pieces = np.linalg.solve(reduced, right)
    for_raters = (gradient[:count] - cross @ for_pieces) / raters
    log_determinant = float(np.log(raters).sum() + np.linalg.slogdet(reduced)[1])
    return np.concatenate([for_raters, for_pieces]), gradient, log_determinant


def _errors(cost, parameters: np.ndarray, data: _Data) -> np.ndarray:
    """Standard errors of the slopes from the curvature at the optimum; NaN where it has no inverse."""
    first = data.num_levels - 1
    columns = slice(first, first + data.predictors.shape[1])
    # A standard deviation at its bound of zero has no curvature of its own to speak of; leave such out.
    kept = np.array([index < columns.stop or abs(value) > 1e-3 for index, value in enumerate(parameters)])

    def part(values: np.ndarray) -> float:
        whole = parameters.copy()
        whole[kept] = values
        return cost(whole)

    with np.errstate(invalid="ignore"):
        hessian = np.atleast_2d(approx_hess(parameters[kept], part))
    try:
        variances = np.diag(np.linalg.inv(hessian))[columns]
    except np.linalg.LinAlgError:
        return np.full(columns.stop - columns.start, np.nan)
    return np.sqrt(np.where(variances > 0, variances, np.nan))
