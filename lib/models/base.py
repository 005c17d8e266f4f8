"""What the two networks share: summed embeddings (token, position, emotion, genre) and the output layer."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.basics.errors import BookError
from lib.profiles.profile import ModelSettings


class ConditionalModel(nn.Module):
    """Base of the networks: everything before and after the layers that mix the positions of a piece.

    As in the original, the labels enter as embeddings added to every token's. Each label table has one row
    more than there are labels: the last stands for "no label" (label dropout in training, guidance in
    composing).

    Sequences of one batch are padded at their end. No mask is needed for that: a causal network cannot see
    the padding behind a token, and what it says at the padding itself is left out of the loss.
    """

    def __init__(self, settings: ModelSettings, vocabulary_size: int, num_emotions: int, num_genres: int):
        super().__init__()
        self.settings = settings
        self.vocabulary_size, self.num_emotions, self.num_genres = vocabulary_size, num_emotions, num_genres
        size = settings.hidden_size
        self.token_embedding = nn.Embedding(vocabulary_size, size)
        self.emotion_embedding = nn.Embedding(num_emotions + 1, size)
        self.genre_embedding = nn.Embedding(num_genres + 1, size)
        learned = settings.positions == "learned"
        self.position_embedding = nn.Embedding(settings.max_length, size) if learned else None
        # torch's encoder layers, and so the original's, have no dropout before the first layer.
        self.embedding_dropout = nn.Dropout(settings.dropout if settings.norm == "pre" else 0.0)
        self.output = None if settings.tie_embeddings else nn.Linear(size, vocabulary_size)

    def embed(self, tokens: Tensor, emotion: Tensor, genre: Tensor, start: int = 0) -> Tensor:
        """The sum of the embeddings, [B, T, hidden_size].

        Args:
            tokens: ids [B, T].
            emotion, genre: label ids [B]; `num_emotions` and `num_genres` mean "no label".
            start: position of the first of these tokens in its sequence.

        Raises:
            BookError: when learned positions end before the sequence does.
        """
        hidden = self.token_embedding(tokens)
        hidden = hidden + (self.emotion_embedding(emotion) + self.genre_embedding(genre))[:, None]
        if self.position_embedding is not None:
            end, longest = start + tokens.shape[1], self.settings.max_length
            if end > longest:
                raise BookError(
                    f"This model learned {longest} positions and cannot read a sequence of {end} "
                    f"tokens: shorten it or train with a larger max_length."
                )
            hidden = hidden + self.position_embedding.weight[start:end]
        return self.embedding_dropout(hidden)

    def logits(self, hidden: Tensor) -> Tensor:
        """Unnormalised log-probabilities of the next token: [B, T, hidden_size] → [B, T, vocabulary_size]."""
        if self.output is None:
            return F.linear(hidden, self.token_embedding.weight)
        return self.output(hidden)

    def init_embeddings(self, deviation: float) -> None:
        """Draw the embeddings from N(0, deviation²); an untied output layer keeps torch's own start."""
        for table in (
            self.token_embedding,
            self.emotion_embedding,
            self.genre_embedding,
            self.position_embedding,
        ):
            if table is not None:
                nn.init.normal_(table.weight, std=deviation)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.token_embedding.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """The number format of the weights."""
        return self.token_embedding.weight.dtype
