"""Groups of pieces from pairs."""

import numpy as np
from hypothesis import given, settings, strategies as st

from lib.data.grouping import groups


@settings(max_examples=50, deadline=None)
@given(
    st.integers(1, 30).flatmap(
        lambda count: st.tuples(
            st.just(count),
            st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=30),
        )
    )
)
def test_groups_are_the_connected_parts(case):
    count, pairs = case
    found = groups.group(count, pairs[::2], pairs[1::2])
    reach = np.eye(count, dtype=bool)
    for first, second in pairs:
        reach[first, second] = reach[second, first] = True
    for _ in range(count):
        reach = reach @ reach
    assert np.array_equal(found[:, None] == found, reach)
    assert found[0] == 0
    assert sorted(set(found)) == list(range(found.max() + 1))


def test_equal_pairs_pass_over_what_is_unknown():
    assert groups.equal_pairs(["a", "", "b", "a", "", "a"]) == [(0, 3), (0, 5)]


def test_numbers_become_pairs_and_numbers_again():
    pairs = groups.pairs_of_groups(np.array([4, 2, 4, 4, 2, 0]))
    assert pairs == [(0, 2), (0, 3), (1, 4)]
    assert groups.group(6, pairs).tolist() == [0, 1, 0, 0, 1, 2]
