"""Features of music whose answers are known."""

import numpy as np
import pytest
from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.data.labelling.emotion_features import (
    FEATURES,
    NoFeaturesError,
    emotion_features,
    names_heard,
    upper_line,
)


def score_of(notes, meter=(4, 4), tempo=120) -> Score:
    """Notes as (onset, duration in quarters, pitch, velocity)."""
    score, track = Score(480), Track()
    score.time_signatures.append(TimeSignature(0, *meter))
    score.tempos.append(Tempo(0, tempo))
    for onset, duration, pitch, velocity in notes:
        track.notes.append(Note(int(onset * 480), int(duration * 480), pitch, velocity))
    score.tracks.append(track)
    return score


SCALE = [60, 62, 64, 65, 67, 69, 71, 72]


@pytest.fixture
def tune():
    return [(place, 1, pitch, 80) for place, pitch in enumerate(SCALE * 2)]


def test_a_scale_in_quarters(tune):
    found = emotion_features(score_of(tune))
    assert list(found) == list(FEATURES)
    assert found["minor"] < 0
    assert found["third"] == 1
    assert found["chromatic"] == 0
    assert found["onsets a beat"] == found["note length"] == found["uneven"] == found["contrast"] == 0
    assert found["off the beat"] == 0
    assert found["height"] == np.mean(SCALE)
    assert found["leaps"] == pytest.approx(1 / 15)
    assert (found["legato"], found["thickness"], found["shading"]) == (1, 1, 0)
    assert found["loudness"] == 80
    assert found["tempo"] == pytest.approx(np.log2(120))
    assert found["onsets a second"] == pytest.approx(1)


def test_tempo_is_heard_by_who_hears_the_performance_only(tune):
    slow, fast = score_of(tune, tempo=60), score_of(tune, tempo=180)
    assert emotion_features(slow, "score") == emotion_features(fast, "score")
    assert emotion_features(fast)["tempo"] - emotion_features(slow)["tempo"] == pytest.approx(np.log2(3))


def test_the_upper_line_does_not_hear_the_bass(tune):
    bass = [(place, 4, 36, 60) for place in range(0, 16, 4)]
    alone, below = emotion_features(score_of(tune), "line"), emotion_features(score_of(tune + bass), "line")
    assert alone == below
    assert set(names_heard("line")) < set(names_heard("score")) < set(names_heard("performance"))
    with_bass = emotion_features(score_of(tune + bass), "score")
    assert with_bass["thickness"] == pytest.approx(20 / 16)
    assert with_bass["bass"] == 36


def test_what_is_played_a_little_unevenly_counts_as_together(tune):
    played = [
        (onset + 0.01 * (place % 2), duration, pitch, velocity)
        for place, (onset, duration, pitch, velocity) in enumerate(tune)
    ]
    assert emotion_features(score_of(played), "score") == emotion_features(score_of(tune), "score")


def test_off_the_beat_counts_from_each_meter(tune):
    moved = [(onset + 0.5, duration, pitch, velocity) for onset, duration, pitch, velocity in tune]
    assert emotion_features(score_of(moved))["off the beat"] == 1
    six_eight = [(place * 1.5, 1, pitch, 80) for place, pitch in enumerate(SCALE)]
    assert emotion_features(score_of(six_eight, (6, 8)))["off the beat"] == 0


def test_drums_are_left_aside(tune):
    score = score_of(tune)
    drums = Track(is_drum=True)
    drums.notes.append(Note(0, 100, 36, 127))
    score.tracks.append(drums)
    assert emotion_features(score) == emotion_features(score_of(tune))


def test_what_cannot_be_measured_says_why(tune):
    with pytest.raises(NoFeaturesError, match="fewer than 8 onsets"):
        emotion_features(score_of(tune[:7]))
    every = [(place, 1, 60 + place, 80) for place in range(12)]
    with pytest.raises(NoFeaturesError, match="no key fits better"):
        emotion_features(score_of(every))


def test_the_upper_line_waits_for_a_higher_note_to_end():
    onset, end, pitch = np.array([0, 0, 1, 2, 4]), np.array([4, 4, 2, 3, 5]), np.array([60, 72, 65, 74, 62])
    assert upper_line(onset, end, pitch).tolist() == [1, 3, 4]
    assert len(upper_line(*[np.zeros(0, int)] * 3)) == 0
