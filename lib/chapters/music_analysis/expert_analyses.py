"""Twenty chorales of Bach as experts analyse them: local keys, chords and phrase ends, laid on the notes.

The analyses (Andrew Jones, Dmitri Tymoczko and Hamish Robb, in RomanText) come with music21. Each is laid on
the score of the same chorale: where the score has a section twice or an interlude, the analysis waits, and
where the score stands in another key, the analysis is transposed. music21 reads both; what music21 itself
would say of keys and roots is noted, for comparison.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import symusic

from lib.data.embedded.sources import corpus_folder
from lib.measures.music.keys import EstimatedKey
from lib.measures.music.piece import BarredNotes, barred_notes

_TICKS = 24  # a quarter
_STEPS = 8  # in a quarter, at which it is looked what sounds
_LEAST_FIT = 0.88
"""An analysis is refused where fewer of the sounding notes belong to its chords: on their own scores 0.92 to
0.99 do, and a short analysis on another chorale reaches 0.82."""

_WAIT = 0.5  # what a change of the shift costs, in chords
_SHIFTS = np.arange(-4, 29)  # quarters by which the score may be behind the analysis
# The one analysis names part and movement of the oratorio, the other has a letter; music21's files do not.
_FILES = {"248(2).12": "248.12-2", "41.6s": "41.6"}


@dataclass(frozen=True)
class ExpertAnalysis:
    """A chorale and what experts say of it.

    Attributes:
        name: of the analysis, 'riemenschneider001'.
        score_name: of the score, 'bwv269'.
        score: the notes.
        chords: a row a chord: onset and end (ticks), tonic (pitch class) and mode of the local key, root
            (pitch class), numeral (as written: 'V6/5/ii'), phrase_ends (whether a phrase ends with it),
            music21_root (that of what sounds there, as music21 finds it; -1: silence).
        music21_key: of the whole piece, by music21's default.
        fit: share of the notes sounding at the chords' onsets that belong to the chord.
    """

    name: str
    score_name: str
    score: symusic.Score
    chords: pd.DataFrame
    music21_key: EstimatedKey
    fit: float

    @cached_property
    def music(self) -> BarredNotes:
        """The notes as the measures see them."""
        return barred_notes(self.score)

    @property
    def key(self) -> EstimatedKey:
        """The key in which the analysis begins: all twenty end in it, too."""
        return EstimatedKey(int(self.chords["tonic"].iloc[0]), self.chords["mode"].iloc[0])


def analysis_files() -> list[Path]:
    """The analyses that come with music21.

    Raises:
        BookError: when music21 is missing or was installed without its corpus.
    """
    return sorted((corpus_folder() / "bach" / "choraleAnalyses").glob("*.rntxt"))


def read_analyses(files: list[Path]) -> tuple[list[ExpertAnalysis], pd.DataFrame]:
    """Read analyses and lay each on its score.

    Returns:
        The analyses, and what was left out: analysis, reason.
    """
    found, left_out = [], []
    for path in files:
        try:
            found.append(read_analysis(path))
        except LookupError as error:
            left_out.append({"analysis": path.stem, "reason": str(error)})
    return found, pd.DataFrame(left_out, columns=["analysis", "reason"])


def read_analysis(path: Path) -> ExpertAnalysis:
    """Read one analysis and lay it on its score.

    Raises:
        LookupError: with the reason, when the score is not there or the two do not fit together.
    """
    from music21 import converter  # here, since the import takes a while

    text = path.read_text(encoding="utf-8")
    number = re.search(r"^BWV:\s*(\S+)", text, re.MULTILINE)
    name = f"bwv{_FILES.get(number[1], number[1])}" if number else "no BWV number"
    place = corpus_folder() / "bach" / f"{name}.mxl"
    if not place.is_file():
        raise LookupError(f"music21 has no score of it ({name})")
    stream = converter.parse(place, forceSource=True)
    notes = _notes(stream)
    score, pickup = _score(stream, notes)
    chords = _written_chords(converter.parse(path, forceSource=True), _phrase_ends(text))
    transposition, waits, fit = _best_place(chords, _sounding(score, pickup))
    if fit < _LEAST_FIT:
        raise LookupError(f"only {fit:.0%} of the notes belong to the chords: it is of another version")
    for column in ("tonic", "root"):
        chords[column] = (chords[column] + transposition) % 12
    quarters = chords["quarters"].to_numpy() + waits
    onset = np.rint((quarters + pickup) * _TICKS).astype(int)
    chords = chords.assign(
        onset=onset,
        end=np.append(onset[1:], score.end()),
        music21_root=[_music21_root(notes, place) for place in quarters],
    )
    key = stream.analyze("key")
    return ExpertAnalysis(
        path.stem,
        name,
        score,
        chords.drop(columns=["classes", "quarters"]),
        EstimatedKey(key.tonic.pitchClass, key.mode),
        fit,
    )


def _notes(stream) -> list[tuple[float, float, tuple]]:
    """Beginning and length in quarters and the pitches of each note of a music21 score, ties joined."""
    return [
        (float(note.getOffsetInHierarchy(part)), float(note.quarterLength), note.pitches)
        for part in stream.parts
        for note in part.stripTies().recurse().notes
    ]


def _music21_root(notes: list[tuple[float, float, tuple]], place: float) -> int:
    """The pitch class that music21 takes for the root of what sounds at a place; -1 for silence."""
    from music21 import chord

    sounding = [
        pitch for start, length, pitches in notes if start <= place < start + length for pitch in pitches
    ]
    return chord.Chord(sounding).root().pitchClass if sounding else -1


def _score(stream, notes: list[tuple[float, float, tuple]]) -> tuple[symusic.Score, float]:
    """A music21 score as notes and meters, and the quarters of rest that fill up its first bar."""
    meters = stream.parts[0].recurse().getElementsByClass("TimeSignature")
    first = stream.parts[0].getElementsByClass("Measure").first()
    pickup = float(meters.first().barDuration.quarterLength - first.duration.quarterLength)
    score, track = symusic.Score(_TICKS), symusic.Track()
    for meter in meters:
        start = float(meter.getOffsetInHierarchy(stream))
        tick = round((start + pickup) * _TICKS) if start else 0
        score.time_signatures.append(symusic.TimeSignature(tick, meter.numerator, meter.denominator))
    for start, length, pitches in notes:
        for pitch in pitches:
            tick = round((start + pickup) * _TICKS)
            track.notes.append(symusic.Note(tick, max(1, round(length * _TICKS)), pitch.midi, 64))
    score.tracks.append(track)
    return score, pickup


def _written_chords(analysis, phrase_ends: set[tuple[int, float]]) -> pd.DataFrame:
    """What an analysis says, chord by chord, at the quarters at which it says so.

    Where one chord is read in two keys, music21 keeps the reading in the new one.
    """
    chords = [
        chord
        for chord in analysis.recurse().getElementsByClass("RomanNumeral")
        if chord.tie is None or chord.tie.type == "start"
    ]
    return pd.DataFrame(
        [
            {
                "quarters": float(chord.getOffsetInHierarchy(analysis)),
                "tonic": chord.key.tonic.pitchClass,
                "mode": chord.key.mode,
                "root": chord.root().pitchClass,
                "numeral": chord.figure,
                "classes": frozenset(chord.pitchClasses),
                "phrase_ends": chord is chords[-1] or (chord.measureNumber, float(chord.beat)) in phrase_ends,
            }
            for chord in chords
        ]
    )


def _phrase_ends(text: str) -> set[tuple[int, float]]:
    """Number of the measure and beat of each chord before || or a repeat sign: there a phrase ends."""
    ends, last = set(), (0, 1.0)
    for line in text.splitlines():
        measure = re.match(r"m(\d+)\s+(.*)", line)  # 'm11var1' is another reading of a bar: not taken
        if measure is None:
            continue
        beat = 1.0
        for word in measure[2].split():
            if word in ("||", ":||"):
                ends.add(last)
            elif re.fullmatch(r"b[\d.]+", word):
                beat = float(word[1:])
            elif not re.fullmatch(r"[A-Ga-g][#b-]?:|\|\|:", word):
                last = int(measure[1]), beat
    return ends


def _sounding(score: symusic.Score, pickup: float) -> np.ndarray:
    """Which pitch classes sound at each step from the score's beginning, bool [steps, 12]."""
    present = np.zeros((int(score.end() / _TICKS * _STEPS) + 1, 12), bool)
    for note in score.tracks[0].notes:
        first, last = (
            round((tick / _TICKS - pickup) * _STEPS) for tick in (note.time, note.time + note.duration)
        )
        present[first:last, note.pitch % 12] = True
    return present


def _best_place(chords: pd.DataFrame, sounding: np.ndarray) -> tuple[int, np.ndarray, float]:
    """Semitones by which the score is higher, quarters that the score is late at each chord, and the fit.

    Dynamic programming over chords: from one to the next the score may fall behind, at a price.
    """
    at = np.rint((chords["quarters"].to_numpy()[:, None] + _SHIFTS) * _STEPS).astype(int)
    there = (at >= 0) & (at < len(sounding))
    heard = sounding[np.clip(at, 0, len(sounding) - 1)] & there[..., None]  # [chords, shifts, 12]
    best: tuple[float, int, np.ndarray] = (-np.inf, 0, _SHIFTS)
    for transposition in range(12):
        wanted = np.zeros((len(chords), 12), bool)
        for row, classes in enumerate(chords["classes"]):
            wanted[row, [(one + transposition) % 12 for one in classes]] = True
        hits = (heard & wanted[:, None]).sum(axis=2) / np.maximum(heard.sum(axis=2), 1)
        total, path = _cheapest(hits)
        if total > best[0]:
            best = total, transposition, path
    _, transposition, path = best
    rows = np.arange(len(chords))
    belonging = [[(one + transposition) % 12 for one in classes] for classes in chords["classes"]]
    heard = heard[rows, path]
    belong = sum(one[classes].sum() for one, classes in zip(heard, belonging, strict=True))
    return transposition, _SHIFTS[path], float(belong / max(1, heard.sum()))


def _cheapest(hits: np.ndarray) -> tuple[float, np.ndarray]:
    """The sum of hits [chords, shifts] along the best path whose shift never falls, and the path."""
    count = hits.shape[1]
    total, came = hits[0].copy(), np.zeros(hits.shape, int)
    for row in range(1, len(hits)):
        before = np.arange(count)
        for shift in range(1, count):  # the best earlier shift that is smaller, or the same for nothing
            lower = before[shift - 1]
            if total[lower] - _WAIT * (lower != shift) > total[shift]:
                before[shift] = lower
        came[row] = before
        total = total[before] - _WAIT * (before != np.arange(count)) + hits[row]
    path = [int(total.argmax())]
    for row in range(len(hits) - 1, 0, -1):
        path.append(int(came[row, path[-1]]))
    return float(total.max()), np.array(path[::-1])
