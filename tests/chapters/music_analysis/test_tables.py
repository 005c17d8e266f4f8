"""Measures by source: means by hand, differences within slots, reasons counted."""

import numpy as np
import pandas as pd
import pytest

from lib.chapters.music_analysis import tables as music_tables
from lib.chapters.music_analysis.measures import MEASURES, Measured


def measured(**sources: list[float]) -> Measured:
    """Pieces of some sources with values of share_recurring; NaN has a reason."""
    rows, reasons = [], []
    for source, values in sources.items():
        for slot, value in enumerate(values):
            rows.append(
                {
                    "source": source,
                    "name": f"{source} {slot}",
                    "slot": slot,
                    "group": slot,
                    "emotion": "calm",
                    "genre": "folk",
                    "ended": slot > 0,
                    "balanced": True,
                    **dict.fromkeys(MEASURES, float("nan")),
                    "share_recurring": value,
                    "is_aabb": 0.0,
                }
            )
            if np.isnan(value):
                reasons.append(
                    {
                        "source": source,
                        "name": f"{source} {slot}",
                        "measure": "share_recurring",
                        "reason": f"a melody of {slot} notes, at least 12 are needed",
                    }
                )
    curves = [{"density": [1.0, row["share_recurring"]]} for row in rows]
    columns = ["source", "name", "measure", "reason"]
    return Measured(pd.DataFrame(rows), curves, pd.DataFrame(reasons, columns=columns))


def test_means_count_pieces_with_an_answer():
    table = music_tables.source_table(measured(real=[0.2, 0.4, float("nan")]), ["share_recurring", "ended"])
    row = table.iloc[0]
    assert row["mean"] == pytest.approx(0.3)
    assert (row["pieces"], row["asked"]) == (2, 3)
    assert row["low"] == 0.2 < 0.3 < row["high"] == 0.4
    assert table.iloc[1]["mean"] == pytest.approx(2 / 3)


def test_all_alike_is_not_certain():
    row = music_tables.source_table(measured(lstm=[0.1] * 20), ["is_aabb"]).iloc[0]
    assert row["mean"] == row["low"] == 0
    assert row["high"] == pytest.approx(0.161, abs=0.001)  # Wilson's for 0 of 20


def test_a_share_of_nothing_has_an_interval():
    """Wilson's for 0 of 20 pieces that show it at all; a bootstrap would say that it is 0 for certain."""
    row = music_tables.source_table(measured(lstm=[0.0] * 20), ["share_recurring"]).iloc[0]
    assert (row["low"], row["high"]) == (0, pytest.approx(0.161, abs=0.001))
    interval, pairs = music_tables.difference(
        measured(lstm=[0.0] * 20, real=[0.0] * 20), "share_recurring", "lstm", "real"
    )
    assert pairs == 20
    assert interval == (0, pytest.approx(-0.161, abs=0.001), pytest.approx(0.161, abs=0.001))


def test_differences_stay_within_slots():
    both = measured(real=[0.2, 0.4, 0.9], lstm=[0.1, 0.3, float("nan")])
    interval, pairs = music_tables.difference(both, "share_recurring", "lstm", "real")
    assert pairs == 2
    assert interval.estimate == pytest.approx(-0.1)
    assert interval.low == pytest.approx(-0.1)
    nothing, pairs = music_tables.difference(both, "share_of_chords", "lstm", "real")
    assert pairs == 0
    assert np.isnan(nothing.estimate)
    table = music_tables.difference_table(both, ["share_recurring"], [("lstm", "real")])
    assert table["pairs"].tolist() == [2]


def test_a_measure_against_its_own_chance():
    found = measured(real=[0.2, 0.4, float("nan")], lstm=[0.1, 0.1, 0.1])
    found.values["share_in_outline"] = 0.1
    table = music_tables.against_own(found, "share_recurring", "share_in_outline").set_index("source")
    assert table.loc["real", "difference"] == pytest.approx(0.2)
    assert table.loc["real", "pieces"] == 2
    assert table.loc["lstm", "difference"] == pytest.approx(0)


def test_alike_reasons_are_counted_together():
    table = music_tables.reason_table(measured(lstm=[float("nan")] * 3))
    assert table["pieces"].tolist() == [3]
    assert table["reason"][0].startswith("a melody of 0 notes")


def test_curves_by_source():
    table = music_tables.curve_table(measured(real=[0.2, 0.4, float("nan")]), "density")
    assert table["mean"].tolist() == [1.0, pytest.approx(0.3)]
    assert table["pieces"].tolist() == [3, 2]


def test_two_of_the_originals_five_close_on_their_tonic():
    table = music_tables.original_outputs().set_index("piece")
    assert table["closes"].to_dict() == {
        "angry_classical": 1,
        "funny_pop": 0,
        "happy_country": 1,
        "romantic_jazz": 0,
        "sad_pop": 0,
    }
    assert table["on_tonic"].tolist() == [3, 0, 3, 0, 0]
