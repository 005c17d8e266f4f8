"""Gates and attention as seen from outside equal what the models compute."""

import numpy as np
import torch
from torch import nn

from lib.models import attention_weights, build_model, lstm_gates, lstm_step
from lib.profiles.profile import ModelSettings

TOKENS = np.array([3, 1, 4, 1, 5, 9, 2, 6], dtype=np.uint16)


def build(**options):
    torch.manual_seed(5)
    return build_model(ModelSettings(hidden_size=8, max_length=16, **options), 10, 2, 3).eval()


def test_handwritten_step_equals_torchs_cell():
    torch.manual_seed(5)
    cell = nn.LSTMCell(6, 4)
    features, hidden, memory = torch.randn(2, 6), torch.randn(2, 4), torch.randn(2, 4)
    expected_hidden, expected_cell = cell(features, (hidden, memory))
    step = lstm_step(features, hidden, memory, cell.weight_ih, cell.weight_hh, cell.bias_ih + cell.bias_hh)
    torch.testing.assert_close(step["hidden"], expected_hidden)
    torch.testing.assert_close(step["cell"], expected_cell)


def test_gates_lead_to_the_models_logits():
    model = build(kind="lstm", num_layers=2, positions="none")
    gates = lstm_gates(model, TOKENS, 1, 2)
    assert len(gates) == 2
    top = gates[-1]
    assert top.forget.shape == (8, 8)
    assert 0 < top.forget.min() < top.forget.max() < 1
    np.testing.assert_allclose(top.hidden, top.output * np.tanh(top.cell), atol=1e-6)
    np.testing.assert_allclose(
        top.cell[1:], top.forget[1:] * top.cell[:-1] + top.input[1:] * top.content[1:], atol=1e-6
    )
    with torch.no_grad():
        expected, _ = model(torch.tensor(TOKENS.astype(np.int64))[None], torch.tensor([1]), torch.tensor([2]))
        logits = model.logits(torch.tensor(top.hidden))
    torch.testing.assert_close(logits, expected[0], atol=1e-5, rtol=1e-5)


def test_attention_is_causal_and_what_the_first_layer_uses():
    model = build(kind="transformer", num_layers=2, num_heads=2)
    weights = attention_weights(model, TOKENS, 0, 3)
    assert weights.shape == (2, 2, 8, 8)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
    assert np.abs(np.triu(weights, 1)).max() == 0
    # Weighted sums of the values through the output layer are what the layer's attention gives.
    layer = model.layers[0]
    with torch.no_grad():
        tokens = torch.tensor(TOKENS.astype(np.int64))[None]
        hidden = layer.attention_norm(model.embed(tokens, torch.tensor([0]), torch.tensor([3])))
        rotation = model.rotation[:, :8]
        _, _, values = layer.attention.project(hidden, rotation)
        mixed = torch.tensor(weights[:1]) @ values
        expected = layer.attention.output(mixed.transpose(1, 2).flatten(2))
        actual = layer.attention(hidden, rotation, None, 0)
    torch.testing.assert_close(actual, expected, atol=1e-5, rtol=1e-5)
    assert not model.layers[0].attention._forward_pre_hooks
