"""How far the distribution of a statistic in composed music is from the one in real music.

After Yang and Lerch (*On the evaluation of generative models in music*, Neural Computing and Applications,
2020). Two of their ideas are kept apart here. The *values* of two sets are compared, which says whether
composed pieces are like real ones. And the *differences* between pieces are compared, those inside the real
set with those from composed to real: a model that always writes the average piece can match the mean and
still lack the variety.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d

from lib.analysis.statistics import Interval

_STEPS = 256  # of the grid on which densities stand
_DRAWS = 200


class Distance(NamedTuple):
    """Overlap area of two densities, 0 to 1, and their Jensen–Shannon distance, 0 to 1 (base 2)."""

    overlap: float
    jensen_shannon: float


def density_distance(first: np.ndarray, second: np.ndarray, weights: np.ndarray | None = None) -> Distance:
    """Compare two samples of a number by their densities.

    Both are smoothed by one Gaussian kernel, as wide as Scott's rule gives for `second`, the reference; where
    the reference is constant, only equal values overlap.

    Args:
        first: [n], NaN left out.
        second: [m], the reference.
        weights: of `first`, for a bootstrap; all 1 if None.

    Returns:
        NaN for both where either sample has no value.
    """
    weights = np.ones(len(first)) if weights is None else weights
    known = np.isfinite(first) & (weights > 0)
    first, weights, second = first[known], weights[known], second[np.isfinite(second)]
    if not len(first) or not len(second):
        return Distance(float("nan"), float("nan"))
    width = second.std() * len(second) ** -0.2
    low, high = min(first.min(), second.min()), max(first.max(), second.max())
    if high == low:
        return Distance(1.0, 0.0)
    edges = np.linspace(low - 3 * width, high + 3 * width, _STEPS + 1)
    sigma = width / (edges[1] - edges[0])
    p, q = (_density(values, edges, sigma, weight) for values, weight in ((first, weights), (second, None)))
    return Distance(float(np.minimum(p, q).sum()), _jensen_shannon(p, q))


def _density(values: np.ndarray, edges: np.ndarray, sigma: float, weights: np.ndarray | None) -> np.ndarray:
    counts = np.histogram(values, edges, weights=weights)[0].astype(float)
    smooth = gaussian_filter1d(counts, sigma, mode="constant", truncate=4) if sigma > 0 else counts
    return smooth / smooth.sum()


def _jensen_shannon(p: np.ndarray, q: np.ndarray) -> float:
    """The square root of the Jensen–Shannon divergence in bits."""
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(part > 0, part * np.log2(part / middle), 0).sum() / 2 for part in (p, q)]
    return float(np.sqrt(max(0.0, sum(parts))))


def distances_by_statistic(table: np.ndarray, reference: np.ndarray,
                           weights: np.ndarray | None = None) -> np.ndarray:
    """Overlap area and Jensen–Shannon distance of each statistic.

    Args:
        table: [pieces, statistics].
        reference: the same of real pieces.
        weights: of the pieces, for a bootstrap.

    Returns:
        [statistics, 2]; NaN for a statistic that no piece has.
    """
    return np.array([density_distance(*columns, weights)
                     for columns in zip(table.T, reference.T, strict=True)])


def mean_distance(table: np.ndarray, groups: np.ndarray, reference: np.ndarray, seed: int = 0,
                  draws: int = _DRAWS) -> tuple[Interval, Interval]:
    """Overlap area and Jensen–Shannon distance, means over statistics, with 95 % intervals.

    Whole groups of pieces are drawn; the reference stays as it is, so that the intervals say how sure one may
    be of `table`. A bootstrap sample repeats pieces, which makes it look further away than a fresh one would
    be; the interval is moved back by this bias, the mean of the draws minus the estimate.

    Args:
        table: [pieces, statistics].
        groups: duplicate group of each piece.
        reference: the same statistics of real pieces.
    """
    def mean_over_statistics(weights: np.ndarray | None) -> np.ndarray:
        return np.nanmean(distances_by_statistic(table, reference, weights), axis=0)

    overlap, jensen_shannon = _bootstrap(mean_over_statistics, groups, seed, draws)
    clipped = [Interval(found.estimate, *np.clip(found[1:], 0, 1).tolist())
               for found in (overlap, jensen_shannon)]
    return clipped[0], clipped[1]


def distance_difference(first: np.ndarray, second: np.ndarray, reference: np.ndarray, seed: int = 0,
                        draws: int = _DRAWS) -> Interval:
    """How much further `first` is from the reference than `second`: Jensen–Shannon, mean over statistics.

    Args:
        first, second: [pieces, statistics]; piece i of both answers the same request, and is drawn with it.
        reference: the same statistics of real pieces.
    """
    def difference(weights: np.ndarray | None) -> np.ndarray:
        means = [np.nanmean(distances_by_statistic(table, reference, weights)[:, 1])
                 for table in (first, second)]
        return np.array([means[0] - means[1]])

    return _bootstrap(difference, np.arange(len(first)), seed, draws)[0]


def distance_of_real(real: np.ndarray, reference: np.ndarray, count: int, seed: int = 0,
                     draws: int = _DRAWS) -> tuple[Interval, Interval]:
    """How near so few real pieces come to the reference: what a perfect model would reach with as many.

    Args:
        real: [pieces, statistics] of real pieces that are not in the reference.
        reference: of other real pieces.
        count: pieces in a draw, without replacement.

    Returns:
        Overlap area and Jensen–Shannon distance, means over statistics: the mean of the draws, and the range
        of 95 % of them.
    """
    generator = np.random.default_rng(seed)
    chosen = [generator.permutation(len(real))[:count] for _ in range(draws)]
    found = np.array([np.nanmean(distances_by_statistic(real[rows], reference), axis=0) for rows in chosen])
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    pairs = [Interval(*map(float, numbers)) for numbers in zip(found.mean(axis=0), low, high, strict=True)]
    return pairs[0], pairs[1]


def _bootstrap(statistic: Callable[[np.ndarray | None], np.ndarray], groups: np.ndarray, seed: int,
               draws: int) -> list[Interval]:
    """A statistic of weights of pieces, with intervals that are freed of the bootstrap's own bias."""
    estimate = statistic(None)
    names, number = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        return [Interval(float(value), float("nan"), float("nan")) for value in estimate]
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(draws):
        often = np.bincount(generator.integers(0, len(names), len(names)), minlength=len(names))
        drawn.append(statistic(often[number].astype(float)))
    unbiased = np.array(drawn) - np.nanmean(drawn, axis=0) + estimate
    bounds = np.nanquantile(unbiased, [0.025, 0.975], axis=0)
    return [Interval(*map(float, numbers)) for numbers in zip(estimate, *bounds, strict=True)]


def difference_distance(values: np.ndarray, reference: np.ndarray) -> Distance:
    """Yang and Lerch's comparison: differences from `values` to the reference, against those inside it.

    Args:
        values: a statistic of composed pieces [n].
        reference: the same of real pieces [m]; at least two.

    Returns:
        Overlap and distance of the two densities of absolute differences.
    """
    values, reference = (array[np.isfinite(array)] for array in (values, reference))
    rows, columns = np.triu_indices(len(reference), k=1)
    inside = np.abs(reference[rows] - reference[columns])
    between = np.abs(values[:, None] - reference[None, :]).ravel()
    return density_distance(between, inside)
