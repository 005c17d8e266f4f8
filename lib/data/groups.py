"""Which pieces belong together: pairs become groups."""

from collections.abc import Iterable

import numpy as np


class Forest:
    """Union and find: which pieces have been joined, directly or through others."""

    def __init__(self, count: int):
        self.parent = list(range(count))

    def root(self, number: int) -> int:
        """The smallest number among those joined with this one."""
        parent = self.parent
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    def join(self, first: int, second: int) -> None:
        """Join two pieces and all that were joined with either."""
        first, second = self.root(first), self.root(second)
        self.parent[max(first, second)] = min(first, second)


def group(count: int, *relations: Iterable[tuple[int, int]]) -> np.ndarray:
    """Group numbers for `count` pieces, of which `relations` lists pairs that belong together (union–find).

    Groups are numbered from 0 in the order of their first piece.
    """
    forest = Forest(count)
    for relation in relations:
        for first, second in relation:
            forest.join(first, second)
    return np.unique([forest.root(number) for number in range(count)], return_inverse=True)[1]


def equal_pairs(values: Iterable[str]) -> list[tuple[int, int]]:
    """Pairs (first with this value, another with it), for values that are not empty."""
    first: dict[str, int] = {}
    return [(first[value], number) for number, value in enumerate(values)
            if value and first.setdefault(value, number) != number]


def pairs_of_groups(groups: np.ndarray) -> list[tuple[int, int]]:
    """Pairs (first of a group, another of it) that join what the numbers say is one group."""
    _, first, number = np.unique(groups, return_index=True, return_inverse=True)
    return [(int(first[group]), piece) for piece, group in enumerate(number) if first[group] != piece]
