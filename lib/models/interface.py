"""One door to both networks: build by settings, count parameters and arithmetic."""

from lib.models.base import ConditionalModel
from lib.models.lstm import ConditionalLSTM
from lib.models.transformer import ConditionalTransformer
from lib.profiles.profile import ModelSettings


def build_model(
    settings: ModelSettings, vocabulary_size: int, num_emotions: int, num_genres: int
) -> ConditionalModel:
    """A network with fresh weights, drawn from torch's global generator.

    Args:
        settings: kind, shape and options.
        vocabulary_size: number of token ids.
        num_emotions, num_genres: number of labels; the next index means "no label".

    Returns:
        A module called as `model(tokens[B, T], emotion[B], genre[B], state=None)`; it gives
        `(logits[B, T, V], state)`.
    """
    kinds = {"lstm": ConditionalLSTM, "transformer": ConditionalTransformer}
    return kinds[settings.kind](settings, vocabulary_size, num_emotions, num_genres)


def count_parameters(model: ConditionalModel) -> dict[str, int]:
    """Trainable numbers by part: embeddings, layers (with norms), output (0 when tied), and total."""
    counts = {"embeddings": 0, "layers": 0, "output": 0}
    for name, parameter in model.named_parameters():
        module = name.split(".")[0]
        part = "embeddings" if module.endswith("_embedding") else "output" if module == "output" else "layers"
        counts[part] += parameter.numel()
    return {**counts, "total": sum(counts.values())}


def flops_per_token(model: ConditionalModel, length: int) -> int:
    """Floating-point operations of one forward pass, per token of a sequence of `length` tokens.

    A multiplication and an addition count as two. Counted are the matrix products: linear layers
    (2 × weights), and in attention QKᵀ and the weighted sum, over the `length / 2` past tokens that causality
    leaves on average. Embedding look-ups, norms and activations are left out. A training step costs three
    times as much: the backward pass has two products for each one of the forward pass.
    """
    settings = model.settings
    weights = sum(
        parameter.numel()
        for name, parameter in model.named_parameters()
        if parameter.dim() == 2 and "embedding" not in name
    )
    if settings.tie_embeddings:
        weights += model.token_embedding.weight.numel()
    attends = settings.kind == "transformer"
    attention = 2 * length * settings.hidden_size * settings.num_layers if attends else 0
    return 2 * weights + attention
