"""The n-gram model by hand, against dictionaries, and as a probability."""

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from ngram_by_step import log_probabilities, next_distribution

from lib.basics.errors import BookError
from lib.basics.files import read_json
from lib.models.ngram import LABELLED, NgramModel, context_chain
from lib.models.pieces import flatten

VOCABULARY = 5
KINDS = ["none", "emotion", "genre", "both"]


def sequences_strategy():
    piece = st.tuples(
        st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=12),
        st.integers(0, 1),
        st.integers(0, 2),
    )
    return st.lists(piece, min_size=1, max_size=6)


def flat(pieces):
    return flatten(
        [np.array(tokens) for tokens, _, _ in pieces],
        [emotion for _, emotion, _ in pieces],
        [genre for _, _, genre in pieces],
    )


def labels_of(kind, emotion, genre):
    return {"none": (), "emotion": (emotion,), "genre": (genre,), "both": (emotion, genre)}[kind]


def by_dictionaries(training, tokens, emotion, genre, order, labels, escape):
    """Witten–Bell, as slow and plain as the formula."""
    chain = context_chain(order, labels)
    counts = [defaultdict(Counter) for _ in chain]
    for piece, its_emotion, its_genre in training:
        for place in range(1, len(piece)):
            for (length, kind), table in zip(chain, counts, strict=True):
                if length <= place:
                    context = (*piece[place - length : place], labels_of(kind, its_emotion, its_genre))
                    table[context][piece[place]] += 1
    result = []
    for place in range(1, len(tokens)):
        probability = 1 / VOCABULARY
        for (length, kind), table in zip(chain, counts, strict=True):
            context = (*tokens[place - length : place], labels_of(kind, emotion, genre))
            if length <= place and table[context]:
                left = escape * len(table[context])
                probability = (table[context][tokens[place]] + left * probability) / (
                    table[context].total() + left
                )
        result.append(np.log(probability))
    return result


def by_chen_and_goodman(training, tokens, emotion, genre, order, labels):
    """Modified Kneser–Ney, as slow and plain as the formula: sets of n-grams, no hash, no search."""
    chain = context_chain(order, labels)

    def ngram(piece, place, context, its_labels):
        length, kind = context
        if length > place:
            return None
        return (*piece[place - length : place], labels_of(kind, *its_labels)), piece[place]

    counts = []
    for number, context in enumerate(chain):
        longer = chain[number + 1] if number + 1 < len(chain) else None
        table, seen = Counter(), set()
        for piece, *its_labels in training:
            for place in range(1, len(piece)):
                found = ngram(piece, place, context, its_labels)
                beyond = longer and ngram(piece, place, longer, its_labels)
                if found and beyond not in seen:
                    table[found] += 1
                    if beyond:
                        seen.add(beyond)
        counts.append(table)
    result = []
    for place in range(1, len(tokens)):
        probability = 1 / VOCABULARY
        for context, table in zip(chain, counts, strict=True):
            n = Counter(table.values())
            y = n[1] / max(1, n[1] + 2 * n[2])
            off = {
                1: np.clip(1 - 2 * y * n[2] / max(1, n[1]), 0.05, 0.95),
                2: np.clip(2 - 3 * y * n[3] / max(1, n[2]), 0.05, 1.95),
                3: np.clip(3 - 4 * y * n[4] / max(1, n[3]), 0.05, 2.95),
            }
            found = ngram(tokens, place, context, (emotion, genre))
            if not found:
                continue
            after = [count for (past, _), count in table.items() if past == found[0]]
            if after:
                left = sum(off[min(count, 3)] for count in after)
                own = table[found]
                kept = own - off[min(own, 3)] if own else 0
                probability = (kept + left * probability) / sum(after)
        result.append(np.log(probability))
    return result


@given(sequences_strategy(), st.integers(1, 8), st.sampled_from(KINDS))
@example([([0, 0], 0, 0)], 5, "none")
@settings(max_examples=60, deadline=None)
def test_kneser_ney_sums_to_one_and_agrees_with_the_formula(pieces, order, labels):
    training, (tokens, emotion, genre) = pieces[:-1] or pieces, pieces[-1]
    model = NgramModel.fit(flat(training), VOCABULARY, order, labels, smoothing="kneser-ney")
    expected = by_chen_and_goodman(training, tokens, emotion, genre, order, labels)
    np.testing.assert_allclose(
        log_probabilities(model, np.array(tokens), emotion, genre), expected, atol=1e-9
    )
    for place in range(1, len(tokens)):
        distribution = next_distribution(model, tokens[:place], emotion, genre)
        assert distribution.min() > 0
        np.testing.assert_allclose(distribution.sum(), 1, atol=1e-9)
        np.testing.assert_allclose(np.log(distribution[tokens[place]]), expected[place - 1], atol=1e-9)


def test_bigram_by_hand():
    # Targets: 1, 2 and 1, 1. Unigram: c(1) = 3, c(2) = 1, two different tokens of 4 in all; V = 4.
    pieces = flatten([np.array([0, 1, 2]), np.array([0, 1, 1])], [0, 0], [0, 0])
    model = NgramModel.fit(pieces, 4, order=2)
    one, two = (3 + 2 / 4) / 6, (1 + 2 / 4) / 6
    np.testing.assert_allclose(
        next_distribution(NgramModel.fit(pieces, 4, order=1), [0], 0, 0), [0.5 / 6, one, two, 0.5 / 6]
    )
    # After 0 came 1 twice; after 1 came 2 and 1; 2 and 3 were never followed.
    np.testing.assert_allclose(next_distribution(model, [0], 0, 0)[1], (2 + one) / 3)
    np.testing.assert_allclose(
        next_distribution(model, [0, 1], 0, 0)[[1, 2]], [(1 + 2 * one) / 4, (1 + 2 * two) / 4]
    )
    np.testing.assert_allclose(next_distribution(model, [0, 3], 0, 0)[1], one)
    np.testing.assert_allclose(
        log_probabilities(model, np.array([0, 1, 1, 2]), 0, 0),
        np.log([(2 + one) / 3, (1 + 2 * one) / 4, (1 + 2 * two) / 4]),
    )


@given(sequences_strategy(), st.integers(1, 8), st.sampled_from(KINDS), st.sampled_from([1.0, 3.5]))
@settings(max_examples=60, deadline=None)
def test_distributions_sum_to_one_and_agree_with_dictionaries(pieces, order, labels, escape):
    training, (tokens, emotion, genre) = pieces[:-1], pieces[-1]
    if not training:
        training = pieces
    model = NgramModel.fit(flat(training), VOCABULARY, order, labels, escape)
    expected = by_dictionaries(training, tokens, emotion, genre, order, labels, escape)
    found = log_probabilities(model, np.array(tokens), emotion, genre)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    for place in range(1, len(tokens)):
        distribution = next_distribution(model, tokens[:place], emotion, genre)
        assert distribution.min() > 0
        np.testing.assert_allclose(distribution.sum(), 1, atol=1e-9)
        np.testing.assert_allclose(np.log(distribution[tokens[place]]), expected[place - 1], atol=1e-9)


@given(sequences_strategy(), st.integers(1, 7), st.sampled_from(KINDS))
@example([([0, 0], 0, 0)], 5, "none")  # an order longer than everything there is
@settings(max_examples=30, deadline=None)
def test_predictions_are_the_likeliest_tokens(pieces, order, labels):
    judged = flat(pieces)
    model = NgramModel.fit(judged, VOCABULARY, order, labels)
    predictions = iter(model.predictions_of(judged))
    for tokens, emotion, genre in pieces:
        for place in range(1, len(tokens)):
            distribution = next_distribution(model, tokens[:place], emotion, genre)
            np.testing.assert_allclose(distribution[next(predictions)], distribution.max(), atol=1e-12)


def test_pieces_do_not_run_into_each_other():
    # 3 ends the first piece and never precedes the second's tokens.
    pieces = flatten([np.array([0, 1, 3]), np.array([2, 4, 4])], [0, 0], [0, 0])
    model = NgramModel.fit(pieces, VOCABULARY, order=2)
    unigram = NgramModel.fit(pieces, VOCABULARY, order=1)
    np.testing.assert_allclose(
        next_distribution(model, [0, 1, 3], 0, 0), next_distribution(unigram, [0], 0, 0)
    )


def test_labels_enter_short_contexts():
    # Genre 0 goes on with 1, genre 1 with 2, after the same token.
    pieces = flatten([np.array([0, 1])] * 8 + [np.array([0, 2])] * 8, [0] * 16, [0] * 8 + [1] * 8)
    model = NgramModel.fit(pieces, VOCABULARY, 2, labels="genre")
    assert next_distribution(model, [0], 0, 0)[1] > 0.9
    assert next_distribution(model, [0], 0, 1)[2] > 0.9
    unlabelled = NgramModel.fit(pieces, VOCABULARY, 2)
    assert next_distribution(unlabelled, [0], 0, 0)[1] < 0.5


def test_chain():
    assert context_chain(3, "none") == [(0, "none"), (1, "none"), (2, "none")]
    assert context_chain(2, "genre") == [(0, "none"), (0, "genre"), (1, "none"), (1, "genre")]
    long = context_chain(LABELLED + 2, "both")
    assert [context.length for context in long] == [*np.repeat(range(LABELLED), 2), LABELLED, LABELLED + 1]
    assert {context.labels for context in long[2 * LABELLED :]} == {"none"}


def test_order_zero_is_refused():
    with pytest.raises(BookError, match="order 0 is impossible"):
        NgramModel.fit(flatten([np.array([0, 1])], [0], [0]), VOCABULARY, 0)


def test_kneser_ney_gives_what_kenlm_gives():
    """KenLM's own numbers, printed by its programs; it has `<unk>` where our vocabulary has BOS."""
    found = read_json(Path(__file__).with_name("kenlm.json"))
    words = max(max(piece) for piece in found["training"]) + 1
    begin, end = words, words + 1

    def whole(pieces):
        sequences = [np.array([begin, *piece, end]) for piece in pieces]
        return flatten(sequences, [0] * len(pieces), [0] * len(pieces))

    model = NgramModel.fit(whole(found["training"]), words + 2, found["order"], smoothing="kneser-ney")
    ours = model.log_probabilities_of(whole(found["held_out"]))
    np.testing.assert_allclose(ours, np.array(found["log10"]) * np.log(10), atol=2e-6)
