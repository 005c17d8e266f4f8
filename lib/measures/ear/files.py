"""Audio files of any rate and number of channels, as an ear gets them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from lib.basics.files import hash_of_bytes, hash_of_json
from lib.measures.ear.features import SAMPLE_RATE, SoundError

SUFFIXES = (".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".au", ".snd")
"""What is taken for audio."""

SECONDS = 30.0
"""Of a longer file its middle is heard, since beginnings are often unlike the rest."""


@dataclass(frozen=True)
class AudioFile:
    """A file that is heard; what it holds decides, not where it lies."""

    path: Path

    @cached_property
    def key(self) -> str:
        """Stands for its content."""
        try:
            return hash_of_json([hash_of_bytes(self.path.read_bytes()), SECONDS])
        except OSError as error:
            return f"unreadable {error.errno} {self.path}"

    def sound(self) -> np.ndarray:
        """Mono float32 [samples] at 22,050 Hz, at most 30 s from the middle.

        Raises:
            SoundError: when it cannot be read as audio, or holds nothing.
        """
        import librosa  # here: it brings a compiler along, which only those who listen need
        import soundfile

        try:
            with soundfile.SoundFile(self.path) as file:
                wanted = min(len(file), round(SECONDS * file.samplerate))
                file.seek((len(file) - wanted) // 2)
                samples, rate = file.read(wanted, dtype="float32", always_2d=True), file.samplerate
        except (OSError, RuntimeError, ValueError) as error:  # soundfile's own is a RuntimeError
            raise SoundError(f"it cannot be read as audio ({_first_line(error)})") from error
        if not len(samples):
            raise SoundError("it holds no sound")
        return librosa.resample(samples.mean(axis=1), orig_sr=rate, target_sr=SAMPLE_RATE)


def _first_line(error: Exception) -> str:
    text = str(error).rpartition(": ")[2] or type(error).__name__
    return text.splitlines()[0].rstrip(".")
