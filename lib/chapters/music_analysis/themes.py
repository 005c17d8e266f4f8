"""Themes: stretches of melody that come again, at the same pitch or at another.

The melody is the upper line. Between neighbours it has a step in pitch and a step in time;
two stretches are the same theme when these steps are, note for note, which is blind to transposition
(E. Cambouropoulos, *Towards a General Computational Theory of Musical Structure*, 1998). A stretch counts
when it is longer than a bar and a half and has at least six notes: shuffled bars keep what repeats within
bars, and lose what repeats across them. A figure that goes on and on repeats itself too.
"""

from dataclasses import dataclass

import numpy as np

from lib.measures.music.piece import BarredNotes, UnmeasurableError

LEAST_NOTES, LEAST_BARS = 6, 1.5
LONGEST_BARS = 4
"""A theme that is shown is cut to this length."""

FARTHEST = 32
"""Distances up to so many bars are told apart."""


@dataclass(frozen=True)
class Theme:
    """A stretch of melody and where it occurs.

    Attributes:
        notes: how many it has.
        starts, ends: tick of its first onset, and tick where its last note ends, of each occurrence.
        transpositions: semitones by which each occurrence is shifted against the first.
        bars: the bar of each beginning, from 1.
    """

    notes: int
    starts: list[int]
    ends: list[int]
    transpositions: list[int]
    bars: list[int]


@dataclass(frozen=True)
class Recurrence:
    """Where a melody comes again.

    Attributes:
        repeats: bool [notes]; the note belongs to a stretch that was heard before.
        exact: bool [notes]; at the same pitch, some time before.
        lag: notes back to the latest earlier occurrence, [notes], 0 where there is none.
        stretches: (first note, earlier first note, steps alike) of each maximal stretch.
    """

    repeats: np.ndarray
    exact: np.ndarray
    lag: np.ndarray
    stretches: list[tuple[int, int, int]]


def recurrence(music: BarredNotes) -> Recurrence:
    """Find what comes again in the melody of a piece, without overlap.

    Raises:
        UnmeasurableError: for fewer than twelve notes or three bars: nothing can come again.
    """
    music.need_bars(2 * int(np.ceil(LEAST_BARS)) - 1)
    melody = music.melody
    count = len(melody)
    if count < 2 * LEAST_NOTES:
        raise UnmeasurableError(f"a melody of {count} notes, at least {2 * LEAST_NOTES} are needed")
    pitch, onset = melody.pitch, melody.onset
    steps = np.stack([np.diff(pitch), np.diff(onset)], axis=1)
    _, code = np.unique(steps, axis=0, return_inverse=True)
    code = code.ravel()
    least_ticks = LEAST_BARS * music.bar_ticks
    repeats, exact = np.zeros(count, bool), np.zeros(count, bool)
    lag_of, stretches = np.zeros(count, np.int64), []
    for lag in range(LEAST_NOTES, count - LEAST_NOTES + 1):
        for first, end in _runs(code[lag:] == code[:-lag], LEAST_NOTES - 1):
            later = first + lag  # melody notes later … later + (end − first) repeat those `lag` before
            long_enough = onset[end] - onset[first] >= least_ticks
            # Two occurrences must not overlap, and each be long enough.
            if not long_enough or onset[later] - onset[first] < least_ticks:
                continue
            part = slice(later, end + lag + 1)
            exact[part] |= pitch[later] == pitch[first]
            lag_of[part] = np.where(repeats[part], lag_of[part], lag)
            repeats[part] = True
            stretches.append((later, first, end - first))
    return Recurrence(repeats, exact, lag_of, stretches)


def _runs(alike: np.ndarray, least: int) -> list[tuple[int, int]]:
    """Begin and end of each run of True that is at least so long."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], alike.view(np.int8), [0]])))
    begins, ends = edges[::2], edges[1::2]
    kept = ends - begins >= least
    return list(zip(begins[kept].tolist(), ends[kept].tolist(), strict=True))


def share_recurring(music: BarredNotes) -> float:
    """Share of a melody's notes that repeat a stretch heard before, transposed or not."""
    return float(recurrence(music).repeats.mean())


def share_transposed(music: BarredNotes) -> float:
    """Of the recurring notes, the share that was never heard at this pitch before.

    Raises:
        UnmeasurableError: when nothing recurs.
    """
    found = recurrence(music)
    if not found.repeats.any():
        raise UnmeasurableError("no theme comes again")
    return float((found.repeats & ~found.exact).sum() / found.repeats.sum())


def bars_apart(music: BarredNotes) -> float:
    """Median distance in bars from a recurring note to its latest earlier occurrence.

    Raises:
        UnmeasurableError: when nothing recurs.
    """
    found = recurrence(music)
    at = np.flatnonzero(found.repeats)
    if not len(at):
        raise UnmeasurableError("no theme comes again")
    onset = music.melody.onset
    return float(np.median((onset[at] - onset[at - found.lag[at]]) / music.bar_ticks))


def recurrence_by_distance(music: BarredNotes) -> list[float | None]:
    """For 1 … :data:`FARTHEST` bars: the share of melody notes that repeat what stood so many bars before.

    Of the notes that have so much behind them; None where there are none. Distances are rounded to bars.
    """
    found = recurrence(music)
    onset, pitch_count = music.melody.onset, len(music.melody)
    hit = np.zeros((FARTHEST + 1, pitch_count), bool)
    for later, first, steps in found.stretches:
        distance = round((onset[later] - onset[first]) / music.bar_ticks)
        if distance <= FARTHEST:
            hit[distance, later : later + steps + 1] = True
    behind = (onset - onset[0]) / music.bar_ticks
    reaching = [behind >= distance - 0.5 for distance in range(FARTHEST + 1)]
    return [
        float(hit[distance, reaching[distance]].mean()) if reaching[distance].any() else None
        for distance in range(1, FARTHEST + 1)
    ]


def main_theme(music: BarredNotes) -> Theme | None:
    """The theme that covers most: number of further occurrences times notes; None if nothing comes again.

    At most four bars long; occurrences do not overlap.
    """
    found, melody = recurrence(music), music.melody
    onset, pitch = melody.onset, melody.pitch
    steps = np.stack([np.diff(pitch), np.diff(onset)], axis=1)
    best: tuple[int, list[int], int] | None = None
    candidates = set()
    for later, first, length in found.stretches:
        end = np.searchsorted(onset, onset[first] + LONGEST_BARS * music.bar_ticks, side="left")
        candidates.add((first, min(length, later - first - 1, max(int(end) - first - 1, LEAST_NOTES - 1))))
    for first, length in sorted(candidates):
        pattern, places, free = steps[first : first + length], [], 0
        if onset[first + length] - onset[first] < LEAST_BARS * music.bar_ticks:
            continue
        for place in range(len(steps) - length + 1):
            if place >= free and np.array_equal(steps[place : place + length], pattern):
                places.append(place)
                free = place + length + 1
        score = (len(places) - 1) * (length + 1)
        if len(places) > 1 and (best is None or score > best[0]):
            best = score, places, length
    if best is None:
        return None
    _, places, length = best
    ends = melody.onset + melody.duration
    bar = melody.bar
    return Theme(
        length + 1,
        [int(onset[place]) for place in places],
        [int(ends[place + length]) for place in places],
        [int(pitch[place] - pitch[places[0]]) for place in places],
        [int(bar[place]) + 1 for place in places],
    )
