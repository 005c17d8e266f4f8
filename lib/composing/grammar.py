"""Which token may come next, so that a composed sequence decodes to exactly the notes that it names.

The graph of token types that MidiTok offers is too weak: it knows that a Velocity follows a Pitch, but
not that positions ascend within a bar, that a bar of 3/4 has no position 40, that drums have pitches of
their own, that the program must be named before the first note. Sequences that break such rules decode to
other notes, or to none.

Two rules concern the MIDI file rather than the tokens. There a note-off names a pitch, not a note; readers
give it to the note of that pitch that has sounded longest. So a pitch struck again while it sounds may not
end before the first; and no pitch is struck twice at once, for one instrument plays it once, and on paper it
is one note head.

In shorthand (:mod:`lib.data.shorthand.writing`) a piece has as many bars as its plan says. A bar may be told
to be heard again only where it would be written so: it has notes, none of them sounds across its lines, and
its meter and tempo hold.
"""

from dataclasses import dataclass

import numpy as np
from miditok import REMI

from lib.data.shorthand.bars import BarReader, words_of
from lib.data.shorthand.tokens import (
    ACTIVITY,
    AGAIN,
    BARS,
    FILL,
    GAP,
    LEFT,
    LENGTH,
    LONGEST,
    PLAN,
    ids_of_types,
    is_counted,
    left_text,
    length_text,
)
from lib.data.tokenizer import has_shorthand, vocabulary_of


@dataclass(frozen=True)
class Meter:
    """What a meter decides: positions in a bar; the ticks of a position, a bar, each duration token [V]."""

    positions: int
    ticks_per_position: int
    ticks_per_bar: int
    duration_ticks: np.ndarray  # [V], 0 for tokens that are no duration
    longest: int


class Grammar:
    """The rules for one token set; :meth:`start` begins a sequence.

    Args:
        tokenizer: a REMI tokenizer with durations, velocities, programs in one stream and time
            signatures, with or without program changes, tempos and drum pitches.
    """

    def __init__(self, tokenizer: REMI):
        self.vocabulary = vocabulary_of(tokenizer)
        self.size = len(self.vocabulary)
        parts = [text.split("_", 1) for text in self.vocabulary]
        self.kinds = [kind for kind, _ in parts]
        self.words, self.is_short = words_of(tuple(self.vocabulary)), has_shorthand(tokenizer)
        self.program_changes = tokenizer.config.program_changes
        self.has_tempo = tokenizer.config.use_tempos
        self.has_drum_pitches = tokenizer.config.use_pitchdrum_tokens
        # Positions, programs and pitches are numbers; other values are looked up in `meters`.
        numbered = ("Position", "Program", "Pitch", "PitchDrum", "Velocity")
        self.numbers = [int(value) if kind in numbered else 0 for kind, value in parts]
        self.ticks_per_quarter = tokenizer.time_division
        self.meters = {
            token: self._meter(value, tokenizer.config.max_num_pos_per_beat, parts)
            for token, (kind, value) in enumerate(parts)
            if kind == "TimeSig"
        }
        self._rows: dict[tuple, np.ndarray] = {}
        self.rows_of_type = {
            kind: self._row(lambda token, kind=kind: self.kinds[token] == kind)
            for kind in dict.fromkeys(self.kinds)
        }
        self.token_of_pitch = {
            (kind, self.numbers[token]): token
            for token, (kind, _) in enumerate(parts)
            if kind in ("Pitch", "PitchDrum")
        }
        self.bar, self.end = self.vocabulary.index("Bar_None"), self.vocabulary.index("EOS_None")
        self.bar_tokens = ids_of_types(self.vocabulary, BARS)
        self.first_position = self._row(lambda token: self.vocabulary[token] == "Position_0")

    def start(self, least_bars: int = 1, most_bars: int | None = None) -> "SequenceState":
        """The state after BOS, of a piece that is to be told to have so many bars (in shorthand)."""
        return SequenceState(self, least_bars, most_bars)

    def length_row(self, least: int, most: int | None) -> np.ndarray:
        """The Length tokens of so many bars, bool [V]; any when none says so many."""
        key = ("length", least, most)
        if key not in self._rows:
            texts = {length_text(bars) for bars in range(least, (most or LONGEST) + 1)}
            texts |= set() if most else {length_text(LONGEST + 1)}
            self._rows[key] = self._row(lambda token: self.vocabulary[token] in texts)
        return self._rows[key]

    def violation(self, tokens: np.ndarray) -> int | None:
        """Index of the first of the ids [tokens] (BOS first) that the rules forbid; None when they keep them
        all.
        """
        state, allowed = self.start(), np.zeros(self.size, dtype=bool)
        for index, token in enumerate(tokens[1:].tolist(), start=1):
            state.write_allowed(allowed)
            if not allowed[token]:
                return index
            state.advance(token)
        return None

    def whole_notes_length(self, tokens: np.ndarray) -> int:
        """How many of the ids [tokens] remain when what follows the last whole note is cut off; EOS stays; at
        least BOS remains.
        """
        if len(tokens) and self.kinds[tokens[-1]] == "EOS":
            return len(tokens)
        ends = [
            index for index, token in enumerate(tokens.tolist()) if self.kinds[token] in ("Duration", AGAIN)
        ]
        return ends[-1] + 1 if ends else 1

    def time_row(self, meter: Meter, position: int) -> np.ndarray:
        """Tokens that move on in time, bool [V]: later positions of this bar, and the next bar."""
        key = (meter.positions, position)
        if key not in self._rows:
            self._rows[key] = self._row(
                lambda token: (
                    self.kinds[token] == "Bar"
                    or (self.kinds[token] == "Position" and position < self.numbers[token] < meter.positions)
                )
            )
        return self._rows[key]

    def pitch_row(self, program: int) -> np.ndarray:
        """The pitches of a program, bool [V]; drums (−1) have their own where the token set has them."""
        return self.rows_of_type["PitchDrum" if program == -1 and self.has_drum_pitches else "Pitch"]

    def pitch_token(self, program: int, pitch: int) -> int | None:
        """The token of a pitch of a program; None where the token set has none."""
        return self.token_of_pitch.get(
            ("PitchDrum" if program == -1 and self.has_drum_pitches else "Pitch", pitch)
        )

    def note_row(self, program: int | None) -> np.ndarray:
        """Tokens that begin a note while `program` holds (None before the first), bool [V]."""
        key = ("note", program)
        if key not in self._rows:
            row = self.rows_of_type["Program"].copy()
            if self.program_changes and program is not None:
                row &= self._row(lambda token: self.numbers[token] != program)
                row |= self.pitch_row(program)
            self._rows[key] = row
        return self._rows[key]

    def _row(self, belongs) -> np.ndarray:
        return np.array([belongs(token) for token in range(self.size)], dtype=bool)

    def _meter(self, text: str, positions_per_beat: int, parts: list[list[str]]) -> Meter:
        numerator, denominator = (int(number) for number in text.split("/"))
        ticks_per_beat = self.ticks_per_quarter * 4 // denominator
        ticks = np.zeros(len(parts), dtype=np.int64)
        for token, (kind, value) in enumerate(parts):
            if kind == "Duration":
                beats, steps, resolution = (int(number) for number in value.split("."))
                ticks[token] = (beats * resolution + steps) * ticks_per_beat // resolution
        return Meter(
            numerator * positions_per_beat,
            ticks_per_beat // positions_per_beat,
            numerator * ticks_per_beat,
            ticks,
            int(ticks.max()),
        )


class SequenceState:
    """Where one sequence stands; :meth:`write_allowed` says what may follow, :meth:`advance` takes a token.

    Attributes:
        kind: type of the last token.
        now: ticks since the beginning.
        program, pitch: as last named.
        meter: that of the present bar.
    """

    __slots__ = (
        "_bar_kind",
        "_bar_start",
        "_bars",
        "_grammar",
        "_latest_end",
        "_meter_token",
        "_position",
        "_sounding",
        "_struck",
        "_told",
        "_told_bars",
        "_velocity",
        "kind",
        "meter",
        "now",
        "pitch",
        "program",
    )

    def __init__(self, grammar: Grammar, least_bars: int = 1, most_bars: int | None = None):
        self._grammar, self._told_bars = grammar, (least_bars, most_bars)
        self.kind, self.now, self.pitch = "BOS", 0, 0
        self.program: int | None = None
        self.meter: Meter | None = None
        self._bar_start, self._position = 0, -1
        self._sounding: dict[tuple[int | None, int], int] = {}  # when the last note of (program, pitch) ends
        self._struck: set[tuple[int, int]] = set()  # (program, pitch) that begin now
        self._latest_end = 0
        self._told: int | None = None  # bars that the plan says, None for very many
        self._bar_kind = "Bar"  # with which token the present bar began
        # Those that hold, of which shorthand says only changes.
        self._meter_token: int | None = None
        self._velocity: int | None = None
        self._bars = BarReader(grammar.words)  # reads in shorthand only

    def advance(self, token: int) -> None:
        """Take the next token; a forbidden one too, as well as can be, for real pieces serve as prompts."""
        grammar = self._grammar
        kind = grammar.kinds[token]
        if grammar.is_short:
            self._bars.advance(token)
        if kind == "Duration":
            if self.meter is not None:
                key = (self.program, self.pitch)
                end = self.now + int(self.meter.duration_ticks[token])
                self._sounding[key] = max(end, self._sounding.get(key, 0))
                self._latest_end = max(end, self._latest_end)
        elif kind in ("Pitch", "PitchDrum"):
            self.pitch = grammar.numbers[token]
            if self.program is not None:
                self._struck.add((self.program, self.pitch))
        elif kind == "Position":
            self._struck.clear()
            self._position = grammar.numbers[token]
            if self.meter is not None:
                self.now = self._bar_start + self._position * self.meter.ticks_per_position
        elif kind == "Program":
            self.program = grammar.numbers[token]
        elif kind == LENGTH:
            self._told = grammar.words.bars.get(token)
        elif kind in ("Bar", AGAIN):
            self._bar_kind = kind
            self._struck.clear()
            if self.meter is not None:
                self._bar_start += self.meter.ticks_per_bar
            self.now, self._position = self._bar_start, -1
            if kind == AGAIN:
                self._hear_again()
        elif kind == "TimeSig":
            self.meter, self._meter_token = grammar.meters[token], token
        elif kind == "Velocity":
            self._velocity = token
        self.kind = kind

    def _hear_again(self) -> None:
        """What a bar leaves behind that has just been told by one token."""
        if not self._bars.bars or not self._bars.bars[-1].notes or self.meter is None:
            return
        last = self._bars.bars[-1].notes[-1]
        self.program, self._velocity = self._grammar.numbers[last.program or 0], last.velocity
        self._position = last.position
        self.now = self._bar_start + last.position * self.meter.ticks_per_position
        # No note sounds beyond the bar, and what comes next begins behind it.
        self._latest_end = max(self._latest_end, self._bar_start + self.meter.ticks_per_bar)

    def write_allowed(self, row: np.ndarray) -> None:
        """Write into `row` (bool [V]) which tokens may come next; at least one may, until EOS."""
        grammar, kind = self._grammar, self.kind
        if kind == "Velocity":
            self._write_durations(row)
        elif kind in ("Pitch", "PitchDrum"):
            if grammar.is_short and self._velocity is not None:
                self._write_durations(row)
                row |= grammar.rows_of_type["Velocity"]
                row[self._velocity] = False
            else:
                row[:] = grammar.rows_of_type["Velocity"]
        elif kind in ("Duration", "Tempo"):
            later = grammar.time_row(self.meter, self._position)
            np.logical_or(later, grammar.note_row(self.program), out=row)
            if kind == "Duration":  # a piece ends with a note
                row |= grammar.rows_of_type["EOS"]
        elif kind == "Position":
            row[:] = grammar.note_row(self.program)
            if grammar.has_tempo:
                row |= grammar.rows_of_type["Tempo"]
                if self.now == 0:  # every piece of the token set names its tempo first
                    row[:] = grammar.rows_of_type["Tempo"]
        elif kind == "Program":
            row[:] = grammar.pitch_row(self.program)
        elif kind == "TimeSig":
            first = self._bar_start == 0 and grammar.has_tempo
            row[:] = grammar.first_position if first else grammar.time_row(self.meter, -1)
        elif grammar.is_short and kind in ("BOS", "Bar", AGAIN, LEFT, GAP, FILL, *PLAN):
            self._write_shorthand(row)
        else:
            row[:] = grammar.rows_of_type[{"BOS": "Bar", "Bar": "TimeSig"}.get(kind, "EOS")]
        if grammar.is_short and kind not in ("BOS", *PLAN):
            self._write_bars(row)
        if kind in ("Duration", "Position", "Tempo", "Program"):
            for program, pitch in self._struck:
                if program == self.program and (token := grammar.pitch_token(program, pitch)) is not None:
                    row[token] = False
            if self._latest_end > self.now:
                self._forbid_endless(row)

    def _write_shorthand(self, row: np.ndarray) -> None:
        """What may follow where shorthand says more, or less, than MidiTok's tokens."""
        grammar, kind, number = self._grammar, self.kind, self._bars.number
        if kind in BARS and is_counted(number):
            row[:] = grammar.rows_of_type[LEFT]
            if self._told is not None:
                row[:] = False
                row[grammar.words.id_of[left_text(self._told - number)]] = True
            return
        kind = self._bar_kind if kind == LEFT else kind
        if kind in ("BOS", *PLAN):
            behind = PLAN[PLAN.index(kind) + 1 :] if kind in PLAN else PLAN
            row[:] = grammar.length_row(*self._told_bars) if kind == "BOS" else False
            if kind == LENGTH:
                row[:] = grammar.rows_of_type[ACTIVITY]
            elif kind != "BOS":  # a piece without pitches has neither arousal nor key
                for name in (*behind, "Bar"):
                    row |= grammar.rows_of_type[name]
        elif kind in (AGAIN, GAP, FILL):
            row[:] = grammar.rows_of_type["Bar"] | grammar.rows_of_type["EOS"]
        elif self._meter_token is None:
            row[:] = grammar.rows_of_type["TimeSig"]
        else:
            row[:] = grammar.time_row(self.meter, -1) | grammar.rows_of_type["TimeSig"]
            row[self._meter_token] = False

    def _write_bars(self, row: np.ndarray) -> None:
        """Hold a piece to the bars that its plan says, and allow those that may be heard again."""
        grammar, number = self._grammar, self._bars.number
        if self._told is not None:
            row[grammar.end] &= number >= self._told
            row[grammar.bar] &= number < self._told
        if row[grammar.bar]:
            for back, token in grammar.words.again.items():
                row[token] = self._bars.may_repeat(back)

    def _write_durations(self, row: np.ndarray) -> None:
        shortest = self._sounding.get((self.program, self.pitch), 0) - self.now
        if shortest <= 0:
            row[:] = self._grammar.rows_of_type["Duration"]
        else:
            np.greater_equal(self.meter.duration_ticks, shortest, out=row)

    def _forbid_endless(self, row: np.ndarray) -> None:
        """Forbid pitches whose sounding note ends later than any duration of this meter can reach (very
        rare).
        """
        reach = self.now + self.meter.longest
        if self._latest_end <= reach or self.program is None:
            return
        pitches = np.flatnonzero(row & self._grammar.pitch_row(self.program))
        blocked = [
            token
            for token in pitches.tolist()
            if self._sounding.get((self.program, self._grammar.numbers[token]), 0) > reach
        ]
        if len(blocked) < row.sum():
            row[blocked] = False
