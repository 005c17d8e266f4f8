"""How many bars of a piece stand in one other piece, all transposed by the same interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lib.basics.mixing import GOLDEN
from lib.measures.music.notes import PieceNotes

FIRST_BARS = 16
"""Bars with notes that count, from the beginning: shares of short and of long pieces cannot be compared."""

_GRID = 24  # ticks a quarter to which onsets and lengths are rounded


@dataclass(frozen=True)
class Overlap:
    """The nearest other piece by bars.

    Attributes:
        shares: for the query's first bar, its first two, three …, the largest share of them that stands in
            one other piece, [bars]; empty for a query without pitched notes.
        piece: number of the piece that has most of all bars that count, −1 where none stands anywhere.
        transposition: semitones from the query to it.
    """

    shares: np.ndarray
    piece: int
    transposition: int

    @property
    def bars(self) -> int:
        """How many bars of the query count."""
        return len(self.shares)

    @property
    def share(self) -> float:
        """The share of all bars that count; NaN where there are none."""
        return self.share_within(self.bars)

    def share_within(self, bars: int) -> float:
        """The share of the first so many bars; NaN for none."""
        return float(self.shares[bars - 1]) if bars else float("nan")


@dataclass(frozen=True)
class _Bars:
    """The bars of some pieces that hold notes: what is in them up to transposition, and how high it lies."""

    content: np.ndarray  # uint64
    height: np.ndarray  # pitch of the lowest note at the bar's first onset
    piece: np.ndarray


def _bars_of(pieces: Sequence[PieceNotes], most: int | None = None) -> _Bars:
    parts = []
    for number, piece in enumerate(pieces):
        piece = piece.pitched
        if not len(piece):
            continue
        bar = piece.bar
        first = np.append(0, np.flatnonzero(np.diff(bar)) + 1)
        if most is not None and len(first) > most:
            piece, bar, first = (
                piece.of(np.arange(len(piece)) < first[most]),
                bar[: first[most]],
                first[:most],
            )
        which = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(bar))))
        scale = _GRID / piece.ticks_per_quarter
        notes = np.stack(
            [
                (piece.onset - piece.bar_starts[bar]) * scale,
                piece.duration * scale,
                piece.pitch - piece.pitch[first][which],
            ]
        )
        parts.append((np.rint(notes).astype(np.int64), first, piece.pitch[first], number))
    if not parts:
        return _Bars(np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, np.int64))
    sizes = np.array([part[0].shape[1] for part in parts])
    starts = np.concatenate(
        [part[1] + offset for part, offset in zip(parts, np.cumsum(sizes) - sizes, strict=True)]
    )
    # Notes of a bar are a set, and so a sum of well mixed numbers tells one bar from another.
    mixed = np.zeros(sizes.sum(), np.uint64)
    for column in np.concatenate([part[0] for part in parts], axis=1):
        mixed = (mixed ^ column.view(np.uint64)) * GOLDEN
        mixed ^= mixed >> np.uint64(29)
    mixed *= GOLDEN
    return _Bars(
        np.add.reduceat(mixed, starts),
        np.concatenate([part[2] for part in parts]),
        np.repeat([part[3] for part in parts], [len(part[1]) for part in parts]),
    )


def nearest_by_bars(queries: Sequence[PieceNotes], others: Sequence[PieceNotes]) -> list[Overlap]:
    """For each query the other piece that has most of its bars, with onsets, lengths and intervals alike.

    Args:
        queries: pieces asked about; their first `FIRST_BARS` bars with notes count.
        others: pieces in which the bars are looked up, wherever they stand.
    """
    theirs, mine = _bars_of(others), _bars_of(queries, FIRST_BARS)
    order = np.argsort(theirs.content, kind="stable")
    content = theirs.content[order]
    low = np.searchsorted(content, mine.content, side="left")
    high = np.searchsorted(content, mine.content, side="right")
    ends = np.searchsorted(mine.piece, np.arange(len(queries) + 1))
    found = []
    for begin, end in pairwise(ends.tolist()):
        keys, bars = [], []
        for bar in range(begin, end):
            same = order[low[bar] : high[bar]]
            key = theirs.piece[same] * 256 + theirs.height[same] - mine.height[bar] + 128
            keys.append(np.unique(key))  # a bar that the other piece repeats counts once
            bars.append(np.full(len(keys[-1]), bar - begin))
        found.append(
            _nearest(np.concatenate(keys), np.concatenate(bars), end - begin)
            if keys
            else Overlap(np.zeros(0), -1, 0)
        )
    return found


def _nearest(keys: np.ndarray, bars: np.ndarray, count: int) -> Overlap:
    """The best of all pieces and transpositions (keys), each named once for every bar that it has."""
    shares = np.zeros(count)
    if not len(keys):
        return Overlap(shares, -1, 0)
    names, number = np.unique(keys, return_inverse=True)
    have = np.zeros(len(names), np.int64)
    for bar in range(count):
        have += np.bincount(number[bars == bar], minlength=len(names))
        shares[bar] = have.max() / (bar + 1)
    best = int(names[have.argmax()])
    return Overlap(shares, best // 256, best % 256 - 128)
