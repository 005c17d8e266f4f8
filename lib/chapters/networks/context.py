"""How much of the past a model uses: the loss of the same tokens when it sees only the last k before them.

Loss by position in a piece mixes two things, since late tokens come from long pieces. Here the tokens stay
the same, and only what the model may see of their past changes.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F

from lib.basics.errors import BookError
from lib.data import TokenStore
from lib.measures.statistics import bootstrap_mean
from lib.models import ConditionalModel

_ROWS_AT_A_TIME = 64


def choose_segments(
    store: TokenStore, split: str, longest: int, judged: int, count: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Places for :func:`loss_by_context`, in pieces that are long enough; every piece once before any twice.

    Args:
        store, split: which pieces.
        longest: tokens that must stand before the judged ones.
        judged: how many tokens are judged at each place.
        count: how many places.
        seed: of the choice.

    Returns:
        Rows [count] and the place of the first judged token in its piece [count].

    Raises:
        BookError: when no piece is long enough.
    """
    rows = store.rows(split)
    rows = rows[store.lengths[rows] >= longest + judged]
    if not len(rows):
        raise BookError(
            f"No piece of the {split} part has {longest + judged} tokens: choose a shorter context."
        )
    generator = np.random.default_rng(seed)
    turns = -(-count // len(rows))
    chosen = np.concatenate([generator.permutation(rows) for _ in range(turns)])[:count]
    return chosen, generator.integers(longest, store.lengths[chosen] - judged, endpoint=True)


@torch.no_grad()
def loss_by_context(
    model: ConditionalModel,
    store: TokenStore,
    rows: np.ndarray,
    places: np.ndarray,
    contexts: Sequence[int],
    judged: int = 8,
) -> np.ndarray:
    """Mean loss at each place for each length of context.

    Args:
        model: in evaluation mode.
        store: the tokens.
        rows, places: from :func:`choose_segments`, [places] each.
        contexts: how many tokens before the first judged one the model sees; the later judged ones see up to
            `judged - 1` more.
        judged: tokens judged at each place.

    Returns:
        Nats per token [places, contexts].
    """
    pieces = [store.tokens(row).astype(np.int64) for row in rows]
    emotion, genre = (
        torch.from_numpy(np.asarray(labels[rows], np.int64)).to(model.device)
        for labels in (store.emotion_ids, store.genre_ids)
    )
    losses = np.empty((len(rows), len(contexts)))
    for column, context in enumerate(contexts):
        seen = [piece[place - context : place + judged] for piece, place in zip(pieces, places, strict=True)]
        tokens = torch.from_numpy(np.stack(seen)).to(model.device)
        for start in range(0, len(rows), _ROWS_AT_A_TIME):
            part = slice(start, start + _ROWS_AT_A_TIME)
            logits, _ = model(tokens[part, :-1], emotion[part], genre[part])
            loss = F.cross_entropy(
                logits[:, -judged:].float().transpose(1, 2), tokens[part, -judged:], reduction="none"
            )
            losses[part, column] = loss.mean(dim=1).cpu().numpy()
    return losses


def context_table(losses: np.ndarray, contexts: Sequence[int], groups: np.ndarray) -> pd.DataFrame:
    """What each length of context costs beside the longest.

    Args:
        losses: from :func:`loss_by_context`, [places, contexts].
        contexts: their lengths in tokens, the longest last.
        groups: duplicate group of each place, [places].

    Returns:
        context, loss, extra, extra_low, extra_high (nats per token more than with the longest context, 95%
        bootstrap intervals over groups), places, groups.
    """
    lines = []
    for column, context in enumerate(contexts):
        extra = bootstrap_mean(losses[:, column] - losses[:, -1], groups)
        lines.append(
            {
                "context": context,
                "loss": float(losses[:, column].mean()),
                "extra": extra.estimate,
                "extra_low": extra.low,
                "extra_high": extra.high,
                "places": len(losses),
                "groups": len(np.unique(groups)),
            }
        )
    return pd.DataFrame(lines)
