"""What runs will cost: counts that can be worked out by hand, and hours that follow from them."""

import pytest
import torch

from lib.basics.precision import MIXED
from lib.chapters.speed import costs
from lib.models import build_model
from lib.profiles import load_profile, profile_names
from lib.profiles.profile import ModelSettings


def test_the_originals_transformer_costs_what_it_must():
    run = load_profile("gpu").run("transformer").model_copy(update={"precision": MIXED})
    cost = costs.cost_of(run, 486)
    assert round(cost.parameters / 1e6, 1) == 38.9
    weights = 12 * 12 * 512 * 512 + 512 * 486
    assert cost.flops == 3 * 2 * (weights + 1024 * 512 * 12)
    assert cost.weights == 10 * cost.parameters, "weights and gradients in fp32, copies in bfloat16"
    assert cost.optimiser == 8 * cost.parameters, "two moments in fp32"
    assert cost.cache == 64 * 1024 * 2 * 12 * 512 * 4, "keys and values of 12 layers in fp32"
    # Korthikanti et al. 2023: 34 bytes a feature, layer and token, of which 2 for dropout's masks.
    by_layer = cost.activations / (run.training.batch_tokens * 12 * 512)
    assert 25 < by_layer < 40
    assert cost.hours(312e12, 0.37) == pytest.approx(4e9 * cost.flops / (0.37 * 312e12) / 3600)


def test_the_cache_of_an_lstm_does_not_grow():
    cost = costs.cost_of(load_profile("gpu").run("lstm"), 486)
    assert cost.cache == 64 * 2 * 2 * 256 * 4


def test_activations_grow_with_layers_and_not_with_the_square_of_the_length():
    def of(num_layers):
        settings = ModelSettings(kind="transformer", hidden_size=64, num_layers=num_layers, num_heads=2)
        return costs.activation_bytes(build_model(settings, 50, 2, 2), "32-true")

    one, two, three = (of(number) for number in (1, 2, 3))
    assert two - one == pytest.approx(three - two, rel=0.01)
    assert 10 * 64 < two - one < 100 * 64


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_is_told_with_its_sources(name):
    lines = costs.describe_costs(load_profile(name), peak_seconds=0.05)
    text = "\n".join(lines)
    for run in ("lstm", "transformer"):
        assert f"cost      {run}: " in text
        assert f"memory    {run}: " in text
        assert f"hours     {run}, " in text
    for word in ("parameters", "(FLOPs) a token", "optimiser", "activations", "cache", "nanoGPT"):
        assert word in text
    for device in costs.DEVICES:
        assert f"source    {device.name}, {device.peak / 1e12:,.4g} TFLOP/s: {device.source}" in lines
    if not torch.cuda.is_available():
        assert "measured just now" in text


def test_a_batch_that_does_not_fit_is_said():
    large, small = (costs.Cost(1, 10**9, 10**12, 1e9, 1e9, activations, 0.0) for activations in (9e10, 9e9))
    assert "does not fit: raise accumulate" in costs._hours(costs.DEVICES[2], large)
    assert "does not fit" not in costs._hours(costs.DEVICES[2], small)
