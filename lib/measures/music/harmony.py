"""Harmony, where there are voices: chords by beat, their kinds, their numerals, and what follows what.

A chord is what sounds at the beginning of a beat; what passes between two beats is left aside. Kinds follow
from the pitch classes alone, so that no spelling has to be guessed. Numerals stand under the key of the place
(:func:`lib.measures.music.keys.local_keys`) and are written as music21 writes them; a test holds them
together. Chapter 8 holds keys, roots and numerals to analyses by experts.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from lib.data.labelling.key_profiles import SCALES
from lib.measures.music.keys import RAISED, EstimatedKey, local_keys
from lib.measures.music.piece import BarredNotes, UnmeasurableError

LEAST_SHARE = 0.5
"""A piece has voices if at least so many of its sounding beats have two or more pitches."""

LEAST_CHORDS = 8

PERMUTATIONS = 20
"""How often voices are permuted for the baseline of chords."""

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


_FIFTHS = ("major", "dominant seventh")
_LEADING = ("diminished", "diminished seventh", "half-diminished seventh")
_QUALITIES = {"diminished": "°", "diminished seventh": "°", "half-diminished seventh": "ø", "augmented": "+"}
# Minor with both of its sixths and sevenths; goals of applied dominants: degrees with a major or minor triad,
# the tonic left aside.
_SCALES = {"major": SCALES["major"], "minor": (*SCALES["minor"], *RAISED)}
_GOALS = {"major": (2, 4, 5, 7, 9), "minor": (3, 5, 7, 8, 10)}

KEY_MARK = ":"
"""Ends the name of a key among numerals, as in RomanText."""


class BeatChord(NamedTuple):
    """What sounds at a beat: its pitch classes, the lowest of them, the root and kind if it is a chord."""

    classes: frozenset[int]
    bass: int
    root: int | None
    kind: str  # as in the tables above; 'other' for what is none of them, '' for fewer than two pitch classes

    @property
    def base(self) -> int:
        """The root; of what is no chord (two notes, a suspension), the lowest pitch class."""
        return self.bass if self.root is None else self.root


def chord_at(music: BarredNotes, tick: int) -> BeatChord | None:
    """What sounds at a tick; None where nothing does."""
    pitch = music.notes.pitch[(music.notes.onset <= tick) & (music.end > tick)]
    return _chord(frozenset((pitch % 12).tolist()), int(pitch.min() % 12)) if len(pitch) else None


def voiced_beats(music: BarredNotes) -> np.ndarray:
    """The beats at which something sounds, of a piece with voices: ticks [beats].

    Raises:
        UnmeasurableError: without pitches, or when fewer than half of the beats have two pitches at once.
    """
    return np.array([tick for tick, _ in _pitches_at_beats(music)])


def _pitches_at_beats(music: BarredNotes) -> list[tuple[int, np.ndarray]]:
    """Ticks and pitches [pitches] of the beats at which something sounds, of a piece with voices."""
    music.need_notes()
    onset, pitch, end = music.notes.onset, music.notes.pitch, music.end
    beats = [(int(beat), pitch[(onset <= beat) & (end > beat)]) for beat in music.beats]
    beats = [(beat, found) for beat, found in beats if len(found)]
    share = np.mean([len(set(found.tolist())) > 1 for _, found in beats]) if beats else 0.0
    if share < LEAST_SHARE:
        raise UnmeasurableError(f"no voices: two pitches or more sound on {share:.0%} of its beats")
    return beats


def beat_chords(music: BarredNotes) -> list[BeatChord]:
    """The chord at each beat at which something sounds, of a piece with voices.

    Raises:
        UnmeasurableError: as :func:`voiced_beats`.
    """
    return [
        _chord(frozenset((found % 12).tolist()), int(found.min() % 12))
        for _, found in _pitches_at_beats(music)
    ]


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


def permuted_chords(music: BarredNotes) -> float:
    """The baseline of :func:`share_of_chords`: the same voices, each with its beats permuted.

    Voices are the ranks of the pitches that sound at a beat, from below. Every voice keeps its notes, and the
    chords that are left are what such voices make by chance. The mean over :data:`PERMUTATIONS`.

    Raises:
        UnmeasurableError: as :func:`share_of_chords`.
    """
    chord_shares(music)
    beats = [np.unique(found) for _, found in _pitches_at_beats(music)]
    generator, shares = np.random.default_rng(0), []
    for _ in range(PERMUTATIONS):
        voices: list[list[int]] = [[] for _ in beats]
        for rank in range(max(map(len, beats))):
            at = [place for place, found in enumerate(beats) if len(found) > rank]
            for place, pitch in zip(
                at, generator.permutation([beats[place][rank] for place in at]), strict=True
            ):
                voices[place].append(int(pitch))
        kinds = [_chord(frozenset(one % 12 for one in found), min(found) % 12).kind for found in voices]
        kinds = [kind for kind in kinds if kind]
        shares.append(float(np.mean([kind != "other" for kind in kinds])) if kinds else 0.0)
    return float(np.mean(shares))


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
    """Roman numerals of a piece's chords, repeats joined: ['G major:', 'I', 'V7/V', 'V', 'D major:', 'I', …].

    A key stands before the chords that are heard in it.

    Raises:
        UnmeasurableError: as :func:`beat_chords` and :func:`lib.measures.music.keys.local_keys`.
    """
    chords = beat_chords(music)
    found: list[str] = []
    last: EstimatedKey | None = None
    for chord, key in zip(chords, local_keys(music, voiced_beats(music)), strict=True):
        if chord.root is None:
            continue
        if key != last:
            found.append(f"{key}{KEY_MARK}")
            last = key
        name = numeral(chord, key)
        if found[-1] != name:
            found.append(name)
    return found


def numeral(chord: BeatChord, key: EstimatedKey) -> str:
    """A chord's Roman numeral in a key; an applied dominant is named by its goal: 'V7/V', 'vii°/ii'.

    Applied is what holds a note outside the key (minor with its raised sixth and seventh) and would be the
    fifth degree or the leading note's chord of another degree of it.

    Args:
        chord: with a root.
        key: in which it is heard.
    """
    goal = _goal(chord, key)
    if goal is None:
        return _numeral(chord, key)
    named = "V" if chord.kind in _FIFTHS else "vii"
    large = (goal + 4 in _SCALES[key.mode]) if key.mode == "major" else goal in (3, 7, 8, 10)
    degree = (_DEGREES if key.mode == "major" else _MINOR_DEGREES[False])[goal]
    return f"{named}{_QUALITIES.get(chord.kind, '')}{_seventh(chord)}/{degree if large else degree.lower()}"


def _goal(chord: BeatChord, key: EstimatedKey) -> int | None:
    """The degree, in semitones above the tonic, whose dominant a chord is; None where it is not applied."""
    step, scale = (chord.base - key.tonic) % 12, _SCALES[key.mode]
    if chord.kind in _FIFTHS:
        goal = (step + 5) % 12
    elif chord.kind in _LEADING:
        goal = (step + 1) % 12
    else:
        return None
    within = all((one - key.tonic) % 12 in scale for one in chord.classes)
    return None if within or goal not in _GOALS[key.mode] else goal


def _numeral(chord: BeatChord, key: EstimatedKey) -> str:
    """A chord's degree, capital with a major third, with °, ø, + and 7 as usual."""
    small = chord.kind in (
        "minor",
        "diminished",
        "minor seventh",
        "half-diminished seventh",
        "diminished seventh",
    )
    step = (chord.base - key.tonic) % 12
    degree = (_DEGREES if key.mode == "major" else _MINOR_DEGREES[small])[step]
    quality = _QUALITIES.get(chord.kind, "")
    return f"{degree.lower() if small else degree}{quality}{_seventh(chord)}"


def _seventh(chord: BeatChord) -> str:
    return "7" if chord.kind in _SEVENTHS.values() else ""


def progression_table(by_source: Mapping[str, Sequence[Iterable[str]]], first: str) -> pd.DataFrame:
    """The commonest changes of chord within a key.

    Args:
        by_source: for each source the numerals of its pieces.
        first: the source whose commonest changes are listed.

    Returns:
        progression ('V – I') and, for each source, its share of all changes there.
    """
    counts = {
        source: Counter(
            pair
            for piece in pieces
            for pair in pairwise(piece)
            if not any(one.endswith(KEY_MARK) for one in pair)
        )
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
