"""What became of pieces: how many ended by themselves, how long they are; real pieces to hear beside them."""

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from lib.basics.errors import BookError
from lib.basics.places import REFERENCE
from lib.composing.compose import Composition
from lib.data.store import TokenStore

ORIGINAL_LIMIT = 1024  # tokens: where the original report's sampling stops


def outcome_table(pieces: Iterable[Composition], source: str) -> pd.DataFrame:
    """One row a piece: source, emotion, genre, seed, ended, tokens, notes, bars, seconds."""
    return pd.DataFrame(
        [
            {
                "source": source,
                "emotion": piece.emotion,
                "genre": piece.genre,
                "seed": piece.seed,
                "ended": piece.ended,
                "tokens": len(piece.tokens),
                "notes": piece.notes,
                "bars": piece.bars,
                "seconds": piece.seconds,
            }
            for piece in pieces
        ]
    )


def real_outcomes(store: TokenStore, rows: Sequence[int], max_tokens: int) -> pd.DataFrame:
    """The same table for real pieces; `ended` means that the whole piece fits within `max_tokens`."""
    found = store.index.iloc[list(rows)]
    return pd.DataFrame(
        {
            "source": "real",
            "emotion": found["emotion"],
            "genre": found["genre"],
            "seed": -1,
            "ended": found["length"] <= max_tokens,
            "tokens": found["length"],
            "notes": found["notes"],
            "bars": found["bars"],
            "seconds": found["seconds"],
        }
    ).reset_index(drop=True)


def original_outcomes() -> pd.DataFrame:
    """The five published outputs of the original report, encoded again (quoted measurements).

    None has fewer than 1,014 of the 1,024 tokens its sampling may take, and no ending was in its training.
    """
    found = pd.read_csv(REFERENCE / "sample_outputs.csv")
    labels = found["piece"].str.split("_", expand=True)
    return pd.DataFrame(
        {
            "source": "original",
            "emotion": labels[0],
            "genre": labels[1],
            "seed": -1,
            "ended": False,
            "tokens": found["tokens"],
            "notes": found["notes"],
            "bars": found["bars"],
            "seconds": found["seconds"],
        }
    )


def share_with_interval(successes: int, count: int) -> tuple[float, float, float]:
    """A share and its Wilson score interval (E. B. Wilson, 1927), which holds for few pieces and extreme
    shares.

    Raises:
        BookError: when nothing was counted.
    """
    if count < 1:
        raise BookError("A share of no pieces is not defined: compose at least one.")
    interval = binomtest(int(successes), int(count)).proportion_ci(method="wilson")
    return successes / count, float(interval.low), float(interval.high)


def summarise_outcomes(outcomes: pd.DataFrame) -> pd.DataFrame:
    """One row a source: pieces, ended, share, low, high (95 %), and medians of tokens, bars and seconds."""
    rows = []
    for source, part in outcomes.groupby("source", sort=False):
        share, low, high = share_with_interval(part["ended"].sum(), len(part))
        rows.append(
            {
                "source": source,
                "pieces": len(part),
                "ended": int(part["ended"].sum()),
                "share": share,
                "low": low,
                "high": high,
                **{name: float(part[name].median()) for name in ("tokens", "bars", "seconds")},
            }
        )
    return pd.DataFrame(rows)


def label_pairs(store: TokenStore, count: int | None = None) -> list[tuple[str, str]]:
    """Pairs of emotion and genre to compose for, such that every label gets its turn early.

    Args:
        store: only pairs with a piece in training and one held out are chosen from; where no two pieces share
            their labels, those held out.
        count: how many; None: all.
    """
    index = store.index
    training = index[index["split"] == "train"].groupby(["emotion", "genre"]).size()
    held_out = index[index["split"] != "train"].groupby(["emotion", "genre"]).size()
    left = [pair for pair in product(store.emotions, store.genres) if held_out.get(pair, 0)]
    left = [pair for pair in left if training.get(pair, 0)] or left
    chosen: list[tuple[str, str]] = []
    while left and (count is None or len(chosen) < count):
        used = [label for pair in chosen for label in pair]
        best = min(left, key=lambda pair: (used.count(pair[0]) + used.count(pair[1]), -training.get(pair, 0)))
        chosen.append(best)
        left.remove(best)
    return chosen


def held_out_piece(store: TokenStore, emotion: str, genre: str, max_tokens: int) -> int:
    """A real piece with these labels that no model was trained on: of those that fit, the one of median
    length.

    Args:
        store: the data.
        emotion, genre: labels.
        max_tokens: longest piece wanted; if all are longer, the shortest is taken.

    Returns:
        Its row; of the test set, or of validation where the test set has none.

    Raises:
        BookError: when no piece with these labels was held out.
    """
    index = store.index
    for split in ("test", "validation"):
        rows = np.flatnonzero(
            (index["emotion"] == emotion) & (index["genre"] == genre) & (index["split"] == split)
        )
        if len(rows):
            rows = rows[np.argsort(index["length"].to_numpy()[rows], kind="stable")]
            fitting = rows[index["length"].to_numpy()[rows] <= max_tokens]
            return int(fitting[len(fitting) // 2] if len(fitting) else rows[0])
    raise BookError(f"No piece with the labels {emotion} and {genre} was held out; choose other labels.")
