"""Audio: as long as the notes, neither silent nor clipped, at the loudness promised, and small."""

import numpy as np
import pytest
import soundfile
from symusic import Note, Score, Tempo, Track

from lib.basics.errors import BookError
from lib.sound.audio import LOUDNESS, SAMPLE_RATE, loudness, normalise, note_seconds, render, write_mp3


def tune(notes: int = 16, program: int = 0, drums: bool = False, velocity: int = 80) -> Score:
    """A scale in eighths at 120 quarters a minute: a quarter of a second a note."""
    score = Score(48)
    score.tempos.append(Tempo(0, 120))
    track = Track(program=program, is_drum=drums)
    for number in range(notes):
        track.notes.append(Note(24 * number, 24, 60 + number % 12, velocity))
    score.tracks.append(track)
    return score


@pytest.mark.parametrize(("program", "drums"), [(0, False), (48, False), (0, True)])
def test_sound_has_the_length_and_loudness_promised(program, drums):
    audio = render(tune(program=program, drums=drums))
    assert audio.dtype == np.float32
    assert audio.shape == (4 * SAMPLE_RATE, 2)
    assert loudness(audio) == pytest.approx(LOUDNESS, abs=0.6)
    assert np.abs(audio).max() <= 10 ** (-1 / 20)


@pytest.mark.parametrize("velocity", [10, 127])
def test_quiet_and_loud_notes_come_out_alike(velocity):
    assert loudness(render(tune(velocity=velocity))) == pytest.approx(LOUDNESS, abs=0.6)


def test_peaks_are_limited_without_clipping():
    clicks = np.zeros((2 * SAMPLE_RATE, 2), np.float32)
    clicks[:: SAMPLE_RATE // 4] = 1.0
    clicks += 0.001 * np.random.default_rng(0).standard_normal(clicks.shape).astype(np.float32)
    limited = normalise(clicks)
    assert np.abs(limited).max() <= 10 ** (-1 / 20)
    assert np.sum(np.abs(limited) > 0.999 * np.abs(limited).max()) < 40  # flat tops would be thousands


def test_a_score_without_notes_is_silence():
    for score in (Score(48), tune(0)):
        audio = render(score)
        assert len(audio) == SAMPLE_RATE // 2
        assert not audio.any()


def test_a_very_short_note_is_heard():
    score = Score(48)
    score.tracks.append(Track(program=0))
    score.tracks[0].notes.append(Note(0, 2, 60, 80))
    audio = render(score)
    assert len(audio) == SAMPLE_RATE // 2
    assert np.abs(audio).max() > 0.05


def test_a_stray_event_does_not_lengthen_the_sound():
    score = tune(8)
    score.tempos.append(Tempo(48 * 10_000, 60))
    assert note_seconds(score) == pytest.approx(2.0, abs=0.01)
    assert len(render(score)) == 2 * SAMPLE_RATE


def test_long_pieces_are_cut_and_faded():
    audio = render(tune(64), max_seconds=4)
    assert len(audio) == 4 * SAMPLE_RATE
    assert np.abs(audio[-200:]).max() < 0.02
    assert np.abs(audio[-3 * SAMPLE_RATE : -2 * SAMPLE_RATE]).max() > 0.1


def test_mp3_measured_after_decoding(tmp_path):
    path = tmp_path / "new folder" / "tune.mp3"
    seconds = write_mp3(tune(40), path)
    audio, rate = soundfile.read(path)
    assert soundfile.info(path).format == "MP3"
    assert len(audio) / rate == pytest.approx(seconds, abs=0.1)
    assert seconds == pytest.approx(10.0, abs=0.01)
    assert loudness(audio, rate) == pytest.approx(LOUDNESS, abs=0.6)
    assert np.abs(audio).max() <= 10 ** (-1 / 20)
    assert path.stat().st_size < 10_000 * seconds


def test_a_failed_write_keeps_the_older_file(tmp_path, monkeypatch):
    path = tmp_path / "tune.mp3"
    path.write_bytes(b"older")

    def fail(*arguments, **options):
        raise soundfile.LibsndfileError(2)

    monkeypatch.setattr(soundfile, "write", fail)
    with pytest.raises(BookError, match=r"Cannot write .*tune\.mp3"):
        write_mp3(tune(2), path)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]
