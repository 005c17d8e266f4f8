"""From pieces to batches: windows cut at bar lines, rows of similar length together, any batch at any time.

Nothing here remembers anything: the batch number `index` of epoch `epoch` follows from the seed alone, so a
resumed run sees what an uninterrupted one sees.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from lib.basics.errors import BookError
from lib.data.shorthand.bars import words_of
from lib.data.shorthand.gaps import random_gap
from lib.data.shorthand.tokens import GAP, KEY, transposed_key

if TYPE_CHECKING:
    from lib.data.store import TokenStore

SORTED_BATCHES = 128
"""Windows for about so many batches are drawn at random, then sorted by length, so that rows fit together.

On the embedded corpus 1 to 2 % of an epoch is padding then; with 32 it is 3 to 4 %, with all of an epoch 0.3
%, but then a batch's windows are no longer drawn at random.
"""

LARGEST_PADDING = 0.05
"""A batch that is half full and would have more padding with its next row is closed."""

LOWEST_SHIFT, HIGHEST_SHIFT = -5, 6
"""Transposition in semitones: each of the twelve once."""


@dataclass(frozen=True)
class Batch:
    """Rows of tokens for a model; a row is a window of one piece.

    Attributes:
        tokens: inputs, int64[rows, length], PAD at the end.
        targets: the next tokens, int64[rows, length]; PAD where nothing is to be predicted.
        emotion, genre: label numbers, int64[rows].
        rows: the pieces' numbers in the store, int64[rows].
        begins: the place of each row's first target in its piece, int64[rows]; 1 for the first window.
    """

    tokens: torch.Tensor
    targets: torch.Tensor
    emotion: torch.Tensor
    genre: torch.Tensor
    rows: torch.Tensor
    begins: torch.Tensor

    def to(self, device: torch.device | str) -> "Batch":
        """The batch on another device."""
        return Batch(**{name: value.to(device, non_blocking=True) for name, value in vars(self).items()})


@dataclass(frozen=True)
class Windows:
    """Windows as arrays [windows]: the targets of window i are tokens [begin, end) of piece `row`.

    Its inputs are tokens [begin − 1, end − 1), so every token but BOS is a target exactly once.
    """

    row: np.ndarray
    begin: np.ndarray
    end: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    @property
    def length(self) -> np.ndarray:
        """Targets of each window, in tokens [windows]."""
        return self.end - self.begin


def make_windows(store: "TokenStore", split: str, window: int) -> Windows:
    """Cut the pieces of a split at bar lines into windows of at most `window` targets, in the order of the
    pieces.

    A window ends before the last Bar token that keeps it within the limit; a bar longer than that is cut
    inside.

    Raises:
        BookError: when `window` is not positive.
    """
    if window < 1:
        raise BookError(f"A window of {window} tokens is impossible; it must hold at least one.")
    rows = store.rows(split)
    bar_lines = _bar_lines(store)
    first, last = store.offsets[rows], store.offsets[rows] + store.lengths[rows]
    begin, active = first + 1, np.arange(len(rows))
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    while len(active):  # window number k of all pieces at once
        limit = begin + window
        at = bar_lines[np.maximum(0, np.searchsorted(bar_lines, limit, side="right") - 1)]
        end = np.where(limit >= last, last, np.where((at > begin) & (at <= limit), at, limit))
        found.append((active, begin, end))
        going = end < last
        active, begin, last = active[going], end[going], last[going]
    number, begin, end = (
        np.concatenate([part[i] for part in found]) if found else np.zeros(0, np.int64) for i in range(3)
    )
    order = np.lexsort((begin, number))
    number = number[order]
    return Windows(rows[number], begin[order] - first[number], end[order] - first[number])


def _bar_lines(store: "TokenStore") -> np.ndarray:
    """The places of all Bar tokens in the store's flat ids, ascending; never empty."""
    return np.concatenate([store.bar_lines, [len(store.ids)]])


def transposition_table(store: "TokenStore") -> np.ndarray:
    """Ids after transposition, int64[12, vocabulary]: row s holds the shift of LOWEST_SHIFT + s semitones.

    Only Pitch and Key tokens change, drums not; a pitch that would leave the range stays (`shift_of_rows`
    avoids that).
    """
    size = len(store.vocabulary)
    table = np.tile(np.arange(size), (HIGHEST_SHIFT - LOWEST_SHIFT + 1, 1))
    id_of = _id_of_pitch(store)
    for pitch, token_id in id_of.items():
        for number in range(len(table)):
            table[number, token_id] = id_of.get(pitch + LOWEST_SHIFT + number, token_id)
    for token_id in store.ids_of_type(KEY).tolist():
        for number in range(len(table)):
            moved = transposed_key(store.vocabulary[token_id], LOWEST_SHIFT + number)
            table[number, token_id] = store.vocabulary.index(moved)
    return table


def _id_of_pitch(store: "TokenStore") -> dict[int, int]:
    return {
        int(store.vocabulary[token_id].split("_")[1]): int(token_id)
        for token_id in store.ids_of_type("Pitch")
    }


def shift_of_rows(store: "TokenStore", rows: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    """The transposition of each piece in an epoch, in semitones [rows]: −5 to +6, evenly; all windows of a
    piece share it.

    A shift is cut down so that no note leaves the range of pitches.
    """
    generator = np.random.default_rng([seed, epoch, 1])
    shifts = generator.integers(LOWEST_SHIFT, HIGHEST_SHIFT + 1, len(store.index))[rows]
    lowest, highest = min(_id_of_pitch(store)), max(_id_of_pitch(store))
    # Notes out of range have no tokens, so only the span within it counts.
    low = np.maximum(store.index["pitch_low"].to_numpy()[rows], lowest)
    high = np.minimum(store.index["pitch_high"].to_numpy()[rows], highest)
    return np.clip(shifts, lowest - low, highest - high)


class Batches:
    """The batches of a split for training.

    In each epoch the windows are shuffled, those of about :data:`SORTED_BATCHES` batches at a time sorted by
    length and cut into batches of at most `batch_tokens` (rows × longest row); then the batches are shuffled.
    The number of batches can differ by a few between epochs.

    Args:
        store: the tokens.
        split: `train`, `validation` or `test`.
        window: most targets in a row.
        batch_tokens: rows × longest row of a batch, at most.
        seed: of the order, and of the transposition.
        transpose: shift each piece, each epoch anew, by −5 to +6 semitones.
        gap_share: of the pieces, each epoch others, that have a gap: some of their bars are missing and
            follow at the end (:mod:`lib.data.shorthand.gaps`). Only pieces that lie in one window, before
            and after, can have one; a batch may thereby pass `batch_tokens` by a few.

    Raises:
        BookError: when the split is empty, a window does not fit into a batch, or gaps are wanted of tokens
            that are not in shorthand.
    """

    def __init__(
        self,
        store: "TokenStore",
        split: str,
        window: int,
        batch_tokens: int,
        seed: int,
        transpose: bool = False,
        gap_share: float = 0.0,
    ):
        if batch_tokens < window:
            raise BookError(
                f"batch_tokens ({batch_tokens}) is smaller than window ({window}): "
                "not one row fits into a batch."
            )
        self.store, self.split, self.window, self.batch_tokens = store, split, window, batch_tokens
        if gap_share and not len(store.ids_of_type(GAP)):
            raise BookError(
                "Bars can be missing (gap_share) in the token set 'shorthand' only: choose "
                "that, or leave gap_share at 0."
            )
        self.seed, self.transpose, self.gap_share = seed, transpose, gap_share
        self.windows = make_windows(store, split, window)
        if not len(self.windows):
            raise BookError(f"The split '{split}' of {store.folder.name} has no pieces.")
        self._table = transposition_table(store) if transpose else None
        # Plans are pure functions of the epoch; the last ones are kept since every step asks for one.
        self._plan = lru_cache(maxsize=2)(self._make_plan)
        self._shifts = lru_cache(maxsize=2)(
            lambda epoch: shift_of_rows(store, np.arange(len(store.index)), seed, epoch)
        )

    @property
    def num_tokens(self) -> int:
        """Targets of an epoch."""
        return int(self.windows.length.sum())

    def num_batches(self, epoch: int) -> int:
        """How many batches an epoch has."""
        return len(self._plan(epoch))

    def batch_at(self, epoch: int, index: int) -> Batch:
        """Batch number `index` of an epoch, both from 0."""
        numbers = self._plan(epoch)[index]
        shifts = self._shifts(epoch)[self.windows.row[numbers]] if self.transpose else None
        changed = {
            place: ids
            for place, number in enumerate(numbers.tolist())
            if self.gap_share and (ids := self._with_gap(epoch, number)) is not None
        }
        return _assemble(self.store, self.windows, numbers, self._table, shifts, changed)

    def _with_gap(self, epoch: int, number: int) -> np.ndarray | None:
        """The tokens of a window's piece with a gap; None for most pieces, and for those that allow none."""
        row = int(self.windows.row[number])
        generator = np.random.default_rng([self.seed, epoch, 2, row])
        if generator.random() >= self.gap_share or self.windows.length[number] + 1 < self.store.lengths[row]:
            return None
        words = words_of(tuple(self.store.vocabulary))
        ids = random_gap(words, self.store.tokens(row), generator)
        return ids if ids is not None and len(ids) <= self.window + 1 else None

    def _make_plan(self, epoch: int) -> list[np.ndarray]:
        """The window numbers of each batch of an epoch."""
        generator = np.random.default_rng([self.seed, epoch, 0])
        lengths = self.windows.length
        order = generator.permutation(len(lengths))
        chunk = max(1, round(SORTED_BATCHES * self.batch_tokens / lengths.mean()))
        for number, start in enumerate(range(0, len(order), chunk)):
            part = order[start : start + chunk]
            # Every other chunk runs downwards, so that rows fit together across chunks as well.
            direction = 1 if number % 2 else -1
            order[start : start + chunk] = part[np.argsort(direction * lengths[part], kind="stable")]
        plan = _cut(order, lengths, self.batch_tokens)
        return [plan[number] for number in generator.permutation(len(plan))]

    @staticmethod
    def evaluation_batches(
        store: "TokenStore", split: str, window: int, batch_tokens: int, max_tokens: int | None = None
    ) -> Iterator[Batch]:
        """Iterate over a split once, untransposed, in a fixed order (by length, longest first).

        Args:
            store, split, window, batch_tokens: as for :class:`Batches`.
            max_tokens: stop at a fixed random part of the pieces with about so many targets; None for all.

        Raises:
            BookError: when the split is empty, or a window does not fit into a batch.
        """
        whole = Batches(store, split, window, batch_tokens, seed=0)
        windows = whole.windows
        chosen = np.arange(len(windows))
        if max_tokens is not None and max_tokens < whole.num_tokens:
            rows = np.random.default_rng(0).permutation(np.unique(windows.row))
            tokens = np.bincount(windows.row, windows.length, minlength=len(store.index))[rows]
            count = int(np.searchsorted(np.cumsum(tokens), max_tokens)) + 1
            chosen = np.flatnonzero(np.isin(windows.row, rows[:count]))
        order = chosen[np.argsort(-windows.length[chosen], kind="stable")]
        for numbers in _cut(order, windows.length, batch_tokens):
            yield _assemble(store, windows, numbers)


def _cut(order: np.ndarray, lengths: np.ndarray, batch_tokens: int) -> list[np.ndarray]:
    """Cut a sequence of windows into batches: full, or half full where padding would pass its limit."""
    batches, start, longest, total = [], 0, 0, 0
    for place, length in enumerate(lengths[order].tolist()):
        area, before = (place - start + 1) * max(longest, length), (place - start) * longest
        padded = area - total - length > LARGEST_PADDING * area
        if area > batch_tokens or (padded and before >= batch_tokens / 2):
            batches.append(order[start:place])
            start, longest, total = place, 0, 0
        longest, total = max(longest, length), total + length
    batches.append(order[start:])
    return batches


def _assemble(
    store: "TokenStore",
    windows: Windows,
    numbers: np.ndarray,
    table: np.ndarray | None = None,
    shifts: np.ndarray | None = None,
    changed: dict[int, np.ndarray] | None = None,
) -> Batch:
    """The windows `numbers` in one batch, some rows `changed`, transposed by `shifts` with `table`."""
    rows, begins, targets = windows.row[numbers], windows.begin[numbers], windows.length[numbers]
    for place, ids in (changed or {}).items():
        targets[place] = len(ids) - 1
    steps = np.arange(int(targets.max()) + 1)
    places = (store.offsets[rows] + begins - 1)[:, None] + steps
    inside = steps <= targets[:, None]
    values = store.ids[np.minimum(places, len(store.ids) - 1)].astype(np.int64)
    for place, ids in (changed or {}).items():
        values[place, : len(ids)] = ids
    if table is not None and shifts is not None:
        values = table[shifts[:, None] - LOWEST_SHIFT, values]
    values[~inside] = store.pad_id
    # Where nothing is to be predicted, the input is PAD too: also the last token of a shorter row.
    tokens = np.where(inside[:, 1:], values[:, :-1], store.pad_id)
    arrays = {
        "tokens": tokens,
        "targets": np.ascontiguousarray(values[:, 1:]),
        "rows": rows,
        "begins": begins,
        "emotion": store.emotion_ids[rows],
        "genre": store.genre_ids[rows],
    }
    return Batch(**{name: torch.from_numpy(array) for name, array in arrays.items()})
