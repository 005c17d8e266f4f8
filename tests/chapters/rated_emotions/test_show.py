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


def test_every_figure_is_drawn(kept):
    agreement, judge = kept["rated_agreement"], read_judge("line")
    assert len(plots.plot_curves(kept["rated_curves"]).axes) == 4
    figure = plots.plot_ingredients(kept["rated_ingredients"], agreement)
    assert len(figure.axes[0].get_yticklabels()) == kept["rated_ingredients"]["ingredient"].nunique()
    assert plots.plot_hearing(kept["rated_hearing"], agreement).axes
    assert plots.plot_calibration(kept["rated_calibration"], "the upper line alone", judge.errors).axes
    shifts = pd.DataFrame(np.zeros((3, 2)), list("abc"), ["irish", "german"])
    assert plots.plot_shifts(shifts).axes
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


def test_what_is_moved_over_seeds_is_told_of_the_halves_that_the_judge_hears():
    line = {"guidance": 2.0, "low": -0.2, "high": -0.1, "difference": -0.15, "runs": 5, "pairs": 96}
    effects = pd.DataFrame(
        [
            {**line, "source": "lstm", "contrast": contrast, "measure": measure}
            for contrast in ("minor minus major", "lively minus calm")
            for measure in ("valence", "arousal", "third")
        ]
    )
    errors = {"valence": 0.3, "arousal": 0.25}
    page = tables.moved_over_seeds_html(effects, errors, "note").data
    assert page.count("LSTM") == 2
    assert "third" not in page
    assert "not kept for these data" in tables.moved_over_seeds_html(None, errors, "note").data
