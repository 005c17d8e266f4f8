"""Pictures of the chapter on generation: what they draw is what they were given."""

import numpy as np
import pandas as pd
import pytest

from lib.chapters.generation import plots
from lib.composing.outcomes import original_outcomes, summarise_outcomes
from lib.show.plots import plot_piano_rolls

VOCABULARY = ["PAD_None", "Bar_None", "Pitch_60", "Pitch_61", "Pitch_64", "Duration_1.0.24"]


def labels_of(axis) -> list[str]:
    return [label.get_text() for label in axis.get_xticklabels()]


def test_token_names():
    names = [plots.token_name(text) for text in VOCABULARY[1:]]
    assert names == ["Bar", "C4", "C♯4", "E4", "Duration 1.0.24"]


def test_next_token_shows_the_likeliest_and_the_actual():
    sharp, flat = np.array([0, 0.05, 0.9, 0.03, 0.0, 0.02]), np.array([0, 0.2, 0.3, 0.2, 0.1, 0.2])
    figure = plots.plot_next_token({"cold": sharp, "hot": flat}, VOCABULARY, actual=4, most=2)
    upper, lower = figure.axes
    assert [axis.get_title(loc="left") or axis.get_title() for axis in figure.axes] == ["cold", "hot"]
    assert labels_of(lower) == ["C4", "E4", "Bar"]
    np.testing.assert_allclose([bar.get_height() for bar in upper.patches], sharp[[2, 4, 1]])


def test_cuts_keep_what_the_filters_keep():
    probabilities = np.array([0.0, 0.1, 0.5, 0.25, 0.1, 0.05])
    figure = plots.plot_cuts(probabilities, VOCABULARY, top_k=2, top_p=0.8, actual=3)
    axis = figure.axes[0]
    assert labels_of(axis)[:3] == ["C4", "C♯4", "Bar"]
    names = [text.get_text() for text in axis.get_legend().get_texts()]
    assert "top-k, k = 2: 2 kept" in names
    assert "top-p, p = 0.8: 3 kept" in names


def test_step_times_have_a_line_for_each_way():
    table = pd.DataFrame(
        [
            {"length": length, "way": way, "seconds": length * factor}
            for length in (16, 32)
            for way, factor in (("with cache", 1e-4), ("without", 1e-3))
            for _ in range(3)
        ]
    )
    axis = plots.plot_step_times({"lstm": table}).axes[0]
    drawn = {line.get_label(): line.get_ydata().tolist() for line in axis.lines}
    assert drawn["LSTM, with cache"] == pytest.approx([1.6, 3.2])
    assert drawn["LSTM, without"] == pytest.approx([16, 32])
    axis.figure.canvas.draw()
    marks = [label.get_text() for label in (*axis.get_yticklabels(), *axis.get_yticklabels(minor=True))]
    assert {"2", "5", "10", "20"} <= set(marks)
    assert not any("$" in mark for mark in marks)


def test_piano_rolls_share_bars_and_pitches():
    def roll(pitch: int, bars: float) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "start_bar": [0.0, bars - 1],
                "end_bar": [1.0, bars],
                "pitch": [pitch, pitch + 5],
                "is_drum": False,
            }
        )

    rolls = {"real": roll(60, 8), "composed": roll(40, 3), "none": roll(40, 3)[:0]}
    first, second, _ = plot_piano_rolls(rolls, bars=12).axes
    assert first.get_xlim() == second.get_xlim() == (0, 8)
    assert first.get_ylim() == second.get_ylim() == (38, 67)
    assert plot_piano_rolls(rolls, bars=5).axes[0].get_xlim() == (0, 3)


def test_endings_and_lengths():
    summary = summarise_outcomes(original_outcomes())
    axis = plots.plot_endings(summary).axes[0]
    assert axis.get_yticklabels()[0].get_text() == "original report (quoted)"
    assert "0 of 5" in [text.get_text() for text in axis.texts]
    axis = plots.plot_lengths(original_outcomes()).axes[0]
    ended, cut = axis.collections
    assert len(ended.get_offsets()) == 0
    assert sorted(cut.get_offsets()[:, 0].tolist()) == [5, 8, 8, 10, 12]
    assert len(cut.get_facecolors()) == 0, "pieces that were cut off are open dots"
