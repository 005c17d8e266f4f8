"""Endings: a cadence is one, an end in the middle is none."""

import pytest
from music_examples import D_MAJOR, cadence_chords, line, music, score_of

from lib.chapters.music_analysis import endings as closes
from lib.measures.piece import UnmeasurableError, barred_notes


def tune(*last):
    """A scale in D and a few last notes as (length, pitch)."""
    notes, at = line(D_MAJOR), 8.0
    for length, pitch in last:
        notes.append((at, length, pitch))
        at += length
    return music(notes)


def test_a_melody_closes_from_a_neighbour_or_the_fifth():
    assert closes.cadence(tune((1, 64), (3, 62))) == 1
    assert closes.cadence(tune((1, 69), (1, 62), (2, 62))) == 1
    assert closes.cadence(tune((1, 66), (3, 62))) == 0, "from the third it is none"
    assert closes.cadence(tune((1, 64), (3, 66))) == 0, "not on the tonic"


def test_chords_close_by_the_dominant():
    assert closes.cadence(music(cadence_chords())) == 1
    assert closes.cadence(music([note for note in cadence_chords() if note[0] < 47])) == 0, "on V7"
    without_fifth = [note for note in cadence_chords() if note[:1] + note[2:] != (47.0, 55)]
    assert closes.cadence(music(without_fifth)) == 1
    plagal = [note for note in cadence_chords() if note[0] < 46]
    plagal += [(46.0, 2.0, pitch) for pitch in (48, 60, 64, 72)]
    assert closes.cadence(music(plagal)) == 0, "from IV"


def test_the_last_note_is_long_or_not():
    assert closes.long_last_note(tune((1, 64), (3, 62))) == 1
    assert closes.long_last_note(tune((1, 64), (1, 62))) == 0
    assert closes.proper_close(tune((1, 64), (3, 62))) == 1
    assert closes.proper_close(tune((1, 64), (1, 62))) == 0
    assert closes.proper_close(tune((1, 64), (3, 66))) == 0


def test_what_is_too_short_says_so():
    with pytest.raises(UnmeasurableError, match="1 onsets, at least 4"):
        closes.long_last_note(music([(0, 4, 60)]))
    with pytest.raises(UnmeasurableError, match="only drums"):
        closes.cadence(barred_notes(score_of([(0, 1, 38)], is_drum=True)))
