"""Linear layers laid out for few rows: the same products, and a model that afterwards is what it was."""

import contextlib

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lib.composing import sampling
from lib.composing.browser.packed import FEW, PackedLinear, packed_linear_layers
from lib.composing.grammar import Grammar
from lib.composing.sampling import SamplingSettings, sample_tokens
from lib.data.tokenizer import build_tokenizer
from lib.models import build_model
from lib.profiles.profile import ModelSettings


@pytest.mark.parametrize("rows", [(1,), (1, 1), (2, 1), (3,), (FEW, 1), (FEW + 1, 1), (2, 7)])
@pytest.mark.parametrize(("inputs", "outputs", "bias"), [(24, 48, True), (24, 37, True), (40, 5, False)])
@torch.inference_mode()
def test_the_product_is_that_of_the_layer(rows, inputs, outputs, bias):
    layer, features = nn.Linear(inputs, outputs, bias=bias), torch.randn(*rows, inputs)
    found = PackedLinear(layer)(features)
    assert found.shape == (*rows, outputs)
    torch.testing.assert_close(
        found,
        F.linear(features.double(), layer.weight.double(), None if not bias else layer.bias.double()).float(),
        rtol=1e-5,
        atol=1e-5,
    )


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "transformer", "num_heads": 2},
        {
            "kind": "transformer",
            "num_heads": 2,
            "norm": "post",
            "positions": "learned",
            "max_length": 128,
            "activation": "relu",
            "initialisation": "torch",
            "tie_embeddings": False,
        },
        {"kind": "lstm", "positions": "none", "tie_embeddings": False},
    ],
)
@pytest.mark.parametrize("values", [{"greedy": True}, {"guidance": 2.0}])
def test_the_tokens_are_those_of_the_plain_layers(options, values, monkeypatch):
    torch.manual_seed(4)
    grammar = Grammar(build_tokenizer("book"))
    model = build_model(ModelSettings(hidden_size=32, num_layers=2, **options), grammar.size, 3, 2).eval()
    settings = SamplingSettings(max_tokens=96, seed=8, **values)
    packed = sample_tokens(model, [0, 2], [1, 0], settings, grammar)
    monkeypatch.setattr(sampling, "packed_linear_layers", lambda model: torch.inference_mode())
    plain = sample_tokens(model, [0, 2], [1, 0], settings, grammar)
    assert all(np.array_equal(*pair) for pair in zip(packed, plain, strict=True))


def test_afterwards_the_model_follows_its_weights_again():
    model, features = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 4)), torch.ones(1, 8)
    with contextlib.suppress(KeyboardInterrupt), packed_linear_layers(model):
        assert isinstance(model[0].forward, PackedLinear)
        raise KeyboardInterrupt
    with torch.no_grad():
        model[2].weight.zero_()
    assert torch.equal(model(features)[0], model[2].bias)


def test_other_number_formats_stay_as_they_are():
    model = nn.Sequential(nn.Linear(8, 8)).to(torch.bfloat16)
    with packed_linear_layers(model):
        assert "forward" not in vars(model[0])
