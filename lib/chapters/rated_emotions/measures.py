"""How well a number tells what people said, with intervals over game series and never over pieces alone.

Pieces of one series are by one composer or of one kind, so whole series are drawn. A dozen series give
percentile intervals that are somewhat too narrow; every table says how many there are.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from lib.chapters.rated_emotions.data_sets.ratings import DIMENSIONS, RatedSet
from lib.data.labelling import labels
from lib.data.labelling.emotion_features import FEATURES, PROFILE, emotion_features
from lib.data.labelling.key_profiles import PROFILES, key_fits
from lib.measures.statistics import Interval, bootstrap

DRAWS = 2000


class Signs(NamedTuple):
    """One dimension's published signs, for the pieces that have one.

    Attributes:
        places: of these pieces in the set, [signed].
        positive: bool [signed].
        series: number of each piece's series, int64 [signed].
    """

    places: np.ndarray
    positive: np.ndarray
    series: np.ndarray

    @property
    def majority(self) -> float:
        """The share of the commoner sign."""
        share = float(self.positive.mean())
        return max(share, 1 - share)


def signs_of(rated: RatedSet, dimension: str) -> Signs:
    """The signs of one dimension, 'valence' or 'arousal'."""
    sign = rated.signs[:, DIMENSIONS.index(dimension)]
    places = np.flatnonzero(sign)
    return Signs(places, sign[places] > 0, np.unique(rated.series[places], return_inverse=True)[1])


def auc(
    score: np.ndarray,
    signs: Signs,
    minus: np.ndarray | None = None,
    within: np.ndarray | None = None,
    draws: int = DRAWS,
) -> Interval:
    """The chance that a positive piece has the higher score (area under the ROC curve; ties count one half).

    (D. Bamber, *J. Mathematical Psychology*, 1975.) One half says that the score tells nothing, less that it
    points the other way.

    Args:
        score: [pieces of the set].
        signs: what people said.
        minus: another score, [pieces of the set]; then the interval is that of the difference, from the same
            draws.
        within: only pieces that have the same here are compared, such as a meter, [pieces of the set].
        draws: bootstrap samples.
    """
    count = signs.series.max(initial=-1) + 1
    of_series = np.eye(count)[signs.series]

    def by_series(pairs: np.ndarray) -> np.ndarray:
        return of_series[signs.positive].T @ (pairs * same) @ of_series[~signs.positive]

    def against(values: np.ndarray, compare: Callable) -> np.ndarray:
        values = values[signs.places]
        return compare(values[signs.positive][:, None], values[~signs.positive][None])

    same = 1.0 if within is None else against(within, np.equal)
    pairs = by_series(np.ones((signs.positive.sum(), (~signs.positive).sum())))
    wins = by_series(against(score, _win))
    if minus is not None:
        wins = wins - by_series(against(minus, _win))

    def share(weights: np.ndarray) -> np.ndarray:
        return ((weights @ wins) * weights).sum(axis=-1) / ((weights @ pairs) * weights).sum(axis=-1)

    return bootstrap(np.eye(count), np.arange(count), share, draws)


def _win(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    return (high > low) + 0.5 * (high == low)


def balanced_accuracy(guess: np.ndarray, signs: Signs, minus: np.ndarray | None = None) -> Interval:
    """The mean of the shares of positive and of negative pieces that are guessed right; chance is one half.

    Args:
        guess: 1 positive, 0 negative, NaN none (never right), [pieces of the set].
        signs: what people said.
        minus: other guesses, [pieces of the set]; then the interval is that of the difference, from the same
            draws.
    """
    columns = [_hits(each, signs) for each in (guess, minus) if each is not None]

    def mean_share(sums: np.ndarray) -> np.ndarray:
        parts = [
            (sums[..., at] / sums[..., at + 1] + sums[..., at + 2] / sums[..., at + 3]) / 2
            for at in range(0, sums.shape[-1], 4)
        ]
        return parts[0] if len(parts) == 1 else parts[0] - parts[1]

    return bootstrap(np.hstack(columns), signs.series, mean_share, DRAWS)


def _hits(guess: np.ndarray, signs: Signs) -> np.ndarray:
    guess, positive = guess[signs.places], signs.positive
    return np.stack([(guess == 1) & positive, positive, (guess == 0) & ~positive, ~positive], axis=1)


def rank_correlation(score: np.ndarray, mean: np.ndarray, series: np.ndarray) -> Interval:
    """Spearman's correlation of a score with the mean rating, both [pieces]; ranks are among all pieces."""
    first, second = (pd.Series(each).rank().to_numpy() - (len(score) + 1) / 2 for each in (score, mean))
    return bootstrap(_moments(first, second), series, _correlation, DRAWS)


def _moments(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.stack([np.ones(len(first)), first, second, first**2, second**2, first * second], axis=1)


def _correlation(sums: np.ndarray) -> np.ndarray:
    count, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    return (xy - x * y / count) / np.sqrt((xx - x**2 / count) * (yy - y**2 / count))


def explained(predicted: np.ndarray, mean: np.ndarray, series: np.ndarray) -> Interval:
    """The share of the ratings' variance that predictions explain, 1 − residual over total; may be negative.

    The total is about the mean of the pieces drawn, so that a constant right on average explains nothing.

    Args:
        predicted, mean: expected and mean ratings, [pieces].
        series: of each piece, [pieces]; whole series are drawn.
    """
    columns = np.stack([np.ones(len(mean)), mean, mean**2, (mean - predicted) ** 2], axis=1)
    return bootstrap(
        columns, series, lambda s: 1 - s[..., 3] / (s[..., 2] - s[..., 1] ** 2 / s[..., 0]), DRAWS
    )


def slope(predicted: np.ndarray, mean: np.ndarray, series: np.ndarray) -> Interval:
    """The slope of mean ratings on predictions by least squares, 1 for a judge that is calibrated.

    Args:
        predicted, mean: expected and mean ratings, [pieces].
        series: of each piece, [pieces]; whole series are drawn.
    """
    columns = np.stack([np.ones(len(mean)), predicted, mean, predicted * mean, predicted**2], axis=1)
    return bootstrap(
        columns,
        series,
        lambda s: (s[..., 3] - s[..., 1] * s[..., 2] / s[..., 0]) / (s[..., 4] - s[..., 1] ** 2 / s[..., 0]),
        DRAWS,
    )


def correlation(first: np.ndarray, second: np.ndarray, series: np.ndarray) -> Interval:
    """Pearson's correlation of two verdicts on the same pieces, [pieces] each; whole series are drawn."""
    columns = np.stack([np.ones(len(first)), first, second, first * second, first**2, second**2], axis=1)

    def statistic(s: np.ndarray) -> np.ndarray:
        count, x, y, both, squares, other = np.moveaxis(s, -1, 0)
        spread = (squares - x**2 / count) * (other - y**2 / count)
        return (both - x * y / count) / np.sqrt(spread)

    return bootstrap(columns, series, statistic, DRAWS)


def best_threshold(score: np.ndarray, positive: np.ndarray) -> tuple[float, bool]:
    """Where to cut a score, and whether above is positive: the best balanced accuracy of these pieces.

    Of equally good cuts the middle one is taken.

    Args:
        score: [pieces].
        positive: bool [pieces].
    """
    order = np.argsort(score, kind="stable")
    values, truth = score[order], positive[order]
    # The gain of calling all above the cut positive; the cut stands before each value.
    below = np.concatenate(
        [[0.0], np.cumsum(np.where(truth, -1 / max(1, truth.sum()), 1 / max(1, (~truth).sum())))]
    )
    cuts = np.flatnonzero(np.append(True, np.diff(values) > 0))
    gains = below[cuts]
    upwards = gains.max() >= -gains.min()
    best = cuts[np.isclose(gains, gains.max() if upwards else gains.min())]
    at = int(best[len(best) // 2])
    return (float((values[at - 1] + values[at]) / 2) if at else float("-inf")), bool(upwards)


def guesses_left_out(score: np.ndarray, signs: Signs) -> np.ndarray:
    """Guess each series from a cut that the others have taught, 1 or 0, [pieces]; NaN without a sign."""
    guess = np.full(len(score), np.nan)
    for series in np.unique(signs.series):
        inside = signs.series == series
        taught, asked = signs.places[~inside], signs.places[inside]
        cut, upwards = best_threshold(score[taught], signs.positive[~inside])
        guess[asked] = (score[asked] > cut) == upwards
    return guess


def feature_frame(rated: RatedSet) -> pd.DataFrame:
    """Every feature of every piece, and the fit of minor over major by the two other key profiles too.

    Raises:
        NoFeaturesError: for a piece that cannot be measured; the readers have left those out.
    """
    rows = []
    for piece in rated.pieces:
        time = np.array(labels.pitch_class_time(piece.score))
        fits = {profile: key_fits(time, profile) for profile in PROFILES if profile != PROFILE}
        rows.append(
            emotion_features(piece.score)
            | {
                f"minor, {PROFILES[profile]}": float(fit[12:].max() - fit[:12].max())
                for profile, fit in fits.items()
            }
        )
    return pd.DataFrame(rows)


def group_of(ingredient: str) -> str:
    """The group of a column of :func:`feature_frame`."""
    return FEATURES[ingredient][0] if ingredient in FEATURES else "tonality"
