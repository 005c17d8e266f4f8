"""Figures and tables of speed: what is drawn is what was measured; nothing undefined is drawn as a number."""

import numpy as np
import pandas as pd
import pytest

from lib.chapters.speed import plots as speed_plots

ROWS = [
    {
        "work": f"work_{number}",
        "unit": "tokens/s",
        "plain": 10.0,
        "ours": 10.0 * number,
        "ratio": float(number),
        "ratio_low": 0.9 * number,
        "ratio_high": 1.1 * number,
        "turns": 3,
        "bound": 0.000012,
        "of_bound": 0.25,
        "date": "2026-01-02",
        "machine": "A <b>machine</b>",
        "cores": 2,
        "threads": 2,
        "system_load": 0.1,
        "versions": {"torch": "2.13"},
    }
    for number in (1, 3, 90)
]


@pytest.fixture
def arms():
    return pd.DataFrame(
        [
            {
                "arm": "the book's Transformer",
                "difference": np.nan,
                "low": np.nan,
                "high": np.nan,
                "by_seed": np.nan,
                "nats_per_note": 3.0,
            },
            {
                "arm": "clipping",
                "difference": 0.1,
                "low": -0.1,
                "high": 0.3,
                "by_seed": "0.0500 0.1500",
                "nats_per_note": 3.1,
            },
            {
                "arm": "rotary positions",
                "difference": 0.4,
                "low": 0.2,
                "high": 0.6,
                "by_seed": "0.3 0.5",
                "nats_per_note": 3.4,
            },
            {
                "arm": "LSTM of as many parameters",
                "difference": -0.2,
                "low": np.nan,
                "high": np.nan,
                "by_seed": "-0.2",
                "nats_per_note": 2.8,
            },
        ]
    ).assign(
        diverged=[0, 0, 1, 0],
        seeds=2,
        parameters=1000,
        tokens=5000,
        seconds=3.0,
        judged_tokens=900,
        pieces=9,
        groups=8,
    )


def test_the_table_of_the_bench_escapes_and_names_its_machine():
    page = speed_plots.bench_table(ROWS, "Times").data
    assert "A &lt;b&gt;machine&lt;/b&gt;" in page
    assert "2026-01-02" in page
    assert "0.000012" in page
    assert "0.90 to 1.10 in 3 turns" in page


def test_every_ratio_is_drawn_with_its_range():
    axis = speed_plots.plot_ratios(ROWS).axes[0]
    ranges = [line.get_xdata() for line in axis.lines if len(line.get_xdata()) == 2]
    assert [tuple(found) for found in ranges[:3]] == [(row["ratio_low"], row["ratio_high"]) for row in ROWS]
    assert [text.get_text() for text in axis.texts] == ["1.0", "3.0", "90.0"]
    assert axis.get_xlim()[0] < 0.9 < 99 < axis.get_xlim()[1]


def test_bars_of_time_are_as_long_as_the_step():
    shares = pd.DataFrame(
        [
            {"way": way, "kind": f"kind {number}", "seconds": length, "share": length / 3.6}
            for way, factor in (("plain", 1.0), ("ours", 0.5))
            for number, length in enumerate(factor * np.linspace(0.1, 0.8, 8))
        ]
    )
    axis = speed_plots.plot_time_shares(shares).axes[0]
    ends = {}
    for bar in axis.patches:
        ends[round(bar.get_y())] = max(ends.get(round(bar.get_y()), 0), bar.get_x() + bar.get_width())
    assert sorted(ends.values()) == pytest.approx([1.8, 3.6])


def test_arms_are_sorted_and_those_without_a_difference_left_out(arms):
    axis = speed_plots.plot_worth(arms).axes[0]
    labels = [label.get_text() for label in axis.get_yticklabels()]
    assert labels == ["without rotary positions", "without clipping", "LSTM of as many parameters"]
    assert speed_plots.seeds_of(arms.iloc[0]) == []
    assert speed_plots.seeds_of(arms.iloc[1]) == [0.05, 0.15]


def test_a_loss_far_beyond_the_others_stands_behind_a_cut_on_the_same_linear_scale(arms):
    far = (
        arms[arms["difference"].notna()]
        .iloc[[0]]
        .assign(arm="all of them taken back", difference=14.0, low=13.5, high=14.5, by_seed="14.0 14.1")
    )
    left, right = speed_plots.plot_worth(pd.concat([arms, far], ignore_index=True)).axes
    assert left.get_xscale() == right.get_xscale() == "linear"
    assert left.get_xlim()[1] < 13 < right.get_xlim()[0] < 13.5
    assert right.get_xlim()[1] > 14.5


def test_the_table_of_arms_tells_one_seed_from_an_interval(arms):
    page = speed_plots.worth_table(arms, "Worth", "Origin.").data
    assert "0.100 [−0.100" in page
    assert "−0.200 (one seed, no interval)" in page
    assert "1 of 2" in page
    assert "900 tokens of 9 test pieces in 8 groups" in page
    assert page.endswith("Origin.</p></div>")


def test_a_single_turn_has_no_range():
    html = speed_plots.bench_table([ROWS[0] | {"turns": 1}, ROWS[1]], "Times").data
    assert html.count("one turn") == 1
    assert html.count("in 3 turns") == 1
