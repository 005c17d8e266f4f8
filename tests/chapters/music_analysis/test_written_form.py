"""Repeat signs of the tune books, and whether the form that they write is found."""

import pandas as pd
import pytest
from music_examples import aabb, joined, phrase, score_of

from lib.chapters.music_analysis.written_form import books_with_repeat_signs, recall_table, repeated_parts
from lib.data.embedded.abc import Tune
from lib.measures.music.piece import Music


def tune(body: str, key: str = "G") -> Tune:
    return Tune("1", 0, f"X:1\nT:A tune\nM:2/4\nL:1/8\nK:{key}\n{body}\n")


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("|:G4|A4:|\n|:B4|c4:|", 2),
        ("G4|A4:||:B4|c4:|", 2),
        ("G4|A4::B4|c4:|", 2),
        ("G4|A4:|:B4|c4:|", 2),
        ("|:G4|1 A4:|2 B4|]", 1),
        ("G4|A4|]", 0),
        ("|:G4:|\n|:A4:|\n|:B4:|", 3),
        ('"A:|"G4|A4|]', 0),
    ],
)
def test_repeat_signs_are_counted(body, parts):
    assert repeated_parts(tune(body)) == parts


def test_a_tune_that_cannot_be_read_is_none():
    assert repeated_parts(tune("G4|", key="none")) is None


def test_only_books_with_signs_are_read():
    assert books_with_repeat_signs(["german", "chinese", "folk"]).empty


def test_recall_on_tunes_of_known_form():
    pieces = [
        Music("real", name, score_of(notes), number, number)
        for number, (name, notes) in enumerate(
            {
                "found": aabb(8),
                "missed": joined(*(phrase(seed, 8) for seed in range(4)), bars=8),
                "unsigned": aabb(8),
            }.items()
        )
    ]
    table = recall_table(pieces, pd.Series({"found": 2.0, "missed": 2.0, "unsigned": 0.0})).set_index("tunes")
    assert table.loc["as written", ["pieces", "form"]].tolist() == [2, 0.5]
    assert table.loc["bars shuffled", "form"] == 0
    assert recall_table(pieces, pd.Series(dtype=float)).empty
