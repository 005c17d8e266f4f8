"""The original report's noise taken apart: Gaussian numbers added to token ids, the fraction cut off.

Ids are names, not amounts, so what that does to a piece has to be looked up.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd


def published_noise(
    ids: np.ndarray,
    deviation: float,
    generator: np.random.Generator,
    to_integer: Callable[[np.ndarray], np.ndarray] = np.trunc,
) -> np.ndarray:
    """The noise of the original report's experiment: Gaussian numbers added to ids, then made whole.

    Args:
        ids: token ids, any shape.
        deviation: the standard deviation; the original has 0.1.
        generator: of the numbers.
        to_integer: `np.trunc` does what the original's `astype(int)` does; `np.rint` would round.

    Returns:
        Ids of the same type and shape; none below 0.
    """
    noisy = to_integer(ids + generator.normal(0.0, deviation, np.shape(ids)))
    return np.maximum(noisy, 0).astype(ids.dtype)


def shares_moved(ids: np.ndarray, deviations: Sequence[float]) -> pd.DataFrame:
    """How many ids (any shape) the published function moves, and by how much, for each standard deviation.

    Returns:
        deviation; truncated (share of ids moved when the fraction is cut off), by_one (share moved by exactly
        one down), rounded (share moved when rounded instead); tokens.
    """
    lines = []
    for deviation in deviations:
        steps = {
            name: published_noise(ids, deviation, np.random.default_rng(0), whole).astype(int) - ids
            for name, whole in (("truncated", np.trunc), ("rounded", np.rint))
        }
        lines.append(
            {
                "deviation": deviation,
                "truncated": float((steps["truncated"] != 0).mean()),
                "by_one": float((steps["truncated"] == -1).mean()),
                "rounded": float((steps["rounded"] != 0).mean()),
                "tokens": ids.size,
            }
        )
    return pd.DataFrame(lines)


def meanings_of_one_less(vocabulary: Sequence[str]) -> pd.DataFrame:
    """What each token type means when its id is one lower.

    Returns:
        A row a type in the order of the vocabulary: type, ids (how many), example, becomes (the example's new
        meaning), first, first_becomes (its lowest id, which turns into another type).
    """
    types = [text.split("_", 1)[0] for text in vocabulary]
    lines = []
    for name in dict.fromkeys(types):
        own = [number for number, kind in enumerate(types) if kind == name]
        middle = own[len(own) // 2]

        def before(number: int) -> str:
            return vocabulary[number - 1] if number else vocabulary[0]  # 0 − ε is cut to 0

        lines.append(
            {
                "type": name,
                "ids": len(own),
                "example": vocabulary[middle],
                "becomes": before(middle),
                "first": vocabulary[own[0]],
                "first_becomes": before(own[0]),
            }
        )
    return pd.DataFrame(lines)
