"""What bars are worth to the model that are missing in the middle of a real piece: with both sides known."""

import numpy as np
import torch
import torch.nn.functional as F

from lib.composing.pretrained import Pretrained
from lib.data import TokenStore
from lib.data.shorthand.bars import words_of
from lib.data.shorthand.gaps import random_gap
from lib.data.shorthand.tokens import BARS, FILL, GAP
from lib.measures.losses import TokenLosses
from lib.measures.statistics import as_json, bootstrap_ratio


def judge_middles(pretrained: Pretrained, part: TokenStore, forwards: dict[str, TokenLosses]) -> dict:
    """Nats a note of one to eight bars in the middle of each test piece.

    Args:
        pretrained: its tokens are in shorthand.
        part: the data.
        forwards: losses of whole test pieces read forwards, by name.

    Returns:
        `pieces`, `notes`, and for each way a dictionary `nats_per_note`, `_low`, `_high` (95 %, duplicate
        groups drawn): `both sides` (the bars behind the others, after `Fill`) and those of `forwards` (the
        same bars where they stand, only what is before them known).
    """
    words, lines = words_of(tuple(part.vocabulary)), []
    for row in part.rows("test").tolist():
        ids = part.tokens(row)
        moved = random_gap(words, ids, np.random.default_rng([row, 3]))
        if moved is None or len(moved) > pretrained.context_length:
            continue
        is_bar = np.isin(ids, words.ids_of(BARS))
        gap, fill = (int(np.flatnonzero(np.isin(moved, words.ids_of((mark,))))[0]) for mark in (GAP, FILL))
        first = int(np.isin(moved[:gap], words.ids_of(BARS)).sum())
        width = int(np.isin(moved[fill:], words.ids_of(BARS)).sum())
        begins = np.append(np.flatnonzero(is_bar), len(ids) - 1)
        places = np.arange(begins[first], begins[first + width])
        line = {
            "group": part.index["group"].iloc[row],
            "notes": _notes(part, row, first, width),
            "both sides": _nats(pretrained, part, row, moved)[fill:-1].sum(),
        }
        for name, losses in forwards.items():
            here = (losses.row == row) & np.isin(losses.place, places)
            line[name] = losses.loss[here].sum(dtype=np.float64)
        lines.append(line)
    notes, groups = (np.array([line[name] for line in lines]) for name in ("notes", "group"))
    result: dict = {"pieces": len(lines), "notes": int(notes.sum())}
    for name in ("both sides", *forwards):
        found = bootstrap_ratio(np.array([line[name] for line in lines]), notes, groups)
        result[name] = as_json(found, "nats_per_note")
    return result


def _notes(part: TokenStore, row: int, first: int, width: int) -> int:
    """How many notes the bars hold, written out."""
    written = part.written_out(row)
    kinds = [part.type_names[part.type_of_id[token]] for token in written.tolist()]
    bar = np.cumsum([kind == "Bar" for kind in kinds])
    inside = (bar > first) & (bar <= first + width)
    return int(sum(kind in ("Pitch", "PitchDrum") for kind, here in zip(kinds, inside, strict=True) if here))


@torch.no_grad()
def _nats(pretrained: Pretrained, part: TokenStore, row: int, ids: np.ndarray) -> np.ndarray:
    """The loss of each token behind the first, [tokens − 1], nats."""
    tokens = torch.from_numpy(ids.astype(np.int64))[None]
    labels = (torch.tensor([part.emotion_of(row)]), torch.tensor([part.genre_of(row)]))
    logits, _ = pretrained.model(tokens[:, :-1], *labels)
    return F.cross_entropy(logits[0].float(), tokens[0, 1:], reduction="none").double().numpy()
