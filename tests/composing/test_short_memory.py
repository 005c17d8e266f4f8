"""A past cut to a few bars: what lies behind the cut has no effect, the rest has its full effect."""

import numpy as np
import pytest
import torch

from lib.basics.errors import BookError
from lib.composing import SamplingSettings, compose_many
from lib.composing.short_memory import ShortMemory

DRAW = SamplingSettings(max_tokens=160, seed=3)


@pytest.fixture(params=["transformer", "lstm"])
def network(request, tiny_store, untrained):
    model = untrained(request.param, num_layers=2, tie_embeddings=False)
    model.output.weight.data *= 10  # fresh weights hardly prefer one token to another
    model.output.bias.data[tiny_store.ids_of_type("Bar")] = 9.0  # so that pieces have several bars
    return model


def bars_of(store, tokens):
    return np.flatnonzero(np.isin(tokens, store.ids_of_type("Bar")))


@torch.no_grad()
def logits_after(model, tokens, state=None):
    label = torch.tensor([0])
    return model(torch.tensor(np.asarray(tokens, np.int64))[None], label, label, state)[0][0, -1]


def test_what_lies_behind_the_cut_is_forgotten(network, tiny_store):
    tokens = tiny_store.tokens(0)
    bars = bars_of(tiny_store, tokens)
    upto = int(bars[5]) + 3  # within the sixth bar: the fourth and the fifth are remembered
    expected = logits_after(network, tokens[bars[3] : upto])
    found = logits_after(ShortMemory(network, tiny_store, bars=2), tokens[:upto])
    assert torch.allclose(found, expected, atol=1e-5)
    assert not torch.allclose(expected, logits_after(network, tokens[:upto]), atol=1e-3)


def test_token_by_token_is_the_same_as_at_once(network, tiny_store):
    tokens = tiny_store.tokens(0)[:90].astype(np.int64)
    short = ShortMemory(network, tiny_store, bars=1)
    state, label = short.empty_state(1, 90), torch.tensor([0])
    with torch.no_grad():
        for length, token in enumerate(tokens, start=1):
            stepwise, state = short(torch.tensor([[token]]), label, label, state)
            if length % 10 == 0:
                assert torch.allclose(stepwise[0, -1], logits_after(short, tokens[:length]), atol=1e-5)


def test_pieces_begin_alike_and_part_behind_the_cut(network, tiny_store):
    labels = [("calm", "folk"), ("lively", "pop")] * 3
    whole = compose_many(network, tiny_store, labels, DRAW)
    short = compose_many(ShortMemory(network, tiny_store, bars=1), tiny_store, labels, DRAW)
    for one, other in zip(whole, short, strict=True):
        bars = bars_of(tiny_store, one.tokens)
        until = int(bars[2]) if len(bars) > 2 else min(len(one.tokens), len(other.tokens))
        assert np.array_equal(one.tokens[:until], other.tokens[:until])
    assert any(not np.array_equal(one.tokens, other.tokens) for one, other in zip(whole, short, strict=True))
    assert short[0].model["memory_bars"] == 1


def test_a_memory_longer_than_the_piece_changes_nothing(network, tiny_store):
    labels = [("calm", "folk"), ("lively", "pop")]
    whole = compose_many(network, tiny_store, labels, DRAW)
    same = compose_many(ShortMemory(network, tiny_store, bars=500), tiny_store, labels, DRAW)
    assert all(np.array_equal(one.tokens, other.tokens) for one, other in zip(whole, same, strict=True))


def test_no_memory_at_all_is_refused(network, tiny_store):
    with pytest.raises(BookError, match="at least 1"):
        ShortMemory(network, tiny_store, bars=0)
