"""Figures of what happens inside a network."""

import numpy as np

from lib.chapters.networks.plots import plot_gradient_reach


def test_a_gradient_below_the_axis_ends_its_curve_instead_of_running_along_the_edge():
    sizes = np.array([1.0, 1e-5, 1e-11, 1e-13, 0.0])
    (line, *_) = plot_gradient_reach({"plain": sizes}, {}).axes[0].lines
    assert np.isnan(line.get_ydata()).tolist() == [False, False, False, True, True]


def test_its_powers_of_ten_are_plain_text():
    figure = plot_gradient_reach({"plain": np.ones(3)}, {})
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert {"10⁰", "10⁻⁴"} <= set(labels)
    assert not any("$" in label for label in labels)
