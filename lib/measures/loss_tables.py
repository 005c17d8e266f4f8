"""Tables of losses: by model, token type, collection and position, each with its counts and its intervals.

All take what :mod:`lib.measures.losses` gives. Intervals are 95% bootstrap intervals over duplicate groups
(:func:`lib.measures.statistics.bootstrap`); models are compared on the same tokens of the same pieces.
A *source note* is a note of the piece's file, so nats a source note compares models of other token sets too.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from lib.basics.errors import BookError
from lib.data import TokenStore
from lib.measures.losses import TokenLosses
from lib.measures.statistics import Interval, bootstrap

EVERYTHING, MACRO = "all", "macro average"
MEASURES = ("nats_per_token", "accuracy", "nats_per_note", "bits_per_bar")


def type_table(losses: TokenLosses, store: TokenStore) -> pd.DataFrame:
    """One model's losses by token type.

    Returns:
        A row for all tokens and one for each type that occurs: type; tokens, pieces, groups (how many);
        loss, low, high (nats per token of that type); accuracy, accuracy_low, accuracy_high; nats_per_note
        (the type's part of the nats a source note; the parts add up); share (its part of the whole loss).
    """
    rows, piece = np.unique(losses.row, return_inverse=True)
    types = store.type_of_id[losses.token]
    present = np.unique(types)
    cell = piece * len(store.type_names) + types
    size = len(rows) * len(store.type_names)
    sums = [
        np.bincount(cell, weights, size).reshape(len(rows), -1)[:, present]
        for weights in (losses.loss, losses.correct, None)
    ]
    loss, correct, tokens = (np.column_stack([part.sum(axis=1), part]) for part in sums)
    groups, notes = store.index["group"].to_numpy()[rows], store.index["notes"].to_numpy()[rows]
    width = len(present) + 1

    def ratios(total: np.ndarray) -> np.ndarray:
        return total[..., : 2 * width] / np.concatenate([total[..., 2 * width :]] * 2, axis=-1)

    intervals = bootstrap(np.column_stack([loss, correct, tokens]), groups, ratios)
    counts = _counts_by_column(tokens, groups)
    return pd.DataFrame(
        {
            "type": [EVERYTHING, *(store.type_names[number] for number in present)],
            **counts,
            **_columns(intervals, slice(0, width), counts["groups"], "loss"),
            **_columns(intervals, slice(width, None), counts["groups"], "accuracy", "accuracy_"),
            "nats_per_note": loss.sum(axis=0) / notes.sum(),
            "share": loss.sum(axis=0) / loss[:, 0].sum(),
        }
    )


def model_table(losses: Mapping[str, TokenLosses], store: TokenStore) -> pd.DataFrame:
    """One row a model, all on the same tokens.

    Returns:
        model; tokens, pieces, groups, notes, bars (how many); and, each with its _low and _high:
        nats_per_token, accuracy, nats_per_note (a source note), bits_per_bar.

    Raises:
        BookError: when the models were judged on different tokens.
    """
    _check_same(losses)
    records = []
    for name, each in losses.items():
        sums, groups = _piece_sums(each, store)
        intervals = bootstrap(sums, groups, _measures)
        records.append({"model": name, **_counts(sums, groups), **_named(MEASURES, intervals)})
    return pd.DataFrame(records)


def _measures(total: np.ndarray) -> np.ndarray:
    loss, correct, tokens, notes, bars = np.moveaxis(total, -1, 0)
    return np.stack([loss / tokens, correct / tokens, loss / notes, loss / np.log(2) / bars], axis=-1)


def difference_table(losses: Mapping[str, TokenLosses], store: TokenStore, baseline: str) -> pd.DataFrame:
    """Each model minus the baseline, paired by piece; below zero is better than the baseline.

    Returns:
        model, baseline; tokens, pieces, groups, notes, bars; and, each with _low and _high: nats_per_token,
        nats_per_note (differences), relative (of the loss: −0.25 is a quarter below the baseline).

    Raises:
        BookError: when the models were judged on different tokens.
    """
    _check_same(losses)
    reference, groups = _piece_sums(losses[baseline], store)

    def differences(total: np.ndarray) -> np.ndarray:
        loss, theirs, tokens, notes = np.moveaxis(total, -1, 0)
        return np.stack([(loss - theirs) / tokens, (loss - theirs) / notes, loss / theirs - 1], axis=-1)

    records = []
    for name in losses:
        if name == baseline:
            continue
        sums, _ = _piece_sums(losses[name], store)
        paired = np.column_stack([sums[:, 0], reference[:, 0], sums[:, 2], sums[:, 3]])
        intervals = bootstrap(paired, groups, differences)
        records.append(
            {
                "model": name,
                "baseline": baseline,
                **_counts(sums, groups),
                **_named(("nats_per_token", "nats_per_note", "relative"), intervals),
            }
        )
    return pd.DataFrame(records)


def label_table(
    losses: Mapping[str, TokenLosses],
    store: TokenStore,
    label: Literal["genre", "emotion"] = "genre",
    draws: int = 2000,
) -> pd.DataFrame:
    """Losses by collection (genre) or by emotion, and their plain mean over labels.

    Large collections decide an overall mean; the macro average counts each collection once.

    Returns:
        model, label; tokens, pieces, groups, notes, bars; and the measures of :func:`model_table`, each with
        _low and _high. The last row of each model is the "macro average".

    Raises:
        BookError: when the models were judged on different tokens.
    """
    _check_same(losses)
    records = []
    for name, each in losses.items():
        sums, groups = _piece_sums(each, store)
        labels = store.index[label].to_numpy()[each.rows]
        present = sorted(set(labels))
        width = sums.shape[1]
        blocks = np.concatenate([np.where((labels == one)[:, None], sums, 0) for one in present], axis=1)

        def by_label(total: np.ndarray, shape: tuple[int, int] = (len(present), width)) -> np.ndarray:
            values = _measures(total.reshape(*total.shape[:-1], *shape))
            return np.concatenate([values, values.mean(axis=-2, keepdims=True)], axis=-2)

        intervals = bootstrap(blocks, groups, by_label, draws)
        for number, one in enumerate([*present, MACRO]):
            chosen = np.ones(len(labels), bool) if one is MACRO else labels == one
            counts = _counts(sums[chosen], groups[chosen])
            bounds = intervals[1:] if counts["groups"] > 1 else np.full_like(intervals[1:], np.nan)
            of_label = Interval(intervals.estimate[number], *(bound[number] for bound in bounds))
            records.append({"model": name, "label": one, **counts, **_named(MEASURES, of_label)})
    return pd.DataFrame(records)


def position_tables(
    losses: Mapping[str, TokenLosses],
    store: TokenStore,
    difference_to: str,
    edges: Sequence[int] = (1, 33, 65, 129, 257, 513, 1025, 2049),
) -> dict[str, pd.DataFrame]:
    """Loss by place in the piece: does a long past pay?

    Only long pieces have late places, and they may be easier or harder: the curve of one model mixes both.
    The difference of two models on the same tokens does not.

    Args:
        losses: by model name.
        store: the tokens.
        difference_to: the model that is subtracted.
        edges: places where the bins begin; the last bin has no end.

    Returns:
        For each model: start, end (places, end excluded); tokens, pieces, groups; loss, low, high;
        difference, difference_low, difference_high. Bins without tokens are left out.

    Raises:
        BookError: when the models were judged on different tokens.
    """
    _check_same(losses)
    reference = losses[difference_to]
    rows, piece = np.unique(reference.row, return_inverse=True)
    groups = store.index["group"].to_numpy()[rows]
    bins = np.searchsorted(edges, reference.place, side="right") - 1
    used = np.unique(bins[bins >= 0])
    ends = np.append(edges[1:], reference.place.max() + 1)

    def sums(weights: np.ndarray | None) -> np.ndarray:
        inside = bins >= 0
        values = None if weights is None else weights[inside]
        cells = np.bincount(piece[inside] * len(edges) + bins[inside], values, len(rows) * len(edges))
        return cells.reshape(len(rows), len(edges))[:, used]

    tokens, theirs, width = sums(None), sums(reference.loss), len(used)

    def ratios(total: np.ndarray) -> np.ndarray:
        ours, other, count = (total[..., place * width : (place + 1) * width] for place in range(3))
        return np.concatenate([ours / count, (ours - other) / count], axis=-1)

    tables, counts = {}, _counts_by_column(tokens, groups)
    for name, each in losses.items():
        paired = np.column_stack([sums(each.loss), theirs, tokens])
        intervals = bootstrap(paired, groups, ratios)
        tables[name] = pd.DataFrame(
            {
                "start": np.asarray(edges)[used],
                "end": ends[used],
                **counts,
                **_columns(intervals, slice(0, width), counts["groups"], "loss"),
                **_columns(intervals, slice(width, None), counts["groups"], "difference", "difference_"),
            }
        )
    return tables


def label_gain_table(
    true: TokenLosses, shuffled: Mapping[str, TokenLosses], store: TokenStore
) -> pd.DataFrame:
    """What a label is worth to a model: the loss with that label permuted minus the loss with the true one.

    Args:
        true: losses under the true labels.
        shuffled: by what was permuted (emotion, genre, both), the losses then.

    Returns:
        shuffled; tokens, pieces, groups, notes, bars; nats_per_token and nats_per_note with _low and _high;
        above zero the model makes use of the label.

    Raises:
        BookError: when the losses are of different tokens.
    """
    table = difference_table({"true": true, **shuffled}, store, "true")
    columns = [column for column in table if column != "baseline" and not column.startswith("relative")]
    return table[columns].rename(columns={"model": "shuffled"})


def _check_same(losses: Mapping[str, TokenLosses]) -> None:
    names = list(losses)
    for name in names[1:]:
        if not losses[names[0]].is_of_same_tokens(losses[name]):
            raise BookError(
                f"The models '{names[0]}' and '{name}' were judged on different tokens: compute "
                "both losses on the same store and split."
            )


def _piece_sums(losses: TokenLosses, store: TokenStore) -> tuple[np.ndarray, np.ndarray]:
    """Sums by piece, [pieces, (loss, correct, tokens, notes, bars)], and the pieces' groups."""
    rows, piece = np.unique(losses.row, return_inverse=True)
    by_token = [np.bincount(piece, weights) for weights in (losses.loss, losses.correct, None)]
    index = store.index.iloc[rows]
    return np.column_stack([*by_token, index["notes"], index["bars"]]), index["group"].to_numpy()


def _counts(sums: np.ndarray, groups: np.ndarray) -> dict[str, int]:
    tokens, notes, bars = sums[:, 2:].sum(axis=0).astype(int).tolist()
    return {
        "tokens": tokens,
        "pieces": len(sums),
        "groups": len(np.unique(groups)),
        "notes": notes,
        "bars": bars,
    }


def _named(names: Sequence[str], intervals: Interval) -> dict[str, float]:
    """Each measure, and its bounds under the same name with _low and _high."""
    return {
        f"{name}{suffix}": float(values[number])
        for number, name in enumerate(names)
        for suffix, values in zip(("", "_low", "_high"), intervals, strict=True)
    }


def _counts_by_column(tokens: np.ndarray, groups: np.ndarray) -> dict[str, np.ndarray]:
    """How many tokens, pieces and groups stand behind each column of `tokens` [pieces, columns]."""
    return {
        "tokens": tokens.sum(axis=0).astype(int),
        "pieces": (tokens > 0).sum(axis=0),
        "groups": np.array([len(np.unique(groups[column > 0])) for column in tokens.T]),
    }


def _columns(
    intervals: Interval, part: slice, groups: np.ndarray, name: str, prefix: str = ""
) -> dict[str, np.ndarray]:
    """Estimates and bounds by name; a single group says nothing of how groups differ, so it has no bounds."""
    low, high = (np.where(groups > 1, bound[part], np.nan) for bound in intervals[1:])
    return {name: intervals.estimate[part], f"{prefix}low": low, f"{prefix}high": high}
