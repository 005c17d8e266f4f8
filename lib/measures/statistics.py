"""Uncertainty: bootstrap intervals that respect duplicate groups, and intervals over few seeds.

Variants of one tune are not independent, so whole groups are drawn, never single pieces. Everything is
computed from sums by piece, so that a ratio (nats per token), a difference of two models on the same pieces,
or a mean over collections all come from the same draws.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

_WEIGHTS_AT_A_TIME = 1 << 22


class Interval(NamedTuple):
    """An estimate and its interval; floats, or arrays of one shape."""

    estimate: float | np.ndarray
    low: float | np.ndarray
    high: float | np.ndarray


def bootstrap(
    sums: np.ndarray,
    groups: np.ndarray,
    statistic: Callable[[np.ndarray], np.ndarray],
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """A statistic of sums over pieces, with the percentile interval of a bootstrap over groups.

    Args:
        sums: what is added up over pieces, [pieces, columns].
        groups: the duplicate group of each piece, any values; a draw takes as many groups as there are.
        statistic: from summed columns [..., columns] to the statistic [...] or [..., outputs].
        draws: bootstrap samples.
        seed: of the draws.
        level: of the interval.

    Returns:
        The statistic of all pieces, and its interval; NaN where there are fewer than two groups.
    """
    _, number = np.unique(groups, return_inverse=True)
    sums = np.asarray(sums, dtype=np.float64)
    count = number.max(initial=-1) + 1
    by_group = np.zeros((count, sums.shape[1]))
    np.add.at(by_group, number, sums)
    with np.errstate(divide="ignore", invalid="ignore"):  # a rare type may be missing from a draw
        estimate = np.asarray(statistic(by_group.sum(axis=0)))
        if count < 2:
            return _interval(estimate, np.full((2, *estimate.shape), np.nan))
        drawn = np.concatenate([statistic(weights @ by_group) for weights in _weights(count, draws, seed)])
    drawn = np.where(np.isfinite(drawn), drawn, np.nan)  # one group many times may have no statistic
    tails = [(1 - level) / 2, (1 + level) / 2]
    return _interval(estimate, np.nanquantile(drawn, tails, axis=0))


def _interval(estimate: np.ndarray, bounds: np.ndarray) -> Interval:
    low, high = bounds
    if estimate.ndim == 0:
        return Interval(float(estimate), float(low), float(high))
    return Interval(estimate, low, high)


def _weights(count: int, draws: int, seed: int):
    """How often each group is drawn: float64 [some draws, count] at a time."""
    generator = np.random.default_rng(seed)
    rows = max(1, _WEIGHTS_AT_A_TIME // count)
    for start in range(0, draws, rows):
        size = min(rows, draws - start)
        drawn = generator.integers(0, count, (size, count)) + count * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count).astype(np.float64)


def bootstrap_ratio(
    numerator: np.ndarray,
    denominator: np.ndarray,
    groups: np.ndarray,
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Sum of `numerator` over sum of `denominator`, both [pieces], with its interval (:func:`bootstrap`)."""
    sums = np.stack([numerator, denominator], axis=1)
    return bootstrap(sums, groups, lambda total: total[..., 0] / total[..., 1], draws, seed, level)


def bootstrap_mean(
    values: np.ndarray, groups: np.ndarray, draws: int = 2000, seed: int = 0, level: float = 0.95
) -> Interval:
    """The mean of `values` [pieces] with its interval; see :func:`bootstrap`."""
    return bootstrap_ratio(values, np.ones(len(values)), groups, draws, seed, level)


def seed_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """The mean over seeds with Student's t interval; NaN bounds for a single seed.

    Three seeds leave two degrees of freedom, so the interval is ± 4.3 standard errors. Of two recipes run
    with the same seeds, pass the differences.
    """
    values = np.asarray(values, dtype=np.float64)
    mean, count = float(values.mean()), len(values)
    if count < 2:
        return Interval(mean, float("nan"), float("nan"))
    half = float(stats.t.ppf((1 + level) / 2, count - 1) * values.std(ddof=1) / np.sqrt(count))
    return Interval(mean, mean - half, mean + half)


def as_json(interval: Interval, name: str, digits: int = 4) -> dict[str, float | None]:
    """Estimate and bounds under a name and the same with _low and _high, rounded.

    None stands for a number that is not known, for JSON has no NaN.
    """
    return {
        name + end: round(float(value), digits) if np.isfinite(value) else None
        for end, value in zip(("", "_low", "_high"), interval, strict=True)
    }
