"""A stand-in for XMIDI at any size: distinct files with XMIDI's names, label proportions and lengths.

The notes are the embedded corpus's: tunes and chorales transposed, re-timed, joined to XMIDI's mean length
and set for a small band, so that a file costs about as many tokens as a full-band file of XMIDI does. The
labels are assigned at random in the published proportions and mean nothing. It is for rehearsing the
machinery; no figure about music or models can be read from it.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.basics.files import hash_of_bytes
from lib.basics.places import REFERENCE
from lib.data.pieces import piece_name

MEAN_SECONDS, SPREAD = 176.0, 0.4
"""XMIDI's published mean length; the spread of the logarithm is assumed."""

COPY_EVERY = 50
"""Each fiftieth file is the one before it in another key, so that there is something to group."""

_TICKS = 480
_LEADS = (0, 4, 11, 24, 25, 40, 56, 65, 68, 73, 80)
_CHORDS = (0, 5, 16, 26, 27, 48)
_BASSES = (32, 33, 34, 38, 43)
_PADS = (48, 49, 52, 89)
_KICK, _SNARE, _HIHAT, _RIDE = 36, 38, 42, 51


@dataclass(frozen=True)
class Segment:
    """A source piece: notes as arrays [notes], meters as (tick, numerator, denominator), whole bars long."""

    time: np.ndarray
    duration: np.ndarray
    pitch: np.ndarray
    meters: list[tuple[int, int, int]]
    length: int


@cache
def _segment(path: Path) -> Segment:
    score = Score(path)
    notes = [track.notes.numpy() for track in score.tracks]
    time, duration, pitch = (
        np.concatenate([part[key] for part in notes]).astype(np.int64)
        for key in ("time", "duration", "pitch")
    )
    meters = [(change.time, change.numerator, change.denominator) for change in score.time_signatures]
    start, numerator, denominator = meters[-1]
    bar = 4 * _TICKS * numerator // denominator
    end = int((time + duration).max())
    return Segment(time, duration, pitch, meters, start + max(1, -(-(end - start) // bar)) * bar)


def labels(count: int, seed: int) -> tuple[list[str], list[str]]:
    """Emotions and genres for `count` files in XMIDI's published proportions, each assigned by itself."""
    published = pd.read_csv(REFERENCE / "xmidi_counts.csv")
    assigned = []
    for number, kind in enumerate(("emotion", "genre")):
        table = published[published["label_kind"] == kind]
        exact = table["count"].to_numpy() * count / table["count"].sum()
        whole = np.floor(exact).astype(int)
        whole[np.argsort(whole - exact, kind="stable")[: count - whole.sum()]] += 1
        names = np.repeat(table["label"].to_numpy(), whole)
        assigned.append(np.random.default_rng([seed, number]).permutation(names).tolist())
    return assigned[0], assigned[1]


def name_of(emotion: str, genre: str, number: int, seed: int) -> str:
    """A file name with eight characters made from the number."""
    return piece_name(emotion, genre, hash_of_bytes(f"{seed} {number}".encode())[:8].upper())


def compose(sources: list[Path], number: int, seed: int) -> Score:
    """File number `number` of a rehearsal, from the files of the embedded corpus.

    Each number gives other music, except that every fiftieth is a transposed copy of the one before.
    """
    copy = number % COPY_EVERY == COPY_EVERY - 1
    generator = np.random.default_rng([seed, number - copy])
    tempo = float(generator.integers(12, 30) * 5)
    seconds = float(np.clip(generator.lognormal(np.log(MEAN_SECONDS) - SPREAD**2 / 2, SPREAD), 30, 600))
    melody, meters, end = _joined(sources, generator, round(seconds * tempo / 60 * _TICKS))
    if copy:
        melody = melody[0], melody[1], melody[2] + 1
    score = Score(_TICKS)
    score.tempos.append(Tempo(0, tempo))
    for meter in meters:
        score.time_signatures.append(TimeSignature(*meter))
    _orchestrate(score, melody, end, generator)
    return score


def _joined(sources: list[Path], generator: np.random.Generator, ticks: int):
    """Sources one after the other, each transposed and perhaps in doubled note values, until `ticks`."""
    columns, meters, start = [], [], 0
    while start < 0.78 * ticks:  # the last one reaches over the end
        segment = _segment(sources[generator.integers(len(sources))])
        shift, factor = generator.integers(-5, 7), generator.choice([1, 1, 1, 2])
        columns.append((start + factor * segment.time, factor * segment.duration, segment.pitch + shift))
        for tick, numerator, denominator in segment.meters:
            if not meters or meters[-1][1:] != (numerator, denominator):
                meters.append((start + int(factor) * tick, numerator, denominator))
        start += int(factor) * segment.length
    time, duration, pitch = (np.concatenate(column) for column in zip(*columns, strict=True))
    order = np.lexsort((pitch, time))
    return (time[order], duration[order], pitch[order]), meters, start


def _orchestrate(
    score: Score, melody: tuple[np.ndarray, ...], end: int, generator: np.random.Generator
) -> None:
    """Set a melody for lead, second voice, chords, pad, bass and drums."""
    time, duration, pitch = melody
    beats = np.arange(0, end, _TICKS)
    # What sounds on each beat: the last note that began by then.
    root = pitch[np.maximum(0, np.searchsorted(time, beats, side="right") - 1)] % 12
    third = generator.choice([3, 4])
    _add(score, generator, _LEADS, time, duration, pitch)
    _add(score, generator, _LEADS, time, duration, pitch + generator.choice([-12, -5, -4, -3]))
    chord = np.array([0, third, 7])
    offset = generator.choice([0, _TICKS // 2])
    # Each note in an octave drawn at random, one in five left out: else all bands would play the same figures
    # and be taken for one piece.
    for programs, step, octave, length in ((_CHORDS, 1, 48, _TICKS // 2), (_PADS, 2, 60, 2 * _TICKS)):
        time_of, notes = np.repeat(beats[::step], 3), (root[::step, None] + octave + chord).ravel()
        played = generator.random(len(notes)) < 0.8
        notes = notes + generator.choice([-12, 0, 12], len(notes))
        shift = generator.choice([0, _TICKS // 4, _TICKS // 2, 3 * _TICKS // 4], len(beats[::step]))
        time_of = time_of + np.repeat(shift, 3) + (offset if step == 1 else 0)
        _add(score, generator, programs, time_of[played], length, notes[played])
    played = generator.random(len(beats)) < 0.8
    _add(
        score,
        generator,
        _BASSES,
        beats[played],
        generator.choice([_TICKS // 2, _TICKS]),
        (root + 36 + generator.choice([0, 0, 7, 12], len(beats)))[played],
    )
    hats = np.arange(0, end, _TICKS // 2)
    hats = hats[generator.random(len(hats)) < 0.95]
    cymbal = generator.choice([_HIHAT, _RIDE])
    struck = np.append(np.full(len(hats), cymbal), np.where(np.arange(len(beats)) % 2, _SNARE, _KICK))
    _add(score, generator, (0,), np.append(hats, beats), _TICKS // 4, struck, drums=True)


def _add(
    score: Score,
    generator: np.random.Generator,
    programs: tuple[int, ...],
    time: np.ndarray,
    duration: np.ndarray | int,
    pitch: np.ndarray,
    drums: bool = False,
) -> None:
    track = Track(program=int(generator.choice(programs)), is_drum=drums)
    order = np.lexsort((pitch, time))
    velocity = 60 + 10 * generator.integers(0, 5, len(time))
    track.notes = Note.from_numpy(
        time=time[order].astype(np.int32),
        duration=np.broadcast_to(duration, time.shape)[order].astype(np.int32),
        pitch=np.clip(pitch, 24, 100)[order].astype(np.int8),
        velocity=velocity.astype(np.int8),
    )
    score.tracks.append(track)
