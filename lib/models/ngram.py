"""The n-gram model, the baseline of the networks, by two rules of smoothing.

With h a context and h' a shorter or less particular one, both keep a part of what was counted after h and
leave the rest to h', down to the uniform distribution:

    P(w | h) = (kept(h, w) + left(h) · P(w | h')) / (kept(h) + left(h)).

*Witten–Bell* (1991) keeps every count and leaves t(h), the number of different tokens after h: the more
various the continuations, the more is left. A factor on t(h), `escape`, is 1 in their rule; a larger one
trusts long contexts less. *Modified Kneser–Ney* (Chen and Goodman 1999) takes a discount off each count,
one for 1, one for 2 and one for more, and leaves what was taken off. Its shorter contexts do not count how
often a token followed, but in how many longer contexts it did.

Labels enter the contexts of up to two tokens; behind each of them stands the same context without.
"""

from dataclasses import replace
from typing import Literal

import numpy as np

from lib.basics.errors import BookError
from lib.models.ngram_counts import (
    Context,
    ContextHashes,
    Counts,
    Found,
    Labels,
    Pairs,
    count_contexts,
    count_variety,
)
from lib.models.pieces import FlatPieces, Histories

Smoothing = Literal["witten-bell", "kneser-ney"]

LABELLED = 3
"""Contexts shorter than so many tokens are counted by label, too; longer ones are rare enough as they are."""

_AT_A_TIME = 2048


def context_chain(order: int, labels: Labels) -> list[Context]:
    """The contexts of an n-gram model of this order, from the least to the most particular.

    Raises:
        BookError: for an order below 1; an order of n looks back at up to n − 1 tokens.
    """
    if order < 1:
        raise BookError(f"An n-gram model of order {order} is impossible; the lowest order is 1.")
    chain = []
    for length in range(order):
        chain.append(Context(length, "none"))
        if labels != "none" and length < LABELLED:
            chain.append(Context(length, labels))
    return chain


def interpolate(shorter: np.ndarray, found: Found, escape: float = 1.0) -> np.ndarray:
    """One step up the chain: probabilities [pairs] under a longer context from those under a shorter."""
    left = escape * found.left
    total = found.context + left  # 0 for a context never seen, which has nothing to say
    return np.where(total > 0, (found.pair + left * shorter) / np.where(total > 0, total, 1), shorter)


class NgramModel:
    """Counts for a chain of contexts; see the module.

    Attributes:
        vocabulary_size: number of token ids.
        order: it looks back at up to `order - 1` tokens.
        labels: which labels the short contexts know: none, emotion, genre or both.
        smoothing: by whose rule.
        escape: for Witten–Bell, otherwise 1.
        counts: of each context in `chain`.
    """

    def __init__(
        self,
        vocabulary_size: int,
        order: int,
        labels: Labels,
        smoothing: Smoothing,
        escape: float,
        counts: list[Counts],
    ):
        self.vocabulary_size, self.order, self.labels = vocabulary_size, order, labels
        self.smoothing, self.escape = smoothing, escape
        self.chain, self.counts = context_chain(order, labels), counts

    @classmethod
    def fit(
        cls,
        pieces: FlatPieces,
        vocabulary_size: int,
        order: int,
        labels: Labels = "none",
        escape: float = 1.0,
        smoothing: Smoothing = "witten-bell",
    ) -> "NgramModel":
        """Count the n-grams of training pieces.

        Raises:
            BookError: for an order below 1.
        """
        chain = context_chain(order, labels)
        if smoothing == "kneser-ney":
            (longest,) = count_contexts(pieces, vocabulary_size, chain[-1:])
            counts = [*count_variety(pieces, vocabulary_size, chain), replace(longest, discounted=True)]
        else:
            counts = count_contexts(pieces, vocabulary_size, chain)
        return cls(vocabulary_size, order, labels, smoothing, escape, counts)

    @property
    def num_ngrams(self) -> int:
        """Counts kept in all: the model's size in numbers."""
        return sum(len(counts.keys) for counts in self.counts)

    def log_probabilities_of(self, pieces: FlatPieces) -> np.ndarray:
        """Natural logarithms of the probabilities of targets, float64 [targets], in the order of `pieces`."""
        hashes, targets = ContextHashes(pieces, self.vocabulary_size), pieces.is_target
        probability = np.full(len(pieces), 1 / self.vocabulary_size)
        for context, counts in zip(self.chain, self.counts, strict=True):
            values, whole = hashes.of(context)
            chosen = targets & whole
            found = counts.find(Pairs.of(values[chosen], pieces.tokens[chosen]))
            probability[chosen] = interpolate(probability[chosen], found, self.escape)
        return np.log(probability[targets])

    def predictions_of(self, pieces: FlatPieces) -> np.ndarray:
        """The likeliest token at each target, ids int64 [targets], in the order of `pieces`."""
        # Equal contexts have equal distributions: each is worked out once.
        labelled = Context(self.order - 1, self.labels)
        values, _ = ContextHashes(pieces, self.vocabulary_size).of(labelled)
        targets = np.flatnonzero(pieces.is_target)
        _, first, inverse = np.unique(values[targets], return_index=True, return_inverse=True)
        best = np.empty(len(first), np.int64)
        for start in range(0, len(first), _AT_A_TIME):
            part = slice(start, start + _AT_A_TIME)
            histories = pieces.histories(targets[first[part]], self.order - 1)
            best[part] = self.distributions(histories).argmax(axis=1)
        return best[inverse]

    def distributions(self, histories: Histories) -> np.ndarray:
        """Probabilities of the next token after each history, float64 [histories, V]."""
        hashes = ContextHashes(histories, self.vocabulary_size)
        probability = np.full((len(histories), self.vocabulary_size), 1 / self.vocabulary_size)
        for context, counts in zip(self.chain, self.counts, strict=True):
            values, whole = hashes.of(context)
            begin, end = counts.ranges(values)
            end = np.where(whole, end, begin)
            kept, left = counts.kept(begin, end)
            left = self.escape * left
            total = np.where(end > begin, kept + left, 1)
            probability *= np.where(end > begin, left / total, 1)[:, None]
            # All pairs of a history and a token seen after it, one entry each.
            distinct = end - begin
            row = np.repeat(np.arange(len(histories)), distinct)
            pair = np.arange(len(row)) + np.repeat(begin - (np.cumsum(distinct) - distinct), distinct)
            token = (counts.keys[pair] & counts.token_mask).astype(np.int64)
            probability[row, token] += counts.kept(pair, pair + 1)[0] / total[row]
        return probability
