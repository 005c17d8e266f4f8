"""The n-gram as a composer: its own probabilities, under the grammar, each piece by its seed."""

import numpy as np
import pytest
import torch
from ngram_by_step import next_distribution

from lib.composing import Grammar, SamplingSettings, compose_many
from lib.composing.counted import NgramComposer
from lib.models import NgramModel
from lib.models.pieces import flatten_rows

DRAW = SamplingSettings(max_tokens=200, seed=5)


@pytest.fixture(scope="module", params=["none", "both"])
def composer(request, tiny_store):
    pieces = flatten_rows(tiny_store, tiny_store.rows("train"))
    model = NgramModel.fit(pieces, len(tiny_store.vocabulary), order=6, labels=request.param)
    return NgramComposer(model, tiny_store)


def test_step_by_step_it_says_what_the_model_says(composer, tiny_store):
    tokens = tiny_store.tokens(3)[:40].astype(np.int64)
    state = composer.empty_state(1)
    for length, token in enumerate(tokens, start=1):
        logits, state = composer(torch.tensor([[token]]), torch.tensor([1]), torch.tensor([0]), state)
        expected = next_distribution(composer.model, tokens[:length], 1, 0)
        assert np.allclose(logits[0, -1].exp().numpy(), expected, atol=1e-6)


def test_pieces_keep_the_grammar_and_come_again_by_their_seed(composer, tiny_store):
    labels = [("calm", "folk"), ("lively", "pop"), (None, None)]
    pieces = compose_many(composer, tiny_store, labels, DRAW)
    grammar = Grammar(tiny_store.tokenizer)
    for piece in pieces:
        assert grammar.violation(piece.tokens) is None
        assert piece.notes > 0
        assert piece.record()["model"]["kind"] == "ngram"
    again = compose_many(composer, tiny_store, labels[1:2], DRAW.model_copy(update={"seed": DRAW.seed + 1}))
    assert np.array_equal(again[0].tokens, pieces[1].tokens)


def test_it_composes_the_bigrams_that_it_counted(tiny_store):
    """Without smoothing's help every step of a greedy piece is a pair of tokens seen in training."""
    pieces = flatten_rows(tiny_store, tiny_store.rows("train"))
    composer = NgramComposer(NgramModel.fit(pieces, len(tiny_store.vocabulary), order=2), tiny_store)
    made = compose_many(
        composer,
        tiny_store,
        [("calm", "folk")],
        DRAW.model_copy(update={"greedy": True, "grammar": False, "max_tokens": 40}),
    )[0].tokens.astype(int)
    seen = set(zip(pieces.tokens[:-1].tolist(), pieces.tokens[1:].tolist(), strict=True))
    assert all(pair in seen for pair in zip(made[:-1].tolist(), made[1:].tolist(), strict=True))
