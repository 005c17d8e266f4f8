"""Bars that are missing and follow at the end, so that a model that writes forwards can write in the middle.

A piece with a gap reads: the bars before it, `Gap_3` (three bars are missing here), the bars behind it,
`Fill`, the missing bars. The plan in front says what the whole piece is. Reordering a sequence in this way
for a share of the training rows is fill-in-the-middle of Bavarian et al. (2022); filling bars is what the
Multi-Track Music Machine of Ens and Pasquier (2020) does.

The first bar stays, for it tells meter and tempo. Notes that sound across a line of the gap would belong to
both sides, and bars of several meters would not say where each holds: such gaps are refused.
"""

from collections.abc import Sequence

import numpy as np

from lib.basics.errors import BookError
from lib.data.shorthand.bars import Bar, BarReader, Words, bars_of
from lib.data.shorthand.tokens import BARS, FILL, GAP, PLAN, WIDEST_GAP
from lib.data.shorthand.writing import count_down, shorten, write_out

_TRIES = 4  # to find a gap that a piece allows


def with_gap(words: Words, ids: np.ndarray, first: int, last: int) -> np.ndarray:
    """A piece in shorthand, [tokens], with its bars `first` to `last` behind the others, its plan as it was.

    Args:
        words: of the vocabulary.
        ids: a whole piece in shorthand, [tokens], its plan behind BOS, EOS included.
        first, last: numbers of bars, from 1, both included.

    Raises:
        BookError: saying why these bars cannot be missing.
    """
    head, slices, tail = bars_of(words, write_out(words, ids))
    if reason := why_not(read_bars(words, ids), first, last):
        raise BookError(reason)
    missing = range(first - 1, last)
    order = [*range(first - 1), *range(last, len(slices)), *missing]
    moved = [token for part in _in_order(words, slices, order) for token in part]
    short = count_down(words, shorten(words, np.array([*head, *moved, *tail], dtype=np.uint16)))
    starts = np.flatnonzero(np.isin(short, words.ids_of(BARS)))
    marks = [words.id_of[f"{GAP}_{len(missing)}"], words.id_of[f"{FILL}_None"]]
    places = [starts[first - 1], starts[len(slices) - len(missing)]]
    plan = ids[np.isin(ids, words.ids_of(PLAN))]
    return np.insert(short, [1] * len(plan) + places, np.array([*plan, *marks], dtype=np.uint16))


def random_gap(words: Words, ids: np.ndarray, generator: np.random.Generator) -> np.ndarray | None:
    """The piece [tokens] with one to eight bars missing at a random place; None when no place was found.

    Arguments are those of :func:`with_gap`.
    """
    bars = read_bars(words, ids)
    for _ in range(_TRIES):
        width = int(generator.integers(1, WIDEST_GAP + 1))
        first = int(generator.integers(2, max(3, len(bars) - width + 2)))
        if not why_not(bars, first, first + width - 1):
            return with_gap(words, ids, first, first + width - 1)
    return None


def put_back(words: Words, ids: np.ndarray) -> np.ndarray:
    """MidiTok's tokens, uint16 [tokens], of a sequence with a gap, its bars in the order of the piece.

    A sequence without a whole gap is written out as it stands.
    """
    written = write_out(words, ids)
    marks = [np.flatnonzero(np.isin(ids, words.ids_of((mark,)))) for mark in (GAP, FILL)]
    if not all(map(len, marks)):
        return written
    head, slices, tail = bars_of(words, written)
    is_bar = np.isin(ids, words.ids_of(BARS))
    before, others = (min(int(is_bar[: places[0]].sum()), len(slices)) for places in marks)
    order = [*range(before), *range(others, len(slices)), *range(before, others)]
    moved = [token for part in _in_order(words, slices, order) for token in part]
    return np.array([*head, *moved, *tail], dtype=np.uint16)


def read_bars(words: Words, ids: np.ndarray) -> list[Bar]:
    """What the bars of a sequence of ids [tokens] hold."""
    reader = BarReader(words)
    for token in ids:
        reader.advance(int(token))
    reader.end_bar()
    return reader.bars


def why_not(bars: Sequence[Bar], first: int, last: int) -> str:
    """Why the bars `first` to `last`, from 1, cannot be missing, in a sentence; '' when they can."""
    asked = f"bar {first}" if first == last else f"bars {first} to {last}"
    if first < 1 or last < first:
        return f"There are no bars {first} to {last}: name the first and the last bar, from 1."
    if last > len(bars):
        return f"The piece has {len(bars)} bars, so {asked} cannot be written again: name bars within it."
    if first == 1 and last == len(bars):
        return f"{asked.capitalize()} are all of the piece: leave some, or compose a new piece."
    if first == 1:
        return "The first bar tells meter and tempo and stays: begin with bar 2."
    if last - first + 1 > WIDEST_GAP:
        return f"{last - first + 1} bars are too many to write again at once: name at most {WIDEST_GAP}."
    if len({bar.meter for bar in bars[first - 2 : last]}) > 1:
        return f"The meter changes at or within {asked}: name bars of one meter."
    for line in (first, last + 1):
        if bars[line - 2].sounds_on:
            return f"A note sounds across the beginning of bar {line}: name bars that no note reaches into."
    return ""


def _in_order(words: Words, slices: Sequence[list[int]], order: Sequence[int]) -> list[list[int]]:
    """Bars in another order; a Program stands where it changes, as MidiTok has it."""
    program: int | None = None
    before: list[int | None] = []
    for written in slices:
        before.append(program)
        named = [token for token in written if words.kinds[token] == "Program"]
        program = named[-1] if named else program
    out: list[list[int]] = []
    told: int | None = None
    for number in order:
        program = before[number]
        moved: list[int] = []
        for token in slices[number]:
            kind = words.kinds[token]
            if kind == "Program":
                program = token
                continue
            if kind in ("Pitch", "PitchDrum") and program is not None and program != told:
                moved.append(program)
                told = program
            moved.append(token)
        out.append(moved)
    return out
