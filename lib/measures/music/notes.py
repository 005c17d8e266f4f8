"""The notes of many pieces as arrays, with their bar lines: what the measures of this floor are taken on.

MidiTok's decoder makes one piece after the other into objects, 1.5 ms each; here the tokens of thousands are
read at once. A test holds both ways to the same notes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import symusic

from lib.composing.grammar import Grammar
from lib.composing.protocols import Vocabulary
from lib.data import TokenStore
from lib.data.note_tables import note_table
from lib.data.tokenizer import write_out
from lib.sound.score_tables import bar_grid

DRUMS = -1
"""The program of drum notes."""

_TOKENS_AT_A_TIME = 20_000_000  # about 2 GB of arrays


@dataclass(frozen=True)
class PieceNotes:
    """The notes of one piece, sorted by onset, then pitch; integers of one length [notes].

    Attributes:
        onset, duration: in ticks.
        pitch: MIDI number.
        program: General MIDI, 0–127, and :data:`DRUMS`.
        bar_starts: tick at which each bar begins, and one more for the end of the last bar, [bars + 1].
        ticks_per_quarter: how long a tick is.
    """

    onset: np.ndarray
    duration: np.ndarray
    pitch: np.ndarray
    program: np.ndarray
    bar_starts: np.ndarray
    ticks_per_quarter: int

    def __len__(self) -> int:
        return len(self.onset)

    @property
    def pitched(self) -> "PieceNotes":
        """The same piece without its drums."""
        return self.of(self.program != DRUMS)

    @property
    def bar(self) -> np.ndarray:
        """Number of the bar, from 0, in which each note begins, int64 [notes]."""
        found = np.searchsorted(self.bar_starts, self.onset, side="right") - 1
        return np.clip(found, 0, max(0, len(self.bar_starts) - 2))

    def of(self, chosen: np.ndarray) -> "PieceNotes":
        """The same piece with some of its notes only: bool [notes], or their indices."""
        columns = (column[chosen] for column in (self.onset, self.duration, self.pitch, self.program))
        return PieceNotes(*columns, self.bar_starts, self.ticks_per_quarter)


def notes_of_score(score: symusic.Score) -> PieceNotes:
    """The notes of a score, its bar lines by its meters; 4/4 where none is given."""
    table = note_table(score)
    return PieceNotes(
        table.onset,
        table.duration,
        table.pitch,
        table.program,
        bar_grid(score).starts,
        table.ticks_per_quarter,
    )


class NoteReader:
    """Reads notes from the tokens of one token set.

    What is no whole note (a Pitch without its Velocity and Duration, as a cut-off piece may end) is passed
    over, as MidiTok's decoder does; a bar without a meter is in 4/4.
    """

    def __init__(self, store: Vocabulary):
        self._tokenizer = store.tokenizer
        grammar = Grammar(store.tokenizer)
        self.ticks_per_quarter = grammar.ticks_per_quarter
        self._numbers, self._rows_of_type = np.array(grammar.numbers), grammar.rows_of_type
        # Meters by their own numbers; the last is 4/4, for bars before any TimeSig.
        ids = list(grammar.meters)
        common = next(token for token in ids if store.vocabulary[token] == "TimeSig_4/4")
        meters = [grammar.meters[token] for token in [*ids, common]]
        self._meter_number = np.full(grammar.size, len(ids))
        self._meter_number[ids] = np.arange(len(ids))
        self._ticks_per_bar = np.array([meter.ticks_per_bar for meter in meters])
        self._ticks_per_position = np.array([meter.ticks_per_position for meter in meters])
        self._duration_ticks = np.stack([meter.duration_ticks for meter in meters])

    def read(self, sequences: Sequence[np.ndarray]) -> list[PieceNotes]:
        """The notes of each sequence of ids [tokens]."""
        lengths = [len(sequence) for sequence in sequences]
        return [
            piece
            for part in _parts(lengths)
            for piece in self._read([write_out(self._tokenizer, sequences[i]) for i in part])
        ]

    def read_rows(self, store: TokenStore, rows: Sequence[int]) -> Iterator[list[PieceNotes]]:
        """The notes of pieces of a store, in order, some millions of tokens at a time."""
        rows = np.asarray(rows)
        for part in _parts(store.lengths[rows]):
            yield self._read([store.written_out(row) for row in rows[part]])

    def _read(self, sequences: list[np.ndarray]) -> list[PieceNotes]:
        tokens = np.concatenate(sequences).astype(np.int64)
        piece = np.repeat(np.arange(len(sequences)), [len(sequence) for sequence in sequences])
        bar = self._are(tokens, "Bar")
        bar_at = np.flatnonzero(bar)
        meter = self._meter_of_bars(tokens, bar_at, piece)
        lengths = self._ticks_per_bar[meter]
        starts = np.cumsum(lengths) - lengths
        first = np.searchsorted(piece[bar_at], np.arange(len(sequences) + 1))
        starts -= np.append(starts, 0)[first[piece[bar_at]]]  # ticks from the beginning of its own piece

        bar_of = np.cumsum(bar) - 1
        at = self._whole_notes(tokens, bar_of >= first[piece])
        number = bar_of[at]
        position = self._numbers[tokens[_last(self._are(tokens, "Position"), bar_at[bar_of])]]
        onset = starts[number] + position[at] * self._ticks_per_position[meter[number]]
        program = np.where(self._are(tokens[at], "PitchDrum"), DRUMS, self._programs(tokens, piece)[at])
        columns = np.stack(
            [onset, self._duration_ticks[meter[number], tokens[at + 2]], self._numbers[tokens[at]], program]
        )
        order = np.lexsort((columns[1], program, columns[2], onset, piece[at]))
        columns, ends = columns[:, order], np.searchsorted(piece[at], np.arange(len(sequences) + 1))
        ends_of_bars = np.append(starts + lengths, 0)
        return [
            PieceNotes(
                *columns[:, ends[i] : ends[i + 1]],
                np.append(
                    starts[first[i] : first[i + 1]],
                    ends_of_bars[first[i + 1] - 1] if first[i + 1] > first[i] else 0,
                ),
                self.ticks_per_quarter,
            )
            for i in range(len(sequences))
        ]

    def _are(self, tokens: np.ndarray, kind: str) -> np.ndarray:
        """Which tokens are of this type; none where the token set does not have it."""
        row = self._rows_of_type.get(kind)
        return row[tokens] if row is not None else np.zeros(len(tokens), dtype=bool)

    def _meter_of_bars(self, tokens: np.ndarray, bar_at: np.ndarray, piece: np.ndarray) -> np.ndarray:
        """The number of each bar's meter: the one that it names, or that of the bar before."""
        named = self._are(tokens, "TimeSig")
        until = np.append(bar_at[1:], len(tokens)) - 1 if len(bar_at) else bar_at
        last = _last(named, np.zeros(len(tokens), np.int64))[until]
        known = named[last] & (piece[last] == piece[bar_at])
        return np.where(known, self._meter_number[tokens[last]], len(self._ticks_per_bar) - 1)

    def _programs(self, tokens: np.ndarray, piece: np.ndarray) -> np.ndarray:
        """The program that holds at each token, 0 before the first of its piece."""
        named = self._are(tokens, "Program")
        last = _last(named, np.zeros(len(tokens), np.int64))
        return np.where(named[last] & (piece[last] == piece), self._numbers[tokens[last]], 0)

    def _whole_notes(self, tokens: np.ndarray, in_bar: np.ndarray) -> np.ndarray:
        """Where the pitches of whole notes stand, in a bar of their own piece."""
        followed = np.roll(self._are(tokens, "Velocity"), -1) & np.roll(self._are(tokens, "Duration"), -2)
        followed[-2:] = False
        pitch = self._are(tokens, "Pitch") | self._are(tokens, "PitchDrum")
        return np.flatnonzero(pitch & followed & in_bar)


def _parts(lengths: Sequence[int]) -> Iterator[np.ndarray]:
    """Numbers of consecutive sequences that are read together."""
    chunk = np.cumsum(lengths) // _TOKENS_AT_A_TIME
    for number in np.unique(chunk):
        yield np.flatnonzero(chunk == number)


def _last(marked: np.ndarray, least: np.ndarray) -> np.ndarray:
    """The index of the last marked token up to each one, not before `least`."""
    places = np.where(marked, np.arange(len(marked)), 0)
    return np.maximum(np.maximum.accumulate(places), least)
