"""How far the distribution of a statistic in composed music is from the one in real music.

After Yang and Lerch (*On the evaluation of generative models in music*, Neural Computing and Applications,
2020). Two of their ideas are kept apart here. The *values* of two sets are compared, which says whether
composed pieces are like real ones. And the *differences* between pieces are compared, those inside the real
set with those from composed to real: a model that always writes the average piece can match the mean and
still lack the variety.
"""

from collections.abc import Sequence
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


def distance_with_interval(values: np.ndarray, groups: np.ndarray, reference: np.ndarray, seed: int = 0,
                           draws: int = _DRAWS) -> tuple[Interval, Interval]:
    """Overlap area and Jensen–Shannon distance with 95 % intervals; whole groups of `values` are drawn.

    The reference stays as it is: the intervals say how sure one may be of the composed sample. A bootstrap
    sample repeats pieces, which makes it look further away than a fresh one would be; the interval is moved
    back by this bias, the mean of the draws minus the estimate.

    Args:
        values: the statistic of each piece [n].
        groups: their duplicate groups [n].
        reference: the statistic of real pieces [m].
    """
    estimate = density_distance(values, reference)
    names, number = np.unique(groups, return_inverse=True)
    if len(names) < 2 or not np.isfinite(estimate.overlap):
        return (Interval(estimate.overlap, float("nan"), float("nan")),
                Interval(estimate.jensen_shannon, float("nan"), float("nan")))
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(draws):
        often = np.bincount(generator.integers(0, len(names), len(names)), minlength=len(names))
        drawn.append(density_distance(values, reference, often[number].astype(float)))
    unbiased = np.array(drawn) - np.nanmean(drawn, axis=0) + np.array(estimate)
    low, high = np.clip(np.nanquantile(unbiased, [0.025, 0.975], axis=0), 0, 1)
    return (Interval(estimate.overlap, float(low[0]), float(high[0])),
            Interval(estimate.jensen_shannon, float(low[1]), float(high[1])))


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


def mean_overlap(table: np.ndarray, reference: np.ndarray, columns: Sequence[int] | None = None) -> float:
    """The mean overlap area over several statistics: one number for how much alike two sets are.

    Args:
        table: [pieces, statistics] of composed pieces.
        reference: the same of real pieces.
        columns: the statistics that count; all if None.
    """
    chosen = range(table.shape[1]) if columns is None else columns
    return float(np.nanmean([density_distance(table[:, column], reference[:, column]).overlap
                             for column in chosen]))
