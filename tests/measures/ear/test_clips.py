"""Pieces made into sound: drawn instruments and tempi, in tune by another's measure, altered as asked."""

from dataclasses import replace

import librosa
import numpy as np
import pytest
import symusic
from simple_scores import score_of

from lib.measures.ear.clips import INSTRUMENTS, SECONDS, TEMPI, Clip, deal_clips
from lib.measures.ear.features import HOP, SAMPLE_RATE, SEGMENT_FRAMES, SEGMENTS, SoundError
from lib.sound.audio import note_seconds

LONG = Clip(score_of([69] * 12, 4), 73, 120.0)


def frequency(sound: np.ndarray) -> float:
    return float(np.median(librosa.yin(sound, fmin=200, fmax=900, sr=SAMPLE_RATE)))


def test_a_clip_has_whole_segments_and_sounds_at_its_pitch():
    sound = LONG.sound()
    assert len(sound) == HOP * SEGMENT_FRAMES * SEGMENTS
    assert frequency(sound) == pytest.approx(440, rel=0.01)


def test_half_a_semitone_higher_is_as_long_and_in_time():
    higher = replace(LONG, semitones=0.5).sound()
    assert len(higher) == len(LONG.sound())
    assert frequency(higher) == pytest.approx(frequency(LONG.sound()) * 2 ** (0.5 / 12), rel=0.005)
    struck = replace(LONG, program=0)  # a piano, whose attacks are clear
    envelopes = [librosa.feature.rms(y=clip.sound())[0] for clip in (struck, replace(struck, semitones=0.5))]
    assert np.corrcoef(*envelopes)[0, 1] > 0.97


def test_softer_is_softer_and_noise_lies_as_far_below():
    plain = LONG.sound()
    np.testing.assert_allclose(replace(LONG, decibels=-12.0).sound(), plain * 10 ** (-12 / 20), atol=1e-6)
    noise = replace(LONG, noise=20.0).sound() - plain
    assert 20 * np.log10(plain.std() / noise.std()) == pytest.approx(20, abs=0.3)


def test_the_first_note_begins_at_once_and_the_reader_of_notes_sees_the_same_ones():
    late = Clip(score_of([60] * 40, 1, begin=4800), 0, 96.0)
    assert min(note.start for note in late.arranged().tracks[0].notes) == 0
    written = late.written().tracks[0].notes
    assert written[0].start == 4800
    assert len(written) == len(late.arranged().tracks[0].notes)
    assert note_seconds(late.arranged()) == pytest.approx(SECONDS, abs=0.7)


def test_instrument_and_tempo_are_dealt_again_alike_and_tell_nothing_of_the_place():
    scores = [score_of([60])] * 60
    clips = deal_clips(scores, [1])
    assert [(clip.program, clip.tempo) for clip in clips] == [
        (clip.program, clip.tempo) for clip in deal_clips(scores, [1])
    ]
    assert {clip.program for clip in clips} == set(INSTRUMENTS)
    assert all(TEMPI[0] <= clip.tempo <= TEMPI[1] for clip in clips)


def test_keys_differ_where_the_sound_does_and_silence_is_said():
    others = ({"program": 0}, {"tempo": 100.0}, {"noise": 20.0}, {"score": score_of([70] * 12, 4)})
    keys = {LONG.key, *(replace(LONG, **other).key for other in others)}
    assert len(keys) == 5
    with pytest.raises(SoundError, match="no notes"):
        Clip(symusic.Score(480), 0, 120.0).sound()
