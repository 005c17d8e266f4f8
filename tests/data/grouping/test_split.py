"""The split: whole groups, exact shares, every stratum divided alike; and the leak of a naive one."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from lib.basics.errors import BookError
from lib.data.grouping import split


def pieces(seed: int, count: int = 2000, strata: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Strata of very different sizes, and groups of which most have one member and a few have many."""
    generator = np.random.default_rng(seed)
    weights = 1.0 / np.arange(1, strata + 1)
    drawn = np.minimum(generator.zipf(1.3, count), 50) * count + generator.integers(0, count, count)
    groups = np.unique(drawn, return_inverse=True)[1]
    return generator.choice(strata, count, p=weights / weights.sum()), groups


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_groups_stay_whole_and_shares_hold(seed):
    strata, groups = pieces(seed)
    parts = split.split_by_groups(strata, groups, seed)
    table = pd.DataFrame({"group": groups, "part": parts})
    assert table.groupby("group")["part"].nunique().max() == 1
    for name, share in split.SHARES.items():
        assert np.mean(parts == name) == pytest.approx(share, abs=0.005)


def test_each_stratum_is_divided_in_the_same_shares():
    strata, _ = pieces(3)
    parts = split.split_by_groups(strata, np.arange(len(strata)), seed=1)
    for stratum in range(8):
        inside = parts[strata == stratum]
        for name, share in split.SHARES.items():
            assert abs(np.sum(inside == name) - share * len(inside)) <= 1.5  # pieces


def test_the_seed_decides():
    strata, groups = pieces(5)
    first, again, other = (split.split_by_groups(strata, groups, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.mean(first != other) > 0.1


def test_large_groups_do_not_gather_in_the_small_parts():
    groups = np.repeat(np.arange(100), 20)
    parts = [split.split_by_groups(np.zeros(2000, int), groups, seed) for seed in range(10)]
    held = [np.mean(part != "train") for part in parts]
    assert np.mean(held) == pytest.approx(0.2, abs=0.01)


def test_too_few_pieces_are_refused():
    with pytest.raises(BookError, match="too few for a split"):
        split.split_by_groups(np.zeros(40, int), np.zeros(40, int), seed=0)


def duplicated(count: int = 1000) -> pd.DataFrame:
    """Half the pieces are alone, half are pairs of equal pieces."""
    group = np.concatenate([np.arange(count // 2), count + np.repeat(np.arange(count // 4), 2)])
    return pd.DataFrame(
        {
            "group": group,
            "hash_transposed": group.astype(str),
            "hash_exact": [f"{number}" for number in range(count)],
        }
    )


def test_the_leak_of_a_naive_split():
    # A held-out piece of a pair has its other half in training with a chance of about 80 %.
    table = split.leakage_table(duplicated(), seeds=20)
    assert table.loc["any", "mean"] == pytest.approx(0.4, abs=0.02)
    assert table.loc["transposed", "mean"] == table.loc["any", "mean"]
    assert table.loc["exact", "mean"] == 0
    assert table.loc["any", "low"] < table.loc["any", "mean"] < table.loc["any", "high"]


def test_our_split_leaks_nothing(tiny_store):
    index = tiny_store.index
    assert index.groupby("group")["split"].nunique().max() == 1
    held = index["split"] != "train"
    assert not set(index["hash_transposed"][held]) & set(index["hash_transposed"][~held])
    assert split.naive_leakage(index.assign(group=0), seed=0)["any"] == 1


def test_the_table_counts_every_piece(tiny_store):
    table = split.split_table(tiny_store.index)
    assert table[list(split.SHARES)].to_numpy().sum() == len(tiny_store)


def test_what_a_split_without_melodies_would_leak(tiny_store):
    index = tiny_store.index
    same = split.melody_leakage(index.assign(group_without_melody=index["group"]), seed=1)
    assert same["leaked"].tolist() == [0] * len(same)
    # Every melody in two pieces that nothing else joins: most of the held-out have theirs in training.
    twins = index.assign(group=index.index // 2, group_without_melody=index.index)
    found = split.melody_leakage(twins, seed=1).set_index("genre").loc["all"]
    assert 0.5 < found["share"] <= 1
    assert found["leaked"] == round(found["share"] * found["held_out"])
