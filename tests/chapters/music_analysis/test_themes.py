"""Themes: an exact repeat is found whole, a transposed one too, and nothing where nothing comes again."""

import numpy as np
import pytest
from music_examples import aabb, joined, line, music, phrase, score_of

from lib.chapters.music_analysis import themes
from lib.measures.music.piece import UnmeasurableError, barred_notes
from lib.measures.music.shuffled_bars import shuffle_bars


def test_an_exact_repeat():
    one, other = phrase(1), phrase(2)
    piece = music(joined(one, other, one))
    assert themes.share_recurring(piece) == pytest.approx(len(one) / (2 * len(one) + len(other)))
    assert themes.share_transposed(piece) == 0
    assert themes.bars_apart(piece) == pytest.approx(8)
    theme = themes.main_theme(piece)
    assert (theme.notes, theme.transpositions, theme.bars) == (len(one), [0, 0], [1, 9])
    assert theme.starts == [0, 8 * 4 * 480]
    assert theme.ends == [4 * 4 * 480, 12 * 4 * 480]


def test_a_transposed_repeat():
    one = phrase(1)
    higher = [(start, length, pitch + 5) for start, length, pitch in one]
    piece = music(joined(one, phrase(2), higher))
    assert themes.share_recurring(piece) > 0.25
    assert themes.share_transposed(piece) == 1
    assert themes.main_theme(piece).transpositions == [0, 5]


def test_nothing_comes_again():
    piece = music(joined(*(phrase(seed) for seed in range(4))))
    assert themes.share_recurring(piece) == 0
    assert themes.main_theme(piece) is None
    for measure in (themes.share_transposed, themes.bars_apart):
        with pytest.raises(UnmeasurableError, match="no theme comes again"):
            measure(piece)


def test_a_figure_that_goes_on_repeats_itself():
    """All but its first bar and a half."""
    assert themes.share_recurring(music(line([60, 64, 67, 64] * 16, 0.5))) == 1 - 12 / 64


def test_shuffled_bars_lose_what_crosses_bars():
    score = score_of(aabb())
    whole = themes.share_recurring(barred_notes(score))
    shuffled = [themes.share_recurring(barred_notes(shuffle_bars(score, seed))) for seed in range(5)]
    assert whole == pytest.approx(0.5, abs=0.02)
    assert max(shuffled) < 0.2


def test_recurrence_by_distance_has_its_peak_where_the_repeat_is():
    curve = themes.recurrence_by_distance(music(aabb(8)))
    assert int(np.nanargmax(np.array(curve, float))) + 1 == 8
    assert curve[7] == pytest.approx(2 / 3, abs=0.05)  # the notes that have eight bars behind them
    assert themes.recurrence_by_distance(music(aabb(4)))[16:] == [None] * 16


def test_the_melody_of_several_programs_is_the_highest_line():
    one = phrase(1)
    score = score_of(joined(one, phrase(2), one))
    low = score_of([(float(bar), 1.0, 36 + bar % 7) for bar in range(48)], program=32)
    score.tracks.append(low.tracks[0])
    assert themes.share_recurring(barred_notes(score)) == pytest.approx(1 / 3, abs=0.1)


def test_short_melodies_say_so():
    with pytest.raises(UnmeasurableError, match="1 bar, at least 3"):
        themes.share_recurring(music([(0, 4, 60)]))
    with pytest.raises(UnmeasurableError, match="a melody of 3 notes, at least 12"):
        themes.share_recurring(music(line([60, 62, 64], 4)))
