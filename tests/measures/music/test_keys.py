"""Keys: a scale in D is in D, profiles are music21's, and what has no key says so."""

import numpy as np
import pandas as pd
import pytest
from music_examples import D_MAJOR, joined, line, music, phrase, score_of

from lib.data.labelling.labels import PROFILE, estimate_key, pitch_class_time
from lib.measures.music import keys
from lib.measures.music.keys import EstimatedKey, relation
from lib.measures.music.piece import UnmeasurableError, barred_notes

UP_AND_DOWN = [*D_MAJOR, 69, 66, *reversed(D_MAJOR), 66, 69, 66, 62]
SCALE = music([*line(UP_AND_DOWN), (22, 4, 62)])
D = EstimatedKey(2, "major")


@pytest.mark.parametrize("profile", keys.PROFILES)
def test_a_scale_in_d_is_in_d(profile):
    assert keys.piece_key(SCALE, profile) == D
    assert str(D) == "D major"


def test_everything_about_a_scale_in_d():
    assert keys.profiles_agree(SCALE) == 1
    assert keys.share_in_scale(SCALE) == 1
    assert keys.opens_on_tonic(SCALE) == 1


def test_one_foreign_note():
    pitches = list(UP_AND_DOWN)
    pitches[5] += 1
    assert keys.share_in_scale(music(line(pitches))) == 21 / 22


def test_a_minor_scale_keeps_its_raised_leading_note_outside():
    a_minor = [57, 59, 60, 62, 64, 65, 68, 69, 64, 60, 57, 57]
    found = music(line(a_minor))
    assert keys.piece_key(found) == EstimatedKey(9, "minor")
    assert keys.share_in_scale(found) == 11 / 12


@pytest.mark.parametrize("profile", keys.PROFILES)
@pytest.mark.parametrize("seed", range(6))
def test_estimates_are_music21s(profile, seed):
    from music21 import note, stream

    generator = np.random.default_rng(seed)
    notes = line((60 + generator.integers(0, 24, 40)).tolist(), 0.5)
    part = stream.Stream()
    for _, length, pitch in notes:
        part.append(note.Note(pitch, quarterLength=length))
    expected = part.analyze(f"key.{profile}")
    found = keys.piece_key(music(notes), profile)
    assert (found.tonic, found.mode) == (expected.tonic.pitchClass, expected.mode)


def test_the_labelling_rule_gets_the_same_answer():
    score = score_of(phrase(3, 8))
    expected = estimate_key(pitch_class_time(score))
    found = keys.piece_key(barred_notes(score), PROFILE)
    assert (found.tonic, found.mode) == (expected.pitch_class, expected.mode)


def test_a_piece_that_moves_away_is_less_stable():
    home = phrase(1, 8)
    away = [(start, length, pitch + 6) for start, length, pitch in phrase(1, 8)]
    assert keys.key_stability(music(joined(home, home, bars=8))) > 0.8
    assert keys.key_stability(music(joined(home, away, bars=8))) < 0.7


def test_minor_may_raise_its_sixth_and_seventh():
    rising = [57, 59, 60, 62, 64, 66, 68, 69]  # A melodic minor, upwards
    falling = [69, 67, 65, 64, 62, 60, 59, 57, 57, 60, 64, 57]
    tune = music(line([*rising, *falling]))
    assert str(keys.piece_key(tune)) == "A minor"
    assert keys.share_in_scale(tune) == pytest.approx(18 / 20)
    assert keys.share_in_scale(tune, raised=True) == 1
    assert keys.share_in_scale(SCALE, raised=True) == 1


def test_keys_follow_a_piece_that_moves_away():
    """Eight bars of D, then the same a tritone higher: the key changes once, at the seam."""
    home = [(start, length, pitch) for start, length, pitch in line([*UP_AND_DOWN, 62, 62] * 2)]
    away = [(start + 48, length, pitch + 6) for start, length, pitch in home]
    piece = music([*home, *away])
    found = keys.local_keys(piece, piece.beats)
    assert found[:44] == [D] * 44
    assert found[52:] == [EstimatedKey(8, "major")] * (len(found) - 52)
    assert keys.local_keys(music(home), music(home).beats) == [D] * 48
    with pytest.raises(UnmeasurableError, match="no beat"):
        keys.local_keys(piece, piece.beats[:0])


def test_an_opening_is_the_first_note_on_a_bar_line():
    upbeat = [(3, 1, 69), *line([62, 66, 69, 74], 1, 4), *line([62, 66, 69, 62], 1, 8)]
    assert keys.opens_on_tonic(music(upbeat)) == 1


@pytest.mark.parametrize(
    ("found", "true", "expected"),
    [
        (D, D, "same key"),
        (EstimatedKey(2, "minor"), D, "other mode, same tonic"),
        (EstimatedKey(11, "minor"), D, "relative key"),
        (EstimatedKey(5, "major"), EstimatedKey(2, "minor"), "relative key"),
        (EstimatedKey(9, "major"), D, "a fifth away"),
        (EstimatedKey(7, "major"), D, "a fifth away"),
        (EstimatedKey(8, "major"), D, "another key"),
        (EstimatedKey(9, "minor"), D, "another key"),
    ],
)
def test_ways_to_miss(found, true, expected):
    assert relation(found, true) == expected


def test_what_has_no_key_says_so():
    drums = barred_notes(score_of([(0, 1, 38), (1, 1, 40)], is_drum=True))
    even = music(line(range(60, 72)))
    one = music([(0, 4, 60)])
    empty = music([])
    for piece, words in (
        (drums, "only drums"),
        (even, "equally long"),
        (one, "1 note, at least 2"),
        (empty, "no notes"),
    ):
        with pytest.raises(UnmeasurableError, match=words):
            keys.piece_key(piece)
    with pytest.raises(UnmeasurableError, match="7 bars, at least 8"):
        keys.key_stability(SCALE)


def test_notated_keys_are_compared_where_there_are_any():
    table = pd.DataFrame(
        {
            "identifier": ["a", "b", "c", "d", "e"],
            "mode": ["major", "minor", "major", "minor", "major"],
            "genre": ["irish", "irish", "german", "chinese", "chorale"],
            "key_field": ["D", "Ador", "G", "C", np.nan],
        }
    )
    notated = keys.notated_keys(table)
    assert notated["identifier"].tolist() == ["a", "b", "c"]
    assert notated["tonic"].tolist() == [2, 9, 7]
    assert notated["written_mode"].tolist() == [True, True, False]
    pieces = {"a": SCALE, "c": SCALE}
    errors = keys.error_table(notated, pieces, {"a": "irish", "c": "german"}, {"a": 1, "c": 2})
    line_ = errors[(errors["profile"] == "temperley") & (errors["collection"] == "all")].iloc[0]
    assert (line_["tonic"], line_["pieces"], line_["a fifth away"]) == (0.5, 2, 0.5)
    assert keys.notated_keys(pd.DataFrame({"identifier": ["x"]})).empty


def test_a_key_that_is_always_found_is_not_certain():
    """Wilson's interval for 4 of 4 groups; a bootstrap would say that it is 1 for certain."""
    names = [f"piece {number}" for number in range(4)]
    notated = pd.DataFrame({"identifier": names, "tonic": 2, "mode": "major", "written_mode": True})
    table = keys.error_table(
        notated, dict.fromkeys(names, SCALE), dict.fromkeys(names, "jig"), {name: name for name in names}
    )
    row = table[table["profile"] == keys.MAIN].iloc[0]
    assert row["tonic"] == row["tonic_high"] == 1
    assert row["tonic_low"] == pytest.approx(0.510, abs=0.001)
