"""From notes to sound: played through a soundfont, brought to an even loudness, MP3 files for a phone.

Loudness follows ITU-R BS.1770-4 as pyloudnorm measures it; −16 LUFS is what music on the web is commonly
brought to.
"""

from pathlib import Path

import numpy as np
import symusic

from lib.basics.errors import BookError
from lib.basics.files import atomic_path
from lib.sound.synthesizer import SAMPLE_RATE, play

LOUDNESS = -16.0  # LUFS
CEILING = -1.0  # dBFS, the highest peak of a written file
_HEADROOM = 1.0  # dB below the ceiling before encoding, since MP3 moves peaks a little
_SHORTEST = 0.5  # seconds; a loudness needs blocks of 0.4 s
_FADE = 2.0  # seconds, where a long piece is cut
_RELEASE = 0.02  # seconds, where a last note ends: without it a click
_COMPRESSION = 0.8  # libsndfile's scale 0–1: about 60 kbit/s for a piano, 90 for a dense score


def note_seconds(score: symusic.Score) -> float:
    """Seconds from the beginning of a score to the end of its last note; 0 without notes.

    Other events do not count: a stray one may lie hours behind the last note.
    """
    timed = score.to("second")
    return max((note.time + note.duration for track in timed.tracks for note in track.notes), default=0.0)


def render(score: symusic.Score, max_seconds: float = 180.0) -> np.ndarray:
    """Play a score through the soundfont, at −16 LUFS and with no peak above −1 dBFS.

    Args:
        score: what to play; drums and programs as General MIDI names them. What cannot be heard as it is
            written, :func:`lib.sound.synthesizer.not_as_written` says.
        max_seconds: a longer piece is cut here and faded out over two seconds.

    Returns:
        float32 array [samples, 2] (left, right) at 48 kHz, as long as the score's notes and at least half a
        second. A score without notes gives half a second of silence.

    Raises:
        BookError: when the synthesizer fails.
    """
    wanted = note_seconds(score)
    audio = play(score, max(_SHORTEST, min(wanted, max_seconds)))
    fade = min(round((_FADE if wanted > max_seconds else _RELEASE) * SAMPLE_RATE), len(audio))
    audio[len(audio) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    return normalise(audio)


def loudness(audio: np.ndarray, sample_rate: int = SAMPLE_RATE) -> float:
    """Integrated loudness in LUFS (ITU-R BS.1770-4) of [samples, channels]; −inf for silence.

    Raises:
        ValueError: for less than 0.4 s, the length of one measuring block.
    """
    import pyloudnorm  # here, since it imports scipy.signal, which `import lib.sound` need not wait for

    return float(pyloudnorm.Meter(sample_rate).integrated_loudness(audio.astype(np.float64)))


def normalise(audio: np.ndarray) -> np.ndarray:
    """Bring sound to a loudness by one gain; only where a peak would pass the ceiling is it turned down.

    Limiting takes a little loudness away, so measuring and limiting alternate up to four times.

    Args:
        audio: float array [samples, channels] of at least 0.4 s.

    Returns:
        float32 array of the same shape; silence stays silence.
    """
    limited = audio.astype(np.float32)
    gain = 1.0
    for _ in range(4):
        measured = loudness(limited)
        if not np.isfinite(measured) or abs(LOUDNESS - measured) < 0.1:
            break
        gain *= 10 ** ((LOUDNESS - measured) / 20)
        limited = _limit(audio * np.float32(gain), 10 ** ((CEILING - _HEADROOM) / 20), SAMPLE_RATE)
    return limited


def _limit(audio: np.ndarray, ceiling: float, sample_rate: int) -> np.ndarray:
    """A look-ahead limiter: the gain falls smoothly over 5 ms before a peak and rises again after it."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    peaks = np.abs(audio).max(axis=1)
    if peaks.max(initial=0) <= ceiling:
        return audio.astype(np.float32)
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    window = 2 * round(0.005 * sample_rate) + 1
    # The mean of minima over a window, each minimum taken over a window as wide, never exceeds what is
    # needed.
    gain = uniform_filter1d(minimum_filter1d(needed, window), window)
    return (audio * np.minimum(gain, needed)[:, None]).astype(np.float32)


def check_audio_name(path: Path) -> None:
    """Refuse a file name that promises another format than the one that is written.

    Raises:
        BookError: naming one that does not.
    """
    if path.suffix.lower() != ".mp3":
        raise BookError(f"Sound is written as MP3: name it {path.stem}.mp3 instead of {path.name}.")


def write_mp3(score: symusic.Score, path: Path, max_seconds: float = 180.0) -> float:
    """Play a score into an MP3 file (variable bit rate), whole or not at all.

    Args:
        score: what to play.
        path: the file; its folder is made if missing, an older file is replaced only by a whole new one.
        max_seconds: a longer piece is cut here and faded out.

    Returns:
        The length of the written sound in seconds.

    Raises:
        BookError: when the file cannot be written.
    """
    import soundfile  # here: composing without sound does not need libsndfile

    audio = render(score, max_seconds)
    with atomic_path(Path(path)) as temporary:
        try:
            soundfile.write(
                temporary,
                audio,
                SAMPLE_RATE,
                format="MP3",
                subtype="MPEG_LAYER_III",
                compression_level=_COMPRESSION,
                bitrate_mode="VARIABLE",
            )
        except soundfile.SoundFileError as error:
            raise BookError(
                f"Cannot write {path}: {str(error).rstrip('.')}; check the free space and the "
                "permissions there."
            ) from error
    return len(audio) / SAMPLE_RATE
