"""Watched composing gives the very piece that unwatched composing gives, and can be stopped at any token."""

import numpy as np
import pytest

from lib.basics.errors import BookError
from lib.composing import SamplingSettings, compose_pieces
from lib.composing.watched import compose_watched

DRAW = SamplingSettings(max_tokens=40, seed=3)


@pytest.fixture(params=["transformer", "lstm"])
def network(untrained, request):
    return untrained(request.param)


@pytest.mark.parametrize("guidance", [1.0, 2.0])
def test_the_piece_is_the_same_and_each_token_is_told(network, tiny_store, guidance):
    draw, steps = DRAW.model_copy(update={"guidance": guidance}), []
    piece = compose_watched(network, tiny_store, "calm", "pop", draw, lambda: steps.append(1))
    (alone,) = compose_pieces(network, tiny_store, "calm", "pop", draw)
    assert np.array_equal(piece.tokens, alone.tokens)
    assert piece.record() == alone.record()
    assert len(alone.tokens) - 1 <= len(steps) < DRAW.max_tokens


def test_it_stops_where_the_watcher_says_so_and_the_network_is_free_again(network, tiny_store):
    steps = []

    def until_the_fifth():
        steps.append(1)
        if len(steps) == 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        compose_watched(network, tiny_store, "calm", "pop", DRAW, until_the_fifth)
    assert len(steps) == 5
    compose_pieces(network, tiny_store, "calm", "pop", DRAW)
    assert len(steps) == 5


def test_an_unknown_label_is_told_before_any_token(network, tiny_store):
    with pytest.raises(BookError, match="no emotion 'angry'"):
        compose_watched(network, tiny_store, "angry", "pop", DRAW, pytest.fail)


def test_a_length_without_room_for_a_note_is_told(network, tiny_store):
    with pytest.raises(BookError, match="not even one note was finished"):
        compose_watched(network, tiny_store, "calm", "pop", DRAW.model_copy(update={"max_tokens": 3}), int)
