"""What of a piece may go with its emotion: two dozen plain numbers of its notes, by what one listens to.

Tonality, rhythm, melody, texture, dynamics and tempo are the groups that the psychology of music names
(A. Gabrielsson and E. Lindström in *Handbook of Music and Emotion*, 2010). A judge that people have taught
(:mod:`lib.data.labelling.rated_judge`) adds these numbers up.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from symusic import Score

from lib.data.labelling.key_profiles import SCALES, key_fits
from lib.data.labelling.labels import beat_quarters, main_meter, meter_changes
from lib.data.note_tables import note_table

Hears = Literal["line", "score", "performance"]
"""The upper line alone; all notes as written; all notes as played, with tempo and dynamics."""

LEAST_ONSETS = 8
STEPS = 24
"""Times are rounded to so many steps a quarter first, so that what was played a little unevenly counts as
together."""
PROFILE = "temperley"  # of the three, the one that finds the written key of real tunes most often

FEATURES = {
    "minor": ("tonality", "fit of the best minor key minus that of the best major key"),
    "third": ("tonality", "time on the major minus on the minor third of the estimated key, of both"),
    "clarity": ("tonality", "fit of the best key"),
    "chromatic": ("tonality", "share of notes outside the scale of the estimated key"),
    "onsets a beat": ("rhythm", "onsets a beat of the main meter, log2"),
    "note length": ("rhythm", "median note in quarters, log2"),
    "uneven": ("rhythm", "standard deviation of log2 of the times between onsets"),
    "contrast": ("rhythm", "mean contrast of neighbouring times between onsets (nPVI / 100)"),
    "off the beat": ("rhythm", "share of onsets off the beat"),
    "height": ("melody", "mean pitch of the upper line"),
    "spread": ("melody", "standard deviation of the pitches of the upper line"),
    "step": ("melody", "mean step of the upper line in semitones, an octave at most"),
    "leaps": ("melody", "share of steps of the upper line wider than four semitones"),
    "repeats": ("melody", "share of repeated pitches in the upper line"),
    "legato": ("melody", "length over time to the next onset in the upper line, 1 at most"),
    "bass": ("texture", "tenth percentile of all pitches"),
    "thickness": ("texture", "notes an onset"),
    "loudness": ("dynamics", "mean velocity"),
    "shading": ("dynamics", "standard deviation of velocity"),
    "tempo": ("tempo", "quarters a minute, log2 of the mean over the piece"),
    "onsets a second": ("tempo", "log2"),
    "notes a second": ("tempo", "log2"),
}
"""By name, the group and what is measured."""

_NOT_HEARD = {"line": ("texture", "dynamics", "tempo"), "score": ("dynamics", "tempo"), "performance": ()}


class NoFeaturesError(Exception):
    """A piece that cannot be measured; the message says why, in words for a table."""


@dataclass(frozen=True)
class _Notes:
    """Pitched notes sorted by onset, then pitch: int64 [notes], times in steps of which 24 are a quarter."""

    onset: np.ndarray
    duration: np.ndarray
    pitch: np.ndarray

    @property
    def end(self) -> np.ndarray:
        return self.onset + self.duration

    def of(self, chosen: np.ndarray) -> "_Notes":
        return _Notes(self.onset[chosen], self.duration[chosen], self.pitch[chosen])


def names_heard(hears: Hears) -> list[str]:
    """The features that a judge has who hears so much."""
    return [name for name, (group, _) in FEATURES.items() if group not in _NOT_HEARD[hears]]


def emotion_features(score: Score, hears: Hears = "performance") -> dict[str, float]:
    """Measure a piece; drums are left aside.

    Args:
        score: in ticks.
        hears: with 'line' everything is measured on the upper line, as if nothing else were there.

    Returns:
        The numbers of :func:`names_heard`, by name.

    Raises:
        NoFeaturesError: with fewer than eight onsets, or when no key fits better than another.
    """
    notes = _pitched(score)
    if len(np.unique(notes.onset)) < LEAST_ONSETS:
        raise NoFeaturesError(f"fewer than {LEAST_ONSETS} onsets of notes with a pitch")
    line = notes.of(upper_line(notes.onset, notes.end, notes.pitch))
    heard = line if hears == "line" else notes
    found = {**_tonality(heard), **_rhythm(heard, score), **_melody(line)}
    if hears != "line":
        found["bass"] = float(np.percentile(notes.pitch, 10))
        found["thickness"] = len(notes.onset) / len(np.unique(notes.onset))
    if hears == "performance":
        found |= _performance(score, notes)
    return {name: float(found[name]) for name in names_heard(hears)}


def upper_line(onset: np.ndarray, end: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """The places of the notes of the upper line, int64 [notes in it]: a melody's tune, a chorale's soprano.

    At each onset the highest note, unless a higher one still sounds.

    Args:
        onset, end, pitch: of notes sorted by onset, then pitch, [notes]; times in any one unit.
    """
    highest = np.flatnonzero(np.append(np.diff(onset) > 0, [True] * bool(len(onset))))
    kept, line = [], []  # line: the notes of the upper line that may still sound
    for note in highest.tolist():
        line = [other for other in line if end[other] > onset[note]]
        if all(pitch[other] <= pitch[note] for other in line):
            kept.append(note)
        line.append(note)
    return np.array(kept, dtype=np.int64)


def _pitched(score: Score) -> _Notes:
    table = note_table(score)
    kept = table.program >= 0
    onset, duration = (
        np.rint(column[kept] * STEPS / table.ticks_per_quarter).astype(np.int64)
        for column in (table.onset, table.duration)
    )
    duration, pitch = np.maximum(duration, 1), table.pitch[kept]
    return _Notes(onset, duration, pitch).of(np.lexsort((duration, pitch, onset)))


def _tonality(notes: _Notes) -> dict[str, float]:
    time = np.bincount(notes.pitch % 12, weights=notes.duration, minlength=12)
    fits = key_fits(time, PROFILE)
    if fits is None:
        raise NoFeaturesError("all pitch classes sound equally long: no key fits better than another")
    best = int(np.argmax(fits))
    tonic, mode = best % 12, "major" if best < 12 else "minor"
    major, minor = time[(tonic + 4) % 12], time[(tonic + 3) % 12]
    outside = ~np.isin((notes.pitch - tonic) % 12, SCALES[mode])
    return {
        "minor": fits[12:].max() - fits[:12].max(),
        "clarity": fits[best],
        "third": (major - minor) / (major + minor) if major + minor else 0.0,
        "chromatic": outside.mean(),
    }


def _rhythm(notes: _Notes, score: Score) -> dict[str, float]:
    onsets = np.unique(notes.onset)
    between = np.diff(onsets)
    beats = (notes.end.max() - onsets[0]) / (beat_quarters(main_meter(score)) * STEPS)
    first, second = between[:-1], between[1:]
    return {
        "onsets a beat": np.log2(len(onsets) / beats),
        "note length": np.log2(np.median(notes.duration) / STEPS),
        "uneven": np.log2(between).std(),
        "contrast": np.mean(2 * np.abs(first - second) / (first + second)),
        "off the beat": _off_the_beat(onsets, score),
    }


def _off_the_beat(onsets: np.ndarray, score: Score) -> float:
    """Share of onsets that are on no beat, beats counted from each change of meter."""
    changes = meter_changes(score)
    starts = np.rint([start * STEPS / score.ticks_per_quarter for start, _ in changes])
    beats = np.maximum(1, np.rint([beat_quarters(meter) * STEPS for _, meter in changes]))
    which = np.searchsorted(starts, onsets, side="right") - 1
    return float(np.mean((onsets - starts[which]) % beats[which] != 0))


def _melody(line: _Notes) -> dict[str, float]:
    steps, between = np.abs(np.diff(line.pitch)), np.diff(line.onset)
    return {
        "height": line.pitch.mean(),
        "spread": line.pitch.std(),
        "step": np.minimum(steps, 12).mean(),
        "leaps": (steps > 4).mean(),
        "repeats": (steps == 0).mean(),
        "legato": np.minimum(line.duration[:-1] / between, 1).mean(),
    }


def _performance(score: Score, notes: _Notes) -> dict[str, float]:
    """Dynamics and tempo; seconds run from the first onset to the end of the last note."""
    velocity = np.concatenate(
        [track.notes.numpy()["velocity"] for track in score.tracks if not track.is_drum and len(track.notes)]
    ).astype(float)
    played = [note for track in score.to("Second").tracks if not track.is_drum for note in track.notes]
    seconds = max(max(note.end for note in played) - min(note.time for note in played), 1e-3)
    quarters = (notes.end.max() - notes.onset[0]) / STEPS
    return {
        "loudness": velocity.mean(),
        "shading": velocity.std(),
        "tempo": np.log2(60 * quarters / seconds),
        "onsets a second": np.log2(len(np.unique(notes.onset)) / seconds),
        "notes a second": np.log2(len(notes.onset) / seconds),
    }
