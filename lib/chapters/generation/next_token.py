"""What a network expects next at a place in a real piece, and how much of it the grammar forbids."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lib.basics.errors import BookError
from lib.composing.grammar import Grammar
from lib.data.shorthand.tokens import BARS
from lib.data.store import TokenStore
from lib.models.base import ConditionalModel


@dataclass(frozen=True)
class NextToken:
    """One step of a real piece.

    Attributes:
        row: the piece in the store.
        context: all ids before the step, BOS first, [T].
        logits: the network's, [V], on the CPU.
        actual: the id that really comes next.
        bar: number of the bar, from 1.
    """

    row: int
    context: np.ndarray
    logits: Tensor
    actual: int
    bar: int

    @property
    def probabilities(self) -> np.ndarray:
        """Softmax of the logits, float64 [V]."""
        return self.logits.double().softmax(-1).numpy()


@torch.inference_mode()
def piece_logits(model: ConditionalModel, store: TokenStore, row: int, length: int = 1024) -> Tensor:
    """Logits [T, V] of each next token of a piece's first `length` tokens, under its own labels.

    Row t of the result is about token t + 1 of the piece.
    """
    tokens = torch.from_numpy(store.tokens(row)[:length].astype(np.int64))[None, :-1].to(model.device)
    emotion, genre = (
        torch.tensor([number], device=model.device) for number in (store.emotion_of(row), store.genre_of(row))
    )
    logits, _ = model(tokens, emotion, genre)
    return logits[0].float().cpu()


def typical_step(
    model: ConditionalModel, store: TokenStore, row: int, bars: tuple[int, int] = (2, 16), length: int = 1024
) -> NextToken:
    """The step of a piece, within some bars, whose uncertainty is nearest to the median of such steps.

    Args:
        model: a trained network.
        store: the data.
        row: the piece.
        bars: first and last bar looked at, counted from 1; of a piece without notes there, all bars.
        length: tokens of the piece that are read; no more than the network can.

    Raises:
        BookError: when the piece holds no note.
    """
    tokens = store.tokens(row)
    kinds = np.array([text.split("_", 1)[0] for text in np.array(store.vocabulary)[tokens]])
    bar = np.cumsum(np.isin(kinds, BARS))
    logits = piece_logits(model, store, row, length)
    inside, read = (bar >= bars[0]) & (bar <= bars[1]), np.arange(len(kinds)) <= len(logits)
    for wanted in ((kinds == "Pitch") & inside, kinds == "Pitch", kinds == "PitchDrum"):
        steps = np.flatnonzero(wanted & read)
        if len(steps):
            break
    else:
        raise BookError(f"The first {len(logits)} tokens of piece {row} hold no note; take another piece.")
    entropies = entropy_bits(logits[steps - 1])
    step = int(steps[np.argsort(np.abs(entropies - np.median(entropies)), kind="stable")[0]])
    return NextToken(row, tokens[:step], logits[step - 1], int(tokens[step]), int(bar[step]))


def entropy_bits(logits: Tensor) -> np.ndarray:
    """Uncertainty about the next token in bits: 0 when it is certain, 1 for a fair coin; [..., V] → [...]."""
    logs = logits.double().log_softmax(-1)
    return (-(logs.exp() * logs.nan_to_num(neginf=0)).sum(-1) / np.log(2)).numpy()


def forbidden_probability(
    model: ConditionalModel, store: TokenStore, rows: Sequence[int], grammar: Grammar, length: int = 1024
) -> pd.DataFrame:
    """How much probability a network gives to tokens that the grammar forbids, along real pieces.

    Args:
        model: a trained network.
        store: the data.
        rows: pieces.
        grammar: of the store's token set.
        length: tokens read of each piece.

    Returns:
        One row a token: row, type (of the token that really comes) and forbidden (a probability).
    """
    parts = []
    for row in rows:
        tokens = store.tokens(row)[:length]
        state, allowed = grammar.start(), np.zeros((len(tokens) - 1, grammar.size), dtype=bool)
        for step, token in enumerate(tokens[1:].tolist()):
            state.write_allowed(allowed[step])
            state.advance(token)
        probabilities = piece_logits(model, store, row, length).softmax(-1).numpy()
        parts.append(
            pd.DataFrame(
                {
                    "row": row,
                    "type": [grammar.kinds[token] for token in tokens[1:]],
                    "forbidden": (probabilities * ~allowed).sum(axis=1),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
