"""One tune in both writings, written out and in shorthand, and whether they say the same."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from lib.data import TokenStore
from lib.data.files.scores import load_score
from lib.data.shorthand.tokens import AGAIN, BARS, LEFT
from lib.data.tokenizer import build_tokenizer, has_shorthand, spell
from lib.show.plots import pitch_name

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


def explain_tokens(tokens: Sequence[str], steps_a_beat: int) -> pd.DataFrame:
    """Tokens in words: what each says about the note or the bar it belongs to.

    Args:
        tokens: texts such as 'Pitch_57', as MidiTok's REMI spells them.
        steps_a_beat: of positions.

    Returns:
        token, says.
    """
    return pd.DataFrame([{"token": token, "says": _in_words(token, steps_a_beat)} for token in tokens])


def _in_words(token: str, steps_a_beat: int) -> str:
    kind, _, value = token.partition("_")
    if kind == "Bar":
        return "a bar begins"
    if kind == "TimeSig":
        return f"its meter: {value}"
    if kind == "Position":
        beats = Fraction(int(value), steps_a_beat)
        return f"what follows begins {_beats(beats)} after the bar line ({value} steps)"
    if kind == "Pitch":
        return f"a note of pitch {value}: {pitch_name(int(value))}"
    if kind == "Velocity":
        return f"how loud: {value} of 127"
    if kind == "Duration":
        whole, steps, a_beat = (int(part) for part in value.split("."))
        length = _beats(whole + Fraction(steps, a_beat))
        return f"it lasts {length} ({whole}, and {steps} steps of {a_beat})"
    if kind == "Tempo":
        return f"the tempo: {value} beats a minute"
    return "" if value == "None" else value


def _beats(number: Fraction) -> str:
    """A length in beats as a mixed number: '1 1/2 beats'."""
    whole, part = divmod(number, 1)
    text = " ".join(str(found) for found in (whole, part) if found) or "0"
    return f"{text} {'beat' if 0 < number <= 1 else 'beats'}"


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
