"""Which pieces belong together: pairs become groups."""

from collections.abc import Iterable

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def group(count: int, *relations: Iterable[tuple[int, int]]) -> np.ndarray:
    """Group numbers, int64 [count], of pieces of which `relations` lists pairs that belong together.

    Groups are numbered from 0 in the order of their first piece.
    """
    pairs = np.array([pair for relation in relations for pair in relation], np.int64).reshape(-1, 2)
    joined = coo_array((np.ones(len(pairs)), tuple(pairs.T)), shape=(count, count))
    return connected_components(joined, directed=False)[1].astype(np.int64)


def equal_pairs(values: Iterable[str]) -> list[tuple[int, int]]:
    """Pairs (first with this value, another with it), for values that are not empty."""
    first: dict[str, int] = {}
    return [
        (first[value], number)
        for number, value in enumerate(values)
        if value and first.setdefault(value, number) != number
    ]


def pairs_of_groups(groups: np.ndarray) -> list[tuple[int, int]]:
    """Pairs (first of a group, another of it) that join what the numbers [pieces] say is one group."""
    _, first, number = np.unique(groups, return_index=True, return_inverse=True)
    return [(int(first[group]), piece) for piece, group in enumerate(number) if first[group] != piece]
