"""The leak of a naive split: the same pieces held out, copies gone, as much training; what it measures."""

import numpy as np
import pytest

from lib.basics.errors import BookError
from lib.chapters.dataset import leakage


@pytest.fixture
def copied_store(tiny_store, monkeypatch):
    """The synthetic store, every second piece in one group with the next."""
    store = leakage.Resplit(tiny_store, np.arange(10), np.arange(10, 20), "whole")
    groups = np.arange(len(tiny_store)) // 4 * 2 + np.arange(len(tiny_store)) % 4 // 2
    monkeypatch.setattr(leakage.Resplit, "__init__", resplit(groups))
    store.index = store.index.assign(group=groups)
    return store


def resplit(groups):
    """Of a store whose groups are given: the file on disk has others."""
    original = leakage.Resplit.__init__

    def changed(self, *arguments):
        original(self, *arguments)
        self.index = self.index.assign(group=groups)

    return changed


def test_both_splits_hold_out_the_same_and_train_on_as_much(copied_store):
    leaky, clean = leakage.split_naively(copied_store, seed=3)
    np.testing.assert_array_equal(leaky.rows("validation"), clean.rows("validation"))
    for split in (leaky, clean):
        assert not set(split.rows("train")) & set(split.rows("validation"))
    tokens = [split.lengths[split.rows("train")].sum() for split in (leaky, clean)]
    assert abs(tokens[0] - tokens[1]) <= copied_store.lengths.max()
    assert len(leakage.leaked_rows(leaky)) > 3
    assert len(leakage.leaked_rows(clean)) == 0
    assert len({leaky.hash, clean.hash, copied_store.hash}) == 3


def test_without_copies_there_is_nothing_to_measure(copied_store):
    copied_store.index = copied_store.index.assign(group=np.arange(len(copied_store)))
    with pytest.raises(BookError, match="no copies"):
        leakage.split_naively(copied_store)


def test_the_effect_is_where_the_copies_are(copied_store):
    leaky, _ = leakage.split_naively(copied_store, seed=3)
    row = np.repeat(leaky.rows("validation"), 5)
    with_copies = np.where(np.isin(row, leakage.leaked_rows(leaky)), 1.0, 2.0)
    table = leakage.leak_effect(leaky, row, with_copies, np.full(len(row), 2.0))
    table = table.set_index("pieces held out")
    assert table.loc["a copy in training", "gain"] == pytest.approx(1)
    assert table.loc["no copy in training", "gain"] == 0
    assert 0 < table.loc["all held out", "gain"] < 1
    assert table.loc["all held out", "pieces"] == len(leaky.rows("validation"))


def test_an_ngram_learns_from_copies(tiny_store):
    # Pieces 0 and 1 are equal: the one held out is easy only if the other was in training.
    seed = next(seed for seed in range(300) if has_exact_copies(tiny_store, seed))
    table = leakage.request_ngram_leak(tiny_store, 5, seed).set_index("pieces held out")
    assert table.loc["a copy in training", "gain"] > 0.3
    assert abs(table.loc["no copy in training", "gain"]) < 0.3


def has_exact_copies(store, seed: int) -> bool:
    """Whether all leaked pieces have an exact copy in training: an n-gram model knows no transposition."""
    try:
        split = leakage.split_naively(store, seed)[0]
    except BookError:
        return False
    exact, leaked = split.index["hash_exact"].to_numpy(), leakage.leaked_rows(split)
    return len(leaked) > 0 and bool(np.isin(exact[leaked], exact[split.rows("train")]).all())
