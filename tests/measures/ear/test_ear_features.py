"""The 33 features are librosa's own; sounds and files that cannot be heard have a reason."""

import librosa
import numpy as np
import pytest
import soundfile

from lib.measures.ear.features import (
    HOP,
    NAMES,
    SAMPLE_RATE,
    SEGMENT_FRAMES,
    SoundError,
    request_features,
    segments_of,
    sound_features,
    summaries,
)
from lib.measures.ear.files import AudioFile


def tone(seconds: float, pitch: float = 440.0, rate: int = SAMPLE_RATE) -> np.ndarray:
    """A tone with overtones and a slow tremolo."""
    time = np.arange(round(seconds * rate)) / rate
    wave = sum(np.sin(2 * np.pi * pitch * partial * time) / partial for partial in (1, 2, 3))
    return (0.2 * wave * (1 + 0.3 * np.sin(2 * np.pi * 3 * time))).astype(np.float32)


def test_they_are_what_librosa_computes_from_the_sound_itself():
    sound, settings = tone(4), {"sr": SAMPLE_RATE, "hop_length": HOP}
    own = np.vstack(
        [
            librosa.feature.mfcc(y=sound, n_mfcc=13, **settings),
            librosa.feature.spectral_centroid(y=sound, **settings),
            librosa.feature.chroma_stft(y=sound, **settings),
            librosa.feature.spectral_contrast(y=sound, **settings),
        ]
    ).T
    found = sound_features(sound)
    assert found.shape == (len(sound) // HOP, len(NAMES))
    np.testing.assert_allclose(found, own[: len(found)], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (np.zeros(SAMPLE_RATE * 4, np.float32), "silent"),
        (tone(0.5), "too short: 0.5 s"),
        (np.full(SAMPLE_RATE * 4, np.nan, np.float32), "no numbers"),
        (np.zeros(0, np.float32), "too short"),
    ],
)
def test_what_cannot_be_heard_has_a_reason(sound, reason):
    with pytest.raises(SoundError, match=reason):
        sound_features(sound)


def test_only_whole_segments_are_heard():
    features = np.zeros((2 * SEGMENT_FRAMES + 5, len(NAMES)), np.float32)
    assert segments_of(features).shape == (2, SEGMENT_FRAMES, len(NAMES))
    assert summaries([features]).shape == (1, 2 * len(NAMES))


@pytest.mark.parametrize(
    ("rate", "channels", "name"),
    [
        (8_000, 1, "low.wav"),
        (96_000, 2, "high.flac"),
        (44_100, 6, "six channels.wav"),
        (48_000, 2, "歌 ü.ogg"),
        (22_050, 1, "plain.aiff"),
        (44_100, 2, "loud.mp3"),
    ],
)
def test_files_of_any_rate_and_channel_count_are_heard(tmp_path, rate, channels, name):
    path = tmp_path / name
    soundfile.write(path, np.tile(tone(4, rate=rate)[:, None], (1, channels)), rate)
    heard = AudioFile(path).sound()
    assert len(heard) == pytest.approx(4 * SAMPLE_RATE, rel=0.02)
    assert librosa.yin(heard, fmin=200, fmax=900, sr=SAMPLE_RATE).mean() == pytest.approx(440, rel=0.01)


def test_of_a_long_file_the_middle_is_heard(tmp_path):
    path = tmp_path / "long.wav"
    silence = np.zeros(10 * 8000)
    soundfile.write(path, np.concatenate([silence, tone(30, rate=8000), silence]), 8000)
    heard = AudioFile(path).sound()
    assert len(heard) == 30 * SAMPLE_RATE
    assert np.abs(heard[:SAMPLE_RATE]).max() > 0.1


def test_features_are_kept_and_broken_files_have_reasons(tmp_path, home):
    soundfile.write(tmp_path / "good.wav", tone(4), SAMPLE_RATE)
    (tmp_path / "page.mp3").write_text("<html>404</html>")
    (tmp_path / "empty.wav").write_bytes(b"")
    soundfile.write(tmp_path / "short.wav", tone(1), SAMPLE_RATE)
    files = [
        AudioFile(tmp_path / name) for name in ("good.wav", "page.mp3", "empty.wav", "short.wav", "no.wav")
    ]
    good, page, empty, short, missing = request_features(files)
    assert good.shape[1] == len(NAMES)
    assert "cannot be read" in page
    assert "cannot be read" in empty
    assert "too short" in short
    assert "cannot be read" in missing
    kept = list((home / "artifacts" / "ear").glob("*.npy"))
    assert len(kept) == 1
    kept[0].write_bytes(b"damaged")
    np.testing.assert_array_equal(request_features(files[:1])[0], good)
