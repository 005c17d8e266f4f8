"""Whole numbers mixed into hashes, 64 bits at a time, many at once."""

import numpy as np
from numpy.typing import NDArray

#: 2^64 over the golden ratio, made odd: what SplitMix64 steps by, and a multiplier that spreads bits well.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A step of the SplitMix64 generator for uint64 of any shape: each input bit changes half of them."""
    values = values + GOLDEN
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
