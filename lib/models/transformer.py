"""The Transformer, read top to bottom: cache, rotary positions, attention, feed-forward, layer, model.

Two ways to set it up share this one file.

* The original report's: norm after each residual sum (post-norm), learned positions, ReLU, untied output,
  torch's own starting weights. With the same weights its logits equal those of `torch.nn.TransformerEncoder`
  under a causal mask; at vocabulary 486, 11 × 6 labels, hidden size 512, 12 layers, 16 heads, feed-forward
  2,048 and 1,024 positions it has the original's 38.9 M parameters.
* The book's: norm before each sublayer and once at the end (pre-norm), rotary positions, squared ReLU, the
  output layer tied to the token embedding, starting weights scaled by width and depth.

References: Vaswani et al. 2017 (attention), Xiong et al. 2020 (where the norm stands), Su et al. 2021 (rotary
positions), So et al. 2021 (squared ReLU), Radford et al. 2019 (scaling the residual projections by depth).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.basics.errors import BookError
from lib.models.attention import causal_attention
from lib.models.base import ConditionalModel
from lib.profiles.profile import ModelSettings


class KeyValueCache:
    """Keys and values of the tokens read so far, so that composing reads each token once.

    The memory is reserved once, for `max_length` tokens; a step writes into it instead of copying it.

    Attributes:
        length: tokens read so far, the same in every row.
        max_length: tokens there is room for.
    """

    def __init__(
        self,
        num_layers: int,
        batch_size: int,
        num_heads: int,
        max_length: int,
        head_size: int,
        device: torch.device,
        dtype: torch.dtype,
    ):
        shape = (num_layers, batch_size, num_heads, max_length, head_size)
        self.keys = torch.empty(shape, device=device, dtype=dtype)
        self.values = torch.empty(shape, device=device, dtype=dtype)
        self.max_length, self.length = max_length, 0

    def append(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store the new tokens' keys and values [B, heads, T, head_size] of a layer; return all so far."""
        end = self.length + keys.shape[2]
        self.keys[layer, :, :, self.length : end] = keys
        self.values[layer, :, :, self.length : end] = values
        return self.keys[layer, :, :, :end], self.values[layer, :, :, :end]

    def keep_rows(self, rows: Tensor) -> None:
        """Keep only these rows of the batch, indices [rows], as when the other pieces have ended."""
        self.keys, self.values = self.keys[:, rows], self.values[:, rows]


def rotation_table(length: int, head_size: int) -> Tensor:
    """Cosines and sines of the rotary positions, [2, length, head_size].

    Feature pair i of position p is turned by the angle p · 10000^(−2i / head_size); features i and
    i + head_size / 2 form a pair. The sines of the first half carry the minus sign of the rotation.
    """
    rates = 10_000.0 ** (-torch.arange(0, head_size, 2, dtype=torch.float64) / head_size)
    angles = torch.outer(torch.arange(length, dtype=torch.float64), rates)
    cosines = torch.cat([angles.cos(), angles.cos()], dim=-1)
    sines = torch.cat([-angles.sin(), angles.sin()], dim=-1)
    return torch.stack([cosines, sines]).float()


def rotate(features: Tensor, rotation: Tensor) -> Tensor:
    """Turn queries or keys [..., T, head_size] by their positions: q·k then depends on the distance only."""
    cosines, sines = rotation.to(features.dtype)
    first, second = features.chunk(2, dim=-1)
    return torch.addcmul(features * cosines, torch.cat([second, first], dim=-1), sines)


class SelfAttention(nn.Module):
    """Causal multi-head attention: softmax(QKᵀ / √head_size) V, each head on its share of the features."""

    def __init__(self, settings: ModelSettings):
        super().__init__()
        self.num_heads = settings.num_heads
        self.dropout = settings.dropout if settings.attention_dropout is None else settings.attention_dropout
        self.query_key_value = nn.Linear(settings.hidden_size, 3 * settings.hidden_size)
        self.output = nn.Linear(settings.hidden_size, settings.hidden_size)

    def project(self, hidden: Tensor, rotation: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys, values, each [B, heads, T, head_size]; queries and keys turned by position."""
        projected = self.query_key_value(hidden).unflatten(-1, (3, self.num_heads, -1))
        queries, keys, values = projected.permute(2, 0, 3, 1, 4)
        if rotation is not None:
            queries, keys = rotate(queries, rotation), rotate(keys, rotation)
        return queries, keys, values

    def forward(
        self, hidden: Tensor, rotation: Tensor | None, cache: KeyValueCache | None, layer: int
    ) -> Tensor:
        """Attended features [B, T, hidden_size] of features of the same shape; adds to the layer's cache."""
        queries, keys, values = self.project(hidden, rotation)
        length, past = hidden.shape[1], 0 if cache is None else cache.length
        if cache is not None:
            keys, values = cache.append(layer, keys, values)
        if past == 0:
            mixed = causal_attention(queries, keys, values, self.dropout if self.training else 0.0)
        else:
            # Plain products: torch's fused kernel is no faster for a single query, and slower in bfloat16.
            scores = (queries * queries.shape[-1] ** -0.5) @ keys.transpose(-2, -1)
            if length > 1:  # one new token may look at everything; of several, none at those behind it
                future = torch.ones_like(scores, dtype=torch.bool).triu(diagonal=past + 1)
                scores = scores.masked_fill(future, float("-inf"))
            mixed = scores.softmax(dim=-1) @ values
        return self.output(mixed.transpose(1, 2).reshape(hidden.shape))


class FeedForward(nn.Module):
    """Two linear layers with an activation between, at every position alike."""

    def __init__(self, settings: ModelSettings):
        super().__init__()
        inner = settings.feed_forward_size or 4 * settings.hidden_size
        self.expand = nn.Linear(settings.hidden_size, inner)
        self.output = nn.Linear(inner, settings.hidden_size)
        self.activation = settings.activation
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        """Features [B, T, hidden_size] to features of the same shape."""
        hidden = self.expand(hidden)
        hidden = F.gelu(hidden) if self.activation == "gelu" else F.relu(hidden)
        if self.activation == "relu_squared":
            hidden = hidden.square()
        return self.output(self.dropout(hidden))


class TransformerLayer(nn.Module):
    """Attention, then feed-forward, each added to what came in; norm before them (pre) or after the sum."""

    def __init__(self, settings: ModelSettings):
        super().__init__()
        self.pre_norm = settings.norm == "pre"
        self.attention_norm = nn.LayerNorm(settings.hidden_size)
        self.attention = SelfAttention(settings)
        self.feed_forward_norm = nn.LayerNorm(settings.hidden_size)
        self.feed_forward = FeedForward(settings)
        self.dropout = nn.Dropout(settings.dropout)

    def forward(
        self, hidden: Tensor, rotation: Tensor | None, cache: KeyValueCache | None, layer: int
    ) -> Tensor:
        """Features [B, T, hidden_size] to features of the same shape; adds to the cache of layer `layer`."""
        if self.pre_norm:
            attended = self.attention(self.attention_norm(hidden), rotation, cache, layer)
            hidden = hidden + self.dropout(attended)
            return hidden + self.dropout(self.feed_forward(self.feed_forward_norm(hidden)))
        hidden = self.attention_norm(hidden + self.dropout(self.attention(hidden, rotation, cache, layer)))
        return self.feed_forward_norm(hidden + self.dropout(self.feed_forward(hidden)))


class ConditionalTransformer(ConditionalModel):
    """A causal Transformer over tokens, told an emotion and a genre.

    Args:
        settings: shape and options; see :class:`lib.profiles.profile.ModelSettings`.
        vocabulary_size: number of token ids.
        num_emotions, num_genres: number of labels; the next index means "no label".
    """

    def __init__(self, settings: ModelSettings, vocabulary_size: int, num_emotions: int, num_genres: int):
        super().__init__(settings, vocabulary_size, num_emotions, num_genres)
        self.layers = nn.ModuleList(TransformerLayer(settings) for _ in range(settings.num_layers))
        self.final_norm = nn.LayerNorm(settings.hidden_size) if settings.norm == "pre" else None
        self.head_size = settings.hidden_size // settings.num_heads
        rotary = settings.positions == "rotary"
        table = rotation_table(settings.max_length, self.head_size) if rotary else None
        self.register_buffer("rotation", table, persistent=False)
        if settings.initialisation == "scaled":
            self._init_scaled()
        else:
            self._init_as_torch()

    def forward(
        self, tokens: Tensor, emotion: Tensor, genre: Tensor, state: KeyValueCache | None = None
    ) -> tuple[Tensor, KeyValueCache | None]:
        """Logits of the token after each position.

        Args:
            tokens: ids [B, T]; with a state only those that it has not read yet, one or many.
            emotion, genre: label ids [B].
            state: a cache from :meth:`empty_state`, changed in place; None in training.

        Returns:
            Logits [B, T, V], and the state.

        Raises:
            BookError: when the sequence outgrows the learned positions or the cache.
        """
        start = 0 if state is None else state.length
        end = start + tokens.shape[1]
        if state is not None and end > state.max_length:
            raise BookError(
                f"The cache has room for {state.max_length} tokens and cannot take {end}: "
                f"begin with empty_state(batch_size, max_length={end}) or shorten the piece."
            )
        hidden = self.embed(tokens, emotion, genre, start)
        rotation = None if self.rotation is None else self._rotation(start, end)
        for index, layer in enumerate(self.layers):
            hidden = layer(hidden, rotation, state, index)
        if state is not None:
            state.length = end
        return self.logits(hidden if self.final_norm is None else self.final_norm(hidden)), state

    def empty_state(self, batch_size: int, max_length: int | None = None) -> KeyValueCache:
        """An empty cache for `batch_size` rows of up to `max_length` tokens (default: the settings' own)."""
        settings = self.settings
        return KeyValueCache(
            settings.num_layers,
            batch_size,
            settings.num_heads,
            max_length or settings.max_length,
            self.head_size,
            self.device,
            self.dtype,
        )

    def keep_rows(self, state: KeyValueCache, rows: Tensor) -> KeyValueCache:
        """The state of these rows of the batch only: indices [rows]."""
        state.keep_rows(rows)
        return state

    def _rotation(self, start: int, end: int) -> Tensor:
        if end > self.rotation.shape[1]:  # rotary positions have no last one: lengthen the table
            self.rotation = rotation_table(2 * end, self.head_size).to(self.rotation)
        return self.rotation[:, start:end]

    def _init_scaled(self) -> None:
        """Linear layers keep the size of their input; the sum of 2 · num_layers residuals stays near 1.

        Embeddings of 2 / √hidden_size give fresh logits of deviation 2 when they also are the output weights.
        The usual 0.02 costs half a nat after 500,000 tokens: early steps then only find a scale for them.
        """
        self.init_embeddings(deviation=2 * self.settings.hidden_size**-0.5)
        for module in self.layers.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=module.in_features**-0.5)
                nn.init.zeros_(module.bias)
        for layer in self.layers:
            for residual in (layer.attention.output, layer.feed_forward.output):
                residual.weight.data /= math.sqrt(2 * len(self.layers))

    def _init_as_torch(self) -> None:
        """As `nn.TransformerEncoder` starts: attention its own way, and every layer a copy of the first."""
        first = self.layers[0]
        nn.init.xavier_uniform_(first.attention.query_key_value.weight)
        nn.init.zeros_(first.attention.query_key_value.bias)
        nn.init.zeros_(first.attention.output.bias)
        for layer in self.layers[1:]:
            layer.load_state_dict(first.state_dict())
