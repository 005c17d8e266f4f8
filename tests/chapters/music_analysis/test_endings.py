"""Endings: a cadence is one, an end in the middle is none."""

import pytest
from music_examples import D_MAJOR, cadence_chords, line, music, score_of

from lib.chapters.music_analysis import endings as closes
from lib.measures.music.harmony import BeatChord
from lib.measures.music.keys import EstimatedKey
from lib.measures.music.piece import UnmeasurableError, barred_notes


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
    assert closes.cadence(tune((1, 66), (3, 62))) == 1, "3-1 is one, too"
    assert closes.cadence(tune((1, 67), (3, 62))) == 0, "from the fourth it is none"
    assert closes.cadence(tune((1, 64), (3, 66))) == 0, "not on the tonic"


def test_chords_close_by_the_dominant():
    assert closes.cadence(music(cadence_chords())) == 1
    assert closes.cadence(music([note for note in cadence_chords() if note[0] < 47])) == 0, "on V7"
    without_fifth = [note for note in cadence_chords() if note[:1] + note[2:] != (47.0, 55)]
    assert closes.cadence(music(without_fifth)) == 1
    plagal = [note for note in cadence_chords() if note[0] < 46]
    plagal += [(46.0, 2.0, pitch) for pitch in (48, 60, 64, 72)]
    assert closes.cadence(music(plagal)) == 0, "from IV"


def test_with_voices_the_last_chord_decides_and_not_its_lowest_note():
    without_end = [note for note in cadence_chords() if note[0] < 47]
    sixth = [*without_end, *((47.0, 1.0, pitch) for pitch in (52, 60, 67, 72))]
    assert closes.closes_on_tonic(music(sixth)) == 1, "I6: the root is the tonic"
    assert closes.cadence(music(sixth)) == 1
    suspended = [*without_end, (47.0, 1.0, 48), (47.0, 1.0, 67), (47.0, 1.0, 72), (47.0, 1.0, 65)]
    assert closes.closes_on_tonic(music(suspended)) == 1, "no chord: its lowest note"
    submediant = [*without_end, *((47.0, 1.0, pitch) for pitch in (48, 60, 64, 69))]
    assert closes.closes_on_tonic(music(submediant)) == 0, "vi6 over the tonic"


def test_one_voice_is_judged_by_the_lowest_note():
    notes = [*line(D_MAJOR), (8, 4, 74), (8, 4, 54)]
    assert closes.closes_on_tonic(music(notes)) == 0
    assert closes.closes_on_tonic(music([*line(D_MAJOR), (8, 4, 66), (8, 4, 50)])) == 1


def chord(root, bass=None):
    return BeatChord(frozenset(), root if bass is None else bass, root, "major")


@pytest.mark.parametrize(
    ("roots", "kind"),
    [
        ((0, 7, 0), "authentic"),
        ((7, 7, 0, 0), "authentic"),
        ((11, 0), "authentic"),
        ((5, 0), "plagal"),
        ((2, 7), "half"),
        ((7, 9), "other"),
        ((0,), "other"),
    ],
)
def test_kinds_of_cadence(roots, kind):
    assert (
        closes.kind_of_cadence([chord((root + 2) % 12) for root in roots], EstimatedKey(2, "major")) == kind
    )


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
