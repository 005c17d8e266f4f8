"""Steps of real pieces: their logits, their uncertainty, and what of them the grammar forbids."""

import numpy as np
import pytest
import torch

from lib.basics.errors import BookError
from lib.chapters.generation.next_token import entropy_bits, forbidden_probability, piece_logits, typical_step
from lib.composing.grammar import Grammar
from lib.models import build_model
from lib.profiles.profile import ModelSettings


@pytest.fixture(scope="module")
def model(tiny_store):
    torch.manual_seed(0)
    settings = ModelSettings(kind="lstm", hidden_size=16, num_layers=1, positions="none")
    return build_model(
        settings, len(tiny_store.vocabulary), len(tiny_store.emotions), len(tiny_store.genres)
    ).eval()


def test_entropy_in_bits():
    logits = torch.tensor([[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, -torch.inf, -torch.inf], [9e9, 0.0, 0.0, 0.0]])
    np.testing.assert_allclose(entropy_bits(logits), [2, 1, 0], atol=1e-9)


def test_a_step_is_one_of_the_piece(model, tiny_store):
    step = typical_step(model, tiny_store, 0, bars=(2, 4))
    tokens = tiny_store.tokens(0)
    assert np.array_equal(step.context, tokens[: len(step.context)])
    assert step.actual == tokens[len(step.context)]
    assert tiny_store.vocabulary[step.actual].startswith("Pitch")
    bars = [tiny_store.vocabulary[token] for token in step.context].count("Bar_None")
    assert 2 <= step.bar == bars <= 4
    torch.testing.assert_close(step.logits, piece_logits(model, tiny_store, 0)[len(step.context) - 1])
    assert step.probabilities.sum() == pytest.approx(1)


def test_a_step_that_does_not_exist(model, tiny_store):
    late = typical_step(model, tiny_store, 0, bars=(900, 901))
    assert late.actual == tiny_store.tokens(0)[len(late.context)], "another bar stands in"
    with pytest.raises(BookError, match="hold no note"):
        typical_step(model, tiny_store, 0, length=2)


def test_forbidden_probability_is_what_the_grammar_leaves_out(model, tiny_store):
    grammar = Grammar(tiny_store.tokenizer)
    table = forbidden_probability(model, tiny_store, [0, 3], grammar, length=60)
    assert len(table) == 2 * 59
    first = table[table["row"] == 0]["forbidden"].to_numpy()
    bar = tiny_store.vocabulary.index("Bar_None")
    probabilities = piece_logits(model, tiny_store, 0, 60).softmax(-1)
    assert first[0] == pytest.approx(1 - float(probabilities[0, bar]), abs=1e-5), "only Bar may follow BOS"
    velocities = [token for token, text in enumerate(tiny_store.vocabulary) if text.startswith("Velocity")]
    pitch = next(
        index
        for index, token in enumerate(tiny_store.tokens(0))
        if tiny_store.vocabulary[token].startswith("Pitch")
    )
    assert first[pitch] == pytest.approx(1 - float(probabilities[pitch, velocities].sum()), abs=1e-5)
