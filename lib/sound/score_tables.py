"""A score as tables for drawing: notes and bar lines in bars, beats and seconds."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import symusic

_NOTE_COLUMNS = [
    "start_bar",
    "end_bar",
    "start_beat",
    "end_beat",
    "start_seconds",
    "end_seconds",
    "pitch",
    "velocity",
    "program",
    "is_drum",
]


@dataclass(frozen=True)
class BarGrid:
    """The bar lines of a score, meter changes included.

    Attributes:
        starts: tick of each bar's beginning, and one more for the end of the last bar, [bars + 1].
        numerators, denominators: the meter of each bar, [bars].
        ticks_per_quarter: the score's resolution.
    """

    starts: np.ndarray
    numerators: np.ndarray
    denominators: np.ndarray
    ticks_per_quarter: int

    def __len__(self) -> int:
        return len(self.numerators)

    def bar_of(self, ticks: np.ndarray) -> np.ndarray:
        """Number (from 0) of the bar in which each tick falls, [ticks]; the end of the last bar is in it."""
        found = np.searchsorted(self.starts, ticks, side="right") - 1
        return np.clip(found, 0, len(self) - 1)

    def in_bars(self, ticks: np.ndarray) -> np.ndarray:
        """Ticks as bars and fractions, float64 [ticks]: 2.5 is the middle of the third bar."""
        bar = self.bar_of(ticks)
        return bar + (ticks - self.starts[bar]) / (self.starts[bar + 1] - self.starts[bar])


def bar_grid(score: symusic.Score, max_bars: int = 100_000) -> BarGrid:
    """Bar lines from the beginning of a score to behind its last note; 4/4 until a meter is named.

    A meter change inside a bar ends that bar early.

    Args:
        score: in ticks.
        max_bars: bars behind this number are left out (a stray note may lie days away).
    """
    quarter = score.ticks_per_quarter
    end = max((note.end for track in score.tracks for note in track.notes), default=0)
    changes = {0: (4, 4)} | {
        sign.time: (sign.numerator, sign.denominator)
        for sign in score.time_signatures
        if sign.numerator > 0 and sign.denominator > 0
    }
    times = sorted(changes)
    starts, meters = [], []
    for time, until in zip(times, [*times[1:], None], strict=True):
        numerator, denominator = changes[time]
        step = max(1, numerator * 4 * quarter // denominator)
        stop = max(end, time + 1) if until is None else until
        for start in range(time, stop, step):
            if len(starts) == max_bars or (start >= end and starts):
                break
            starts.append(start)
            meters.append((numerator, denominator))
    last_step = max(1, meters[-1][0] * 4 * quarter // meters[-1][1])
    closing = starts[-1] + last_step
    return BarGrid(
        np.array([*starts, closing]),
        np.array([m[0] for m in meters]),
        np.array([m[1] for m in meters]),
        quarter,
    )


def piano_roll(score: symusic.Score, grid: BarGrid | None = None) -> pd.DataFrame:
    """One row a note, sorted by start, then pitch.

    Args:
        score: in ticks.
        grid: its bar lines, if they are known already.

    Returns:
        Columns start_bar, end_bar (bars and fractions, from 0), start_beat, end_beat (quarter notes),
        start_seconds, end_seconds, pitch (MIDI number), velocity, program (General MIDI, 0–127) and is_drum.
    """
    grid = grid or bar_grid(score)
    parts = []
    timed = score.to("second")
    for track, timed_track in zip(score.tracks, timed.tracks, strict=True):
        notes, seconds = track.notes.numpy(), timed_track.notes.numpy()
        start, end = notes["time"].astype(np.int64), notes["time"].astype(np.int64) + notes["duration"]
        parts.append(
            pd.DataFrame(
                {
                    "start_bar": grid.in_bars(start),
                    "end_bar": grid.in_bars(end),
                    "start_beat": start / grid.ticks_per_quarter,
                    "end_beat": end / grid.ticks_per_quarter,
                    "start_seconds": seconds["time"].astype(float),
                    "end_seconds": seconds["time"].astype(float) + seconds["duration"],
                    "pitch": notes["pitch"].astype(int),
                    "velocity": notes["velocity"].astype(int),
                    "program": int(track.program),
                    "is_drum": bool(track.is_drum),
                }
            )
        )
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=float) for name in _NOTE_COLUMNS})
    return pd.concat(parts).sort_values(["start_beat", "pitch"], kind="stable", ignore_index=True)


def bar_lines(score: symusic.Score, grid: BarGrid | None = None) -> pd.DataFrame:
    """One row a bar: bar (from 0), start_beat and end_beat (quarter notes), meter ('6/8'), meter_changes.

    Args:
        score: in ticks.
        grid: its bar lines, if they are known already.
    """
    grid = grid or bar_grid(score)
    meters = [f"{n}/{d}" for n, d in zip(grid.numerators, grid.denominators, strict=True)]
    starts = grid.starts / grid.ticks_per_quarter
    return pd.DataFrame(
        {
            "bar": np.arange(len(grid)),
            "start_beat": starts[:-1],
            "end_beat": starts[1:],
            "meter": meters,
            "meter_changes": [i == 0 or meters[i] != meters[i - 1] for i in range(len(meters))],
        }
    )
