"""Figures of sweeps: what is drawn is what was given, diverged runs included."""

import numpy as np
import pandas as pd
import pytest

from lib.chapters.hyperparameters import plots as experiment_plots
from lib.experiments import designs


def words(figure):
    return " ".join(
        text.get_text() for axis in figure.axes for text in [*axis.texts, *axis.get_yticklabels()]
    )


def test_the_published_sweep_has_a_panel_a_factor():
    figure = experiment_plots.plot_published_sweep(designs.published_sweep())
    labels = [axis.get_xlabel() for axis in figure.axes[3:]]
    assert labels == ["learning rate", "batch (pieces)", "depth (layers)"]
    low, high = figure.axes[3].get_ylim()
    assert high - low < 1, "hundredths of a nat can be seen among the runs that learned"
    assert figure.axes[0].get_ylim()[1] > 12.1
    assert figure.axes[0].lines[0].get_ydata().max() == pytest.approx(12.0848)


def test_trials_show_every_label_and_mark_what_diverged():
    trials = pd.DataFrame(
        {
            "label": ["a", "b", "c", "d"],
            "status": ["finished", "diverged", "finished", "finished"],
            "last_validation_loss": [1.0, np.nan, 6.14, 1.05],
            "is_default": [False, False, False, True],
        }
    )
    figure = experiment_plots.plot_trials(
        {"fresh": trials, "kept": trials}, {"fresh": (0.9, 1.1), "kept": (np.nan, np.nan)}
    )
    assert len(figure.axes) == 2
    assert "diverged" in words(figure)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b", "c", "d"]
    first, second = figure.axes
    low, high = first.get_xlim()
    assert high - low < 1, "a difference of 0.05 nats can be seen"
    assert [text.get_text() for text in first.texts] == ["diverged", "6.14"]
    assert second.get_xlim()[1] > 6.14, "without a band all runs are shown"
    hollow = [line for line in first.lines if line.get_label() == "the default itself"]
    assert [line.get_xdata()[0] for line in hollow] == [1.05]


def test_learning_curves_end_in_a_cross_where_a_run_diverged():
    curves = pd.DataFrame(
        {
            "label": ["a"] * 3 + ["b"] * 3,
            "status": ["finished"] * 3 + ["diverged"] * 3,
            "tokens": [1e3, 2e3, 3e3] * 2,
            "train_loss": [np.nan, 2, 1, np.nan, 5, 20],
            "validation_loss": [3, np.nan, 1, 3, np.nan, np.nan],
        }
    )
    figure = experiment_plots.plot_learning_curves(curves, {"uniform guess": 6.7})
    assert sum(line.get_marker() == "X" for line in figure.axes[0].lines) == 1
    assert "uniform guess: 6.70" in words(figure)


def test_gaps_are_written_beside_their_signs():
    table = pd.DataFrame(
        {
            "label": ["depth 12 (quoted)", "depth 6"],
            "train_loss": [0.928, 2.5],
            "validation_loss": [0.937, 2.4],
            "source": ["quoted", "ours"],
        }
    )
    assert "0.928 → 0.937" in words(experiment_plots.plot_gaps(table))


def test_curves_that_lie_on_each_other_are_told_apart():
    curves = pd.DataFrame(
        {"label": label, "status": "finished", "tokens": 1e3, "train_loss": 3.3, "validation_loss": 3.3}
        for label in "abcde"
    )
    lines = experiment_plots.plot_learning_curves(curves, {}).axes[0].lines
    looks = {(line.get_color(), line.get_marker()) for line in lines}
    assert len(looks) == 5
