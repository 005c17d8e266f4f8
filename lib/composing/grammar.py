"""Which token may come next, so that a composed sequence decodes to exactly the notes that it names.

The graph of token types that MidiTok offers is too weak: it knows that a Velocity follows a Pitch, but
not that positions ascend within a bar, that a bar of 3/4 has no position 40, that drums have pitches of
their own, that the program must be named before the first note. Sequences that break such rules decode to
other notes, or to none.

Two rules concern the MIDI file rather than the tokens. There a note-off names a pitch, not a note; readers
give it to the note of that pitch that has sounded longest. So a pitch struck again while it sounds may not
end before the first; and no pitch is struck twice at once, for one instrument plays it once, and on paper it
is one note head.
"""

from dataclasses import dataclass

import numpy as np
from miditok import REMI

from lib.data.tokenizer import vocabulary_of


@dataclass(frozen=True)
class Meter:
    """What a meter decides: positions in a bar; the ticks of a position, a bar, each duration token."""

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
        self.program_changes = tokenizer.config.program_changes
        self.has_tempo = tokenizer.config.use_tempos
        self.has_drum_pitches = tokenizer.config.use_pitchdrum_tokens
        # Positions, programs and pitches are numbers; other values are looked up in `meters`.
        numbered = ("Position", "Program", "Pitch", "PitchDrum", "Velocity")
        self.numbers = [int(value) if kind in numbered else 0 for kind, value in parts]
        self.ticks_per_quarter = tokenizer.time_division
        self.meters = {token: self._meter(value, tokenizer.config.max_num_pos_per_beat, parts)
                       for token, (kind, value) in enumerate(parts) if kind == "TimeSig"}
        self._rows: dict[tuple, np.ndarray] = {}
        self.rows_of_type = {kind: self._row(lambda token, kind=kind: self.kinds[token] == kind)
                             for kind in dict.fromkeys(self.kinds)}
        self.token_of_pitch = {(kind, self.numbers[token]): token for token, (kind, _) in enumerate(parts)
                               if kind in ("Pitch", "PitchDrum")}
        self.first_position = self._row(lambda token: self.vocabulary[token] == "Position_0")

    def start(self) -> "SequenceState":
        """The state after BOS."""
        return SequenceState(self)

    def violation(self, tokens: np.ndarray) -> int | None:
        """Index of the first token of a sequence (BOS first) that the rules forbid; None when it keeps
        them all.
        """
        state, allowed = self.start(), np.zeros(self.size, dtype=bool)
        for index, token in enumerate(tokens[1:].tolist(), start=1):
            state.write_allowed(allowed)
            if not allowed[token]:
                return index
            state.advance(token)
        return None

    def whole_notes_length(self, tokens: np.ndarray) -> int:
        """How many tokens remain when what follows the last whole note is cut off; EOS stays; at least
        BOS remains.
        """
        if len(tokens) and self.kinds[tokens[-1]] == "EOS":
            return len(tokens)
        ends = [index for index, token in enumerate(tokens.tolist()) if self.kinds[token] == "Duration"]
        return ends[-1] + 1 if ends else 1

    def time_row(self, meter: Meter, position: int) -> np.ndarray:
        """Tokens that move on in time: later positions of this bar, and the next bar."""
        key = (meter.positions, position)
        if key not in self._rows:
            self._rows[key] = self._row(lambda token: self.kinds[token] == "Bar" or (
                self.kinds[token] == "Position" and position < self.numbers[token] < meter.positions))
        return self._rows[key]

    def pitch_row(self, program: int) -> np.ndarray:
        """The pitches of a program; drums (−1) have their own where the token set names them apart."""
        return self.rows_of_type["PitchDrum" if program == -1 and self.has_drum_pitches else "Pitch"]

    def pitch_token(self, program: int, pitch: int) -> int | None:
        """The token of a pitch of a program; None where the token set has none."""
        return self.token_of_pitch.get(("PitchDrum" if program == -1 and self.has_drum_pitches else "Pitch",
                                        pitch))

    def note_row(self, program: int | None) -> np.ndarray:
        """Tokens that begin a note while `program` holds (None before the first)."""
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
        return Meter(numerator * positions_per_beat, ticks_per_beat // positions_per_beat,
                     numerator * ticks_per_beat, ticks, int(ticks.max()))


class SequenceState:
    """Where one sequence stands; :meth:`write_allowed` says what may follow, :meth:`advance` takes a token.

    Attributes:
        kind: type of the last token.
        now: ticks since the beginning.
        program, pitch: as last named.
        meter: that of the present bar.
    """

    __slots__ = ("_bar_start", "_grammar", "_latest_end", "_position", "_sounding", "_struck", "kind",
                 "meter", "now", "pitch", "program")

    def __init__(self, grammar: Grammar):
        self._grammar = grammar
        self.kind, self.now, self.program, self.pitch = "BOS", 0, None, 0
        self.meter: Meter | None = None
        self._bar_start, self._position = 0, -1
        self._sounding: dict[tuple[int | None, int], int] = {}  # when the last note of (program, pitch) ends
        self._struck: set[tuple[int, int]] = set()  # (program, pitch) that begin now
        self._latest_end = 0

    def advance(self, token: int) -> None:
        """Take the next token; a forbidden one too, as well as can be, for real pieces serve as prompts."""
        grammar = self._grammar
        kind = grammar.kinds[token]
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
        elif kind == "Bar":
            self._struck.clear()
            if self.meter is not None:
                self._bar_start += self.meter.ticks_per_bar
            self.now, self._position = self._bar_start, -1
        elif kind == "TimeSig":
            self.meter = grammar.meters[token]
        self.kind = kind

    def write_allowed(self, row: np.ndarray) -> None:
        """Write into `row` (bool [V]) which tokens may come next; at least one may, until EOS."""
        grammar, kind = self._grammar, self.kind
        if kind == "Velocity":
            self._write_durations(row)
        elif kind in ("Pitch", "PitchDrum"):
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
        else:
            row[:] = grammar.rows_of_type[{"BOS": "Bar", "Bar": "TimeSig"}.get(kind, "EOS")]
        if kind in ("Duration", "Position", "Tempo", "Program"):
            for program, pitch in self._struck:
                if program == self.program and (token := grammar.pitch_token(program, pitch)) is not None:
                    row[token] = False
            if self._latest_end > self.now:
                self._forbid_endless(row)

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
        blocked = [token for token in pitches.tolist()
                   if self._sounding.get((self.program, self._grammar.numbers[token]), 0) > reach]
        if len(blocked) < row.sum():
            row[blocked] = False
