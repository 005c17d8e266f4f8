"""Harmony: known chords get their names and numerals, one voice has none."""

import pytest
from music21 import chord, key, roman
from music_examples import cadence_chords, line, music, score_of

from lib.measures.music import harmony
from lib.measures.music.keys import EstimatedKey
from lib.measures.music.piece import UnmeasurableError, barred_notes


def test_a_cadence_again_and_again():
    piece = music(cadence_chords())
    assert harmony.chord_shares(piece) == {"triads": 0.75, "sevenths": 0.25, "other": 0.0}
    assert harmony.share_of_chords(piece) == 1
    assert harmony.numerals(piece)[:6] == ["C major:", "I", "IV", "V7", "I", "IV"]
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


@pytest.mark.parametrize(
    ("mode", "root", "kind", "name"),
    [
        ("major", 2, (0, 4, 7, 10), "V7/V"),
        ("major", 2, (0, 4, 7), "V/V"),
        ("major", 0, (0, 4, 7, 10), "V7/IV"),
        ("major", 9, (0, 4, 7, 10), "V7/ii"),
        ("major", 6, (0, 3, 6, 9), "vii°7/V"),
        ("major", 6, (0, 3, 6, 10), "viiø7/V"),
        ("minor", 2, (0, 4, 7, 10), "V7/V"),
        ("minor", 0, (0, 4, 7, 10), "V7/iv"),
        ("major", 7, (0, 4, 7, 10), "V7"),  # no note outside the key
        ("minor", 7, (0, 4, 7, 10), "V7"),
        ("minor", 11, (0, 3, 6, 9), "vii°7"),
        ("major", 8, (0, 4, 7, 10), "♭VI7"),  # it would lead to no degree of the key
    ],
)
def test_applied_dominants_are_named_by_their_goal(mode, root, kind, name):
    found = harmony._chord(frozenset((root + one) % 12 for one in kind), root)
    assert harmony.numeral(found, EstimatedKey(0, mode)) == name
    assert harmony.numeral(found, EstimatedKey(0, mode)).startswith(name[0])
    if "/" in name:  # music21 finds the same notes under the same name
        spelled = roman.RomanNumeral(name.replace("°", "o"), key.Key("C" if mode == "major" else "c"))
        assert frozenset(spelled.pitchClasses) == found.classes


def test_a_change_of_key_stands_before_its_chords():
    """Four bars in C, four a tritone higher."""
    piece = [note for note in cadence_chords() if note[0] < 24]
    away = [(start + 24, length, pitch + 6) for start, length, pitch in piece]
    found = harmony.numerals(music([*piece, *away]))
    assert [name for name in found if name.endswith(harmony.KEY_MARK)] == ["C major:", "F♯ major:"]
    table = harmony.progression_table({"real": [["C major:", "V", "I", "D major:", "V", "I"]]}, "real")
    assert table["progression"].tolist() == ["V – I"]


def test_voices_permuted_are_the_baseline_of_chords():
    piece = music(cadence_chords())
    assert harmony.permuted_chords(piece) == harmony.permuted_chords(piece)
    assert harmony.permuted_chords(piece) < harmony.share_of_chords(piece) == 1
    drone = music([(float(beat), 1.0, pitch) for beat in range(16) for pitch in (60, 64, 67)])
    assert harmony.permuted_chords(drone) == 1, "nothing changes by permuting what is the same"


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
