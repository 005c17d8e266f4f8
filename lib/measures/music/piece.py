"""One piece to be measured, wherever it comes from: its notes in bars and beats, and what is known of it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import symusic

from lib.basics.files import hash_of_json
from lib.data.labelling.emotion_features import upper_line
from lib.data.labelling.labels import beat_quarters
from lib.measures.music.notes import PieceNotes, notes_of_score
from lib.sound.score_tables import bar_grid


class UnmeasurableError(Exception):
    """A measure has no answer for a piece; the message says why, in words for a table."""


@dataclass(frozen=True)
class BarredNotes:
    """The pitched notes of a piece with its bars and their meters; drums have no pitch and are left out.

    Attributes:
        notes: of all programs together, sorted by onset, then pitch.
        numerators, denominators: the meter of each bar, [bars].
        drums: whether the piece has drum notes, for the reason why a measure has no answer.
    """

    notes: PieceNotes
    numerators: np.ndarray
    denominators: np.ndarray
    drums: bool = False

    @property
    def bars(self) -> int:
        """Number of bars, to the end of the last note."""
        return len(self.numerators)

    @cached_property
    def end(self) -> np.ndarray:
        """Tick at which each note ends, [notes]."""
        return self.notes.onset + self.notes.duration

    @cached_property
    def melody(self) -> PieceNotes:
        """The upper line: the tune of a melody, the soprano of a chorale.

        At each onset the highest note, unless a higher one still sounds.
        """
        return self.notes.of(upper_line(self.notes.onset, self.end, self.notes.pitch))

    @cached_property
    def first_full_bar(self) -> int:
        """1 if the piece begins with a pickup, a first bar that is silent for a third or more; else 0."""
        if not len(self.notes) or self.bars < 2:
            return 0
        length = self.notes.bar_starts[1] - self.notes.bar_starts[0]
        return int(self.notes.onset[0] - self.notes.bar_starts[0] >= length / 3)

    @cached_property
    def beats(self) -> np.ndarray:
        """Tick at which each beat begins, [beats]; a beat of 6/8 is a dotted quarter."""
        parts = []
        for bar in range(self.bars):
            meter = f"{self.numerators[bar]}/{self.denominators[bar]}"
            step = max(1, round(beat_quarters(meter) * self.notes.ticks_per_quarter))
            parts.append(np.arange(self.notes.bar_starts[bar], self.notes.bar_starts[bar + 1], step))
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    @cached_property
    def bar_ticks(self) -> float:
        """The length of the usual bar: the median."""
        return float(np.median(np.diff(self.notes.bar_starts)))

    def need_notes(self, least: int = 1) -> None:
        """Check that there is something to measure.

        Raises:
            UnmeasurableError: for fewer pitched notes.
        """
        if len(self.notes) < least:
            if not len(self.notes):
                raise UnmeasurableError("only drums, no pitches" if self.drums else "no notes")
            unit = "note" if len(self.notes) == 1 else "notes"
            raise UnmeasurableError(f"{len(self.notes)} {unit}, at least {least} are needed")

    def need_bars(self, least: int) -> None:
        """Check that the piece is long enough.

        Raises:
            UnmeasurableError: for fewer bars.
        """
        self.need_notes()
        if self.bars < least:
            unit = "bar" if self.bars == 1 else "bars"
            raise UnmeasurableError(f"{self.bars} {unit}, at least {least} are needed")

    def hash(self) -> str:
        """SHA-256 of all that a measure can see."""
        notes = self.notes
        columns = (
            notes.onset,
            notes.duration,
            notes.pitch,
            notes.program,
            notes.bar_starts,
            self.numerators,
            self.denominators,
        )
        return hash_of_json([*(column.tolist() for column in columns), notes.ticks_per_quarter, self.drums])


@dataclass(frozen=True)
class Music:
    """A piece of a source.

    Attributes:
        source: 'real', 'transformer', … see `lib.measures.music_sources.SOURCES`.
        name: of the piece within its source; untrusted text.
        score: its notes.
        slot: pieces of different sources with one slot belong together: same labels, same place.
        group: what may not be torn apart when pieces are drawn again: the duplicate group of the slot's real
            piece.
        emotion, genre: as asked for, or a real piece's own.
        ended: whether a model ended the piece itself; None where no model was asked.
        balanced: whether the slot belongs to those with every pair of labels equally often.
    """

    source: str
    name: str
    score: symusic.Score
    slot: int = 0
    group: int = 0
    emotion: str = ""
    genre: str = ""
    ended: bool | None = None
    balanced: bool = True

    @cached_property
    def barred(self) -> BarredNotes:
        """The notes as the measures see them."""
        return barred_notes(self.score)


def barred_notes(score: symusic.Score) -> BarredNotes:
    """The pitched notes of a score in its bars; 4/4 where no meter is given, any number of programs."""
    notes, grid = notes_of_score(score), bar_grid(score)
    pitched = notes.pitched
    order = np.lexsort((pitched.duration, pitched.pitch, pitched.onset))
    return BarredNotes(
        pitched.of(order),
        np.asarray(grid.numerators),
        np.asarray(grid.denominators),
        len(pitched) < len(notes),
    )
