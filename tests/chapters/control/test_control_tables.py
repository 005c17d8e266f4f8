"""Kept evidence of control as tables and sentences: their words by their intervals."""

import pandas as pd

from lib.chapters.control import control_plots, control_tables


def obtained(by_run):
    line = {"guidance": 1.0, "by": "emotion by the rule", "baseline": 0.25, "runs": 3, "pieces": 60}
    real = {"source": "real", "agreement": 0.9, "low": 0.85, "high": 0.95, "by_run": "0.9", **line, "runs": 1}
    return pd.DataFrame(
        [real, {"source": "lstm", "agreement": 0.4, "low": 0.27, "high": 0.53, "by_run": by_run, **line}]
    )


EFFECTS = pd.DataFrame(
    [
        {
            "source": source,
            "guidance": 1.0 if source == "lstm" else float("nan"),
            "contrast": "minor minus major",
            "measure": measure,
            "difference": -0.2,
            "low": -0.3,
            "high": -0.1,
            "runs": 5,
            "by_run": "-0.2",
        }
        for source in ("real", "lstm")
        for measure in ("valence", "third")
    ]
)
DIFFERENCES = pd.DataFrame(
    [
        {
            "by": "its mode",
            "difference": 0.1,
            "low": 0.05,
            "high": 0.15,
            "runs": 3,
            "by_run": "0.09 0.1 0.1 0.11",
        }
    ]
)


def test_a_word_that_hangs_on_one_training_seed_is_not_used():
    steady = control_tables.obtained_words(obtained("0.38 0.39 0.40 0.41 0.42"), DIFFERENCES)
    assert "LSTM 40% [27%, 53%], above chance" in steady["emotion"]
    shaky = control_tables.obtained_words(obtained("0.20 0.45 0.45 0.45 0.45"), DIFFERENCES)
    assert "LSTM 40% [27%, 53%], not distinguishable from chance" in shaky["emotion"]
    assert steady["difference"] == "Compared with the LSTM, the Transformer obtains more often: its mode."


def test_what_a_listener_hears_of_a_swapped_label_stands_beside_real_pieces():
    table = control_tables.moved_html(EFFECTS, "caption").data
    assert [name in table for name in ("real music", "LSTM", "valence, minor minus major", "third")] == [
        True,
        True,
        True,
        False,
    ]
    assert "−0.200 [−0.300,\u00a0−0.100]" in table


def test_without_evidence_the_chapter_says_so():
    assert set(control_tables.obtained_words(None, None).values()) == {""}
    assert "not kept for these data" in control_tables.obtained_html(None, "caption").data
    assert "not kept for these data" in control_tables.paired_html(None, "caption").data
    assert "not kept for these data" in control_tables.moved_html(None, "caption").data
    (axis,) = control_plots.plot_effects(None).axes
    assert "No kept evidence" in axis.texts[0].get_text()


def test_tables_and_figure_show_every_source():
    page = control_tables.obtained_html(obtained("0.38 0.39 0.40 0.41 0.42"), "caption").data
    assert "0.40 [0.27," in page
    assert "baseline: always one label" in page
    (axis,) = control_plots.plot_effects(EFFECTS).axes
    assert [label.get_text() for label in axis.get_yticklabels()] == ["third"]
