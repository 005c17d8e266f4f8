"""How far raters agree with each other: the reference that every judge of theirs is held against.

Nothing about a single rater is told: what one rater reaches is the mean over all of them.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from lib.chapters.rated_emotions.data_sets.ratings import DIMENSIONS, RatedSet
from lib.chapters.rated_emotions.measures import DRAWS, Signs, auc, balanced_accuracy
from lib.measures.statistics import Interval, bootstrap

SPLITS = 100
"""Times that raters are drawn, or a panel is split in two."""


def rater_means(rated: RatedSet, dimension: str) -> list[np.ndarray]:
    """Each rater's mean over the measures, [raters] a piece."""
    return [piece.curves.of(dimension).mean(axis=1) for piece in rated.pieces]


def agreement_table(rated: RatedSet) -> pd.DataFrame:
    """The reliability of ratings, and what a rater, and half a panel, would score as a judge of signs.

    - `one rater (ICC)`, `whole panel (ICC)`: intraclass correlation of one rating and of a mean of as many
      as there are, one-way random effects (P. Shrout and J. Fleiss, *Psychological Bulletin*, 1979, cases
      1,1 and 1,k): each piece has other raters.
    - `halves (Spearman–Brown)`: correlation of the means of two random halves, stepped up to the whole.
    - `one rater`, `half a panel`: AUC and balanced accuracy of their means against the sign of the others'
      mean.

    Returns:
        dimension, measure, estimate, low, high (over series), pieces, series, ratings, majority.
    """
    lines = []
    for dimension in DIMENSIONS:
        means, series = rater_means(rated, dimension), np.unique(rated.series, return_inverse=True)[1]
        single, panel = intraclass(means, series)
        found = {
            "one rater (ICC)": single,
            "whole panel (ICC)": panel,
            "halves (Spearman–Brown)": split_halves(means, series),
        }
        for name, draw in (("one rater", _one_rater), ("half a panel", _halves)):
            draws = _draws(means, series, draw)
            found[f"{name}, AUC"] = _mean_of_draws(draws, auc)
            found[f"{name}, balanced accuracy"] = _mean_of_draws(draws, balanced_accuracy)
        share = float(np.mean([mean.mean() > 0 for mean in means]))
        about = {
            "pieces": len(means),
            "series": int(series.max()) + 1,
            "ratings": sum(map(len, means)),
            "majority": max(share, 1 - share),
        }
        lines += [
            {
                "dimension": dimension,
                "measure": measure,
                "estimate": interval.estimate,
                "low": interval.low,
                "high": interval.high,
                **about,
            }
            for measure, interval in found.items()
        ]
    return pd.DataFrame(lines)


def intraclass(means: list[np.ndarray], series: np.ndarray) -> tuple[Interval, Interval]:
    """ICC(1,1) and ICC(1,k) of ratings in unequal numbers, from sums over pieces; k is the usual number.

    Args:
        means: the ratings of each piece, −1 to 1, [raters].
        series: number of each piece's series, [pieces]; whole series are drawn.
    """
    count = np.array([len(mean) for mean in means], float)
    mean = np.array([each.mean() for each in means])
    within = np.array([((each - each.mean()) ** 2).sum() for each in means])
    columns = np.stack([np.ones(len(means)), count, count**2, count * mean, count * mean**2, within], axis=1)

    def both(sums: np.ndarray) -> np.ndarray:
        pieces, ratings, squares, total, between, inside = np.moveaxis(sums, -1, 0)
        usual = (ratings - squares / ratings) / (pieces - 1)
        mean_between = (between - total**2 / ratings) / (pieces - 1)
        mean_within = inside / (ratings - pieces)
        single = (mean_between - mean_within) / (mean_between + (usual - 1) * mean_within)
        return np.stack([single, (mean_between - mean_within) / mean_between], axis=-1)

    found = bootstrap(columns, series, both, DRAWS)
    return tuple(Interval(*(float(bound[at]) for bound in found)) for at in (0, 1))


def split_halves(means: list[np.ndarray], series: np.ndarray) -> Interval:
    """Correlation of two random halves of the raters, stepped up (Spearman, Brown 1910); mean of splits.

    Arguments are those of :func:`intraclass`: [raters] of each piece, and series [pieces].
    """
    generator = np.random.default_rng(0)
    moments = []
    for _ in range(SPLITS):
        halves = np.array([_halves(mean, generator) for mean in means])
        first, second = halves.T
        moments.append(
            np.stack([np.ones(len(means)), first, second, first**2, second**2, first * second], axis=1)
        )

    def stepped_up(sums: np.ndarray) -> np.ndarray:
        parts = sums.reshape(*sums.shape[:-1], SPLITS, 6)
        count, x, y, xx, yy, xy = np.moveaxis(parts, -1, 0)
        r = (xy - x * y / count) / np.sqrt((xx - x**2 / count) * (yy - y**2 / count))
        return (2 * r / (1 + r)).mean(axis=-1)

    return bootstrap(np.hstack(moments), series, stepped_up, DRAWS)


def _halves(ratings: np.ndarray, generator: np.random.Generator) -> tuple[float, float]:
    order = generator.permutation(len(ratings))
    half = len(ratings) // 2
    return float(ratings[order[:half]].mean()), float(ratings[order[half:]].mean())


def _one_rater(ratings: np.ndarray, generator: np.random.Generator) -> tuple[float, float]:
    chosen = generator.integers(len(ratings))
    return float(ratings[chosen]), float(np.delete(ratings, chosen).mean())


def one_rater_draws(rated: RatedSet, dimension: str) -> list[tuple[np.ndarray, Signs]]:
    """:data:`SPLITS` times: a drawn rater's mean of each piece, [pieces], the sign of the others' mean."""
    return _draws(rater_means(rated, dimension), np.unique(rated.series, return_inverse=True)[1], _one_rater)


def _draws(means: list[np.ndarray], series: np.ndarray, draw: Callable) -> list[tuple[np.ndarray, Signs]]:
    generator, found = np.random.default_rng(0), []
    for _ in range(SPLITS):
        said, others = np.array([draw(mean, generator) for mean in means]).T
        found.append((said, Signs(np.arange(len(means)), others > 0, series)))
    return found


def _mean_of_draws(draws: list[tuple[np.ndarray, Signs]], judge: Callable) -> Interval:
    """The mean over draws of raters of a judge's estimate and of the bounds of its interval."""
    found = [judge(said if judge is auc else (said > 0).astype(float), signs) for said, signs in draws]
    return Interval(*(float(bound) for bound in np.mean(found, axis=0)))
