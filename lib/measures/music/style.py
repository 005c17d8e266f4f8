"""Statistics of style: eight plain numbers of a piece, with definitions of the field and a stated grid.

Times are rounded to 12 ticks a quarter, and only the first 64 quarters count, as in the paper on the
Multitrack Music Transformer (Dong et al., ICASSP 2023), so that its published values can stand beside ours.
Pitch-class entropy and groove consistency are Wu and Yang's (*The Jazz Transformer on the front line*, ISMIR
2020), scale consistency Mogren's (*C-RNN-GAN*, 2016); these three agree with MusPy 0.5 (Dong et al., ISMIR
2020). None of them is better when it is higher: what counts is how near composed music comes to real music.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.basics.places import REFERENCE
from lib.measures.music.notes import DRUMS, PieceNotes

TICKS = 12
"""Ticks in a quarter on the grid of these statistics."""

LONGEST = 64
"""Quarters of a piece that count, from its beginning."""

GROOVE_TICKS = 4 * TICKS
"""Length of a measure for groove consistency: four quarters whatever the meter, as published."""

NGRAM = 4
"""Notes in the n-grams whose repetition is counted."""

_MAJOR = np.array([0, 2, 4, 5, 7, 9, 11])


@dataclass(frozen=True)
class Statistic:
    """What is computed: its name in tables, its unit, and decimals worth printing."""

    label: str
    unit: str
    digits: int


STATISTICS = {
    "pitch_class_entropy": Statistic("pitch-class entropy", "bits", 3),
    "scale_consistency": Statistic("scale consistency", "%", 1),
    "groove_consistency": Statistic("groove consistency", "%", 1),
    "empty_beat_rate": Statistic("empty-beat rate", "%", 1),
    "polyphony": Statistic("polyphony", "pitches sounding", 2),
    "note_density": Statistic("note density", "notes a quarter", 2),
    "pitch_range": Statistic("pitch range", "semitones", 1),
    "ngram_repetition": Statistic("n-gram repetition", "%", 1),
}


def style_statistics(notes: PieceNotes) -> dict[str, float]:
    """The statistics of one piece, by the names in :data:`STATISTICS`.

    What is not defined is NaN, never a number that looks like one: everything without pitched notes, groove
    for a piece that ends in its first four quarters, repetition for fewer than :data:`NGRAM` + 1 notes.

    Args:
        notes: a piece.
    """
    onset, end, pitch = _on_grid(notes)
    if not len(pitch):
        return dict.fromkeys(STATISTICS, float("nan"))
    counts = np.bincount(pitch % 12, minlength=12)
    sounding = _sounding(onset, end, pitch)
    first, length = int(onset.min()), int(end.max())
    return {
        "pitch_class_entropy": entropy_bits(counts),
        "scale_consistency": 100 * scale_consistency(counts),
        "groove_consistency": 100 * groove_consistency(onset, length),
        "empty_beat_rate": 100 * empty_beat_rate(sounding),
        "polyphony": float(sounding.sum() / np.count_nonzero(sounding)),
        "note_density": len(pitch) * TICKS / (length - first),
        "pitch_range": float(pitch.max() - pitch.min()),
        "ngram_repetition": 100 * ngram_repetition(onset, pitch),
    }


def style_table(pieces: Iterable[PieceNotes]) -> pd.DataFrame:
    """One row a piece, one column a statistic (:func:`style_statistics`)."""
    return pd.DataFrame([style_statistics(piece) for piece in pieces], columns=list(STATISTICS), dtype=float)


def _on_grid(notes: PieceNotes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Onsets and ends in grid ticks, and pitches, of the pitched notes that begin early enough."""
    kept = notes.program != DRUMS
    scale = TICKS / notes.ticks_per_quarter
    onset = np.rint(notes.onset[kept] * scale).astype(np.int64)
    end = np.rint((notes.onset + notes.duration)[kept] * scale).astype(np.int64)
    early = onset < LONGEST * TICKS
    onset, end = onset[early], np.minimum(end[early], LONGEST * TICKS)
    return onset, np.maximum(end, onset + 1), notes.pitch[kept][early]


def _sounding(onset: np.ndarray, end: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """How many different pitches sound at each tick: int [ticks]."""
    found, row = np.unique(pitch, return_inverse=True)
    edges = np.zeros((len(found), int(end.max()) + 1), dtype=np.int32)
    np.add.at(edges, (row, onset), 1)
    np.add.at(edges, (row, end), -1)
    return (np.cumsum(edges, axis=1)[:, :-1] > 0).sum(axis=0)


def entropy_bits(counts: np.ndarray) -> float:
    """Entropy in bits of a histogram [classes]: 0 if one class has all, log₂ 12 = 3.585 for an even dozen."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum()) + 0.0


def scale_consistency(counts: np.ndarray) -> float:
    """The share of notes in the major scale that fits best; natural minor has the same twelve scales.

    Args:
        counts: notes by pitch class, [12].
    """
    inside = [counts[(_MAJOR + tonic) % 12].sum() for tonic in range(12)]
    return float(max(inside) / counts.sum())


def groove_consistency(onset: np.ndarray, length: int) -> float:
    """How alike the onsets of neighbouring measures are: 1 − mean share of positions that differ.

    Args:
        onset: in ticks (:data:`TICKS` a quarter), integers [notes].
        length: of the piece, in ticks.

    Returns:
        0 to 1; NaN for a piece that does not reach a second measure.
    """
    measures = length // GROOVE_TICKS + 1  # as in MusPy: an end on a bar line opens one more
    if measures < 2:
        return float("nan")
    struck = np.zeros(measures * GROOVE_TICKS, dtype=bool)
    struck[onset] = True
    struck = struck.reshape(measures, GROOVE_TICKS)
    return float(1 - (struck[1:] != struck[:-1]).mean())


def empty_beat_rate(sounding: np.ndarray) -> float:
    """The share of quarters during which nothing sounds, from the first that does to the last.

    The empty beginning of a pickup's bar is notation, not silence, hence the start.

    Args:
        sounding: how many pitches sound at each tick, integers [ticks], :data:`TICKS` a quarter.
    """
    beats = -(-len(sounding) // TICKS)
    padded = np.zeros(beats * TICKS, dtype=np.int64)
    padded[: len(sounding)] = sounding
    heard = padded.reshape(beats, TICKS).max(axis=1) > 0
    return float(1 - heard[heard.argmax() :].mean())


def ngram_repetition(onset: np.ndarray, pitch: np.ndarray) -> float:
    """The share of runs of notes that have occurred before in the piece, pitches and rhythm alike.

    A run holds pitches and the times between its onsets.

    Args:
        onset, pitch: in ticks and MIDI numbers, integers [notes], in the order of onset, then pitch.

    Returns:
        0 to 1; NaN for a piece with fewer than two runs.
    """
    runs = len(pitch) - NGRAM + 1
    if runs < 2:
        return float("nan")
    windows = np.lib.stride_tricks.sliding_window_view
    table = np.hstack([windows(pitch, NGRAM), windows(np.diff(onset), NGRAM - 1)])
    return 1 - len(np.unique(table, axis=0)) / runs


def published_statistics() -> pd.DataFrame:
    """Values from the literature: source, data, grid, and for each statistic its mean and half interval."""
    return pd.read_csv(REFERENCE / "style_statistics.csv")
