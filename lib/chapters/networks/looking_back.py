"""How far back the heads of a Transformer look, measured over several pieces."""

import numpy as np
import pandas as pd

from lib.chapters.networks.in_bars import attention_by_distance, token_times
from lib.data import TokenStore
from lib.measures.statistics import bootstrap_mean
from lib.models import ConditionalTransformer, attention_weights


def farthest_bar(store: TokenStore, rows: np.ndarray, longest: int, most: int) -> int:
    """How many bars back at least half of some pieces can be looked at: one at least, `most` at most.

    Args:
        store: the tokens.
        rows: the pieces, [pieces].
        longest: only so many tokens of a piece are read; of dense music these may be few bars.
        most: bars.
    """
    positions_per_beat = store.tokenizer.config.max_num_pos_per_beat
    last = [
        token_times([store.vocabulary[token] for token in store.tokens(row)[:longest]], positions_per_beat)[
            "bar"
        ].max()
        for row in rows
    ]
    return max(1, min(most, int(np.median(last))))


def read_pieces(
    model: ConditionalTransformer, store: TokenStore, rows: np.ndarray, max_distance: int, longest: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Attention by distance in bars of every head on several pieces.

    Args:
        model: in evaluation mode, on any device.
        store: the tokens.
        rows: pieces; those of too few bars are left out.
        max_distance: in bars.
        longest: only so many tokens of a piece are read.

    Returns:
        The pieces that were long enough [P], shares of attention [P, layers, heads, max_distance + 1], and
        the shares of an even spread [P, max_distance + 1].
    """
    positions_per_beat = store.tokenizer.config.max_num_pos_per_beat
    used, shares, evens = [], [], []
    for row in rows:
        tokens = store.tokens(row)[:longest]
        words = [store.vocabulary[token] for token in tokens]
        bars = token_times(words, positions_per_beat)["bar"].to_numpy()
        if bars.max() < max_distance:
            continue
        weights = attention_weights(model, tokens, store.emotion_of(row), store.genre_of(row))
        measured, even = attention_by_distance(weights.reshape(-1, *weights.shape[2:]), bars, max_distance)
        used.append(row)
        shares.append(measured.reshape(*weights.shape[:2], -1))
        evens.append(even)
    if not used:
        heads = model.settings.num_layers, model.settings.num_heads
        return np.zeros(0, int), np.zeros((0, *heads, max_distance + 1)), np.zeros((0, max_distance + 1))
    return np.array(used), np.stack(shares), np.stack(evens)


def mean_over_pieces(values: np.ndarray) -> np.ndarray:
    """The mean along the first axis, [pieces, ...]; NaN where there is no piece."""
    return values.mean(axis=0) if len(values) else np.full(values.shape[1:], np.nan)


def best_heads(
    shares: np.ndarray, evens: np.ndarray, groups: np.ndarray, distances: list[int]
) -> pd.DataFrame:
    """For each distance the head that looks there most: chosen on every other piece, measured on the rest.

    Measured on the pieces that it was chosen on, the best of many heads would look better than it is.

    Args:
        shares, evens: from :func:`read_pieces`, [P, layers, heads, distances] and [P, distances].
        groups: duplicate group of each piece [P].
        distances: in bars.

    Returns:
        bars_back, layer, head (from 1), share, low, high (95% over groups), even (share of an even spread),
        pieces (measured on). With fewer than two pieces there is nothing to choose on: NaN.
    """
    lines = []
    choosing, measuring = slice(0, None, 2), slice(1, None, 2)
    if len(shares) < 2:
        nan = float("nan")
        return pd.DataFrame(
            [
                {
                    "bars_back": distance,
                    "layer": 1,
                    "head": 1,
                    "share": nan,
                    "low": nan,
                    "high": nan,
                    "even": nan,
                    "pieces": 0,
                }
                for distance in distances
            ]
        )
    for distance in distances:
        excess = (shares[choosing, :, :, distance] - evens[choosing, None, None, distance]).mean(axis=0)
        layer, head = np.unravel_index(int(excess.argmax()), excess.shape)
        interval = bootstrap_mean(shares[measuring, layer, head, distance], groups[measuring])
        lines.append(
            {
                "bars_back": distance,
                "layer": int(layer) + 1,
                "head": int(head) + 1,
                "share": interval.estimate,
                "low": interval.low,
                "high": interval.high,
                "even": float(evens[measuring, distance].mean()),
                "pieces": len(groups[measuring]),
            }
        )
    return pd.DataFrame(lines)
