"""What the tune books themselves say of a tune's form: their repeat signs, where they have any."""

import re

import numpy as np
import pandas as pd

from lib.data.abc import Tune, clean
from lib.data.arrange import SourceError
from lib.data.sources import COLLECTIONS, sources_of

# ':|', '::', ':||:' and ':|:' all end a repeated part; endings in brackets come before the sign.
_END_OF_REPEAT = re.compile(r":\s*\|+\s*:?|::")


def repeated_parts(tune: Tune) -> int | None:
    """How many parts of a tune the book has repeated by sign; two mean AABB. None if the tune cannot be read.

    Repeats that are written out in notes are not counted: a tune without signs may still be AABB.
    """
    try:
        body = clean(tune).split("\nK:", 1)[1].split("\n", 1)[1]
    except (SourceError, IndexError):
        return None
    lines = [line for line in body.splitlines() if not re.match(r"[A-Za-z]:|%%", line)]
    return len(_END_OF_REPEAT.findall("".join(lines)))


def books_with_repeat_signs(genres: list[str]) -> pd.Series:
    """Number of repeated parts by piece, for the tune books among some collections of the embedded corpus.

    The Essen collection writes every repeat out and is left aside.

    Returns:
        indexed by identifier; empty where none of the collections is a tune book.
    """
    found = {}
    for collection in COLLECTIONS:
        if collection.genre in genres and collection.mode_source == "key field":
            for source in sources_of(collection):
                found[source.identifier] = repeated_parts(source.tune)
    return pd.Series(found, dtype=float if not found else object).astype(float).replace({None: np.nan})
