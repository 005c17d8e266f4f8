"""Pictures and tables of control, style and memory: what they show; odd input does not break them."""

import numpy as np
import pandas as pd
import pytest

from lib.chapters.control import control_plots, style_plots
from lib.chapters.control.control_tables import (
    agreement_html,
    differences_html,
    genre_memory_html,
    memory_html,
    style_html,
)
from lib.chapters.control.memorisation import Passage
from lib.measures.music.notes import PieceNotes
from lib.measures.music.style import STATISTICS, published_statistics

SOURCES = ["real", "lstm", "transformer"]


@pytest.fixture
def agreements():
    return pd.DataFrame(
        {
            "source": SOURCES,
            "agreement": [0.9, 0.4, 0.3],
            "low": [0.8, 0.3, np.nan],
            "high": [0.95, 0.5, np.nan],
            "baseline": 0.25,
            "pieces": [100, 48, 48],
            "without_label": [0, 1, 2],
        }
    )


def melody(notes, shift=0):
    return PieceNotes(
        np.arange(notes) * 24,
        np.full(notes, 24),
        60 + np.arange(notes) % 7 + shift,
        np.zeros(notes, int),
        np.arange(notes // 4 + 2) * 96,
        24,
    )


def statistics(pieces):
    return pd.DataFrame(
        np.random.default_rng(0).uniform(1, 3, (pieces, len(STATISTICS))), columns=list(STATISTICS)
    )


def test_agreement_shows_every_source_and_the_floor(agreements):
    figure = control_plots.plot_agreement({"emotion": agreements, "its mode": agreements})
    assert len(figure.axes) == 2
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == [
        "real music",
        "LSTM",
        "Transformer",
    ]
    html = agreement_html({"emotion": agreements}, "Agreement").data
    assert "0.40 [0.30," in html
    assert "0.25" in html
    assert "–" in html, "a missing interval is a dash"


def test_confusions_and_guidance():
    table = pd.DataFrame([[1.0, 0.0], [0.5, 0.5]], index=["a", "b"], columns=["a", "b"])
    figure = control_plots.plot_confusions({"real": table, "lstm": table, "transformer": table})
    shown = [axis for axis in figure.axes if axis.axison]
    assert len(shown) == 3
    assert "100" in [text.get_text() for text in shown[0].texts]
    lines = pd.DataFrame({"guidance": [0, 1, 2], "estimate": [0.2, 0.3, 0.4], "low": 0.1, "high": 0.5})
    assert len(control_plots.plot_guidance({"x": lines, "y": lines}, {"x": 0.9}).axes) == 2


def test_song_uses_with_and_without_data():
    uses = pd.DataFrame(
        {
            "use": ["lament", "dance", "any of these"],
            "songs": [10, 20, 30],
            **{name: [0.1, 0.2, 0.15] for name in ("minor", "lively")},
            **{
                f"{name}_{end}": [0.05, 0.1, 0.1] if end == "low" else [0.3, 0.4, 0.2]
                for name in ("minor", "lively")
                for end in ("low", "high")
            },
        }
    )
    figure = control_plots.plot_song_uses(uses)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["lament (10)", "dance (20)"]
    assert "do not record" in control_plots.plot_song_uses(None).axes[0].texts[0].get_text()
    nothing = pd.DataFrame(
        columns=["half", "within", "songs", "sad", "merry", "difference", "low", "high", "expected"]
    )
    assert "<table" in differences_html(nothing, "Differences").data


def test_statistics_of_pieces_and_of_none():
    tables = {"real": statistics(20), "lstm": statistics(5), "transformer": statistics(3) * np.nan}
    quoted = published_statistics().set_index("source").loc["real music"]
    assert len(style_plots.plot_statistics(tables, quoted).axes) == len(STATISTICS)
    html = style_html(
        {name: (table, np.arange(len(table))) for name, table in tables.items()},
        "Style",
        published_statistics(),
    ).data
    assert html.count("(quoted)") == len(published_statistics())
    assert "2.974 ± 0.018" in html
    frame = pd.DataFrame(0.5, index=list(STATISTICS), columns=SOURCES)
    assert style_plots.plot_distances(frame, "overlap").axes


def test_memory_of_sources():
    table = pd.DataFrame({"run": [8.0, 20, np.nan], "run_excess": [0.5, 12, np.nan]})
    shared = style_plots.plot_shared_runs({"real": table, "lstm": table})
    assert len(shared.axes) == 2
    known = int(table["run_excess"].notna().sum())
    assert f"LSTM ({known})" in [label.get_text() for label in shared.axes[0].get_yticklabels()]
    summary = pd.DataFrame(
        [
            {
                "source": "lstm",
                "pieces": 2,
                "without": 1,
                "run_median": 14.0,
                "run_longest": 20,
                "bar_overlap": 0.2,
                "run_excess": 6.0,
                "run_excess_low": 0.5,
                "run_excess_high": 12.0,
                "bar_excess": 0.1,
                "bar_excess_low": 0.0,
                "bar_excess_high": 0.2,
            }
        ]
    )
    assert "6.0 [0.5," in memory_html(summary, "Memory").data


def test_memory_by_genre():
    table = pd.DataFrame(
        {
            "genre": ["jig", "jig", "reel"],
            "source": ["real", "lstm", "lstm"],
            "pieces": [9, 4, 1],
            "excess": [0.1, -2.0, 3.0],
            "low": [-1, -3.0, np.nan],
            "high": [1, -1.0, np.nan],
        }
    )
    html = genre_memory_html(table, "By genre").data
    assert "−2.0 [−3.0," in html
    assert "3.0 (1)" in html
    assert html.count("–") == 1, "no real piece of this genre"


def test_a_shared_passage_is_coloured_in_both_pieces():
    composed, training = melody(32), melody(40, shift=3)
    figure = style_plots.plot_shared_passage(composed, training, Passage(12, 4, 0, 8), ["a", "b"])
    colours = [np.unique(axis.collections[-1].get_colors(), axis=0) for axis in figure.axes]
    assert [len(found) for found in colours] == [2, 2]
    assert style_plots.passage_bars(composed, 4, 12) == (2, 4)
    assert style_plots.passage_bars(composed, 0, 32, most=3) == (1, 3)
