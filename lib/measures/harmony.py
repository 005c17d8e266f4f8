"""Harmony, where there are voices: chords by beat, their kinds, their numerals, and what follows what.

A chord is what sounds at the beginning of a beat; what passes between two beats is left aside. Kinds follow
from the pitch classes alone, so that no spelling has to be guessed. Numerals stand under the estimated key of
the whole piece and are written as music21 writes them; a test holds them together.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from lib.measures.keys import EstimatedKey, piece_key
from lib.measures.piece import BarredNotes, UnmeasurableError

LEAST_SHARE = 0.5
"""A piece has voices if at least so many of its sounding beats have two or more pitches."""

LEAST_CHORDS = 8

_TRIADS = {(0, 4, 7): "major", (0, 3, 7): "minor", (0, 3, 6): "diminished", (0, 4, 8): "augmented"}
_SEVENTHS = {
    (0, 4, 7, 10): "dominant seventh",
    (0, 4, 7, 11): "major seventh",
    (0, 3, 7, 10): "minor seventh",
    (0, 3, 6, 10): "half-diminished seventh",
    (0, 3, 6, 9): "diminished seventh",
}
_DEGREES = ("I", "♭II", "II", "♭III", "III", "IV", "♯IV", "V", "♭VI", "VI", "♭VII", "VII")
# Minor has two sixths and two sevenths; as in music21, the chord's third tells which one is meant.
_MINOR_DEGREES = {
    False: ("I", "♭II", "II", "III", "♯III", "IV", "♯IV", "V", "VI", "♯VI", "VII", "♯VII"),
    True: ("I", "♭II", "II", "III", "♯III", "IV", "♯IV", "V", "♭VI", "VI", "♭VII", "VII"),
}


class BeatChord(NamedTuple):
    """What sounds at a beat: its pitch classes, the lowest of them, the root and kind if it is a chord."""

    classes: frozenset[int]
    bass: int
    root: int | None
    kind: str  # as in the tables above; 'other' for what is none of them, '' for fewer than two pitch classes


def beat_chords(music: BarredNotes) -> list[BeatChord]:
    """The chord at each beat at which something sounds.

    Raises:
        UnmeasurableError: without pitches, or when fewer than half of the beats have two pitches at once.
    """
    music.need_notes()
    onset, pitch = music.notes.onset, music.notes.pitch
    sounding = [pitch[(onset <= beat) & (music.end > beat)] for beat in music.beats]
    sounding = [found for found in sounding if len(found)]
    share = np.mean([len(set(found.tolist())) > 1 for found in sounding]) if sounding else 0.0
    if share < LEAST_SHARE:
        raise UnmeasurableError(f"no voices: two pitches or more sound on {share:.0%} of its beats")
    return [_chord(frozenset((found % 12).tolist()), int(found.min() % 12)) for found in sounding]


@cache
def _chord(classes: frozenset[int], bass: int) -> BeatChord:
    # A diminished seventh and an augmented triad look alike from each of their notes: the bass is the root.
    for root in [bass, *sorted(classes - {bass})]:
        shape = tuple(sorted((one - root) % 12 for one in classes))
        kind = _TRIADS.get(shape) or _SEVENTHS.get(shape)
        if kind:
            return BeatChord(classes, bass, root, kind)
    return BeatChord(classes, bass, None, "other" if len(classes) > 1 else "")


def chord_shares(music: BarredNotes) -> dict[str, float]:
    """Shares of beats with two or more pitch classes: 'triads', 'sevenths', 'other'.

    Raises:
        UnmeasurableError: as :func:`beat_chords`; also for fewer than eight such beats.
    """
    found = [chord for chord in beat_chords(music) if chord.kind]
    if len(found) < LEAST_CHORDS:
        raise UnmeasurableError(f"{len(found)} beats with chords, at least {LEAST_CHORDS} are needed")
    kinds = [chord.kind for chord in found]
    triads = np.mean([kind in _TRIADS.values() for kind in kinds])
    sevenths = np.mean([kind in _SEVENTHS.values() for kind in kinds])
    return {"triads": float(triads), "sevenths": float(sevenths), "other": float(1 - triads - sevenths)}


def share_of_chords(music: BarredNotes) -> float:
    """Share of beats whose pitch classes form a triad or a seventh chord; see :func:`chord_shares`."""
    shares = chord_shares(music)
    return shares["triads"] + shares["sevenths"]


def falling_fifths(music: BarredNotes) -> float:
    """Share of changes of root, from chord to chord, that fall by a fifth (as V–I and ii–V do).

    Raises:
        UnmeasurableError: as :func:`beat_chords`; also for fewer than eight changes.
    """
    roots = [chord.root for chord in beat_chords(music) if chord.root is not None]
    moves = [(after - before) % 12 for before, after in pairwise(roots) if before != after]
    if len(moves) < LEAST_CHORDS:
        raise UnmeasurableError(f"{len(moves)} changes of chord, at least {LEAST_CHORDS} are needed")
    return float(np.mean([move == 5 for move in moves]))


def numerals(music: BarredNotes) -> list[str]:
    """Roman numerals of a piece's chords under its estimated key, repeats joined: ['I', 'V', 'I', 'IV', …].

    Raises:
        UnmeasurableError: as :func:`beat_chords` and :func:`lib.measures.keys.piece_key`.
    """
    key = piece_key(music)
    found = [_numeral(chord, key) for chord in beat_chords(music) if chord.root is not None]
    return [one for place, one in enumerate(found) if place == 0 or found[place - 1] != one]


def _numeral(chord: BeatChord, key: EstimatedKey) -> str:
    """A chord's degree, capital with a major third, with °, ø, + and 7 as usual."""
    small = chord.kind in (
        "minor",
        "diminished",
        "minor seventh",
        "half-diminished seventh",
        "diminished seventh",
    )
    step = (chord.root - key.tonic) % 12
    degree = (_DEGREES if key.mode == "major" else _MINOR_DEGREES[small])[step]
    quality = {
        "diminished": "°",
        "diminished seventh": "°",
        "half-diminished seventh": "ø",
        "augmented": "+",
    }.get(chord.kind, "")
    seventh = "7" if chord.kind in _SEVENTHS.values() else ""
    return f"{degree.lower() if small else degree}{quality}{seventh}"


def progression_table(by_source: Mapping[str, Sequence[Iterable[str]]], first: str) -> pd.DataFrame:
    """The commonest changes of chord.

    Args:
        by_source: for each source the numerals of its pieces.
        first: the source whose commonest changes are listed.

    Returns:
        progression ('V – I') and, for each source, its share of all changes there.
    """
    counts = {
        source: Counter(pair for piece in pieces for pair in pairwise(piece))
        for source, pieces in by_source.items()
    }
    listed = [pair for pair, _ in counts[first].most_common(8)]
    return pd.DataFrame(
        [
            {
                "progression": f"{before} – {after}",
                **{source: found[before, after] / max(1, found.total()) for source, found in counts.items()},
            }
            for before, after in listed
        ]
    )
