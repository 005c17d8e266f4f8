"""How a model goes on behind a disturbed past: what is scored is the *clean* continuation.

A model that is robust goes on well after a disturbed past. So every kind of noise alters the past only, and
the loss is that of the true next tokens of the undisturbed piece.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F

from lib.basics.errors import BookError
from lib.data.shorthand.tokens import BARS
from lib.data.store import TokenStore
from lib.experiments.noise import KINDS, Kind, alter, most_tokens
from lib.models import ConditionalModel

_ROWS_AT_A_TIME = 32


def choose_places(
    store: TokenStore,
    split: str,
    count: int,
    window: int,
    judged: int = 64,
    seed: int = 0,
    anywhere: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Bar lines near the middle of pieces, where a disturbed past ends and the clean continuation begins.

    Args:
        store, split: which pieces.
        count: how many at most, one a duplicate group.
        window: tokens that a model may read; past and continuation fit into it however the past is disturbed.
        judged: tokens of the continuation.
        seed: of the choice.
        anywhere: also at onsets between bar lines, for pieces of one bar.

    Returns:
        Rows and places of the first judged token, each int64 [places].

    Raises:
        BookError: when no piece is long enough.
    """
    rows = np.random.default_rng(seed).permutation(store.rows(split))
    groups = store.index["group"].to_numpy()
    _, first = np.unique(groups[rows], return_index=True)
    bar_ids = np.concatenate(
        [store.ids_of_type(name) for name in ([*BARS, "Position"] if anywhere else BARS)]
    )
    found: list[tuple[int, int]] = []
    for row in rows[np.sort(first)]:
        ids = store.tokens(row)
        bars = np.flatnonzero(np.isin(ids, bar_ids))
        bars = bars[(bars >= judged) & (bars + judged <= min(len(ids), window + 1))]
        while len(bars) and most_tokens(store, ids[: bars[-1]]) + judged > window + 1:
            bars = bars[:-1]
        if len(bars):
            found.append((int(row), int(bars[np.abs(bars - min(len(ids), window) / 2).argmin()])))
        if len(found) == count:
            break
    if not found:
        raise BookError(
            f"No piece of the {split} part has {judged} tokens before and after a bar line "
            f"within {window} tokens: judge fewer tokens."
        )
    places = np.array(found, dtype=np.int64)
    return places[:, 0], places[:, 1]


@torch.no_grad()
def continuation_losses(
    model: ConditionalModel,
    store: TokenStore,
    rows: np.ndarray,
    places: np.ndarray,
    pasts: Sequence[np.ndarray],
    judged: int = 64,
) -> np.ndarray:
    """Mean loss of the clean continuation behind given pasts, nats per token, float64 [places].

    Args:
        model: in evaluation mode.
        store: the clean tokens.
        rows, places: from :func:`choose_places`, int64 [places] each.
        pasts: ids that the model is told to have come before, one array [tokens] a place; of any length that
            it can read with all but the last of the judged tokens behind.
        judged: tokens of the continuation.
    """
    losses = np.empty(len(rows))
    order = np.argsort([len(past) for past in pasts], kind="stable")
    emotion, genre = store.emotion_ids, store.genre_ids
    for start in range(0, len(order), _ROWS_AT_A_TIME):
        part = order[start : start + _ROWS_AT_A_TIME]
        true = [
            store.tokens(rows[number])[places[number] : places[number] + judged].astype(np.int64)
            for number in part
        ]
        longest = max(len(pasts[number]) for number in part) + judged - 1  # nothing is asked behind the last
        tokens = torch.full((len(part), longest), store.pad_id)
        targets = torch.full((len(part), longest), -100)
        for line, (number, after) in enumerate(zip(part, true, strict=True)):
            before = len(pasts[number])
            tokens[line, :before] = torch.from_numpy(np.asarray(pasts[number], dtype=np.int64))
            tokens[line, before : before + judged - 1] = torch.from_numpy(after[:-1])
            targets[line, before - 1 : before - 1 + judged] = torch.from_numpy(after)
        labels = (torch.from_numpy(values[rows[part]]).to(model.device) for values in (emotion, genre))
        logits, _ = model(tokens.to(model.device), *labels)
        loss = F.cross_entropy(logits.float().transpose(1, 2), targets.to(model.device), reduction="none")
        losses[part] = loss.sum(dim=1).cpu().numpy() / judged
    return losses


def disturbed_losses(
    model: ConditionalModel,
    store: TokenStore,
    rows: np.ndarray,
    places: np.ndarray,
    shares: Sequence[float],
    kinds: Sequence[Kind] = KINDS,
    judged: int = 64,
    seed: int = 0,
) -> pd.DataFrame:
    """Losses of the clean continuation behind disturbed pasts.

    The same seed disturbs the same notes for every model, so that models can be compared place by place.

    Args:
        model: in evaluation mode.
        store: the clean tokens.
        rows, places: from :func:`choose_places`, int64 [places] each.
        shares: of the notes, to be disturbed.
        kinds: of noise.
        judged: tokens of the continuation.
        seed: of the noise.

    Returns:
        A row for each place, kind and share: row, group, kind, share (asked), changed (of the past's notes),
        loss, extra (loss minus the one behind the clean past); nats per token.
    """
    groups = store.index["group"].to_numpy()[rows]
    clean = [store.tokens(row)[:place] for row, place in zip(rows, places, strict=True)]
    undisturbed = continuation_losses(model, store, rows, places, clean, judged)
    parts = []
    for kind in kinds:
        for share in shares:
            altered = [
                alter(store, past, kind, share, np.random.default_rng([seed, row, KINDS.index(kind)]))
                for row, past in zip(rows, clean, strict=True)
            ]
            loss = continuation_losses(model, store, rows, places, [past for past, _ in altered], judged)
            parts.append(
                pd.DataFrame(
                    {
                        "row": rows,
                        "group": groups,
                        "kind": kind,
                        "share": share,
                        "changed": [changed for _, changed in altered],
                        "loss": loss,
                        "extra": loss - undisturbed,
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)
