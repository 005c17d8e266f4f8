"""What the bars of a piece hold, read token by token, in shorthand or written out."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lib.data.shorthand.tokens import AGAIN, LENGTH, ids_of_types


class Note(NamedTuple):
    """A note as tokens tell it: its place in the bar (−1 where none is said), and ids."""

    position: int
    program: int | None
    pitch: int
    velocity: int | None
    duration: int


class Bar(NamedTuple):
    """What a bar holds, however it was written.

    Attributes:
        meter: id of its TimeSig.
        notes: in the order of their tokens.
        tempos: ids of the tempos that begin in it.
        closed: whether no note sounds across its lines, so that it may be heard again somewhere else.
        sounds_on: whether a note, of this bar or an earlier one, sounds into the next bar.
    """

    meter: int | None
    notes: tuple[Note, ...]
    tempos: tuple[int, ...]
    closed: bool
    sounds_on: bool = False


class Current(NamedTuple):
    """What holds until something else is said: ids, None before the first."""

    meter: int | None = None
    program: int | None = None
    velocity: int | None = None
    tempo: int | None = None


class BarReader:
    """Follows a sequence of tokens, in shorthand or written out, and keeps what its bars hold.

    Attributes:
        bars: those that have ended.
        in_force: what holds now.
        is_open: whether a bar has begun and not ended; `Again` is a bar that has ended.
    """

    __slots__ = (
        "_ends",
        "_notes",
        "_pitch",
        "_position",
        "_sounding",
        "_tempos",
        "_words",
        "bars",
        "in_force",
        "is_open",
    )

    def __init__(self, words: "Words"):
        self._words = words
        self.bars: list[Bar] = []
        self.in_force = Current()
        self.is_open = False
        self._notes: list[Note] = []
        self._tempos: list[int] = []
        self._position, self._pitch = -1, 0
        self._ends = 0.0  # when the last note of this bar ends, in positions from its beginning
        self._sounding = False  # whether notes of earlier bars sound into this one

    @property
    def number(self) -> int:
        """How many bars have begun."""
        return len(self.bars) + self.is_open

    def advance(self, token: int) -> None:
        """Take the next token."""
        kind = self._words.kinds[token]
        if kind == "Duration":
            self._notes.append(
                Note(self._position, self.in_force.program, self._pitch, self.in_force.velocity, token)
            )
            self._ends = max(self._ends, self._position + self._words.lengths[token])
        elif kind in ("Pitch", "PitchDrum"):
            self._pitch = token
        elif kind == "Position":
            self._position = self._words.numbers[token]
        elif kind == "Bar":
            self.end_bar()
            self.is_open = True
        elif kind == AGAIN:
            self.end_bar()
            self._copy(self._words.numbers[token])
        elif kind == "EOS":
            self.end_bar()
        elif kind == "Tempo":
            self._tempos.append(token)
            self.in_force = self.in_force._replace(tempo=token)
        elif kind == "Velocity":
            if token != self.in_force.velocity:
                self.in_force = self.in_force._replace(velocity=token)
        elif kind == "TimeSig":
            self.in_force = self.in_force._replace(meter=token)
        elif kind == "Program":
            self.in_force = self.in_force._replace(program=token)

    def end_bar(self) -> None:
        """Close the bar that is open, if one is."""
        if not self.is_open:
            return
        meter = self.in_force.meter
        over = self._ends - (self._words.positions[meter] if meter is not None else 0)
        closed = not self._sounding and over <= 0 and meter is not None
        self.bars.append(Bar(meter, tuple(self._notes), tuple(self._tempos), closed, over > 0))
        self._sounding, self._ends = over > 0, max(over, 0.0)
        self._notes, self._tempos, self._position, self.is_open = [], [], -1, False

    def may_repeat(self, back: int) -> bool:
        """Whether the bar `back` bars ago can be heard again as the next one, the open bar being ended.

        It has notes, none of them sounds across its lines nor across the line where it would begin, and its
        meter and tempo hold.
        """
        done = self.number
        if not 1 <= back <= done:
            return False
        meter, tempo = self.in_force.meter, self.in_force.tempo
        if self.is_open:
            over = self._ends - (self._words.positions[meter] if meter is not None else 0)
            if over > 0:
                return False
            if back == 1:
                return (
                    bool(self._notes)
                    and not self._sounding
                    and meter is not None
                    and all(named == tempo for named in self._tempos)
                )
        elif self._sounding:
            return False
        bar = self.bars[done - back]
        return (
            bar.closed
            and bool(bar.notes)
            and bar.meter == meter
            and all(named == tempo for named in bar.tempos)
        )

    def _copy(self, back: int) -> None:
        if not 1 <= back <= len(self.bars):
            return
        bar = self.bars[-back]
        if bar.meter is None:
            return
        self.bars.append(bar._replace(tempos=()))
        if bar.notes:
            last = bar.notes[-1]
            self.in_force = self.in_force._replace(program=last.program, velocity=last.velocity)


class Words:
    """What the ids of a vocabulary with shorthand say; :func:`words_of` keeps one for each vocabulary."""

    def __init__(self, vocabulary: Sequence[str]):
        self.vocabulary = vocabulary
        self.id_of = {text: token for token, text in enumerate(vocabulary)}
        parts = [text.split("_", 1) for text in vocabulary]
        self.kinds = [kind for kind, _ in parts]
        self.numbers = [int(value) if kind in ("Position", AGAIN) else 0 for kind, value in parts]
        steps = 1 + max(
            (number for number, kind in zip(self.numbers, self.kinds, strict=True) if kind == "Position"),
            default=0,
        )
        self.meters = {
            token: tuple(int(part) for part in value.split("/"))
            for token, (kind, value) in enumerate(parts)
            if kind == "TimeSig"
        }
        beats = max((numerator for numerator, _ in self.meters.values()), default=1)
        self.positions_per_beat = steps // beats
        self.positions = {
            token: numerator * self.positions_per_beat for token, (numerator, _) in self.meters.items()
        }
        self.lengths = {
            token: self._length(value) for token, (kind, value) in enumerate(parts) if kind == "Duration"
        }
        self.bars = {
            token: int(value)
            for token, (kind, value) in enumerate(parts)
            if kind == LENGTH and value.isdigit()
        }
        self._ids_of: dict[tuple[str, ...], np.ndarray] = {}
        self.again = {self.numbers[token]: token for token, kind in enumerate(self.kinds) if kind == AGAIN}

    def ids_of(self, types: tuple[str, ...]) -> np.ndarray:
        """The ids of some token types, int64 [ids], ascending."""
        if types not in self._ids_of:
            self._ids_of[types] = ids_of_types(self.vocabulary, types)
        return self._ids_of[types]

    def _length(self, value: str) -> float:
        beats, steps, resolution = (int(number) for number in value.split("."))
        return (beats + steps / resolution) * self.positions_per_beat

    def spell(self, bar: Bar, in_force: Current) -> list[int]:
        """The tokens of a bar without its tempos, as MidiTok writes them."""
        tokens: list[int | None] = [self.id_of["Bar_None"], bar.meter]
        position, program = -1, in_force.program
        for note in bar.notes:
            if note.position != position:
                position = note.position
                tokens.append(self.id_of[f"Position_{position}"])
            if note.program != program:
                program = note.program
                tokens.append(program)
            tokens += [note.pitch, note.velocity, note.duration]
        return [token for token in tokens if token is not None]  # of nonsense, some was never said


@lru_cache(maxsize=8)
def words_of(vocabulary: tuple[str, ...]) -> Words:
    """What the ids of a vocabulary say."""
    return Words(vocabulary)


def bars_of(words: Words, ids: np.ndarray) -> tuple[list[int], list[list[int]], list[int]]:
    """Of ids [tokens] what stands before the first bar, each bar's tokens, and EOS if it is there."""
    tokens = [int(token) for token in ids]
    starts = [place for place, token in enumerate(tokens) if words.kinds[token] == "Bar"]
    end = len(tokens) - (bool(tokens) and words.kinds[tokens[-1]] == "EOS")
    if not starts:
        return tokens[:end], [], tokens[end:]
    edges = [*starts, end]
    bars = [tokens[edges[number] : edges[number + 1]] for number in range(len(starts))]
    return tokens[: starts[0]], bars, tokens[end:]
