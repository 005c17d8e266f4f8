"""Looking inside a trained network: the gates of an LSTM, the attention of a Transformer, along one piece."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lib.models.base import ConditionalModel
from lib.models.lstm import ConditionalLSTM
from lib.models.transformer import ConditionalTransformer


@dataclass(frozen=True)
class Gates:
    """What one LSTM layer did at each token; every array is [T, hidden_size], gates between 0 and 1.

    Attributes:
        input: how much of the new content enters the cell.
        forget: how much of the old cell stays.
        output: how much of the cell shows in the hidden state.
        content: the new content, between −1 and 1.
        cell: the cell state after the token.
        hidden: the layer's output.
    """

    input: np.ndarray
    forget: np.ndarray
    output: np.ndarray
    content: np.ndarray
    cell: np.ndarray
    hidden: np.ndarray


def lstm_step(
    features: Tensor, hidden: Tensor, cell: Tensor, input_weight: Tensor, hidden_weight: Tensor, bias: Tensor
) -> dict[str, Tensor]:
    """One step of one LSTM layer, written out.

    i, f, g, o = W x + U h + b;   cell' = σ(f) ⊙ cell + σ(i) ⊙ tanh(g);   hidden' = σ(o) ⊙ tanh(cell')

    Args:
        features: x [..., size]; hidden, cell: h and c before the step [..., size].
        input_weight, hidden_weight: W and U [4 · size, size], in torch's order i, f, g, o.
        bias: b [4 · size], the sum of torch's two.

    Returns:
        The fields of :class:`Gates`, as tensors.
    """
    preactivation = features @ input_weight.T + hidden @ hidden_weight.T + bias
    enter, forget, content, output = preactivation.chunk(4, dim=-1)
    enter, forget, content, output = enter.sigmoid(), forget.sigmoid(), content.tanh(), output.sigmoid()
    cell = forget * cell + enter * content
    return {
        "input": enter,
        "forget": forget,
        "output": output,
        "content": content,
        "cell": cell,
        "hidden": output * cell.tanh(),
    }


def _as_batch(model: ConditionalModel, tokens: np.ndarray, emotion: int, genre: int) -> list[Tensor]:
    arrays = (np.asarray(tokens)[None], np.array([emotion]), np.array([genre]))
    return [torch.as_tensor(array.astype(np.int64), device=model.device) for array in arrays]


@torch.no_grad()
def lstm_gates(model: ConditionalLSTM, tokens: np.ndarray, emotion: int, genre: int) -> list[Gates]:
    """The gates of every layer while the model reads one piece.

    Args:
        model: an LSTM in eval mode.
        tokens: ids [T].
        emotion, genre: label ids.

    Returns:
        One :class:`Gates` a layer, the lowest first.
    """
    features = model.embed(*_as_batch(model, tokens, emotion, genre))[0]
    layers = []
    for index in range(model.settings.num_layers):
        input_weight, hidden_weight, input_bias, hidden_bias = model.layers.all_weights[index]
        hidden = cell = torch.zeros_like(features[0])
        steps = []
        for feature in features:
            step = lstm_step(feature, hidden, cell, input_weight, hidden_weight, input_bias + hidden_bias)
            hidden, cell = step["hidden"], step["cell"]
            steps.append(step)
        stacked = {name: torch.stack([step[name] for step in steps]) for name in steps[0]}
        layers.append(Gates(**{name: values.float().cpu().numpy() for name, values in stacked.items()}))
        features = stacked["hidden"]
    return layers


@torch.no_grad()
def attention_weights(
    model: ConditionalTransformer, tokens: np.ndarray, emotion: int, genre: int
) -> np.ndarray:
    """How much each token looks at each earlier one.

    Args:
        model: a Transformer in eval mode.
        tokens: ids [T].
        emotion, genre: label ids.

    Returns:
        float32 [layers, heads, T, T]; row t sums to 1 over columns 0 … t and is 0 beyond.
    """
    collected: list[Tensor] = []

    def collect(attention, arguments):
        hidden, rotation = arguments[0], arguments[1]
        queries, keys, _ = attention.project(hidden, rotation)
        scores = queries @ keys.transpose(-2, -1) / queries.shape[-1] ** 0.5
        future = torch.ones_like(scores[0, 0], dtype=torch.bool).triu(diagonal=1)
        collected.append(scores.masked_fill(future, float("-inf")).softmax(dim=-1)[0])

    hooks = [layer.attention.register_forward_pre_hook(collect) for layer in model.layers]
    try:
        model(*_as_batch(model, tokens, emotion, genre))
    finally:
        for hook in hooks:
            hook.remove()
    return torch.stack(collected).float().cpu().numpy()
