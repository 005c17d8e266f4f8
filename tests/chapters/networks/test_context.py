"""The same tokens, seen with more or less of their past."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lib.basics.errors import BookError
from lib.chapters.networks.context import choose_segments, context_table, loss_by_context

V = 60


class CountsUp(torch.nn.Module):
    """Sure that the next token is one higher if it sees at least `reach` tokens; guesses otherwise."""

    device = torch.device("cpu")

    def __init__(self, reach):
        super().__init__()
        self.reach = reach

    def forward(self, tokens, emotion, genre):
        sure = 100.0 * (tokens.shape[1] >= self.reach)
        return sure * torch.nn.functional.one_hot((tokens + 1) % V, V).float(), None


@pytest.fixture
def counting_store():
    """Five pieces, each the numbers 0 to 49."""
    labels = np.zeros(5, int)
    return SimpleNamespace(
        tokens=lambda row: np.arange(50, dtype=np.uint16), emotion_ids=labels, genre_ids=labels
    )


def test_places_have_the_past_they_need(tiny_store):
    rows, places = choose_segments(tiny_store, "train", longest=40, judged=4, count=60, seed=1)
    assert len(rows) == len(places) == 60
    assert (places >= 40).all()
    assert (places + 4 <= tiny_store.lengths[rows]).all()
    assert set(rows) <= set(tiny_store.rows("train"))


def test_no_piece_is_long_enough(tiny_store):
    with pytest.raises(BookError, match="shorter context"):
        choose_segments(tiny_store, "train", longest=100_000, judged=4, count=5, seed=1)


def test_the_right_tokens_are_judged_and_shown(counting_store):
    rows, places = np.arange(5), np.array([32, 33, 40, 45, 46])
    losses = loss_by_context(CountsUp(reach=12), counting_store, rows, places, [4, 8, 16, 32], judged=2)
    assert losses[:, :2] == pytest.approx(np.full((5, 2), np.log(V)), rel=1e-5)
    assert losses[:, 2:] == pytest.approx(np.zeros((5, 2)), abs=1e-5)


def test_table_is_paired():
    losses = np.array([[3.0, 1.0], [4.0, 2.0], [5.0, 3.0]])
    table = context_table(losses, [4, 8], np.arange(3))
    assert table["extra"].tolist() == [2, 0]
    assert table["extra_low"].tolist() == [2, 0]
    assert table["loss"].tolist() == [4, 2]
