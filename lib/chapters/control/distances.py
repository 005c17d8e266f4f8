"""How far the distribution of a statistic in composed music is from the one in real music.

After Yang and Lerch (*On the evaluation of generative models in music*, Neural Computing and Applications,
2020). Two of their ideas are kept apart here. The *values* of two sets are compared, which says whether
composed pieces are like real ones. And the *differences* between pieces are compared, those inside the real
set with those from composed to real: a model that always writes the average piece can match the mean and
still lack the variety.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.ndimage import gaussian_filter1d

from lib.ledger.rules import Outcome
from lib.measures.statistics import Interval

_STEPS = 256  # of the grid on which densities stand
_DRAWS = 500
_LEAST_MODELS = 10  # of a correlation over models


class Distance(NamedTuple):
    """Overlap area of two densities, 0 to 1, and their Jensen–Shannon distance, 0 to 1 (base 2)."""

    overlap: float
    jensen_shannon: float


class _Densities:
    """The density of a reference on a grid, and samples to compare with it, any number of weightings at once.

    Both sides are smoothed by one Gaussian kernel, as wide as Scott's rule gives for the reference.
    """

    def __init__(self, values: np.ndarray, reference: np.ndarray):
        self.known = np.isfinite(values)
        values, reference = values[self.known], reference[np.isfinite(reference)]
        self.empty = not len(values) or not len(reference)
        if self.empty:
            return
        width = reference.std() * len(reference) ** -0.2
        low, high = min(values.min(), reference.min()), max(values.max(), reference.max())
        self.constant = high == low
        if self.constant:
            return
        edges = np.linspace(low - 3 * width, high + 3 * width, _STEPS + 1)
        self.sigma = width / (edges[1] - edges[0])
        self.places = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, _STEPS - 1)
        self.reference = self._smooth(np.histogram(reference, edges)[0].astype(float))

    def compare(self, weights: np.ndarray) -> np.ndarray:
        """Overlap area and Jensen–Shannon distance for each row of weights of the values: [rows, 2]."""
        if self.empty:
            return np.full((len(weights), 2), np.nan)
        if self.constant:
            return np.tile([1.0, 0.0], (len(weights), 1))
        counts = np.stack([np.bincount(self.places, row, minlength=_STEPS) for row in weights[:, self.known]])
        with np.errstate(invalid="ignore"):  # a draw may hold no piece that has a value
            p, q = self._smooth(counts), self.reference
            overlap = np.minimum(p, q).sum(axis=1)
        divergence = (_relative_entropy(p, (p + q) / 2) + _relative_entropy(q, (p + q) / 2)) / 2
        return np.stack([overlap, np.sqrt(np.maximum(divergence, 0))], axis=1)

    def _smooth(self, counts: np.ndarray) -> np.ndarray:
        smooth = gaussian_filter1d(counts, self.sigma, mode="constant", truncate=4) if self.sigma else counts
        return smooth / smooth.sum(axis=-1, keepdims=True)


def _relative_entropy(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Kullback–Leibler divergence in bits along the last axis."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, p * np.log2(p / q), np.where(np.isnan(p), np.nan, 0)).sum(axis=-1)


def density_distance(values: np.ndarray, reference: np.ndarray) -> Distance:
    """Compare two samples of a number by their smoothed densities.

    Args:
        values: [n]; NaN are left out.
        reference: [m]; it decides the width of the smoothing. Where it is constant, only equal values
            overlap.

    Returns:
        NaN for both where either sample has no value.
    """
    return Distance(*_Densities(values, reference).compare(np.ones((1, len(values))))[0].tolist())


def distances_by_statistic(table: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Overlap area and Jensen–Shannon distance of each statistic.

    Args:
        table: [pieces, statistics].
        reference: the same of real pieces, [real pieces, statistics].

    Returns:
        [statistics, 2]; NaN for a statistic that no piece has.
    """
    return np.array([density_distance(*columns) for columns in zip(table.T, reference.T, strict=True)])


def mean_distance(
    table: np.ndarray, groups: np.ndarray, reference: np.ndarray, draws: int = _DRAWS
) -> tuple[Interval, Interval]:
    """Overlap area and Jensen–Shannon distance, means over statistics, with 95 % intervals.

    Whole groups of pieces are drawn; the reference stays as it is, so that the intervals say how sure one may
    be of `table`. A bootstrap sample repeats pieces, which makes it look further away than a fresh one would
    be; the interval is moved back by this bias, the mean of the draws minus the estimate.

    Args:
        table: [pieces, statistics].
        groups: duplicate group of each piece, [pieces].
        reference: the same statistics of real pieces, [real pieces, statistics].
    """
    overlap, jensen_shannon = _bootstrap(_mean_over_statistics(table, reference), groups, 0, draws)
    clipped = [
        Interval(found.estimate, *np.clip(found[1:], 0, 1).tolist()) for found in (overlap, jensen_shannon)
    ]
    return clipped[0], clipped[1]


def rank_correlation(losses: Sequence[float], distances: Sequence[float], draws: int = _DRAWS) -> Interval:
    """Spearman's correlation of two numbers of several models, with a 95 % interval over models.

    Args:
        losses, distances: one of each a model.
        draws: bootstrap samples of models.

    Returns:
        NaN bounds for fewer than ten models.
    """
    estimate = float(stats.spearmanr(losses, distances).statistic)
    if len(losses) < _LEAST_MODELS:
        return Interval(estimate, float("nan"), float("nan"))
    found = stats.bootstrap(
        (losses, distances),
        lambda *drawn: stats.spearmanr(*drawn).statistic,
        paired=True,
        vectorized=False,
        n_resamples=draws,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    return Interval(estimate, *map(float, found.confidence_interval))


def rank_outcome(losses: Sequence[float], distances: Sequence[float]) -> Outcome:
    """The same correlation as a claim's outcome, with its interval without each of the models, a run each."""
    value, low, high = map(float, rank_correlation(losses, distances))
    count = len(losses)
    found = [
        rank_correlation(np.delete(losses, one).tolist(), np.delete(distances, one).tolist(), draws=400)
        for one in range(count if count > 1 else 0)
    ]
    without = tuple((float(one.low), float(one.high)) for one in found)
    return Outcome(value, low, high, seeds=count, without_seed=without)


def distance_difference(first: np.ndarray, second: np.ndarray, reference: np.ndarray) -> Interval:
    """How much further `first` is from the reference than `second`: Jensen–Shannon, mean over statistics.

    Args:
        first, second: [pieces, statistics]; piece i of both answers the same request, and is drawn with it.
        reference: the same statistics of real pieces, [real pieces, statistics].
    """
    means = [_mean_over_statistics(table, reference) for table in (first, second)]

    def difference(weights: np.ndarray) -> np.ndarray:
        return means[0](weights)[:, 1:] - means[1](weights)[:, 1:]

    return _bootstrap(difference, np.arange(len(first)), 0, _DRAWS)[0]


def distance_of_real(
    real: np.ndarray, reference: np.ndarray, count: int, seed: int = 0
) -> tuple[Interval, Interval]:
    """How near so few real pieces come to the reference: what a perfect model would reach with as many.

    Args:
        real: [pieces, statistics] of real pieces that are not in the reference.
        reference: the same of other real pieces.
        count: pieces in a draw, without replacement.

    Returns:
        Overlap area and Jensen–Shannon distance, means over statistics: the mean of the draws, and the range
        of 95 % of them.
    """
    generator = np.random.default_rng(seed)
    chosen = np.zeros((_DRAWS, len(real)))
    for row in chosen:
        row[generator.permutation(len(real))[:count]] = 1
    found = _mean_over_statistics(real, reference)(chosen)
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    pairs = [Interval(*map(float, numbers)) for numbers in zip(found.mean(axis=0), low, high, strict=True)]
    return pairs[0], pairs[1]


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


def _mean_over_statistics(table: np.ndarray, reference: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """A function from weights of pieces [draws, pieces] to the mean overlap and distance [draws, 2]."""
    pairs = [_Densities(*columns) for columns in zip(table.T, reference.T, strict=True)]

    def mean(weights: np.ndarray) -> np.ndarray:
        found = np.array([pair.compare(weights) for pair in pairs])
        known = np.isfinite(found).sum(axis=0)  # none: a statistic of pitches asked of drums, say
        return np.divide(np.nansum(found, axis=0), known, out=np.full(known.shape, np.nan), where=known > 0)

    return mean


def _bootstrap(
    statistic: Callable[[np.ndarray], np.ndarray], groups: np.ndarray, seed: int, draws: int
) -> list[Interval]:
    """A statistic of weights of pieces, with intervals that are freed of the bootstrap's own bias."""
    estimate = statistic(np.ones((1, len(groups))))[0]
    names, number = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        return [Interval(float(value), float("nan"), float("nan")) for value in estimate]
    generator = np.random.default_rng(seed)
    weights = np.stack(
        [
            np.bincount(generator.integers(0, len(names), len(names)), minlength=len(names))
            for _ in range(draws)
        ]
    )
    drawn = statistic(weights[:, number].astype(float))
    if not np.isfinite(drawn).any(axis=0).all():
        return [Interval(float(value), float("nan"), float("nan")) for value in estimate]
    unbiased = drawn - np.nanmean(drawn, axis=0) + estimate
    bounds = np.nanquantile(unbiased, [0.025, 0.975], axis=0)
    return [Interval(*map(float, numbers)) for numbers in zip(estimate, *bounds, strict=True)]
