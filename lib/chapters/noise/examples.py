"""What each kind of noise does to the beginning of one piece, token by token."""

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np
import pandas as pd

from lib.data.store import TokenStore
from lib.experiments import noise


def examples_of_noise(
    store: TokenStore, rows: Sequence[int], share: float, tokens: int, seed: int
) -> pd.DataFrame:
    """Five kinds of noise on the beginning of the first of some pieces on which each kind changes something.

    Args:
        store: the pieces.
        rows: of the pieces that are tried; where no kind changes all, the last one is shown.
        share: the probability of each note to be disturbed.
        tokens: length of the beginning.
        seed: of the choice of notes.

    Returns:
        noise (in words), share (of notes really changed), example ('Pitch_71 → Pitch_72').
    """
    lines: list[dict] = []
    for row in rows:
        past, lines = store.tokens(row)[:tokens], []
        before = [store.vocabulary[token] for token in past]
        for kind in noise.KINDS:
            altered, changed = noise.alter(store, past, kind, share, np.random.default_rng(seed))
            after = [store.vocabulary[token] for token in altered]
            example = first_change(before, after) if changed else "no note of this beginning"
            lines.append({"noise": noise.IN_WORDS[kind], "share": changed, "example": example})
        if all(line["share"] for line in lines):
            break
    return pd.DataFrame(lines, columns=["noise", "share", "example"])


def first_change(before: Sequence[str], after: Sequence[str]) -> str:
    """Where two sequences part first, in words.

    >>> first_change(["Bar", "Pitch_71"], ["Bar", "Pitch_72"])
    'Pitch_71 → Pitch_72'
    >>> first_change(["Bar", "Pitch_71"], ["Bar"]), first_change(["Bar"], ["Bar", "Velocity_83"])
    ('Pitch_71 left out', 'Velocity_83 written')
    """
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "replace":
            return f"{before[i]} → {after[k]}"
        if kind == "delete":
            return f"{' '.join(before[i:j][:3])} left out"
        if kind == "insert":
            return f"{' '.join(after[k:m][:3])} written"
    return "nothing"
