"""From notes to samples: one function plays a score, whatever is in it, through a General MIDI soundfont.

The synthesizer is midirenderer (a wrapper of rustysynth); the soundfont is TimGM6mb (Tim Brechbill, GPL-2),
which comes with the package pretty_midi. The tests hear every program of it.
"""

import importlib.util
import io
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import symusic

from lib.basics.errors import BookError
from lib.basics.files import hash_of_bytes

SAMPLE_RATE = 48_000  # Hz, the synthesizer's own
VOICES = 64  # notes that the synthesizer plays at once; a further one takes the place of another
_TICKS = 10_000  # a quarter, at 120 quarters a minute: a tick is 0.05 ms
_PITCHED_CHANNELS = 15  # of MIDI's 16; the other one is the drums'
_VOLUMES = (127, 64, 32, 16)  # MIDI's channel volume, each step 12 dB
_CLIPPED = 32_767 / 32_768
_VOLUME, _REVERB, _CHORUS, _ALL_SOUND_OFF = 7, 91, 93, 120  # MIDI's controllers
_DRY = ((0, _REVERB, 0), (0, _CHORUS, 0))  # a hall costs a fifth of an MP3, and is cut off with the last note
_PROBE = 0.1  # seconds given to a note to learn whether it sounds


class _Part(NamedTuple):
    """Notes of one channel: [notes, 4] of onset, end (ticks), pitch, velocity."""

    program: int
    is_drum: bool
    notes: np.ndarray


def soundfont_path() -> Path:
    """The soundfont inside the package pretty_midi, found without importing it.

    Raises:
        BookError: when the package or the file is missing.
    """
    found = importlib.util.find_spec("pretty_midi")
    path = Path(found.origin).parent / "TimGM6mb.sf2" if found and found.origin else None
    if path is None or not path.is_file():
        raise BookError(
            "The soundfont TimGM6mb.sf2 of the package pretty_midi is missing; reinstall the "
            "packages with 'pip install -r requirements.txt'."
        )
    return path


@cache
def _soundfont(path: Path) -> bytes:
    return path.read_bytes()


@cache
def synthesizer_name() -> str:
    """What makes the sound, with versions: whatever is kept of a sound belongs to this name."""
    font = soundfont_path()
    return f"midirenderer {version('midirenderer')}, {font.name} {hash_of_bytes(_soundfont(font))[:12]}"


def play(score: symusic.Score, seconds: float) -> np.ndarray:
    """Play the first seconds of a score through the soundfont; every sound of the book is made here.

    Notes begin within 2 ms of their time. Of two notes of the same pitch on one track that overlap, the first
    ends where the second begins, since a MIDI channel has one key for both. Tracks share the channels in
    turns of 15, and the turns are added up. Where the sound would be clipped it is played again, more softly.

    Args:
        score: any; drums and programs as General MIDI names them.
        seconds: how much of it, more than 0.

    Returns:
        float32 array [samples, 2] (left, right) at 48 kHz, as long as asked; silence where no note sounds.

    Raises:
        BookError: when the synthesizer fails.
    """
    parts = _parts(score, seconds)
    length = round(seconds * SAMPLE_RATE)
    turns = _turns(parts)
    for volume in _VOLUMES:
        played = [_render(turn, seconds, [(0, _VOLUME, volume), *_DRY]) for turn in turns]
        if all(np.abs(sound).max(initial=0) < _CLIPPED for sound in played):
            break
    audio = np.zeros((length, 2), dtype=np.float32)
    for sound in played if turns else ():
        sound = sound[:length]
        audio[: len(sound)] += sound
    return audio


def _parts(score: symusic.Score, seconds: float) -> list[_Part]:
    """The notes of a score that begin in its first seconds, in ticks of the synthesizer's own."""
    per_second = 2 * _TICKS
    found = []
    for track in score.to("second").tracks:
        notes = track.notes.numpy()
        kept = (notes["time"] < seconds) & (notes["velocity"] > 0)
        begin = notes["time"][kept].astype(float)
        end = np.minimum(begin + notes["duration"][kept], seconds)
        table = np.column_stack(
            [
                np.rint(begin * per_second),
                np.rint(end * per_second),
                notes["pitch"][kept],
                notes["velocity"][kept],
            ]
        ).astype(np.int64)
        if len(table):
            found.append(_Part(track.program, track.is_drum, _without_overlaps(table)))
    return found


def _without_overlaps(notes: np.ndarray) -> np.ndarray:
    """Notes of one pitch one after the other: each ends where the next begins, and the last when all end."""
    notes = notes[np.lexsort((notes[:, 0], notes[:, 2]))]
    same = notes[1:, 2] == notes[:-1, 2]
    if (same & (notes[1:, 0] < notes[:-1, 1])).any():
        for place in np.flatnonzero(same):
            before, after = notes[place], notes[place + 1]
            after[1] = max(before[1], after[1]) if before[1] > after[0] else after[1]
            before[1] = min(before[1], after[0])
            if before[0] == after[0]:
                after[3] = max(before[3], after[3])
    notes[:, 1] = np.maximum(notes[:, 1], notes[:, 0])
    return notes[np.argsort(notes[:, 0], kind="stable")]


def _turns(parts: Sequence[_Part]) -> list[list[_Part]]:
    """Parts that can be played together: up to 15 with pitch, and the drums of one kit."""
    pitched = [part for part in parts if not part.is_drum]
    kits = [
        [part for part in parts if part.is_drum and part.program == kit]
        for kit in sorted({part.program for part in parts if part.is_drum})
    ]
    chunks = [
        pitched[first : first + _PITCHED_CHANNELS] for first in range(0, len(pitched), _PITCHED_CHANNELS)
    ]
    count = max(len(chunks), len(kits))
    return [
        (chunks[turn] if turn < len(chunks) else []) + (kits[turn] if turn < len(kits) else [])
        for turn in range(count)
    ]


def _render(parts: Iterable[_Part], seconds: float, controls: Iterable[tuple[int, int, int]]) -> np.ndarray:
    """What the synthesizer makes of parts that fit its channels, float32 [samples, 2].

    Each channel is given the controls: tick, number, value.
    """
    import midirenderer
    import soundfile  # here: composing without sound needs neither

    made = symusic.Score(_TICKS)
    made.markers.append(symusic.TextMeta(round(seconds * 2 * _TICKS) + 1, "end"))  # it plays until here
    for part in parts:
        track = symusic.Track(program=part.program, is_drum=part.is_drum)
        track.controls.extend([symusic.ControlChange(*control) for control in controls])
        begin, end, pitch, velocity = part.notes.astype(np.int32).T
        sounding = end > begin
        track.notes = symusic.Note.from_numpy(
            begin[sounding],
            (end - begin)[sounding],
            pitch[sounding].astype(np.int8),
            velocity[sounding].astype(np.int8),
            "tick",
        )
        made.tracks.append(track)
    try:
        wave = midirenderer.render_wave_from(_soundfont(soundfont_path()), made.dumps_midi())
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of its Rust code is no Exception
        raise BookError(f"The synthesizer cannot play this piece ({error}).") from error
    return soundfile.read(io.BytesIO(wave), dtype="float32", always_2d=True)[0]


def not_as_written(score: symusic.Score, seconds: float = 180.0) -> str:
    """One sentence on what of the first seconds of a score is not heard as it is written; '' if all of it is.

    A soundfont may have no sample for a pitch (then nothing sounds) and lack a program or a drum kit (then
    the piano or the standard kit plays); of more notes at once than the synthesizer has voices some are cut.
    """
    parts = _parts(score, seconds)
    silent = sum(int((~_sounding(part.program, part.is_drum)[part.notes[:, 2]]).sum()) for part in parts)
    presets = _presets(soundfont_path())
    missing = sorted(
        {
            ("drum kit" if part.is_drum else "program", part.program)
            for part in parts
            if (part.program, part.is_drum) not in presets
        }
    )
    crowd = max((_most_at_once(turn) for turn in _turns(parts)), default=0)
    found = []
    if silent:
        found.append(
            f"{silent:,} of {sum(len(part.notes) for part in parts):,} notes are silent, since the "
            "soundfont has no sample for their pitch"
        )
    for kind, number in missing:
        found.append(
            f"the soundfont has no {kind} {number}, and "
            f"{'its standard kit' if kind == 'drum kit' else 'its first program'} plays instead"
        )
    if crowd > VOICES:
        found.append(f"{crowd:,} notes sound at once, and the synthesizer plays {VOICES}")
    return f"Not heard as written: {'; '.join(found)}." if found else ""


def _most_at_once(parts: Iterable[_Part]) -> int:
    notes = np.concatenate([part.notes for part in parts])
    times = np.concatenate([notes[:, 1], notes[:, 0]])
    steps = np.repeat([-1, 1], len(notes))
    return int(np.cumsum(steps[np.argsort(times, kind="stable")]).max())  # ends come before beginnings


@cache
def _sounding(program: int, is_drum: bool) -> np.ndarray:
    """For each pitch whether the soundfont has a sound for it, found by playing all of them: bool [128]."""
    slot = round(_PROBE * 2 * _TICKS)
    begin, pitch = slot * np.arange(128), np.arange(128)
    notes = np.column_stack([begin, begin + slot // 2, pitch, np.full(128, 100)])
    stops = [(int(time) - slot // 10, _ALL_SOUND_OFF, 0) for time in begin[1:]]
    played = _render([_Part(program, is_drum, notes)], 128 * _PROBE, [*_DRY, *stops])
    return played[: round(128 * _PROBE * SAMPLE_RATE)].reshape(128, -1).any(axis=1)


@cache
def _presets(path: Path) -> frozenset[tuple[int, bool]]:
    """Programs of a soundfont and whether they are drum kits, from its presets (SoundFont 2.04, 7.2).

    Each entry has 38 bytes: a name of 20, program and bank as 16-bit numbers, and more; the last one is an
    end mark. Bank 128 holds the drum kits.
    """
    font = _soundfont(path)
    at = font.rindex(b"phdr") + 8
    size = int.from_bytes(font[at - 4 : at], "little")
    entry_type = np.dtype([("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("rest", "V14")])
    entries = np.frombuffer(font[at : at + size], entry_type)[:-1]
    return frozenset(
        (int(entry["program"]), entry["bank"] == 128) for entry in entries if entry["bank"] in (0, 128)
    )
