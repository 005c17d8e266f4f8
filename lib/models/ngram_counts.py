"""Counting which token follows which context: sorted keys, binary search, no dictionary.

The upper bits of a key are a hash of the context, the lower ones the next token, so that the continuations
of a context stand side by side and one search finds them.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from lib.basics.mixing import GOLDEN
from lib.basics.progress import Progress
from lib.models.pieces import FlatPieces, Histories

Labels = Literal["none", "emotion", "genre", "both"]


class Context(NamedTuple):
    """What a distribution is conditioned on: so many past tokens, and which labels."""

    length: int
    labels: Labels


class Found(NamedTuple):
    """What is kept of the counts, of some pairs and of all with the same context, and what is left of these:
    float64 [pairs] each.

    By Witten and Bell's rule all of a count is kept, and as much is left to the shorter context as there are
    different tokens after the longer one; by Kneser and Ney's what is left was taken off the counts.
    """

    pair: np.ndarray
    context: np.ndarray
    left: np.ndarray


@dataclass(frozen=True)
class Counts:
    """How often each token followed each context of one kind.

    Attributes:
        keys: uint64 [pairs], sorted, one a pair of context and next token.
        ends: uint32 [pairs + 1]; pair i occurred `ends[i + 1] - ends[i]` times.
        token_mask: the bits of a key that hold the token.
        discounted: whether counts are diminished as in modified Kneser–Ney.
    """

    keys: np.ndarray
    ends: np.ndarray
    token_mask: np.uint64
    discounted: bool = False

    @classmethod
    def of(cls, keys: np.ndarray, token_mask: np.uint64) -> "Counts":
        """Count the keys of all occurrences, uint64 [occurrences]; `keys` is sorted in place."""
        keys.sort()
        is_first = np.ones(len(keys), bool)
        is_first[1:] = keys[1:] != keys[:-1]
        first = np.flatnonzero(is_first)
        return cls(keys[first], np.append(first, len(keys)).astype(np.uint32), token_mask)

    @cached_property
    def discounts(self) -> np.ndarray:
        """What is taken off a count of 0, 1, 2, and 3 or more: float64 [4] (Chen and Goodman 1999)."""
        ones, twos, threes, fours = (int(np.sum(np.diff(self.ends) == number)) for number in (1, 2, 3, 4))
        share = ones / max(1, ones + 2 * twos)
        off = [1 - 2 * share * twos / max(1, ones), 2 - 3 * share * threes / max(1, twos)]
        off.append(3 - 4 * share * fours / max(1, threes))
        # Of few counts the formula can ask for more than there is, or for less than nothing.
        return np.clip([0.0, *off], [0, 0.05, 0.05, 0.05], [0, 0.95, 1.95, 2.95])

    @cached_property
    def _taken(self) -> np.ndarray:
        """What was taken off the counts of all pairs up to each, float64 [pairs + 1]."""
        taken = self.discounts[np.minimum(np.diff(self.ends), 3)]
        return np.concatenate([[0.0], np.cumsum(taken)])

    def kept(self, begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What is kept, and what is left, of the counts of pairs from `begin` to before `end`, [ranges]."""
        total = self.ends[end].astype(np.int64) - self.ends[begin]
        if not self.discounted:
            return total, end - begin
        left = self._taken[end] - self._taken[begin]
        return total - left, left

    def ranges(self, contexts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the continuations of each context (a hash, uint64) begin and end: int64 [contexts]."""
        return (
            np.searchsorted(self.keys, contexts),
            np.searchsorted(self.keys, contexts | self.token_mask, side="right"),
        )

    def find(self, asked: "Pairs") -> Found:
        """Look up pairs of context and next token."""
        found = np.zeros((3, len(asked.keys)))
        if not len(self.keys):
            return Found(*found)
        begin, end = self.ranges(asked.contexts)
        place = np.minimum(np.searchsorted(self.keys, asked.keys), len(self.keys) - 1)
        found[0, asked.order] = np.where(self.keys[place] == asked.keys, self.kept(place, place + 1)[0], 0)
        found[1, asked.order], found[2, asked.order] = self.kept(begin, end)
        return Found(*found)


class Pairs(NamedTuple):
    """Pairs of context and next token to look up, sorted: neighbours among them are neighbours in memory.

    Attributes:
        contexts: hashes, uint64 [pairs].
        keys: with the tokens in their lowest bits, uint64 [pairs].
        order: the place that each had before sorting, [pairs].
    """

    contexts: np.ndarray
    keys: np.ndarray
    order: np.ndarray

    @classmethod
    def of(cls, contexts: np.ndarray, tokens: np.ndarray) -> "Pairs":
        """Sort pairs: hashes uint64 [pairs], ids [pairs]."""
        keys = contexts | tokens.astype(np.uint64)
        order = np.argsort(keys)
        return cls(contexts[order], keys[order], order)


def token_mask(vocabulary_size: int) -> np.uint64:
    """The lower bits of a key, wide enough for any token id."""
    return np.uint64((1 << max(1, (vocabulary_size - 1).bit_length())) - 1)


class ContextHashes:
    """Hashes of the contexts of a set of tokens; equal contexts have equal hashes everywhere.

    With 54 bits left of a hash, among ten million contexts the probability of a collision is about 0.3 %.

    Args:
        tokens: what to hash the histories of.
        vocabulary_size: number of token ids; the lowest bits, where a key holds the next token, stay zero.
    """

    def __init__(self, tokens: FlatPieces | Histories, vocabulary_size: int):
        self.tokens = tokens
        self.token_mask = token_mask(vocabulary_size)
        generator = np.random.default_rng(20250607)
        self._of_token = generator.integers(0, 2**64, vocabulary_size, dtype=np.uint64)
        self._of_label = generator.integers(0, 2**64, (2, 1 << 12), dtype=np.uint64)
        self._rolling, self._length = np.zeros(len(tokens), np.uint64), 0
        self._whole = np.ones(len(tokens), bool)

    def of(self, context: Context) -> tuple[np.ndarray, np.ndarray]:
        """The context's hash at each token, uint64 [tokens], and whether the piece reaches back far enough,
        bool [tokens].

        Where it does not, the hash is that of all there is.
        """
        if context.length < self._length:
            self._rolling, self._length = np.zeros(len(self.tokens), np.uint64), 0
            self._whole = np.ones(len(self.tokens), bool)
        while self._length < context.length:
            self._length += 1
            ids, self._whole = self.tokens.back(self._length)
            factor = np.uint64(pow(int(GOLDEN), self._length, 1 << 64))
            added = self._of_token[ids] * factor
            self._rolling = self._rolling + np.where(self._whole, added, np.uint64(0))
        value = self._rolling
        if context.labels in ("emotion", "both"):
            value = value + self._of_label[0][self.tokens.emotion]
        if context.labels in ("genre", "both"):
            value = value + self._of_label[1][self.tokens.genre]
        value = value * GOLDEN
        value ^= value >> np.uint64(29)
        value *= GOLDEN
        return value & ~self.token_mask, self._whole


def count_contexts(
    pieces: FlatPieces, vocabulary_size: int, contexts: list[Context], progress: Progress | None = None
) -> list[Counts]:
    """Count the continuations of every context of these kinds.

    Args:
        pieces: the training pieces.
        vocabulary_size: number of token ids.
        contexts: kinds of contexts; quickest from the shortest to the longest.
        progress: advanced by one a kind.
    """
    hashes, targets, tokens = ContextHashes(pieces, vocabulary_size), pieces.is_target, pieces.tokens
    counted = []
    for context in contexts:
        values, whole = hashes.of(context)
        chosen = targets & whole
        counted.append(Counts.of(values[chosen] | tokens[chosen].astype(np.uint64), hashes.token_mask))
        if progress:
            progress.advance()
    return counted


def count_variety(
    pieces: FlatPieces,
    vocabulary_size: int,
    chain: list[Context],
    progress: Progress | None = None,
    known: dict[tuple[Context, Context], Counts] | None = None,
) -> list[Counts]:
    """In how many longer contexts a token followed each context: Kneser and Ney's counts, all but the last.

    A token that follows one phrase only is no likelier elsewhere, however often the phrase returns. Where a
    piece has just begun, so that there is no longer context, occurrences are counted as they are.

    Args:
        pieces: the training pieces.
        vocabulary_size: number of token ids.
        chain: from the least to the most particular context.
        progress: advanced by one a kind.
        known: counts of an earlier call for the same pieces, by context and the next longer one; added to.
    """
    hashes, targets, tokens = ContextHashes(pieces, vocabulary_size), pieces.is_target, pieces.tokens
    token_bits = tokens.astype(np.uint64)
    known = {} if known is None else known
    counted = []
    for context, longer in pairwise(chain):
        if (context, longer) not in known:
            values, _ = hashes.of(context)
            longer_values, whole = hashes.of(longer)
            _, first = np.unique(
                longer_values[targets & whole] | token_bits[targets & whole], return_index=True
            )
            chosen = targets & ~whole & (pieces.place >= context.length)
            chosen[np.flatnonzero(targets & whole)[first]] = True
            counts = Counts.of(values[chosen] | token_bits[chosen], hashes.token_mask)
            known[context, longer] = replace(counts, discounted=True)
        counted.append(known[context, longer])
        if progress:
            progress.advance()
    return counted
