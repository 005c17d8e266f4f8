"""Heads are chosen on some pieces and measured on others."""

import numpy as np
import pytest

from lib.chapters.networks.looking_back import best_heads, farthest_bar, mean_over_pieces


def test_the_head_that_looks_back_is_found():
    generator = np.random.default_rng(0)
    shares = generator.uniform(0, 0.1, (20, 2, 3, 4))
    shares[:, 1, 2, 1] += 0.5
    evens = np.full((20, 4), 0.1)
    table = best_heads(shares, evens, np.arange(20), [1, 3])
    found = table.iloc[0]
    assert (found["bars_back"], found["layer"], found["head"]) == (1, 2, 3)
    assert found["low"] < found["share"] < found["high"]
    assert found["even"] == pytest.approx(0.1)
    assert found["pieces"] == 10


def test_luck_on_the_choosing_pieces_does_not_count():
    shares = np.full((20, 1, 2, 2), 0.1)
    shares[::2, 0, 1, 1] = 0.9  # only where heads are chosen
    found = best_heads(shares, np.full((20, 2), 0.1), np.arange(20), [1]).iloc[0]
    assert found["head"] == 2
    assert found["share"] == pytest.approx(0.1)


def test_without_pieces_there_is_no_number():
    found = best_heads(np.zeros((0, 1, 2, 2)), np.zeros((0, 2)), np.arange(0), [0, 1])
    assert found[["share", "low", "even"]].isna().all(axis=None)
    assert np.isnan(mean_over_pieces(np.zeros((0, 1, 2, 2)))).all()
    assert mean_over_pieces(np.ones((0, 1, 2, 2))).shape == (1, 2, 2)


def test_dense_music_lets_a_window_look_back_over_fewer_bars(tiny_store):
    rows = tiny_store.rows("train")[:9]
    bars = [
        sum(tiny_store.vocabulary[token] == "Bar_None" for token in tiny_store.tokens(row)) for row in rows
    ]
    whole = farthest_bar(tiny_store, rows, 10_000, most=999)
    assert abs(whole - np.median(bars)) <= 1
    assert farthest_bar(tiny_store, rows, 10_000, most=2) == 2
    assert 1 <= farthest_bar(tiny_store, rows, 60, most=999) < whole
