"""Random numbers that a browser draws as well, so that a piece composed in one can be composed again here."""

import numpy as np

_MASK = 0xFFFFFFFF  # JavaScript's whole numbers wrap at 32 bits


def uniforms(seed: int, count: int) -> np.ndarray:
    """`count` numbers in [0, 1), float64, the same in Python and in every browser.

    xoshiro128** (Blackman and Vigna, *Scrambled linear pseudorandom number generators*, 2021), its four words
    filled by a counter whose bits are mixed as in MurmurHash3 (Appleby); two outputs give 53 bits.

    Args:
        seed: 0 up to 2**53 − 1, which JavaScript's numbers hold exactly.
        count: how many.
    """
    words, counter = [], (seed ^ (seed >> 32) * 0x9E3779B9) & _MASK
    for _ in range(4):
        counter = (counter + 0x9E3779B9) & _MASK
        mixed = counter
        for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
            mixed = ((mixed ^ (mixed >> shift)) * factor) & _MASK
        words.append(mixed ^ (mixed >> 16))
    return np.array([((_next(words) >> 5) * 2**26 + (_next(words) >> 6)) / 2**53 for _ in range(count)])


def _next(words: list[int]) -> int:
    result = (_turned((words[1] * 5) & _MASK, 7) * 9) & _MASK
    moved = (words[1] << 9) & _MASK
    words[2] ^= words[0]
    words[3] ^= words[1]
    words[1] ^= words[2]
    words[0] ^= words[3]
    words[2] ^= moved
    words[3] = _turned(words[3], 11)
    return result


def _turned(word: int, places: int) -> int:
    return ((word << places) | (word >> (32 - places))) & _MASK
