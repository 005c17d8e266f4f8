"""Tokens are placed in their bars; attention adds up."""

import numpy as np
import pytest

from lib.chapters.networks.in_bars import (
    attention_against_even,
    attention_by_bar,
    attention_by_distance,
    mean_by_onset,
    token_times,
)

WORDS = [
    "BOS_None",
    "Bar_None",
    "TimeSig_3/4",
    "Position_0",
    "Pitch_60",
    "Position_18",
    "Pitch_62",
    "Bar_None",
    "Position_12",
    "Pitch_64",
    "EOS_None",
]


def test_times_follow_bar_meter_and_position():
    table = token_times(WORDS, positions_per_beat=12)
    assert table["bar"].tolist() == [-1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]
    assert table["time"].tolist() == pytest.approx([0, 0, 0, 0, 0, 0.5, 0.5, 1, 4 / 3, 4 / 3, 4 / 3])


def test_mean_by_onset():
    edges, means = mean_by_onset(np.array([[0.0], [1], [4], [8]]), np.array([0, 0, 0.5, 1.5]), end=2)
    assert edges.tolist() == [0, 0.5, 1.5, 2]
    assert means[:, 0].tolist() == [0.5, 4, 8]


def causal_attention(length, heads=2):
    weights = np.tril(np.random.default_rng(1).random((heads, length, length)))
    return weights / weights.sum(axis=-1, keepdims=True)


def test_attention_between_bars_keeps_its_sum():
    bars = np.array([-1, 0, 0, 1, 1, 1, 3])
    numbers, between = attention_by_bar(causal_attention(7), bars)
    assert numbers.tolist() == [-1, 0, 1, 3]
    assert between.shape == (2, 4, 4)
    assert between.sum(axis=-1) == pytest.approx(np.ones((2, 4)))
    assert between[:, 0, 1:] == pytest.approx(np.zeros((2, 3)))


def test_even_attention_has_ratio_one():
    bars = np.array([-1, 0, 0, 1, 1, 1, 3])
    even = np.tril(np.ones((7, 7))) / np.arange(1, 8)[:, None]
    _, ratio = attention_against_even(even, bars)
    assert ratio[np.tril_indices(4)] == pytest.approx(np.ones(10))
    assert np.isnan(ratio[np.triu_indices(4, 1)]).all()


def test_attention_by_distance_finds_a_head_that_looks_one_bar_back():
    bars = np.repeat(np.arange(5), 3)
    one_back = np.zeros((1, 15, 15))
    one_back[0, np.arange(15), np.maximum(np.arange(15) - 3, 0)] = 1
    measured, even = attention_by_distance(one_back, bars, max_distance=2)
    assert measured[0].tolist() == pytest.approx([0, 1, 0])
    assert 0 < even.sum() < 1


def test_even_attention_meets_its_baseline():
    bars = np.repeat(np.arange(6), [2, 5, 1, 3, 4, 2])
    length = len(bars)
    uniform = np.tril(np.ones((1, length, length))) / np.arange(1, length + 1)[:, None]
    measured, even = attention_by_distance(uniform, bars, max_distance=3)
    assert measured[0] == pytest.approx(even)


def test_short_pieces_have_no_distances():
    measured, even = attention_by_distance(causal_attention(4), np.zeros(4, int), max_distance=2)
    assert np.isnan(measured).all()
    assert np.isnan(even).all()
