"""A part of a store keeps the split and the ids of the whole and numbers its labels anew."""

import numpy as np
import pytest

from lib.basics.errors import BookError
from lib.data.batches import Batches
from lib.data.part import StorePart


def test_a_part_has_only_the_other_genres(tiny_store):
    part = StorePart(tiny_store, ["pop"])
    assert part.genres == ["folk"]
    assert len(part) == (tiny_store.index["genre"] == "folk").sum()
    assert part.genre_of(0) == 0


def test_its_pieces_and_their_split_are_those_of_the_whole(tiny_store):
    part = StorePart(tiny_store, ["folk"])
    for row, whole_row in enumerate(part.whole_rows):
        np.testing.assert_array_equal(part.tokens(row), tiny_store.tokens(whole_row))
        assert part.index["split"][row] == tiny_store.index["split"][whole_row]
        assert part.emotions[part.emotion_of(row)] == tiny_store.index["emotion"][whole_row]


def test_nothing_of_the_genres_left_out_reaches_a_batch(tiny_store):
    part = StorePart(tiny_store, ["pop"])
    batches = Batches(part, "train", 64, 256, seed=1)
    numbers = range(batches.num_batches(0))
    seen = {row for number in numbers for row in batches.batch_at(0, number).rows.tolist()}
    assert seen == set(part.rows("train").tolist())
    assert set(tiny_store.index["genre"][part.whole_rows[sorted(seen)]]) == {"folk"}


def test_the_hash_says_what_is_left_out(tiny_store):
    assert StorePart(tiny_store, []).hash == tiny_store.hash == StorePart(tiny_store, ["jazz"]).hash
    hashes = {StorePart(tiny_store, without).hash for without in ([], ["pop"], ["folk"])}
    assert len(hashes) == 3


def test_a_part_without_pieces_is_refused(tiny_store):
    with pytest.raises(BookError, match=r"Nothing of tiny-\S+ is left without the genres folk, pop"):
        StorePart(tiny_store, ["pop", "folk"])
