"""How many raters and pieces would settle it? Power by simulation, from a stated model of answers.

The model is the one that would be fitted (:mod:`lib.chapters.survey.ordinal_model`): cumulative logits, a
leaning of each rater, a quality of each piece. Nothing here is an answer that anybody gave.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq
from scipy.special import expit, logit

from lib.chapters.survey.scores import NEUTRAL, SCORES

POWER = 0.8  # the share of surveys that are to find what is there
_ANSWERS_AT_A_TIME = 2_000_000


@dataclass(frozen=True)
class AnswerModel:
    """How answers come about.

    Attributes:
        thresholds: between neighbouring scores, on the scale of the logit, [scores − 1].
        rater_sd: of raters' leanings, same scale; a logistic error has a standard deviation of 1.81.
        piece_sd: of pieces of the same origin.
    """

    thresholds: np.ndarray
    rater_sd: float
    piece_sd: float

    def shares(self, effect: float = 0.0) -> np.ndarray:
        """Shares of the scores [5] over many raters and pieces, the latent value moved by `effect`."""
        return np.diff(
            _cumulative(self.thresholds - effect, np.hypot(self.rater_sd, self.piece_sd)), prepend=0, append=1
        )

    def balance(self, effect: float) -> float:
        """The share above neutral minus the share below."""
        shares = self.shares(effect)
        return float(shares[NEUTRAL:].sum() - shares[: NEUTRAL - 1].sum())

    def mean_score(self, effect: float) -> float:
        """The mean score, 1 to 5."""
        return float(self.shares(effect) @ SCORES)


def _cumulative(thresholds: np.ndarray, deviation: float) -> np.ndarray:
    """P(score ≤ k) over a normal distribution of leanings, by Gauss–Hermite quadrature of 40 nodes."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    return expit(np.subtract.outer(thresholds, deviation * nodes)) @ (weights / weights.sum())


def model_from_shares(shares: Sequence[float], rater_sd: float, piece_sd: float) -> AnswerModel:
    """The model whose shares of scores are those given.

    Args:
        shares: [5], positive; counts will do.
        rater_sd, piece_sd: assumed, since marginal counts do not tell them.
    """
    cumulative = np.cumsum(np.asarray(shares, dtype=float) / np.sum(shares))[:-1]
    deviation = float(np.hypot(rater_sd, piece_sd))
    reach = 6 * (1 + deviation)
    thresholds = [
        brentq(
            lambda value, share=share: _cumulative(np.array([value]), deviation)[0] - share,
            logit(share) - reach,
            logit(share) + reach,
        )
        for share in cumulative
    ]
    return AnswerModel(np.array(thresholds), rater_sd, piece_sd)


def effect_for(model: AnswerModel, points: float) -> float:
    """The shift of the latent value that moves the mean score by so many points."""
    base = model.mean_score(0.0)
    return float(brentq(lambda effect: model.mean_score(effect) - base - points, -20, 20))


def simulate_answers(
    model: AnswerModel, raters: int, pieces: int, effect: float, draws: int, seed: int
) -> np.ndarray:
    """Simulated surveys: every rater hears every piece; the second half of the pieces is moved by `effect`.

    Returns:
        int8 [draws, raters, pieces], scores 1 to 5.
    """
    generator = np.random.default_rng(seed)
    latent = generator.logistic(size=(draws, raters, pieces)).astype(np.float32)
    latent += model.rater_sd * generator.standard_normal((draws, raters, 1), dtype=np.float32)
    latent += model.piece_sd * generator.standard_normal((draws, 1, pieces), dtype=np.float32)
    latent[..., pieces // 2 :] += effect
    scores = np.ones(latent.shape, dtype=np.int8)
    for threshold in model.thresholds:
        scores += latent > threshold
    return scores


def by_piece_test(scores: np.ndarray) -> np.ndarray:
    """p of a t test between the two halves, a piece counting once with its mean: [draws].

    Other pieces could have been composed, so pieces are what is drawn. A rater's leaning moves all pieces
    alike and cancels (H. Clark, *The language-as-fixed-effect fallacy*, 1973).

    Args:
        scores: [draws, raters, pieces].
    """
    means = scores.mean(axis=1)
    half = means.shape[1] // 2
    return _t_test(means[:, :half], means[:, half:])


def by_answer_test(scores: np.ndarray) -> np.ndarray:
    """p of a t test that takes every answer as independent: what not to do, for comparison: [draws].

    Args:
        scores: [draws, raters, pieces].
    """
    half = scores.shape[2] // 2
    first, second = (part.reshape(len(scores), -1) for part in (scores[..., :half], scores[..., half:]))
    return _t_test(first, second)


def _t_test(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Two-sided p of Student's t test of each row; 1 where nothing varies and nothing differs.

    scipy's own warns whenever all means of a small simulated survey happen to be equal.
    """
    sizes = first.shape[1], second.shape[1]
    freedom = sum(sizes) - 2
    squares = sum(((part - part.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) for part in (first, second))
    error = np.sqrt(squares / freedom * (1 / sizes[0] + 1 / sizes[1]))
    difference = np.abs(first.mean(axis=1) - second.mean(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(difference < 1e-12, 1.0, 2 * stats.t.sf(difference / error, freedom))


def power_table(
    model: AnswerModel,
    raters: Sequence[int],
    pieces: Sequence[int],
    effect: float,
    draws: int = 400,
    seed: int = 0,
) -> pd.DataFrame:
    """How often each test finds a difference between two origins.

    Args:
        model: how answers come about.
        raters: numbers of raters.
        pieces: numbers of pieces in all, half of them of each origin; even, at least 4.
        effect: on the latent scale; 0 gives the rate of false alarms.
        draws: simulated surveys for each line.
        seed: of all of them.

    Returns:
        Columns raters, pieces, by_piece, by_piece_low, by_piece_high, by_answer (shares with p < alpha; the
        interval is Wilson's over the simulated surveys), draws.
    """
    rows = []
    for number, people in enumerate(raters):
        for other, music in enumerate(pieces):
            size = max(1, _ANSWERS_AT_A_TIME // (people * music))
            found = {"by_piece": 0, "by_answer": 0}
            for start in range(0, draws, size):
                scores = simulate_answers(
                    model,
                    people,
                    music,
                    effect,
                    min(size, draws - start),
                    seed + 1_000_003 * number + 1009 * other + start,
                )
                found["by_piece"] += int((by_piece_test(scores) < 0.05).sum())
                found["by_answer"] += int((by_answer_test(scores) < 0.05).sum())
            interval = stats.binomtest(found["by_piece"], draws).proportion_ci(method="wilson")
            rows.append(
                {
                    "raters": people,
                    "pieces": music,
                    "by_piece": found["by_piece"] / draws,
                    "by_piece_low": float(interval.low),
                    "by_piece_high": float(interval.high),
                    "by_answer": found["by_answer"] / draws,
                    "draws": draws,
                }
            )
    return pd.DataFrame(rows)


def agreement_power(
    shares: Sequence[float],
    rater_sd: float,
    piece_sd: float,
    arms: Sequence[tuple[int, int]],
    points: float = 0.15,
    draws: int = 400,
    seed: int = 0,
) -> pd.DataFrame:
    """How often two arms whose agreement differs are found to differ, a piece counting once.

    A rater agrees who answers above the middle. In the second arm a share larger by `points` does.

    Args:
        shares: of the scores in the first arm, [5]; counts will do.
        rater_sd, piece_sd: as for :func:`model_from_shares`.
        arms: (raters, pieces of each arm), two pieces at least.
        points: the difference of the shares that agree; 0 gives the rate of false alarms.
        draws: simulated surveys for each line.
        seed: of all of them.

    Returns:
        Columns raters, pieces (of each arm), first, second (shares that agree), power, low, high (Wilson's
        interval over the simulated surveys), draws.
    """
    model = model_from_shares(shares, rater_sd, piece_sd)
    agree = float(model.shares()[NEUTRAL:].sum())
    effect = brentq(lambda shift: model.shares(shift)[NEUTRAL:].sum() - agree - points, -20, 20)
    rows = []
    for number, (raters, pieces) in enumerate(arms):
        size, found = max(1, _ANSWERS_AT_A_TIME // (2 * raters * pieces)), 0
        for start in range(0, draws, size):
            many = min(size, draws - start)
            scores = simulate_answers(
                model, raters, 2 * pieces, effect, many, seed + 1_000_003 * number + start
            )
            found += int((by_piece_test(scores > NEUTRAL) < 0.05).sum())
        interval = stats.binomtest(found, draws).proportion_ci(method="wilson")
        rows.append(
            {
                "raters": raters,
                "pieces": pieces,
                "first": agree,
                "second": agree + points,
                "power": found / draws,
                "low": float(interval.low),
                "high": float(interval.high),
                "draws": draws,
            }
        )
    return pd.DataFrame(rows)


def sign_test_power(
    shares: Sequence[float], raters: int, alpha: float = 0.05, draws: int = 4000, seed: int = 0
) -> float:
    """How often the sign test against neutral finds p < alpha when one piece has these shares of answers."""
    below, above = float(np.sum(shares[: NEUTRAL - 1])), float(np.sum(shares[NEUTRAL:]))
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(raters, [below, max(0.0, 1 - below - above), above], draws)
    fewer, all_of_them = drawn[:, [0, 2]].min(axis=1), drawn[:, [0, 2]].sum(axis=1)
    return float((2 * stats.binom.cdf(fewer, all_of_them, 0.5) < alpha).mean())


def detectable_shift(model: AnswerModel, raters: int, alpha: float = 0.05, seed: int = 0) -> dict[str, float]:
    """The smallest distance from neutral that one piece must have to be found with this power.

    The model is first moved to where its balance is 0. A rater answers once, so leanings of raters are part
    of the spread of answers.

    Returns:
        effect (on the latent scale), balance (share above minus share below), power (reached). Effect and
        balance are NaN where so few raters reach the power at no distance.
    """
    centre = brentq(lambda effect: model.balance(effect), -20, 20)
    for effect in np.arange(0.05, 6.0, 0.05):
        reached = sign_test_power(model.shares(centre + effect), raters, alpha, seed=seed)
        if reached >= POWER:
            return {"effect": float(effect), "balance": model.balance(centre + effect), "power": reached}
    return {"effect": float("nan"), "balance": float("nan"), "power": reached}
