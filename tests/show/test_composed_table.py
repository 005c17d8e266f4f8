"""The table of composed pieces: what is missing is a dash, what nobody has gets no column."""

from lib.show.composed_table import composed_table

ROWS = [
    {
        "source": "real",
        "guidance": None,
        "pieces": 9,
        "themes": 0.49,
        "themes_low": 0.4,
        "themes_high": 0.6,
        "copied": None,
    },
    {
        "source": "model",
        "guidance": 2.0,
        "pieces": 4,
        "ended": 1.0,
        "ended_low": 0.9,
        "ended_high": 1.0,
        "themes": 0.35,
        "themes_low": None,
        "themes_high": None,
        "copied": -1.25,
        "copied_low": -2.0,
        "copied_high": 0.5,
    },
]


def test_measures_stand_with_their_intervals():
    html = composed_table(ROWS, ("source", "guidance"), "What was composed", "a note").data
    assert "0.49 [0.40,\N{NO-BREAK SPACE}0.60]" in html
    assert "−1.2 [−2.0,\N{NO-BREAK SPACE}0.5]" in html
    assert "ended by itself" in html
    assert "AABB" not in html, "no row has it"
    assert html.count("–") >= 3
    assert "a note" in html
