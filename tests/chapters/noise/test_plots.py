"""Figures of noise: what is drawn is what was given."""

import pandas as pd

from lib.chapters.noise import plots
from lib.experiments import designs
from lib.experiments.noise import IN_WORDS, KINDS


def test_the_published_noise_is_drawn_with_its_rises():
    figure = plots.plot_published_noise(designs.published_noise_results())
    assert "+0.589" in " ".join(text.get_text() for text in figure.axes[0].texts)


def test_degradation_has_a_panel_a_kind_and_a_line_a_variant():
    table = pd.DataFrame(
        [
            {
                "variant": variant,
                "kind": kind,
                "share": share,
                "changed": share,
                "extra": share,
                "low": 0.0,
                "high": 1.0,
            }
            for kind in KINDS
            for variant in "abcd"
            for share in (0.1, 0.5)
        ]
    )
    figure = plots.plot_degradation(table, IN_WORDS)
    titles = [axis.get_title() or axis.get_title(loc="left") for axis in figure.axes]
    assert titles[:3] == ["pitch", "onset", "velocity"]
    assert len(figure.axes[0].collections) == 4
