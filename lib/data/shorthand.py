"""Shorthand: a bar that comes again is one token, what stays is not said again, and a plan stands in front.

MidiTok's REMI spells every bar of a piece, however often it was heard before: of the tunes with repeats more
than half of the tokens are copies. Notation never did that. Here

* a bar that repeats an earlier one note by note is one token `Again_8`: "as 8 bars ago". Two endings of a
  part need no token of their own, for only the bars that are alike are written so. (ABC notation, and
  folk-rnn of Sturm et al., 2016, which learns from it, have repeat signs instead, which say less: they cannot
  begin within a part.)
* `TimeSig` and `Velocity` stand only where they change, as `Program` does in MidiTok's `program_changes`;
* with every fourth bar `Left` counts how many are still to come, so that a model need not count to 32;
* behind BOS three tokens say what kind of piece begins: its `Length` in bars, its `Activity` (onsets a beat)
  and its `Key`. Such a description in front is what FIGARO (von Rütte et al., 2023) has, at its smallest. A
  label that is learned only through all the notes that follow from it becomes one that decides a token.

Nothing is lost: :func:`write_out` gives MidiTok's tokens again, exactly: tests hold it on whole folders.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

FARTHEST = 32
"""Bars that `Again` reaches back; 99.9 % of the embedded corpus's repeats lie within."""

LONGEST = 96
"""Bars that `Length` can say; a longer piece is `Length_more`."""

_ACTIVITY_STEPS = 6  # to an octave of activity
_LEAST_ACTIVITY, _ACTIVITIES = 0.5, 25  # onsets a beat of the first step; up to 8 onsets a beat

_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_COUNTED = 4  # bars between two tokens of those that are left
AGAIN, LEFT, LENGTH, ACTIVITY, KEY = "Again", "Left", "Length", "Activity", "Key"
PLAN = (LENGTH, ACTIVITY, KEY)
"""The types of the plan, in their order; `Key` is missing where a piece has no pitches."""

BARS = ("Bar", AGAIN)
"""The types with which a bar begins."""

EXTRA = ([f"{AGAIN}_{bars}" for bars in range(1, FARTHEST + 1)]
         + [f"{LEFT}_{bars}" for bars in (*range(LONGEST), "more")]
         + [f"{LENGTH}_{bars}" for bars in (*range(1, LONGEST + 1), "more")]
         + [f"{ACTIVITY}_{step}" for step in range(_ACTIVITIES)]
         + [f"{KEY}_{tonic}:{mode}" for mode in ("major", "minor") for tonic in _TONICS])
"""The texts of the tokens that come behind MidiTok's."""


def ids_of_types(vocabulary: Sequence[str], types: Sequence[str]) -> np.ndarray:
    """The ids of some token types, ascending."""
    return np.array([token for token, text in enumerate(vocabulary) if text.split("_", 1)[0] in types],
                    dtype=np.int64)


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
    """

    meter: int | None
    notes: tuple[Note, ...]
    tempos: tuple[int, ...]
    closed: bool


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

    __slots__ = ("_ends", "_notes", "_pitch", "_position", "_sounding", "_tempos", "_words", "bars",
                 "in_force", "is_open")

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
            self._notes.append(Note(self._position, self.in_force.program, self._pitch,
                                    self.in_force.velocity, token))
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
        self.bars.append(Bar(meter, tuple(self._notes), tuple(self._tempos), closed))
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
                return (bool(self._notes) and not self._sounding and meter is not None
                        and all(named == tempo for named in self._tempos))
        elif self._sounding:
            return False
        bar = self.bars[done - back]
        return (bar.closed and bool(bar.notes) and bar.meter == meter
                and all(named == tempo for named in bar.tempos))

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
        steps = 1 + max((number for number, kind in zip(self.numbers, self.kinds, strict=True)
                         if kind == "Position"), default=0)
        self.meters = {token: tuple(int(part) for part in value.split("/"))
                       for token, (kind, value) in enumerate(parts) if kind == "TimeSig"}
        beats = max((numerator for numerator, _ in self.meters.values()), default=1)
        self.positions_per_beat = steps // beats
        self.positions = {token: numerator * self.positions_per_beat
                          for token, (numerator, _) in self.meters.items()}
        self.lengths = {token: self._length(value) for token, (kind, value) in enumerate(parts)
                        if kind == "Duration"}
        self.bars = {token: int(value) for token, (kind, value) in enumerate(parts)
                     if kind == LENGTH and value.isdigit()}
        self.again = {self.numbers[token]: token for token, kind in enumerate(self.kinds) if kind == AGAIN}

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


def shorten(words: Words, ids: np.ndarray) -> np.ndarray:
    """Tokens in shorthand, without a plan.

    Of several bars that a bar repeats, the one is named that the bar before named too; else the one that most
    of the bars behind it repeat too, and of these the nearest.

    Args:
        words: of the vocabulary.
        ids: MidiTok's tokens of a piece, BOS and EOS included, a TimeSig in every bar.
    """
    head, slices, tail = _bars_of(words, ids)
    reader, before = BarReader(words), []
    for written in slices:
        before.append(reader.in_force)
        for token in written:
            reader.advance(token)
    reader.end_bar()
    repeats = _repeats(words, reader.bars, before, slices)
    out, last = list(head), 0
    for number, written in enumerate(slices):
        last = last if last in repeats[number] else _farthest_copy(repeats, number)
        if last:
            out.append(words.again[last])
        else:
            out += _only_changes(words, written, before[number])
    return np.array(out + tail, dtype=np.uint16)


def count_down(words: Words, short: np.ndarray) -> np.ndarray:
    """Tokens in shorthand with the bars that are left behind every fourth bar's first token."""
    bars = np.isin(short, ids_of_types(words.vocabulary, BARS))
    number, total = np.cumsum(bars), int(bars.sum())
    places = np.flatnonzero(bars & is_counted(number))
    left = [words.id_of[left_text(total - count)] for count in number[places].tolist()]
    return np.insert(short, places + 1, np.array(left, dtype=np.uint16))


def is_counted(number: np.ndarray | int) -> np.ndarray | bool:
    """Whether `Left` stands behind the first token of the bar of this number, from 1."""
    return number % _COUNTED == 0


def write_out(words: Words, ids: Iterable[int]) -> np.ndarray:
    """MidiTok's own tokens of a sequence in shorthand, without its plan.

    A sequence that is cut off, or that breaks the rules, is written out as far as it says anything: a bar
    that repeats none is left out.
    """
    reader, out = BarReader(words), []
    silent = {*PLAN, LEFT}
    ids = [int(token) for token in ids if words.kinds[int(token)] not in silent]
    for place, token in enumerate(ids):
        kind, following = words.kinds[token], words.kinds[ids[place + 1]] if place + 1 < len(ids) else ""
        if kind == AGAIN:
            reader.end_bar()
            back = words.numbers[token]
            if 1 <= back <= len(reader.bars) and reader.bars[-back].meter is not None:
                out += words.spell(reader.bars[-back], reader.in_force)
        else:
            out.append(token)
            if kind == "Bar" and following != "TimeSig" and reader.in_force.meter is not None:
                out.append(reader.in_force.meter)
            elif (kind in ("Pitch", "PitchDrum") and following == "Duration"
                  and reader.in_force.velocity is not None):
                out.append(reader.in_force.velocity)
        reader.advance(token)
    return np.array(out, dtype=np.uint16)


def spell_velocities(words: Words, ids: Iterable[int]) -> np.ndarray:
    """The same tokens with a Velocity in every note."""
    reader, out, before = BarReader(words), [], ""
    for token in map(int, ids):
        kind = words.kinds[token]
        if kind == "Duration" and before != "Velocity" and reader.in_force.velocity is not None:
            out.append(reader.in_force.velocity)
        out.append(token)
        reader.advance(token)
        before = kind
    return np.array(out, dtype=np.uint16)


def drop_velocities(words: Words, ids: Iterable[int]) -> np.ndarray:
    """The same tokens without a Velocity that holds already."""
    reader, out = BarReader(words), []
    for token in map(int, ids):
        if words.kinds[token] != "Velocity" or token != reader.in_force.velocity:
            out.append(token)
        reader.advance(token)
    return np.array(out, dtype=np.uint16)


def plan(words: Words, bars: int, activity: float, key: tuple[int, str] | None) -> list[int]:
    """The tokens of a plan.

    Args:
        words: of the vocabulary.
        bars: how many the piece has.
        activity: onsets a beat.
        key: pitch class of the tonic and 'major' or 'minor'; None for a piece without pitches.
    """
    texts = [length_text(bars), f"{ACTIVITY}_{activity_step(activity)}"]
    if key is not None:
        texts.append(f"{KEY}_{_TONICS[key[0]]}:{key[1]}")
    return [words.id_of[text] for text in texts]


def length_text(bars: int) -> str:
    """The token of a length in bars."""
    return f"{LENGTH}_{bars}" if 1 <= bars <= LONGEST else f"{LENGTH}_more"


def left_text(bars: int) -> str:
    """The token of the bars that are left; none less than 0."""
    return f"{LEFT}_{max(bars, 0)}" if bars < LONGEST else f"{LEFT}_more"


def activity_step(activity: float) -> int:
    """The step, from 0, of so many onsets a beat: six to each doubling, the first at half an onset a beat."""
    octaves = np.log2(max(activity, _LEAST_ACTIVITY) / _LEAST_ACTIVITY)
    return int(np.clip(round(_ACTIVITY_STEPS * octaves), 0, _ACTIVITIES - 1))


def transposed_key(text: str, shift: int) -> str:
    """The text of a key that lies `shift` semitones higher."""
    tonic, mode = text.removeprefix(f"{KEY}_").split(":")
    return f"{KEY}_{_TONICS[(_TONICS.index(tonic) + shift) % 12]}:{mode}"


def _bars_of(words: Words, ids: np.ndarray) -> tuple[list[int], list[list[int]], list[int]]:
    """What stands before the first bar, each bar's tokens, and EOS if it is there."""
    tokens = [int(token) for token in ids]
    starts = [place for place, token in enumerate(tokens) if words.kinds[token] == "Bar"]
    end = len(tokens) - (bool(tokens) and words.kinds[tokens[-1]] == "EOS")
    if not starts:
        return tokens[:end], [], tokens[end:]
    edges = [*starts, end]
    bars = [tokens[edges[number]:edges[number + 1]] for number in range(len(starts))]
    return tokens[:starts[0]], bars, tokens[end:]


def _repeats(words: Words, bars: Sequence[Bar], before: Sequence[Current], slices: Sequence[list[int]]
             ) -> list[set[int]]:
    """For each bar, how many bars back those lie that it repeats token by token."""
    found: list[set[int]] = []
    alike: dict[tuple, list[int]] = {}  # numbers of the bars of one content
    for number, (bar, in_force, written) in enumerate(zip(bars, before, slices, strict=True)):
        own = alike.setdefault((bar.meter, bar.notes), []) if bar.closed and bar.notes else []
        can = not bar.tempos and bar.meter == in_force.meter and any(number - one <= FARTHEST for one in own)
        found.append({number - one for one in own if number - one <= FARTHEST
                      and all(tempo == in_force.tempo for tempo in bars[one].tempos)}
                     if can and words.spell(bar, in_force) == written else set())
        own.append(number)
    return found


def _farthest_copy(repeats: Sequence[set[int]], number: int) -> int:
    """Bars back of the bar from which on most bars are repeated, 0 if there is none."""
    best, chosen = 0, 0
    for back in sorted(repeats[number]):
        run = 1
        while number + run < len(repeats) and back in repeats[number + run]:
            run += 1
        if run > best:
            best, chosen = run, back
    return chosen


def _only_changes(words: Words, written: Sequence[int], in_force: Current) -> list[int]:
    """A bar's tokens without the meter and the velocities that hold already."""
    out, velocity = [], in_force.velocity
    for token in written:
        kind = words.kinds[token]
        if (kind == "TimeSig" and token == in_force.meter) or (kind == "Velocity" and token == velocity):
            continue
        velocity = token if kind == "Velocity" else velocity
        out.append(token)
    return out
