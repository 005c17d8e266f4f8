"""What the tune books themselves say of a tune's form: their repeat signs, where they have any."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lib.chapters.music_analysis.sections import is_aabb, main_boundary
from lib.chapters.music_analysis.tables import mean_with_interval
from lib.data.embedded.abc import Tune, clean
from lib.data.embedded.arrange import SourceError
from lib.data.embedded.sources import COLLECTIONS, sources_of
from lib.measures.music.piece import Music, UnmeasurableError, barred_notes
from lib.measures.music.shuffled_bars import shuffle_bars

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
    return pd.Series(found, dtype=float)


def recall_table(pieces: Sequence[Music], signs: pd.Series, seed: int = 0) -> pd.DataFrame:
    """Is the form found that the book writes down? For tunes with two repeated parts, bars shuffled too.

    Args:
        pieces: real ones, named by identifier.
        signs: from :func:`books_with_repeat_signs`.
        seed: of the shuffling.

    Returns:
        Two rows, 'as written' and 'bars shuffled': form (share found to be AABB), middle (share whose highest
        novelty lies within a bar of the middle, where the second part begins), both with _low and _high
        (95%), and pieces; empty where no such tune is among the pieces.
    """
    known = [piece for piece in pieces if signs.get(piece.name) == 2]
    rows = []
    for name, scores in (
        ("as written", [piece.score for piece in known]),
        ("bars shuffled", [shuffle_bars(piece.score, seed + number) for number, piece in enumerate(known)]),
    ):
        answers, groups = [], []
        for piece, score in zip(known, scores, strict=True):
            music = barred_notes(score)
            try:
                middle = (music.bars - music.first_full_bar) / 2
                answers.append((is_aabb(music), float(abs(main_boundary(music) - middle) <= 1)))
                groups.append(piece.group)
            except UnmeasurableError:
                continue
        line = {"tunes": name, "pieces": len(answers)}
        for column, measure in enumerate(("form", "middle")):
            if answers:
                interval = mean_with_interval(np.array(answers)[:, column], np.array(groups), share=True)
                line |= {
                    measure: interval.estimate,
                    f"{measure}_low": interval.low,
                    f"{measure}_high": interval.high,
                }
        rows.append(line)
    return pd.DataFrame(rows if known else [])
