"""One tune in both writings, written out and in shorthand, and whether they say the same."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.data import TokenStore
from lib.data.scores import load_score
from lib.data.shorthand.tokens import AGAIN, BARS, LEFT
from lib.data.tokenizer import build_tokenizer, has_shorthand, spell

MOST_BARS = 12
"""Of a tune that is printed whole."""


def tune_with_repeats(store: TokenStore) -> int | None:
    """A held-out tune to print: of those of at most :data:`MOST_BARS` bars of which some come again, the one
    in the middle by the share of tokens that are saved. None where there is no such piece, or no shorthand.
    """
    if not has_shorthand(store.tokenizer):
        return None
    again, held_out = store.ids_of_type(AGAIN), store.rows("validation")
    rows = [
        int(row)
        for row in held_out[store.index["bars"].to_numpy()[held_out] <= MOST_BARS]
        if np.isin(store.tokens(row), again).any()
    ]
    saved = [len(store.tokens(row)) / len(store.written_out(row)) for row in rows]
    return rows[int(np.argsort(saved, kind="stable")[len(rows) // 2])] if rows else None


def both_writings(store: TokenStore, row: int) -> pd.DataFrame:
    """A piece bar by bar in both writings.

    Returns:
        bar (0: before the first), written out, in shorthand (the tokens as text), tokens saved.
    """
    first = np.concatenate([store.ids_of_type(kind) for kind in BARS])
    parts = [
        np.split(ids, np.flatnonzero(np.isin(ids, first)))
        for ids in (store.written_out(row), store.tokens(row))
    ]
    return pd.DataFrame(
        [
            {
                "bar": bar,
                "written out": _text(store, written),
                "in shorthand": _text(store, short),
                "tokens saved": len(written) - len(short),
            }
            for bar, (written, short) in enumerate(zip(*parts, strict=True))
        ]
    )


def _text(store: TokenStore, ids: np.ndarray) -> str:
    """Tokens as text; `_None`, which says nothing, is left out."""
    return " ".join(store.vocabulary[token].removesuffix("_None") for token in ids)


def compare_with_files(store: TokenStore, folder: Path, rows: np.ndarray) -> pd.DataFrame:
    """Whether pieces come out of the store, written out, as MidiTok alone writes their files.

    Args:
        store: its pieces, in shorthand or not.
        folder: of the MIDI files.
        rows: which pieces, [pieces], of files that did not have to be repaired.

    Returns:
        row, same, tokens, written_out (tokens of either writing), notes, again (tokens `Again`), left.
    """
    miditok, again, left = build_tokenizer("book"), store.ids_of_type(AGAIN), store.ids_of_type(LEFT)
    lines = []
    for row in map(int, rows):
        entry, ids, written = store.index.iloc[row], store.tokens(row), store.written_out(row)
        from_file = spell(miditok, load_score(Path(folder) / entry["name"]).score)
        lines.append(
            {
                "row": row,
                "same": np.array_equal(written, from_file),
                "tokens": len(ids),
                "written_out": len(written),
                "notes": int(entry["notes"]),
                "again": int(np.isin(ids, again).sum()),
                "left": int(np.isin(ids, left).sum()),
            }
        )
    return pd.DataFrame(lines)
