"""Notes from any source become one kind of MIDI file, so that no collection is betrayed by what wrote its
files.

All files have one piano track without name, one velocity, one tempo and one resolution. Voices are laid
together as a pianist would read them from a short score: nothing in a file says how many there were.
"""

from dataclasses import dataclass

from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.data.embedded.bars import TICKS_PER_QUARTER, MeterError, lay_out

VELOCITY = 80
TEMPO = 120.0  # quarters a minute: no source here states a tempo that could be trusted
PROGRAM = 0  # acoustic grand piano


class SourceError(ValueError):
    """A source that cannot be used: the stage that found out, and why."""

    def __init__(self, stage: str, reason: str):
        super().__init__(reason)
        self.stage, self.reason = stage, reason

    def __reduce__(self):
        return SourceError, (self.stage, self.reason)


@dataclass(frozen=True)
class Reading:
    """What was read from a source, in ticks of 480 a quarter.

    Attributes:
        notes: (start, length, pitch).
        bar_starts: where bars are known to begin; where no note begins a bar, it may be missing.
        meters: (tick, numerator, denominator) as the source names them, the first at tick 0.
        bars_in_order: the written bars in the order in which they are played, as in '1-8 1-16'; '' where
            nothing is repeated, or the source does not tell.
    """

    notes: list[tuple[int, int, int]]
    bar_starts: list[int]
    meters: list[tuple[int, int, int]]
    bars_in_order: str = ""


@dataclass(frozen=True)
class Arranged:
    """A score to be written; how many notes fell together, how many bars have a meter of their own."""

    score: Score
    merged: int
    irregular_bars: int


def arrange(reading: Reading) -> Arranged:
    """Lay a reading out as one piano track with bars where the source has them.

    Raises:
        SourceError: when there are no notes or the bars do not fit the meter.
    """
    if not reading.notes or not reading.meters:
        raise SourceError("notes", "no notes" if not reading.notes else "no meter")
    try:
        bars = lay_out(reading.bar_starts, reading.meters)
    except MeterError as error:
        raise SourceError("meter", str(error)) from error
    notes = _one_keyboard(reading.notes)
    score = Score(TICKS_PER_QUARTER)
    score.tempos.append(Tempo(0, TEMPO))
    for change in bars.meters:
        score.time_signatures.append(TimeSignature(*change))
    track = Track("", PROGRAM, False)
    for start, length, pitch in notes:
        track.notes.append(Note(start + bars.shift, length, pitch, VELOCITY))
    score.tracks.append(track)
    return Arranged(score, len(reading.notes) - len(notes), bars.irregular)


def _one_keyboard(notes: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """What one keyboard can play: a key struck twice at once is one note, struck while held, a new one."""
    longest: dict[tuple[int, int], int] = {}
    for start, length, pitch in notes:
        longest[start, pitch] = max(length, longest.get((start, pitch), 0))
    held: dict[int, int] = {}  # pitch to the start of its last note
    for start, pitch in sorted(longest):
        before = held.get(pitch)
        if before is not None and before + longest[before, pitch] > start:
            longest[before, pitch] = start - before
        held[pitch] = start
    return [(start, length, pitch) for (start, pitch), length in sorted(longest.items()) if length > 0]
