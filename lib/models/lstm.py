"""The LSTM baseline: summed embeddings, `torch.nn.LSTM`, a linear output layer.

In the original's configuration (hidden size 256, 2 layers, learned positions, untied) at vocabulary 486 and
11 × 6 labels it has the original's 1.44 M parameters if its table of positions has 512 rows: 1,437,414, to
which come two rows of 256 for "no label". With 1,024 rows it would have 1.57 M, so the count that the
original publishes belongs to windows of 512 tokens.

References: Hochreiter and Schmidhuber 1997; the forget gate is from Gers et al. 2000.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from lib.models.base import ConditionalModel
from lib.profiles.profile import ModelSettings


class RecurrentState(NamedTuple):
    """What an LSTM remembers: hidden and cell state [layers, B, hidden_size], and the tokens read so far."""

    hidden: Tensor
    cell: Tensor
    length: int


class ConditionalLSTM(ConditionalModel):
    """An LSTM over tokens, told an emotion and a genre; arguments as for the Transformer."""

    def __init__(self, settings: ModelSettings, vocabulary_size: int, num_emotions: int, num_genres: int):
        super().__init__(settings, vocabulary_size, num_emotions, num_genres)
        size, num_layers = settings.hidden_size, settings.num_layers
        between_layers = settings.dropout if num_layers > 1 else 0.0
        self.layers = nn.LSTM(size, size, num_layers, batch_first=True, dropout=between_layers)
        if settings.initialisation == "scaled":
            self._init_scaled()

    def forward(
        self, tokens: Tensor, emotion: Tensor, genre: Tensor, state: RecurrentState | None = None
    ) -> tuple[Tensor, RecurrentState | None]:
        """Logits of the token after each position.

        Args:
            tokens: ids [B, T]; with a state only those that it has not read yet, one or many.
            emotion, genre: label ids [B].
            state: from :meth:`empty_state` or the last call; None in training.

        Returns:
            Logits [B, T, V], and the new state (None if none was given).

        Raises:
            BookError: when the sequence outgrows the learned positions.
        """
        start = 0 if state is None else state.length
        embedded = self.embed(tokens, emotion, genre, start)
        output, (hidden, cell) = self.layers(embedded, None if state is None else (state.hidden, state.cell))
        if state is not None:
            state = RecurrentState(hidden, cell, start + tokens.shape[1])
        return self.logits(output), state

    def empty_state(self, batch_size: int, max_length: int | None = None) -> RecurrentState:
        """The state before the first token; `max_length` is ignored, an LSTM's memory does not grow."""
        zeros = torch.zeros(
            self.settings.num_layers,
            batch_size,
            self.settings.hidden_size,
            device=self.device,
            dtype=self.dtype,
        )
        return RecurrentState(zeros, zeros, 0)

    def keep_rows(self, state: RecurrentState, rows: Tensor) -> RecurrentState:
        """The state of these rows of the batch only: indices [rows]."""
        return RecurrentState(state.hidden[:, rows], state.cell[:, rows], state.length)

    def _init_scaled(self) -> None:
        """Embeddings as large as torch's, and gates that begin by remembering.

        The output layer shares the embeddings: its input is small (|h| < 1), so they may be large, and after
        500,000 tokens embeddings of 0.1 are 0.7 nats behind.
        A forget bias of 1 keeps early gradients alive through time (Jozefowicz et al. 2015). torch stores the
        gates in the order input, forget, cell, output, and two biases that add up.
        """
        self.init_embeddings(deviation=1.0)
        size = self.settings.hidden_size
        for name, bias in self.layers.named_parameters():
            if name.startswith("bias"):
                nn.init.zeros_(bias)
                if name.startswith("bias_ih"):
                    nn.init.ones_(bias[size : 2 * size])
