"""Tables and figures of the appendix, on what is kept."""

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from lib.chapters.rated_emotions import plots, songs, tables
from lib.chapters.rated_emotions.kept import request_tables
from lib.data.labelling.rated_judge import read_judge


@pytest.fixture(scope="module")
def kept():
    return request_tables()[0]


def text_of(html):
    return BeautifulSoup(html.data, "html.parser").get_text(" ")


def test_every_table_says_what_it_rests_on(kept):
    agreement = kept["rated_agreement"]
    shown = [
        tables.agreement_html(agreement),
        tables.proxy_html(kept["rated_proxy"], agreement),
        tables.hearing_html(kept["rated_hearing"], agreement),
        tables.rules_html(kept["rated_rules"], agreement),
    ]
    for html in shown:
        text = text_of(html)
        for fact in ("pieces of", "series", "ratings", "commoner side", "Intervals of 95%"):
            assert fact in text
    assert all("one rater" in text_of(html) for html in shown[1:])
    judges = text_of(tables.judges_html(kept["rated_judges"]))
    assert "200 pieces of 13 series, 5,977 ratings" in judges


def test_every_figure_is_drawn(kept):
    agreement, judge = kept["rated_agreement"], read_judge("line")
    assert len(plots.plot_curves(kept["rated_curves"]).axes) == 4
    figure = plots.plot_ingredients(kept["rated_ingredients"], agreement)
    assert len(figure.axes[0].get_yticklabels()) == kept["rated_ingredients"]["ingredient"].nunique()
    for one in (figure, plots.plot_hearing(kept["rated_hearing"], agreement)):
        rests_on = one.get_suptitle().replace("\n", " ")
        for fact in ("199 pieces of 13 series, 5,948 ratings, 68% on the commoner side", "95% over series"):
            assert fact in rests_on
    figure = plots.plot_calibration(kept["rated_calibration"], kept["rated_hearing"], "the upper line alone")
    assert "200 pieces of 13 series, 5,977 ratings" in figure.get_suptitle().replace("\n", " ")
    assert all("slope" in axis.get_title() and "[" in axis.get_title() for axis in figure.axes)
    shifts = pd.DataFrame(np.zeros((3, 2)), list("abc"), ["irish", "german"])
    figure = plots.plot_shifts(shifts, {"irish": 4, "german": 5})
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == [
        "irish\n4 pieces",
        "german\n5 pieces",
    ]
    judged = pd.DataFrame(
        {"asked": ["major-calm", "minor-calm"], "valence": [0.1, np.nan], "arousal": [0, 0.1]}
    )
    assert plots.plot_judged(judged, judged, judge.errors).axes


def test_what_asking_moves_is_shown_with_its_runs():
    moved = pd.DataFrame(
        [
            {
                "dimension": "valence",
                "difference": 0.1,
                "low": 0.0,
                "high": 0.2,
                "over": "runs",
                "runs": 5,
                "slots": 60,
                "pieces": 240,
                "without_judgement": 1,
            }
        ]
    )
    real = pd.DataFrame([{"dimension": "valence", "difference": 0.2, "low": 0.1, "high": 0.3, "pieces": 80}])
    text = text_of(tables.moved_html(moved, real, {"valence": 0.18}, "seed 1, seed 2"))
    assert "5 runs (seed 1, seed 2), 60 slots. Interval over the runs." in text
    nothing = tables.moved_html(pd.DataFrame(), pd.DataFrame(), {}, "seed 1")
    assert "name no side" in text_of(nothing)


def test_songs_are_judged_and_compared_within_their_meter(tiny_store):
    identifiers = tiny_store.index["identifier"].tolist()[:24]
    pair = pd.DataFrame(
        {
            "identifier": identifiers,
            "sad": [number % 2 == 0 for number in range(24)],
            "group": range(24),
            "minor": False,
        }
    )
    measured = songs.judge_songs(pair, tiny_store, read_judge("line"))
    assert len(measured) > 12
    table = songs.songs_table(measured)
    assert table["measure"].tolist()[-1] == "judged arousal minus onsets a beat"
    assert (table["dances"] + table["laments"]).eq(len(measured)).all()
    assert table["auc"].iloc[:-1].between(0, 1).all()
