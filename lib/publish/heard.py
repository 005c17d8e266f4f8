"""Every MP3 of the built site held against its MIDI: what is heard are the notes that are written.

Both become chroma, the strength of each of the twelve pitch classes in frames of a sixth of a second. Of the
sound it is measured from the spectrum (Fujishima 1999); of the notes it is what their first six partials
would give. The agreement of a piece is the mean correlation of its clear frames: those that can be heard, in
which at most six pitch classes are written and nothing whose partials are no multiples of its pitch.
"""

from collections.abc import Iterable, Iterator
from math import gcd
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np
import symusic

if TYPE_CHECKING:
    from lib.publish.pages import Page

#: The least agreement of a piece with its notes, chosen by 29 pieces of the embedded corpus, the fastest
#: among them: they agree with their own notes to 0.84 and more, with those transposed to 0.31 and less, with
#: their pitches in another order to 0.44 and less.
LEAST = 0.65
_RATE = 12_000  # samples a second; nothing above 3 kHz is looked at
_FRAME, _HOP = 2048, 1200  # samples: 0.17 s, ten frames a second
_LOWEST, _HIGHEST = 55.0, 3000.0  # Hz
_PARTIALS = {1: 0, 2: 12, 3: 19, 4: 24, 5: 28, 6: 31}  # semitones above the fundamental
_CLEAR_CLASSES = 6  # pitch classes in a frame; of more, all twelve have partials
_FAINTEST = 0.1  # of the level of the whole sound: what is softer by 20 dB is not heard
_FEWEST_FRAMES = 15  # clear ones, or nothing can be said
_RINGING = 0.5  # seconds for which what has no clear pitch is still heard
#: Programs (General MIDI, from 0) in which a written pitch cannot be measured. The tests of tune give the
#: reasons of bells and bars, kettledrums, an orchestral chord, a whistle, fifths, percussion, noises; pads
#: and effects, 88 to 103, swell and ring on behind short notes.
_UNCLEAR = frozenset({8, 9, 12, 13, 14, 47, 55, 78, 86, *range(88, 104), *range(112, 128)})


def chroma_of_sound(audio: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Strength of each pitch class in each frame of a sound.

    Args:
        audio: [samples, channels].
        rate: samples a second.

    Returns:
        Strengths [frames, 12], from C, and which frames are heard, bool [frames]: not those where a plucked
        note that is written long has died away.
    """
    from scipy.signal import resample_poly

    shared = gcd(rate, _RATE)
    mono = resample_poly(audio.mean(axis=1), _RATE // shared, rate // shared)
    mono = np.pad(mono, (_FRAME // 2, _FRAME))
    frames = np.lib.stride_tricks.sliding_window_view(mono, _FRAME)[: len(mono) - _FRAME - _FRAME // 2 : _HOP]
    level = np.sqrt((frames**2).mean(axis=1))
    strength = np.sqrt(np.abs(np.fft.rfft(frames * np.hanning(_FRAME), axis=1)))
    frequencies = np.fft.rfftfreq(_FRAME, 1 / _RATE)
    used = np.flatnonzero((frequencies >= _LOWEST) & (frequencies <= _HIGHEST))
    # Noise lies between the peaks, and only a peak is a partial.
    peaks = (strength[:, used] > strength[:, used - 1]) & (strength[:, used] >= strength[:, used + 1])
    classes = np.rint(69 + 12 * np.log2(frequencies[used] / 440)).astype(int) % 12
    return (strength[:, used] * peaks) @ np.eye(12)[classes], level >= _FAINTEST * np.sqrt((mono**2).mean())


def chroma_of_notes(score: symusic.Score, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """What the notes of a score would give, in frames as of :func:`chroma_of_sound`; drums do not count.

    Returns:
        Strengths [frames, 12], and which frames are clear, bool [frames].
    """
    found, classes = np.zeros((frames, 12)), np.zeros((frames, 12), dtype=bool)
    unclear = np.zeros(frames, dtype=bool)
    centres = np.arange(frames) * _HOP / _RATE
    reach = _FRAME / _RATE / 2
    for track in score.to("second").tracks:
        for note in () if track.is_drum else track.notes:
            end = note.time + note.duration
            first, last = np.searchsorted(centres, [note.time - reach, end + reach])
            if track.program in _UNCLEAR:
                unclear[first : np.searchsorted(centres, end + _RINGING)] = True
                continue
            classes[first:last, note.pitch % 12] = True
            shared = _window_until((end - centres[first:last]) / reach) - _window_until(
                (note.time - centres[first:last]) / reach
            )
            for partial, semitones in _PARTIALS.items():
                found[first:last, (note.pitch + semitones) % 12] += np.sqrt(shared) * note.velocity / partial
    return found, ~unclear & classes.any(axis=1) & (classes.sum(axis=1) <= _CLEAR_CLASSES)


def _window_until(place: np.ndarray) -> np.ndarray:
    """The share of a Hann window that lies before places in it, −1 … 1."""
    place = np.clip(place, -1, 1)
    return (1 + place + np.sin(np.pi * place) / np.pi) / 2


def agreement(audio: np.ndarray, rate: int, score: symusic.Score) -> float | None:
    """How well a sound and the notes of a score agree, −1 … 1; None where fewer than 15 frames are clear.

    Args:
        audio: [samples, channels], the whole piece or its beginning.
        rate: samples a second.
        score: the whole piece.
    """
    heard, loud = chroma_of_sound(audio, rate)
    written, clear = chroma_of_notes(score, len(heard))
    clear &= loud
    if clear.sum() < _FEWEST_FRAMES:
        return None
    heard, written = heard[clear], written[clear]
    heard = heard - heard.mean(axis=1, keepdims=True)
    written = written - written.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(heard, axis=1) * np.linalg.norm(written, axis=1)
    return float((np.sum(heard * written, axis=1) / np.maximum(lengths, 1e-9)).mean())


def sounds_and_notes(site: Path, pages: Iterable["Page"]) -> dict[Path, Path | None]:
    """Every MP3 of the site and the MIDI file that a page gives beside it; None where there is none.

    The MIDI file is the one that the nearest surroundings of the player link: a player's own, or the one that
    the answer to a blind question reveals.
    """
    found: dict[Path, Path | None] = dict.fromkeys(sorted(site.rglob("*.mp3")))
    for page in pages:
        for player in page.tree.select("audio[src]") if ".mp3" in page.text else ():
            sound = _target(page, player["src"])
            links = (
                link
                for parent in player.parents
                for link in parent.select("a[href]")
                if unquote(link["href"]).lower().endswith((".mid", ".midi"))
            )
            if sound in found and (link := next(links, None)):
                found[sound] = _target(page, link["href"])
    return found


def _target(page: "Page", address: str) -> Path:
    return (page.path.parent / unquote(address)).resolve()


def heard_as_written(site: Path, pages: Iterable["Page"]) -> Iterator[str]:
    """Every MP3 sounds as its MIDI file is written; a sentence for each that does not."""
    import soundfile

    for sound, notes in sounds_and_notes(site, pages).items():
        name = sound.relative_to(site).as_posix()
        if notes is None or not notes.is_file():
            yield f"{name} has no MIDI file beside it on any page: what it should sound like nobody can tell"
            continue
        audio, rate = soundfile.read(sound, dtype="float32", always_2d=True)
        score = symusic.Score(notes)
        found = agreement(audio, rate, score)
        if found is not None and found < LEAST:
            yield (
                f"{name} does not sound as {notes.name} is written: their chroma agree to {found:.2f}, "
                f"less than {LEAST}"
            )
        elif not audio.any() and score.note_num():
            yield f"{name} is silent, and {notes.name} has notes"
