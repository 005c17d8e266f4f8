"""Bounds are measured, of the right size, and count what a step must do."""

import pytest
import torch

from lib.chapters.speed.bounds import bytes_a_step, layer_shapes, matmul_peak, memory_bandwidth
from lib.models import build_model, count_parameters, flops_per_token
from lib.profiles.profile import ModelSettings

SETTINGS = ModelSettings(kind="transformer", hidden_size=16, num_layers=3, num_heads=2, feed_forward_size=40)


def test_the_shapes_are_those_of_the_layers():
    model = build_model(SETTINGS, 50, 2, 2)
    products = sum(2 * rows * inputs * outputs for rows, inputs, outputs in layer_shapes(SETTINGS, 7))
    output_and_attention = 2 * 50 * 16 + 2 * 10 * 16 * 3
    assert 3 * products == 7 * (flops_per_token(model, 10) - output_and_attention)


def test_a_larger_product_takes_longer_but_not_at_another_rate(monkeypatch):
    """The rate is operations over time: with a clock of one second a call it is the operations themselves."""
    monkeypatch.setattr("lib.chapters.speed.bounds._fastest", lambda work, seconds: 1.0)
    assert matmul_peak([(2, 3, 5), (4, 3, 5)], torch.float32) == 2 * 4 * 3 * 5
    assert memory_bandwidth(size=1 << 20) == 1 << 20


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_rates_are_those_of_a_computer(dtype):
    assert 1e8 < matmul_peak([(64, 64, 64)], dtype, seconds=0.05) < 1e16
    assert 1e7 < memory_bandwidth(seconds=0.05, size=1 << 22) < 1e14


def test_a_step_reads_the_weights_once_and_every_rows_cache():
    model = build_model(SETTINGS, 50, 2, 2)
    labels = model.emotion_embedding.weight.numel() + model.genre_embedding.weight.numel()
    weights = 4 * (count_parameters(model)["total"] - labels)
    assert bytes_a_step(model, rows=1, past=0) == weights
    assert bytes_a_step(model, rows=5, past=7.5) == weights + 5 * 7.5 * 2 * 3 * 16 * 4
    assert bytes_a_step(model.bfloat16(), rows=5, past=7.5) == (weights + 5 * 7.5 * 2 * 3 * 16 * 4) / 2
