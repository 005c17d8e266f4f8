"""A control for long memory: a trained network that composes with its past cut to a few bars.

Weights, labels, seeds and grammar stay as they are; only what lies more than k bars back is taken away. Two
pieces composed with one seed then differ by nothing but the memory. The cut is made at bar lines, where
training cuts long pieces into windows, so that a beginning without BOS is nothing new to the network. It is a
control of *use*: a network that had been trained on short windows only might make more of the little it sees.
"""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from lib.basics.errors import BookError
from lib.composing.protocols import Composer
from lib.data.shorthand.tokens import AGAIN, BARS
from lib.data.store import TokenStore
from lib.profiles.profile import ModelSettings


class ShortMemorySettings(ModelSettings):
    """What a composed piece's record says: the network's own settings, and the bars that it remembered."""

    memory_bars: int


@dataclass
class ShortenedRow:
    """What one piece still remembers: the tokens, where its bars begin in them, the network's state."""

    tokens: list[int] = field(default_factory=list)
    bars: list[int] = field(default_factory=list)
    state: Any = None


class ShortMemory(nn.Module):
    """A network whose past ends k bars back, for :func:`lib.composing.compose.compose_many`.

    Whenever a bar begins, what lies more than `bars` bars before it is forgotten and the rest is read anew.

    Args:
        model: a trained network.
        store: the data that it was trained on.
        bars: how many whole bars it remembers beside the one that it is writing.

    Raises:
        BookError: for fewer than one bar.
    """

    def __init__(self, model: Composer, store: TokenStore, bars: int):
        super().__init__()
        if bars < 1:
            raise BookError(f"A memory of {bars} bars is impossible: give at least 1.")
        self.model, self.bars = model, bars
        self.settings = ShortMemorySettings(**model.settings.model_dump(), memory_bars=bars)
        self.vocabulary_size = model.vocabulary_size
        self.num_emotions, self.num_genres = model.num_emotions, model.num_genres
        self._bar_ids = {token for kind in BARS for token in store.ids_of_type(kind).tolist()}
        self._forgotten = [
            token
            for token in store.ids_of_type(AGAIN).tolist()
            if int(store.vocabulary[token].split("_")[1]) > bars
        ]

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.model.device

    def empty_state(self, batch_size: int, max_length: int | None = None) -> list[ShortenedRow]:
        """The state before the first token; `max_length` is ignored."""
        return [ShortenedRow() for _ in range(batch_size)]

    def keep_rows(self, state: list[ShortenedRow], rows: Tensor) -> list[ShortenedRow]:
        """The state of these rows of the batch only: indices [rows]."""
        return [state[row] for row in rows.tolist()]

    def forward(
        self, tokens: Tensor, emotion: Tensor, genre: Tensor, state: list[ShortenedRow] | None = None
    ) -> tuple[Tensor, list[ShortenedRow] | None]:
        """Logits of the token behind the last one.

        Args:
            tokens: ids [B, T] that follow what the state has read.
            emotion, genre: label ids [B].
            state: from :meth:`empty_state` or the last call; None: `tokens` is all there is.

        Returns:
            [B, 1, V], and the new state (None if none was given).
        """
        rows = self.empty_state(len(tokens)) if state is None else state
        logits = [
            self._read(row, new, emotion[number : number + 1], genre[number : number + 1])
            for number, (row, new) in enumerate(zip(rows, tokens.tolist(), strict=True))
        ]
        return torch.cat(logits), None if state is None else rows

    def _read(self, row: ShortenedRow, new: list[int], emotion: Tensor, genre: Tensor) -> Tensor:
        read = len(row.tokens)
        row.bars += [read + place for place, token in enumerate(new) if token in self._bar_ids]
        row.tokens += new
        if len(row.bars) > self.bars + 1:
            first = row.bars[-self.bars - 1]
            row.tokens = row.tokens[first:]
            row.bars = [bar - first for bar in row.bars[-self.bars - 1 :]]
            row.state = None
        if row.state is None or len(row.tokens) > row.state[1]:
            room = 2 * len(row.tokens) + 64
            if self.settings.positions == "learned":
                room = min(room, self.settings.max_length)
            row.state, new = (self.model.empty_state(1, room), room), row.tokens
        ids = torch.tensor([new], device=self.device)
        logits, inner = self.model(ids, emotion, genre, row.state[0])
        row.state = (inner, row.state[1])
        logits = logits[:, -1:]
        logits[..., self._forgotten] = -torch.inf  # bars that it no longer knows
        return logits
