"""The longest run of notes that starts at each note of some pieces and also stands in other pieces.

A run is transposition-invariant: what counts are the steps between successive notes, each the interval in
semitones with the time to the next onset. All pieces are laid end to end, and every suffix of that text gets
its rank by prefix doubling (Manber and Myers, *Suffix arrays*, SIAM Journal on Computing, 1993): ranks of
1, 2, 4, 8 … steps, each round one sort. In the sorted order a suffix's longest match with the other side is
one of its two nearest neighbours from there. Exact, without a hash that could collide, and linear in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.measures.music.notes import PieceNotes

_GRID = 24
"""Times between onsets are rounded to this many ticks a quarter; finer than anything but ornaments."""

_MOST_ROUNDS = 12  # runs of 2 ** 12 steps and longer are told as that long


@dataclass(frozen=True)
class SharedRuns:
    """For each step of one query piece (from one note to the next), the longest shared run that starts there.

    Attributes:
        steps: length of the run in steps, [notes − 1]; a run of n steps has n + 1 notes.
        piece: number of the other piece that has it, −1 where there is none, [notes − 1].
        place: the note of that piece with which the run begins there, −1 where there is none, [notes − 1].
    """

    steps: np.ndarray
    piece: np.ndarray
    place: np.ndarray


def steps_of(piece: PieceNotes) -> np.ndarray:
    """The steps between a piece's successive pitched notes, in the order of onset, then pitch: int64
    [notes − 1].

    An interval and a time between onsets make one number; other numbers are other steps.
    """
    piece = piece.pitched
    times = np.rint(piece.onset * (_GRID / piece.ticks_per_quarter)).astype(np.int64)
    return np.diff(times) * 256 + np.diff(piece.pitch) + 128


def shared_runs(queries: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> list[SharedRuns]:
    """The longest runs that queries share with other pieces.

    Args:
        queries, others: steps of each piece, :func:`steps_of`, int64 [notes − 1].

    Returns:
        One entry a query.
    """
    text, piece, place = _lay_out([*queries, *others])
    is_query = piece < len(queries)
    ranks = _ranks(text)
    order = np.argsort(ranks[-1], kind="stable")
    wanted = np.flatnonzero(is_query[order])
    best, match = np.zeros(len(text), np.int64), np.full(len(text), -1)
    for step in (1, -1):  # the nearest suffix of another piece before, then behind, in sorted order
        ordered = order[::step]
        known = np.where(is_query[ordered], -1, np.arange(len(ordered)))
        nearest = np.maximum.accumulate(known)[::step][wanted]
        has = nearest >= 0
        mine, theirs = order[wanted[has]], ordered[nearest[has]]
        length = _common(ranks, mine, theirs)
        longer = length > best[mine]
        best[mine[longer]], match[mine[longer]] = length[longer], theirs[longer]
    found = match >= 0
    other_piece, other_place = np.full(len(text), -1), np.full(len(text), -1)
    other_piece[found], other_place[found] = piece[match[found]] - len(queries), place[match[found]]
    starts = np.searchsorted(piece, np.arange(len(queries)))
    return [
        SharedRuns(*(column[start : start + len(query)] for column in (best, other_piece, other_place)))
        for start, query in zip(starts, queries, strict=True)
    ]


def _lay_out(pieces: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One text of all pieces, each closed by a symbol of its own; the piece and the place of each symbol."""
    lengths = np.array([len(piece) + 1 for piece in pieces])
    ends = np.cumsum(lengths)
    text = np.zeros(ends[-1], np.int64)
    inside = np.ones(ends[-1], dtype=bool)
    inside[ends - 1] = False
    _, symbols = np.unique(np.concatenate(pieces), return_inverse=True)
    text[inside] = symbols
    # No two closing symbols are alike, so no run goes over the end of a piece.
    text[ends - 1] = len(symbols) + np.arange(len(pieces))
    piece = np.repeat(np.arange(len(pieces)), lengths)
    return text, piece, np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)


def _ranks(text: np.ndarray) -> list[np.ndarray]:
    """Ranks of all suffixes by their first 1, 2, 4, … symbols: equal ranks, equal beginnings."""
    rank = np.unique(text, return_inverse=True)[1].astype(np.int32)
    ranks, length = [rank], 1
    while len(ranks) <= _MOST_ROUNDS and rank.max() < len(text) - 1:
        follows = np.full(len(text), -1, np.int64)
        follows[:-length] = rank[length:] if length < len(text) else []
        key = rank.astype(np.int64) * (len(text) + 1) + follows + 1
        order = np.argsort(key)
        rank = np.empty(len(text), np.int32)
        rank[order] = np.append(0, np.cumsum(key[order][1:] != key[order][:-1]))
        ranks.append(rank)
        length *= 2
    return ranks


def _common(ranks: list[np.ndarray], first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Length of the longest common beginning of pairs of suffixes, from the longest ranks down."""
    total, end = np.zeros(len(first), np.int64), len(ranks[0])
    for level in range(len(ranks) - 1, -1, -1):
        i, j = first + total, second + total
        inside = (i < end) & (j < end)
        equal = np.zeros(len(first), dtype=bool)
        equal[inside] = ranks[level][i[inside]] == ranks[level][j[inside]]
        total += equal * (1 << level)
    return total
