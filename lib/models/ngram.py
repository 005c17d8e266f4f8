"""An interpolated Witten–Bell n-gram model: the baseline of the networks.

With h a context, c its occurrences, t the different tokens seen after it, and h' a shorter or less particular
context,

    P(w | h) = (c(h, w) + t(h) · P(w | h')) / (c(h) + t(h)),

down to the uniform distribution: the more various the continuations, the more is left to the shorter context
(Witten and Bell 1991; Chen and Goodman 1999). A factor on t(h), `escape`, is 1 in Witten and Bell's rule; a
larger one trusts long contexts less. Labels enter the contexts of up to four tokens, about a note.
"""

import numpy as np

from lib.basics.errors import BookError
from lib.models.ngram_counts import Context, ContextHashes, Counts, Found, Labels, count_contexts
from lib.models.pieces import FlatPieces, Histories

LABELLED = 5
"""Contexts shorter than so many tokens are counted by label; longer ones are rare enough as they are."""

_AT_A_TIME = 2048


def context_chain(order: int, labels: Labels) -> list[Context]:
    """The contexts of an n-gram model of this order, from the least to the most particular.

    Raises:
        BookError: for an order below 1; an order of n looks back at up to n − 1 tokens.
    """
    if order < 1:
        raise BookError(f"An n-gram model of order {order} is impossible; the lowest order is 1.")
    if labels == "none":
        return [Context(length, "none") for length in range(order)]
    labelled = [Context(length, labels) for length in range(min(order, LABELLED))]
    return [Context(0, "none"), *labelled, *(Context(length, "none") for length in range(LABELLED, order))]


def interpolate(shorter: np.ndarray, found: Found, escape: float) -> np.ndarray:
    """One step up the chain: the probabilities under a longer context from those under a shorter one."""
    left = escape * found.distinct
    longer = (found.pair + left * shorter) / np.maximum(found.context + left, 1)
    return np.where(found.context > 0, longer, shorter)  # a context never seen has nothing to say


class NgramModel:
    """Counts for a chain of contexts; see the module.

    Attributes:
        vocabulary_size: number of token ids.
        order: it looks back at up to `order - 1` tokens.
        labels: which labels the short contexts know: none, emotion, genre or both.
        escape: 1 for Witten–Bell.
        counts: of each context in `chain`.
    """

    def __init__(self, vocabulary_size: int, order: int, labels: Labels, escape: float, counts: list[Counts]):
        self.vocabulary_size, self.order, self.labels, self.escape = vocabulary_size, order, labels, escape
        self.chain, self.counts = context_chain(order, labels), counts

    @classmethod
    def fit(
        cls,
        pieces: FlatPieces,
        vocabulary_size: int,
        order: int,
        labels: Labels = "none",
        escape: float = 1.0,
    ) -> "NgramModel":
        """Count the n-grams of training pieces.

        Raises:
            BookError: for an order below 1.
        """
        counts = count_contexts(pieces, vocabulary_size, context_chain(order, labels))
        return cls(vocabulary_size, order, labels, escape, counts)

    @property
    def num_ngrams(self) -> int:
        """Counts kept in all: the model's size in numbers."""
        return sum(len(counts.keys) for counts in self.counts)

    def log_probabilities_of(self, pieces: FlatPieces) -> np.ndarray:
        """Natural logarithms of the probabilities of all targets, float64, in the order of `pieces`."""
        hashes, targets = ContextHashes(pieces, self.vocabulary_size), pieces.is_target
        probability = np.full(len(pieces), 1 / self.vocabulary_size)
        for context, counts in zip(self.chain, self.counts, strict=True):
            values, whole = hashes.of(context)
            chosen = targets & whole
            found = counts.find(values[chosen], pieces.tokens[chosen])
            probability[chosen] = interpolate(probability[chosen], found, self.escape)
        return np.log(probability[targets])

    def predictions_of(self, pieces: FlatPieces) -> np.ndarray:
        """The likeliest token at each target, int64, in the order of `pieces`."""
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
            distinct = np.where(whole, end - begin, 0)
            left = self.escape * distinct
            total = counts.ends[end].astype(np.int64) - counts.ends[begin] + left
            probability *= np.where(distinct > 0, left / np.maximum(total, 1), 1)[:, None]
            # All pairs of a history and a token seen after it, one entry each.
            row = np.repeat(np.arange(len(histories)), distinct)
            pair = np.arange(len(row)) + np.repeat(begin - (np.cumsum(distinct) - distinct), distinct)
            token = (counts.keys[pair] & counts.token_mask).astype(np.int64)
            probability[row, token] += (counts.ends[pair + 1] - counts.ends[pair]) / total[row]
        return probability
