"""What an ear gets: 33 numbers of sound for every 23 milliseconds, by librosa.

They are those of the course's earlier project (spring 2024, group 10), in its order: 13 mel-frequency
cepstral coefficients (Davis and Mermelstein, 1980), the spectral centroid, 12 chroma (energy by pitch class),
and 7 of spectral contrast (Jiang et al., 2002), with librosa's defaults and a hop of 512 samples.
"""

import warnings
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import numpy as np
from joblib import Parallel, delayed

from lib.basics.errors import BookError
from lib.basics.files import atomic_path
from lib.basics.kept import code_hash, kept_path
from lib.basics.progress import Progress

SAMPLE_RATE = 22_050  # Hz
HOP = 512  # samples between two frames
SEGMENT_FRAMES = 104
"""A segment, on which the ear has one vote: 2.4 s."""
SEGMENTS = 5
"""Segments of a clip of ours."""

NAMES = (
    *(f"MFCC {number}" for number in range(1, 14)),
    "centroid",
    *(f"chroma {name}" for name in ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")),
    *(f"contrast {number}" for number in range(1, 8)),
)
"""The 33 features."""

_WINDOW = 2048  # samples
_SILENT = 1e-4  # of full scale: 80 dB below it
_CHUNK = 8  # sounds that a process listens to at a time
_CODE = code_hash(__name__)


class SoundError(BookError):
    """A sound that an ear cannot judge; the message is the reason."""


class Sounding(Protocol):
    """Whatever can be heard: a clip of ours, a file."""

    @property
    def key(self) -> str:
        """What decides how it sounds."""

    def sound(self) -> np.ndarray:
        """Mono float32 [samples] at 22,050 Hz."""


def sound_features(sound: np.ndarray) -> np.ndarray:
    """The features of each frame of mono sound [samples] at 22,050 Hz, float32 [frames, 33].

    One spectrum serves all four kinds; a test holds them to librosa's own calls on the sound.

    Raises:
        SoundError: for a sound that is silent, no number, or shorter than one segment.
    """
    import librosa  # here: it brings a compiler along, which only those who listen need

    if not np.isfinite(sound).all():
        raise SoundError("its samples are no numbers at some place")
    if len(sound) < SEGMENT_FRAMES * HOP:
        raise SoundError(
            f"it is too short: {len(sound) / SAMPLE_RATE:.1f} s, where an ear needs "
            f"{SEGMENT_FRAMES * HOP / SAMPLE_RATE:.1f} s"
        )
    if np.abs(sound).max() < _SILENT:
        raise SoundError("it is silent")
    spectrum = np.abs(librosa.stft(sound, n_fft=_WINDOW, hop_length=HOP))
    power = spectrum**2
    mel = librosa.power_to_db(librosa.feature.melspectrogram(S=power, sr=SAMPLE_RATE))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Trying to estimate tuning", UserWarning)  # of sound without pitch
        chroma = librosa.feature.chroma_stft(S=power, sr=SAMPLE_RATE)
    rows = np.vstack(
        [
            librosa.feature.mfcc(S=mel, n_mfcc=13),
            librosa.feature.spectral_centroid(S=spectrum, sr=SAMPLE_RATE),
            chroma,
            librosa.feature.spectral_contrast(S=spectrum, sr=SAMPLE_RATE),
        ]
    )
    return rows.T.astype(np.float32)[: len(sound) // HOP]


def segments_of(features: np.ndarray) -> np.ndarray:
    """The whole segments of a sound, float32 [segments, 104, 33]; a rest at its end is not heard."""
    count = len(features) // SEGMENT_FRAMES
    return features[: count * SEGMENT_FRAMES].reshape(count, SEGMENT_FRAMES, features.shape[1])


def summaries(pieces: Sequence[np.ndarray]) -> np.ndarray:
    """Mean and standard deviation of each feature of each piece, float64 [pieces, 66]."""
    return np.array(
        [np.concatenate([piece.mean(axis=0), piece.std(axis=0)]) for piece in pieces], dtype=np.float64
    )


def request_features(sounds: Sequence[Sounding], workers: int = 1) -> list[np.ndarray | str]:
    """The features of each sound, kept under `artifacts/ear`: what was heard before is read back.

    Args:
        sounds: what to listen to.
        workers: processes that listen.

    Returns:
        For each sound its features, float32 [frames, 33], or the reason why it has none.
    """
    found = [_read(_place(sound)) for sound in sounds]
    missing = [number for number, features in enumerate(found) if features is None]
    progress = Progress("listening", len(sounds), start=len(sounds) - len(missing), unit="sounds")
    chunks = [missing[start : start + _CHUNK] for start in range(0, len(missing), _CHUNK)]
    jobs = (delayed(_listen)([sounds[number] for number in chunk], chunk) for chunk in chunks)
    listeners = Parallel(n_jobs=max(1, min(workers, len(chunks))), return_as="generator_unordered")
    for chunk, heard in listeners(jobs):
        for number, features in zip(chunk, heard, strict=True):
            found[number] = features
        progress.advance(len(chunk))
    if missing:
        progress.finish()
    return found


def _listen(sounds: Sequence[Sounding], numbers: list[int]) -> tuple[list[int], list[np.ndarray | str]]:
    """Listen to a few sounds and keep what was heard; in a process of its own."""
    heard: list[np.ndarray | str] = []
    for sound in sounds:
        try:
            heard.append(sound_features(sound.sound()))
        except SoundError as reason:
            heard.append(str(reason))
            continue
        with atomic_path(_place(sound)) as temporary:
            np.save(temporary, heard[-1], allow_pickle=False)
    return numbers, heard


def _place(sound: Sounding) -> Path:
    return kept_path("ear", [sound.key, version("librosa")], _CODE, ".npy")


def _read(path: Path) -> np.ndarray | None:
    """Kept features; None where they are missing or damaged."""
    try:
        features = np.load(path, allow_pickle=False)
    except (OSError, ValueError):
        return None
    return features if features.ndim == 2 and features.shape[1] == len(NAMES) else None
