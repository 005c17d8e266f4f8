"""The labelling rule on music whose answer is known."""

import numpy as np
import pytest
from symusic import Note, Score, TimeSignature, Track

from lib.data.labelling import labels
from lib.data.labelling.labels import Evidence, Key, parse_key


def score_of(pitches: list[int], length: int = 480, meter: str = "4/4", start: int = 0) -> Score:
    """Notes of equal length, one after the other."""
    score = Score(480)
    score.time_signatures.append(TimeSignature(0, *map(int, meter.split("/"))))
    track = Track()
    for place, pitch in enumerate(pitches):
        track.notes.append(Note(start + place * length, length, pitch, 80))
    score.tracks.append(track)
    return score


@pytest.mark.parametrize(
    ("field", "tonic", "pitch_class", "mode"),
    [
        ("G", "G", 7, "major"),
        ("Bb", "Bb", 10, "major"),
        ("F#m", "F#", 6, "minor"),
        ("Gm", "G", 7, "minor"),
        ("EM", "E", 4, "major"),
        ("A Mixolydian", "A", 9, "major"),
        ("AMix", "A", 9, "major"),
        ("Dlyd", "D", 2, "major"),
        ("E Minor", "E", 4, "minor"),
        ("ADor", "A", 9, "minor"),
        ("Bphr", "B", 11, "minor"),
        ("D Major", "D", 2, "major"),
        ("Cb", "Cb", 11, "major"),
        ("A Dorian % Aird has it as mixolydian", "A", 9, "minor"),
    ],
)
def test_key_fields_are_understood(field, tonic, pitch_class, mode):
    key = parse_key(field)
    assert (key.tonic, key.pitch_class, key.mode) == (tonic, pitch_class, mode)


@pytest.mark.parametrize("field", ["Hp", "H", "Es", "Bn", "", "none", "Gfoo", "g"])
def test_key_fields_that_name_no_tonic_are_not_guessed(field):
    assert parse_key(field) is None


D = Key("D", 2, "maj", "major")


def test_mode_by_thirds_compares_time_not_notes():
    times = np.zeros(12)
    times[6], times[5] = 3.0, 2.5  # F sharp against F
    assert labels.mode_by_thirds(D, times)[0] == "major"
    times[5] = 3.5
    assert labels.mode_by_thirds(D, times)[0] == "minor"


def test_ties_and_tunes_without_a_third_have_no_mode():
    times = np.zeros(12)
    assert labels.mode_by_thirds(D, times) == (None, "no third above the tonic")
    times[5] = times[6] = 1
    mode, reason = labels.mode_by_thirds(D, times)
    assert mode is None
    assert "equally long" in reason
    assert labels.mode_by_thirds(None, times)[0] is None


def test_key_estimate_is_that_of_music21_on_the_notes_themselves():
    from music21.note import Note as MusicNote
    from music21.stream import Stream

    generator = np.random.default_rng(3)
    for _ in range(12):
        pitches = generator.choice(12, 40, p=generator.dirichlet(np.ones(12) * 0.7)) + 60
        stream = Stream([MusicNote(int(pitch)) for pitch in pitches])
        expected = stream.analyze("key.krumhanslschmuckler")
        found = labels.estimate_key(labels.pitch_class_time(score_of(pitches.tolist())))
        assert (found.pitch_class, found.mode) == (expected.tonic.pitchClass, expected.mode)
    assert labels.estimate_key([0.0] * 12) is None


@pytest.mark.parametrize(
    ("meter", "quarters"),
    [("4/4", 1), ("2/2", 2), ("3/8", 0.5), ("6/8", 1.5), ("9/8", 1.5), ("6/4", 3), ("3/2", 2), ("5/8", 0.5)],
)
def test_the_beat(meter, quarters):
    assert labels.beat_quarters(meter) == quarters


def test_onsets_per_beat():
    assert labels.onsets_per_beat(score_of([60] * 8)) == 1
    assert labels.onsets_per_beat(score_of([60] * 12, 240, "6/8")) == 3
    assert labels.onsets_per_beat(score_of([60] * 8, start=1440)) == 1  # a pickup's empty beats do not count
    chords = score_of([60] * 8)
    chords.tracks[0].notes.append(Note(0, 480, 64, 80))
    assert labels.onsets_per_beat(chords) == 1
    drums = Track(is_drum=True)
    drums.notes.append(Note(240, 100, 36, 80))
    chords.tracks.append(drums)
    assert labels.onsets_per_beat(chords) == 1
    assert labels.onsets_per_beat(Score(480)) == 0


def test_the_main_meter_is_where_the_notes_are():
    score = score_of([60] * 40)
    score.time_signatures.append(TimeSignature(4 * 480, 3, 4))
    assert labels.main_meter(score) == "3/4"
    assert labels.main_meter(Score(480)) == "4/4"


def evidence(density, mode="minor", collection="irish", meter="6/8") -> Evidence:
    return Evidence(collection, meter, density, mode, "", "no third above the tonic")


def test_the_rule():
    medians = {("irish", "6/8"): 2.0}
    assert labels.emotion_of(evidence(2.1), medians) == ("minor-lively", "")
    assert labels.emotion_of(evidence(2.0), medians) == ("minor-calm", "")
    assert labels.emotion_of(evidence(1.0, "major"), medians) == ("major-calm", "")
    assert labels.emotion_of(evidence(2.1, None), medians) == (None, "no third above the tonic")
    emotion, reason = labels.emotion_of(evidence(2.1, meter="7/8"), medians)
    assert emotion is None
    assert "7/8" in reason
    pieces = [evidence(density, mode) for density in (1, 3) for mode in labels.MODES]
    assert {labels.emotion_of(piece, medians)[0] for piece in pieces} == set(labels.EMOTIONS)


def test_medians_are_by_collection_and_meter_and_need_enough_pieces():
    pieces = [evidence(density) for density in (1, 2, 3, 4, 9)]
    pieces += [evidence(density, meter="9/8") for density in (5, 6, 7, 8)]
    pieces += [evidence(density, collection="german") for density in (1, 1, 1, 1, 2, 2)]
    assert labels.find_medians(pieces) == {("german", "6/8"): 1.0, ("irish", "6/8"): 3.0}


@pytest.mark.parametrize(
    ("source", "key", "mode"),
    [
        ("key field", Key("D", 2, "dor", "minor"), "minor"),
        ("thirds", D, "major"),
        ("estimate", None, "major"),
    ],
)
def test_examine_reads_the_mode_where_it_is_told_to(source, key, mode):
    scale = score_of([62, 64, 66, 67, 69, 71, 73, 74, 69, 66, 62, 62])
    found = labels.examine(scale, "irish", labels.onsets_per_beat, source, key)
    assert (found.mode, found.meter, found.activity) == (mode, "4/4", 1.0)
    assert found.key == f"D {mode}"


def test_examine_without_a_key_says_why():
    evidence = labels.examine(score_of([60]), "irish", labels.onsets_per_beat, "key field", None)
    assert "key field" in evidence.reason
    with pytest.raises(ValueError, match="unknown source"):
        labels.examine(score_of([60]), "irish", labels.onsets_per_beat, "ear")
