"""The n-gram model as a composer: it is asked for the next token in the same loop, under the same grammar."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from lib.composing.protocols import Vocabulary
from lib.models.ngram import NgramModel, Smoothing
from lib.models.ngram_counts import Labels
from lib.models.pieces import Histories
from lib.profiles.profile import Settings


class NgramSettings(Settings):
    """What a composed piece's record says of the n-gram model, which has no positions and no limit."""

    order: int
    labels: Labels
    smoothing: Smoothing
    escape: float
    kind: str = "ngram"
    positions: str = "none"
    max_length: int = 1024


@dataclass
class RecentTokens:
    """The last tokens of each row, the newest first: ids [rows, order − 1], and which of them exist."""

    past: np.ndarray
    exists: np.ndarray


class NgramComposer(nn.Module):
    """An n-gram model behind the interface of the networks, for :func:`lib.composing.compose.compose_many`.

    Args:
        model: counts of the store's training set.
        store: whose labels it knows.
    """

    def __init__(self, model: NgramModel, store: Vocabulary):
        super().__init__()
        self.model = model
        self.settings = NgramSettings(
            order=model.order, labels=model.labels, smoothing=model.smoothing, escape=model.escape
        )
        self.vocabulary_size = model.vocabulary_size
        self.num_emotions, self.num_genres = len(store.emotions), len(store.genres)
        self.device = torch.device("cpu")

    def empty_state(self, batch_size: int, max_length: int | None = None) -> RecentTokens:
        """The state before the first token; `max_length` is ignored, what is remembered does not grow."""
        shape = (batch_size, self.model.order - 1)
        return RecentTokens(np.zeros(shape, np.uint16), np.zeros(shape, bool))

    def keep_rows(self, state: RecentTokens, rows: Tensor) -> RecentTokens:
        """The state of these rows of the batch only: indices [rows]."""
        return RecentTokens(state.past[rows.numpy()], state.exists[rows.numpy()])

    def forward(
        self, tokens: Tensor, emotion: Tensor, genre: Tensor, state: RecentTokens | None = None
    ) -> tuple[Tensor, RecentTokens | None]:
        """Log-probabilities of the token behind the last one.

        Args:
            tokens: ids [B, T] that follow what the state has read.
            emotion, genre: label ids [B].
            state: from :meth:`empty_state` or the last call; None: `tokens` is all there is.

        Returns:
            [B, 1, V], and the new state (None if none was given).
        """
        recent = self.empty_state(len(tokens)) if state is None else state
        steps = self.model.order - 1
        newest = tokens.numpy()[:, ::-1].astype(np.uint16)
        past = np.concatenate([newest, recent.past], axis=1)[:, :steps]
        exists = np.concatenate([np.ones(newest.shape, bool), recent.exists], axis=1)[:, :steps]
        found = self.model.distributions(Histories(past, exists, emotion.numpy(), genre.numpy()))
        logits = torch.from_numpy(np.log(found)).float()[:, None]
        return logits, None if state is None else RecentTokens(past, exists)
