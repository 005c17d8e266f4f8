"""The ear: which axis it reads, that it learns what can be learned, how votes are counted, what is kept."""

import numpy as np
import pytest
import torch

from lib.basics.errors import BookError
from lib.measures.ear.features import NAMES, SEGMENT_FRAMES
from lib.measures.ear.network import EarNetwork, train_ear
from lib.profiles.profile import EarSettings

SMALL = EarSettings(hidden_size=8, epochs=6, batch_size=4, learning_rate=0.02)


def pieces(count: int, level: float, segments: int = 2, seed: int = 0) -> list[np.ndarray]:
    """Features around a level, noise apart."""
    generator = np.random.default_rng(seed)
    return [
        generator.normal(level, 1, (segments * SEGMENT_FRAMES, len(NAMES))).astype(np.float32)
        for _ in range(count)
    ]


HEARD = [*pieces(6, -1), *pieces(6, 1, seed=1)]
LABELS = ["low"] * 6 + ["high"] * 6


@pytest.mark.parametrize(("batch_first", "moved"), [(False, [0, 1, 2, 3]), (True, [0])])
def test_without_batch_first_a_segment_changes_the_answers_of_all_behind_it(batch_first, moved):
    torch.manual_seed(1)
    network = EarNetwork(SMALL, 3, batch_first).eval()
    batch = torch.randn(4, SEGMENT_FRAMES, len(NAMES))
    other = batch.clone()
    other[0] = torch.randn(SEGMENT_FRAMES, len(NAMES))
    changes = (network(batch) - network(other)).abs().amax(dim=1)
    assert torch.nonzero(changes > 1e-7).flatten().tolist() == moved


def test_it_learns_an_easy_difference_and_answers_alike_in_any_order(home):
    ear = train_ear(HEARD, LABELS, SMALL, seed=3)
    fresh = [*pieces(3, -1, seed=8), *pieces(3, 1, seed=9)]
    assert ear.recognise(fresh).tolist() == ["low"] * 3 + ["high"] * 3
    assert ear.recognise(fresh[::-1]).tolist() == ["high"] * 3 + ["low"] * 3
    assert ear.recognise([]).tolist() == []


def test_it_is_kept_and_another_seed_order_or_reading_is_another(home):
    first = train_ear(HEARD, LABELS, SMALL, seed=3)
    folder = home / "artifacts" / "ear"
    count = len(list(folder.iterdir()))
    again = train_ear(HEARD, LABELS, SMALL, seed=3)
    assert len(list(folder.iterdir())) == count
    for name, weights in first.network.state_dict().items():
        assert torch.equal(weights, again.network.state_dict()[name])
    train_ear(HEARD, LABELS, SMALL, seed=4)
    train_ear(HEARD, LABELS, SMALL, seed=3, batch_first=False)
    train_ear(HEARD, LABELS, SMALL, seed=3, shuffled=False)
    train_ear(HEARD, LABELS[::-1], SMALL, seed=3)
    assert len(list(folder.iterdir())) == count + 4


def test_most_votes_win_and_a_tie_goes_to_the_greater_probability(home):
    ear = train_ear(HEARD, LABELS, SMALL, seed=3)  # its labels: high, low
    votes = np.array([[0.9, 0.1], [0.4, 0.6], [0.4, 0.6], [0.9, 0.1], [0.3, 0.7]])
    assert ear.majority(votes, np.array([0, 0, 0, 1, 1])).tolist() == ["low", "high"]


def test_one_genre_cannot_be_told_apart():
    with pytest.raises(BookError, match="at least two genres"):
        train_ear(HEARD[:3], ["low"] * 3, SMALL, seed=1)
