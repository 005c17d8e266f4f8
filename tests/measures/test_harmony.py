"""Harmony: known chords get their names and numerals, one voice has none."""

import pytest
from music21 import chord, key, roman
from music_examples import cadence_chords, line, music, score_of

from lib.measures import harmony
from lib.measures.keys import EstimatedKey
from lib.measures.piece import UnmeasurableError, barred_notes


def test_a_cadence_again_and_again():
    piece = music(cadence_chords())
    assert harmony.chord_shares(piece) == {"triads": 0.75, "sevenths": 0.25, "other": 0.0}
    assert harmony.share_of_chords(piece) == 1
    assert harmony.numerals(piece)[:6] == ["I", "IV", "V7", "I", "IV", "V7"]
    # Of the three changes of root, I–IV and V–I fall by a fifth.
    assert harmony.falling_fifths(piece) == pytest.approx(2 / 3, abs=0.02)


def test_what_passes_between_two_beats_is_left_aside():
    passing = [*cadence_chords(), *((beat + 0.5, 0.5, 61) for beat in range(48))]
    assert harmony.share_of_chords(music(passing)) == 1


def test_clusters_are_no_chords():
    clusters = [(float(beat), 1.0, pitch) for beat in range(16) for pitch in (60, 61, 62)]
    assert harmony.chord_shares(music(clusters))["other"] == 1


def test_beats_follow_the_meter():
    """In 6/8 a beat is a dotted quarter: two chords a bar."""
    chords = [(1.5 * beat, 1.5, pitch) for beat in range(16) for pitch in (60, 64, 67)]
    assert len(harmony.beat_chords(music(chords, ((0, 6, 8),)))) == 16


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_diatonic_numerals_are_music21s(mode):
    scale = ("C", "D", "E", "F", "G", "A", "B") if mode == "major" else ("C", "D", "E-", "F", "G", "A-", "B-")
    for degree in range(7):
        spelled = chord.Chord([scale[(degree + third) % 7] for third in (0, 2, 4)])
        expected = roman.romanNumeralFromChord(spelled, key.Key("C" if mode == "major" else "c"))
        classes = frozenset(spelled.pitchClasses)
        found = harmony._numeral(harmony._chord(classes, spelled.root().pitchClass), EstimatedKey(0, mode))
        assert found.rstrip("°") == expected.romanNumeralAlone


def test_one_voice_has_no_chords():
    with pytest.raises(UnmeasurableError, match="no voices: two pitches or more sound on 0%"):
        harmony.beat_chords(music(line([60, 62, 64, 65] * 8)))
    with pytest.raises(UnmeasurableError, match="only drums"):
        harmony.beat_chords(barred_notes(score_of([(0, 1, 38)], is_drum=True)))
    with pytest.raises(UnmeasurableError, match="2 beats with chords"):
        harmony.share_of_chords(music([(0, 2, 60), (0, 2, 64), (0, 2, 67)]))


def test_common_progressions_are_counted_by_source():
    found = {"real": [["I", "V", "I", "V", "I"]], "lstm": [["I", "V"], ["ii"]]}
    table = harmony.progression_table(found, "real")
    assert table["progression"].tolist() == ["I – V", "V – I"]
    assert table["real"].tolist() == [0.5, 0.5]
    assert table["lstm"].tolist() == [1.0, 0.0]
