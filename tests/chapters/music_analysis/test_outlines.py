"""Themes in outline: ornaments between the beats are forgiven, another tune is not."""

import numpy as np
import pytest
from music_examples import aabb, joined, line, music, phrase, score_of

from lib.chapters.music_analysis import outlines, themes
from lib.measures.music.piece import UnmeasurableError, barred_notes
from lib.measures.music.shuffled_bars import shuffle_bars


def ornamented(notes):
    """Every quarter as two eighths, the second a step above."""
    return [
        part
        for start, length, pitch in notes
        for part in (
            [(start, 0.5, pitch), (start + 0.5, 0.5, pitch + 2)] if length == 1 else [(start, length, pitch)]
        )
    ]


def quarters(seed, count=16):
    return line(np.random.default_rng(seed).choice([62, 64, 66, 67, 69, 71, 73, 74], count).tolist())


def test_an_ornamented_repeat_is_found_where_an_exact_measure_finds_none():
    one, other = quarters(1), quarters(2)
    piece = music(joined(one, other, ornamented(one)))
    assert themes.share_recurring(piece) == 0
    assert outlines.share_in_outline(piece) == pytest.approx(1 / 3, abs=0.03)


def test_one_beat_in_eight_may_differ_and_the_whole_may_be_transposed():
    one = quarters(1)
    changed = [(start, length, pitch + 5 + (start == 4)) for start, length, pitch in one]
    piece = music(joined(one, quarters(2), changed))
    assert outlines.share_in_outline(piece) == pytest.approx(15 / 48, abs=0.03)


def test_other_tunes_and_held_notes_are_no_repeat():
    assert outlines.share_in_outline(music(joined(quarters(1), quarters(2), quarters(3)))) == 0
    assert outlines.share_in_outline(music(line([60] * 64))) == 0


def test_shuffled_bars_lose_it():
    score = score_of(aabb())
    assert outlines.share_in_outline(barred_notes(score)) >= 0.45
    shuffled = [outlines.share_in_outline(barred_notes(shuffle_bars(score, seed))) for seed in range(5)]
    assert np.mean(shuffled) < 0.2


def test_what_is_too_short_says_so():
    with pytest.raises(UnmeasurableError, match="8 beats, at least 16"):
        outlines.share_in_outline(music(phrase(1, 2)))
