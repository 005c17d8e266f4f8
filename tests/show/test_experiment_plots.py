"""Figures of sweeps and noise: what is drawn is what was given, diverged runs included."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from lib.experiments import designs
from lib.experiments.noise import IN_WORDS, KINDS
from lib.show import experiment_plots


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def words(figure):
    return " ".join(text.get_text() for axis in figure.axes
                    for text in [*axis.texts, *axis.get_yticklabels()])


def test_the_published_sweep_has_a_panel_a_factor():
    figure = experiment_plots.plot_published_sweep(designs.published_sweep())
    labels = [axis.get_xlabel() for axis in figure.axes]
    assert labels == ["learning rate", "batch (pieces)", "depth (layers)"]
    assert figure.axes[0].lines[0].get_ydata().max() == pytest.approx(12.0848)


def test_trials_show_every_label_and_mark_what_diverged():
    trials = pd.DataFrame({"label": ["a", "b"], "status": ["finished", "diverged"],
                           "last_validation_loss": [1.0, np.nan]})
    figure = experiment_plots.plot_trials({"fresh": trials, "kept": trials}, {"fresh": (0.9, 1.1),
                                                                              "kept": (np.nan, np.nan)})
    assert len(figure.axes) == 2
    assert "diverged" in words(figure)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b"]


def test_learning_curves_end_in_a_cross_where_a_run_diverged():
    curves = pd.DataFrame({"label": ["a"] * 3 + ["b"] * 3, "status": ["finished"] * 3 + ["diverged"] * 3,
                           "tokens": [1e3, 2e3, 3e3] * 2, "train_loss": [np.nan, 2, 1, np.nan, 5, 20],
                           "validation_loss": [3, np.nan, 1, 3, np.nan, np.nan]})
    figure = experiment_plots.plot_learning_curves(curves, {"uniform guess": 6.7})
    assert sum(line.get_marker() == "X" for line in figure.axes[0].lines) == 1
    assert "uniform guess: 6.70" in words(figure)


def test_gaps_are_written_beside_their_signs():
    table = pd.DataFrame({"label": ["depth 12 (quoted)", "depth 6"], "train_loss": [0.928, 2.5],
                          "validation_loss": [0.937, 2.4], "source": ["quoted", "ours"]})
    assert "0.928 → 0.937" in words(experiment_plots.plot_gaps(table))


def test_the_published_noise_is_drawn_with_its_rises():
    figure = experiment_plots.plot_published_noise(designs.published_noise_results())
    assert "+0.589" in words(figure)


def test_degradation_has_a_panel_a_kind_and_a_line_a_variant():
    table = pd.DataFrame([{"variant": variant, "kind": kind, "share": share, "changed": share, "extra": share,
                           "low": 0.0, "high": 1.0}
                          for kind in KINDS for variant in "abcd" for share in (0.1, 0.5)])
    figure = experiment_plots.plot_degradation(table, IN_WORDS)
    titles = [axis.get_title() or axis.get_title(loc="left") for axis in figure.axes]
    assert titles[:3] == ["pitch", "onset", "velocity"]
    assert len(figure.axes[0].collections) == 4
