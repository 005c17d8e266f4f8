"""The original report's way of training and composing, written anew from torch's own modules.

It is what ours is measured against, and nothing else uses it: `nn.TransformerEncoder` under a causal mask,
learned positions, no dropout, Adam as torch sets it up, and, when composing, the whole prefix read again for
every token. Whatever torch itself does fast stays fast: its encoder is told that the mask is causal, and
gradients are off while composing.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.basics.errors import BookError
from lib.basics.precision import Precision, autocast
from lib.models.transformer import ConditionalTransformer
from lib.profiles.profile import ModelSettings


class PlainTransformer(nn.Module):
    """Summed embeddings of token, position, emotion and genre, torch's encoder, a linear output layer.

    Args:
        settings: shape of the network; post-norm, ReLU, learned positions and an output layer of its own,
            as in the original.
        vocabulary_size: number of token ids.
        num_emotions, num_genres: number of labels.

    Raises:
        BookError: for settings that are not the original's.
    """

    def __init__(self, settings: ModelSettings, vocabulary_size: int, num_emotions: int, num_genres: int):
        super().__init__()
        have = (settings.norm, settings.positions, settings.activation, settings.tie_embeddings)
        if have != ("post", "learned", "relu", False) or settings.dropout:
            raise BookError(
                "The original's way has post-norm, learned positions, ReLU, an untied output "
                f"layer, no dropout; these settings have {have}, dropout {settings.dropout}."
            )
        size = settings.hidden_size
        self.token_embedding = nn.Embedding(vocabulary_size, size)
        self.position_embedding = nn.Embedding(settings.max_length, size)
        self.emotion_embedding = nn.Embedding(num_emotions, size)
        self.genre_embedding = nn.Embedding(num_genres, size)
        layer = nn.TransformerEncoderLayer(
            size,
            settings.num_heads,
            settings.feed_forward_size or 4 * size,
            dropout=0.0,
            activation="relu",
            batch_first=True,
        )
        self.encoder = nn.TransformerEncoder(layer, settings.num_layers, enable_nested_tensor=False)
        self.output = nn.Linear(size, vocabulary_size)

    def forward(self, tokens: Tensor, emotion: Tensor, genre: Tensor) -> Tensor:
        """Logits [B, T, V] of the token after each position, from ids [B, T] and labels [B]."""
        length = tokens.shape[1]
        labels = self.emotion_embedding(emotion) + self.genre_embedding(genre)
        positions = self.position_embedding(torch.arange(length, device=tokens.device))
        hidden = self.token_embedding(tokens) + positions + labels[:, None]
        mask = nn.Transformer.generate_square_subsequent_mask(length, device=tokens.device)
        return self.output(self.encoder(hidden, mask=mask, is_causal=True))

    @torch.no_grad()
    def take_weights(self, model: ConditionalTransformer) -> "PlainTransformer":
        """Copy the weights of our network of the same settings, so that both compute the same thing."""
        for theirs, ours in zip(self.encoder.layers, model.layers, strict=True):
            theirs.self_attn.in_proj_weight.copy_(ours.attention.query_key_value.weight)
            theirs.self_attn.in_proj_bias.copy_(ours.attention.query_key_value.bias)
            for target, source in (
                (theirs.self_attn.out_proj, ours.attention.output),
                (theirs.linear1, ours.feed_forward.expand),
                (theirs.linear2, ours.feed_forward.output),
                (theirs.norm1, ours.attention_norm),
                (theirs.norm2, ours.feed_forward_norm),
            ):
                target.load_state_dict(source.state_dict())
        for name in ("token_embedding", "position_embedding", "output"):
            getattr(self, name).load_state_dict(getattr(model, name).state_dict())
        # Our label tables have one row more, for "no label".
        self.emotion_embedding.weight.copy_(model.emotion_embedding.weight[:-1])
        self.genre_embedding.weight.copy_(model.genre_embedding.weight[:-1])
        return self


def plain_loss(
    model: PlainTransformer,
    tokens: Tensor,
    targets: Tensor,
    emotion: Tensor,
    genre: Tensor,
    pad_id: int,
    precision: Precision,
) -> Tensor:
    """Mean cross-entropy (nats a token), a scalar, over those of the targets that are not PAD.

    Args:
        model: the network.
        tokens, targets: ids [B, T]; targets are the next ones.
        emotion, genre: label ids [B].
        pad_id: the id of PAD.
        precision: of the computation.
    """
    with autocast(precision, tokens.device):
        logits = model(tokens, emotion, genre)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad_id)


def plain_step(model: PlainTransformer, optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """Backward pass and update for a loss of shape []."""
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


@torch.no_grad()
def compose_plain(
    model: PlainTransformer,
    emotion: int,
    genre: int,
    start: int,
    max_tokens: int,
    temperature: float = 1.0,
    greedy: bool = False,
    seed: int = 0,
) -> Iterator[int]:
    """Draw token after token from the full distribution, reading the whole prefix again for each.

    Args:
        model: in eval mode.
        emotion, genre: label ids.
        start: the first id, BOS.
        max_tokens: length of the sequence, `start` included.
        temperature: divides the logits.
        greedy: take the likeliest token instead.
        seed: of the draws.

    Yields:
        Ids, those after `start`.
    """
    device = model.output.weight.device
    generator = torch.Generator(device).manual_seed(seed)
    tokens, *labels = (torch.tensor(value, device=device) for value in ([[start]], [emotion], [genre]))
    while tokens.shape[1] < max_tokens:
        logits = model(tokens, *labels)[:, -1]
        if greedy:
            drawn = logits.argmax(dim=-1, keepdim=True)
        else:
            drawn = torch.multinomial((logits / temperature).softmax(dim=-1), 1, generator=generator)
        tokens = torch.cat([tokens, drawn], dim=1)
        yield int(drawn)
