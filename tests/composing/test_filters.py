"""Filters of logits: each against numbers worked out by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from lib.composing.filters import apply_temperature, guide, keep_top_k, keep_top_p, sample

PROBABILITIES = torch.tensor([[0.5, 0.2, 0.15, 0.1, 0.05]])
LOGITS = PROBABILITIES.log()


def kept(logits: torch.Tensor) -> list[int]:
    return torch.isfinite(logits[0]).nonzero()[:, 0].tolist()


def test_temperature_sharpens_and_flattens():
    cold, hot = (apply_temperature(LOGITS, t).softmax(-1)[0] for t in (0.5, 2.0))
    squares = PROBABILITIES[0] ** 2
    torch.testing.assert_close(cold, squares / squares.sum())
    roots = PROBABILITIES[0].sqrt()
    torch.testing.assert_close(hot, roots / roots.sum())


@pytest.mark.parametrize(
    ("top_k", "left"), [(1, [0]), (3, [0, 1, 2]), (5, [0, 1, 2, 3, 4]), (9, [0, 1, 2, 3, 4])]
)
def test_top_k(top_k, left):
    assert kept(keep_top_k(LOGITS, top_k)) == left


@pytest.mark.parametrize(
    ("top_p", "left"),
    [(0.01, [0]), (0.5, [0]), (0.6, [0, 1]), (0.84, [0, 1, 2]), (0.9, [0, 1, 2, 3]), (1.0, [0, 1, 2, 3, 4])],
)
def test_top_p_keeps_the_fewest_that_reach_p(top_p, left):
    shuffled = torch.tensor([3, 0, 4, 1, 2])
    assert kept(keep_top_p(LOGITS, top_p)) == left
    assert sorted(shuffled[kept(keep_top_p(LOGITS[:, shuffled], top_p))].tolist()) == left


def test_top_p_leaves_forbidden_tokens_out():
    logits = torch.tensor([[0.0, -torch.inf, 0.0, -torch.inf]])
    assert kept(keep_top_p(logits, 0.999)) == [0, 2]


def test_guidance_between_and_beyond():
    with_labels, without = torch.tensor([2.0, 0.0]), torch.tensor([1.0, 1.0])
    for scale, expected in ((0, [1.0, 1.0]), (1, [2.0, 0.0]), (3, [4.0, -2.0])):
        torch.testing.assert_close(guide(with_labels, without, scale), torch.tensor(expected))


def test_pick_draws_as_often_as_it_should():
    uniform = torch.from_numpy(np.random.default_rng(0).random(20_000))
    drawn = sample(LOGITS.expand(20_000, -1), uniform)
    shares = torch.bincount(drawn, minlength=5) / 20_000
    torch.testing.assert_close(shares, PROBABILITIES[0], atol=0.015, rtol=0)


@given(uniform=st.floats(0, 1, exclude_max=True), forbidden=st.sets(st.integers(0, 9), max_size=9))
def test_pick_never_draws_the_forbidden(uniform, forbidden):
    logits = torch.zeros(1, 10)
    logits[0, list(forbidden)] = -torch.inf
    assert sample(logits, torch.tensor([uniform], dtype=torch.float64)).item() not in forbidden
