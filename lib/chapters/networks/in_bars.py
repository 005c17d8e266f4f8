"""Quantities of single tokens, gates and attention, in musical time: bars and fractions of a bar."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lib.data.shorthand.tokens import BARS


def token_times(words: Sequence[str], positions_per_beat: int) -> pd.DataFrame:
    """When each token of a piece sounds or applies.

    A token belongs to the last Bar and Position before it. Bars are all one long here, whatever their meter.

    Args:
        words: the texts of REMI tokens: 'Bar_None', 'TimeSig_3/4', 'Position_12', 'Pitch_67' …
        positions_per_beat: steps of the Position tokens in one beat of the meter.

    Returns:
        One row a token: bar (from 0; −1 before the first), time (bars and fractions; 0 before the first bar).
    """
    bar, beats, fraction = -1, 4, 0.0
    rows = []
    for word in words:
        kind, _, value = word.partition("_")
        if kind in BARS:
            bar, fraction = bar + 1, 0.0
        elif kind == "TimeSig":
            beats = int(value.split("/")[0])
        elif kind == "Position":
            fraction = int(value) / (beats * positions_per_beat)
        rows.append((bar, max(bar, 0) + fraction))
    return pd.DataFrame(rows, columns=["bar", "time"])


def mean_by_onset(values: np.ndarray, times: np.ndarray, end: float) -> tuple[np.ndarray, np.ndarray]:
    """Average the rows of `values` that share a moment.

    Args:
        values: [T, features], one row a token.
        times: [T], not decreasing.
        end: where the last moment ends, as a time.

    Returns:
        Edges of the moments [M + 1] and their means [M, features].
    """
    moments, first = np.unique(times, return_index=True)
    counts = np.diff(np.append(first, len(times)))
    means = np.add.reduceat(values, first, axis=0) / counts[:, None]
    return np.append(moments, max(end, moments[-1] + 1e-6)), means


def attention_by_bar(weights: np.ndarray, bars: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Attention between bars instead of tokens.

    Args:
        weights: [..., T, T], row t summing to 1 over the columns 0 … t.
        bars: [T] bar of each token; −1 for BOS, which stands before the first bar.

    Returns:
        The bars' numbers [N], and [..., N, N]: the share of its attention that an average token of one bar
        (row) pays to all tokens of another (column); rows sum to 1.
    """
    numbers, starts, counts = np.unique(bars, return_index=True, return_counts=True)
    by_column = np.add.reduceat(weights, starts, axis=-1)
    return numbers, np.add.reduceat(by_column, starts, axis=-2) / counts[:, None]


def attention_against_even(weights: np.ndarray, bars: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many times more attention a bar gets than if each token spread its attention evenly over its past.

    Args:
        weights, bars: [..., T, T] and [T], as for :func:`attention_by_bar`.

    Returns:
        The bars' numbers [N], and ratios [..., N, N]: 1 for an even share, NaN for bars in the future.
    """
    length = len(bars)
    even = np.tril(np.ones((length, length))) / np.arange(1, length + 1)[:, None]
    numbers, share = attention_by_bar(weights, bars)
    _, even_share = attention_by_bar(even, bars)
    return numbers, share / np.where(even_share > 0, even_share, np.nan)


def attention_by_distance(
    weights: np.ndarray, bars: np.ndarray, max_distance: int
) -> tuple[np.ndarray, np.ndarray]:
    """How far back attention goes, in bars, and how far it would go if it were spread evenly over the past.

    Only tokens that have `max_distance` bars behind them count, so that every distance has the same tokens.

    Args:
        weights: [heads, T, T], row t summing to 1 over the columns 0 … t.
        bars: [T] bar of each token; −1 for BOS.
        max_distance: the largest distance, in bars.

    Returns:
        Shares of attention [heads, max_distance + 1] at 0, 1, 2 … bars back, mean over tokens, and the shares
        of an even spread [max_distance + 1]. What lies further back makes up the difference to 1. All NaN for
        a piece of too few bars.
    """
    readers = np.flatnonzero(bars >= max_distance)
    if not len(readers):
        return np.full((len(weights), max_distance + 1), np.nan), np.full(max_distance + 1, np.nan)
    distance = bars[readers, None] - bars[None, :]
    past = np.arange(len(bars))[None, :] <= readers[:, None]
    even_weights = past / past.sum(axis=1, keepdims=True)
    measured, even = [], []
    for wanted in range(max_distance + 1):
        chosen = (distance == wanted) & past
        measured.append((weights[:, readers] * chosen).sum(axis=-1).mean(axis=-1))
        even.append((even_weights * chosen).sum(axis=1).mean())
    return np.stack(measured, axis=-1), np.array(even)
