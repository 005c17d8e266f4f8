"""Outcomes: counts, intervals that hold, and labels and real pieces chosen by rule."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lib.basics.errors import BookError
from lib.composing.outcomes import (
    held_out_piece,
    label_pairs,
    original_outcomes,
    real_outcomes,
    share_with_interval,
    summarise_outcomes,
)


def test_wilson_intervals_against_published_values():
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    for successes, count, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        expected = successes / count, low, high
        assert share_with_interval(successes, count) == pytest.approx(expected, abs=5e-5)
    with pytest.raises(BookError, match="at least one"):
        share_with_interval(0, 0)


def test_wilson_intervals_cover_as_often_as_they_say():
    generator = np.random.default_rng(0)
    for share in (0.1, 0.5, 0.9):
        counts = generator.binomial(40, share, 500)
        covered = [low <= share <= high for _, low, high in (share_with_interval(k, 40) for k in counts)]
        assert 0.91 < np.mean(covered) < 0.99


def test_the_original_never_ended():
    found = original_outcomes()
    assert len(found) == 5
    assert not found["ended"].any()
    assert found["tokens"].between(1014, 1023).all()
    assert set(found["bars"]) == {5, 8, 10, 12}


def test_summary_and_real_pieces(tiny_store):
    rows = tiny_store.rows("test")
    limit = int(np.median(tiny_store.lengths[rows]))
    table = pd.concat([real_outcomes(tiny_store, rows, limit), original_outcomes()])
    summary = summarise_outcomes(table).set_index("source")
    assert list(summary.index) == ["real", "original"]
    assert summary.loc["real", "ended"] == (tiny_store.lengths[rows] <= limit).sum()
    assert summary.loc["original", "share"] == 0
    assert summary.loc["original", "bars"] == 8


def test_every_label_has_its_turn(tiny_store):
    pairs = label_pairs(tiny_store)
    assert len(set(pairs)) == len(pairs) >= 2
    first = pairs[:2]
    assert {emotion for emotion, _ in first} == set(tiny_store.emotions)
    assert {genre for _, genre in first} == set(tiny_store.genres)
    assert label_pairs(tiny_store, 2) == first


def test_where_no_two_pieces_share_labels_the_held_out_ones_have_their_turn(tiny_store):
    index = tiny_store.index.assign(emotion=[f"mood{row}" for row in range(len(tiny_store))])
    own = SimpleNamespace(index=index, emotions=sorted(set(index["emotion"])), genres=tiny_store.genres)
    pairs = label_pairs(own)
    assert sorted(emotion for emotion, _ in pairs) == sorted(index.loc[index["split"] != "train", "emotion"])


def test_the_real_piece_was_held_out_and_fits(tiny_store):
    for emotion, genre in label_pairs(tiny_store):
        row = held_out_piece(tiny_store, emotion, genre, 10_000)
        piece = tiny_store.index.iloc[row]
        assert (piece["emotion"], piece["genre"]) == (emotion, genre)
        assert piece["split"] != "train"
        short = held_out_piece(tiny_store, emotion, genre, 2)
        assert tiny_store.lengths[short] <= tiny_store.lengths[row]
    with pytest.raises(BookError, match="No piece with the labels calm and jazz was held out"):
        held_out_piece(tiny_store, "calm", "jazz", 100)
