"""Figures of answers from 1 to 5: Likert charts around the middle, balances, evenness, power."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.chapters.survey.power import POWER
from lib.chapters.survey.scores import COUNT_COLUMNS, NEUTRAL, SCORES
from lib.show.style import BAR_LINE, CARD, DIVERGING, INK, MODEL_COLOURS, text_colour

#: Colours of the scores, orange for 1, grey for the middle, purple for 5: safe for colour-blind readers.
SCORE_COLOURS = tuple(
    mpl.colors.to_hex(mpl.colormaps[DIVERGING](place)) if score != NEUTRAL else "#D9D5CC"
    for score, place in zip(SCORES, (0.12, 0.3, 0.5, 0.72, 0.9), strict=True)
)
_NARROWEST = 0.045  # share of answers from which a number fits into its segment


def plot_likert(table: pd.DataFrame, labels: Sequence[str]) -> Figure:
    """Shares of the scores as stacked bars that hang on the middle of score 3.

    Args:
        table: columns score_1 … score_5, a row a bar, first row on top.
        labels: of the bars; n is added.
    """
    counts = table[COUNT_COLUMNS].to_numpy(dtype=float)
    totals = counts.sum(axis=1)
    shares = counts / totals[:, None]
    starts = np.cumsum(shares, axis=1) - shares
    starts -= (starts + shares / 2)[:, [NEUTRAL - 1]]
    places = np.arange(len(table))[::-1]
    figure, axis = plt.subplots(figsize=(7.2, 0.46 * len(table) + 1.3))
    for score, colour in zip(SCORES, SCORE_COLOURS, strict=True):
        share, start = shares[:, score - 1], starts[:, score - 1]
        meaning = {SCORES[0]: " (not at all)", SCORES[-1]: " (fully)"}.get(score, "")
        axis.barh(
            places,
            share,
            left=start,
            height=0.72,
            color=colour,
            edgecolor=CARD,
            linewidth=0.8,
            label=f"{score}{meaning}",
        )
        for place, width, left, count in zip(places, share, start, counts[:, score - 1], strict=True):
            if width > _NARROWEST:
                axis.text(
                    left + width / 2,
                    place,
                    f"{count:.0f}",
                    ha="center",
                    va="center",
                    fontsize=8.5,
                    color=text_colour(colour),
                )
    axis.axvline(0, color=INK, linewidth=0.8)
    axis.grid(axis="y", visible=False)
    axis.set_yticks(places, [f"{label}\nn = {n:.0f}" for label, n in zip(labels, totals, strict=True)])
    reach = 1.05 * max(-starts[:, 0].min(), (starts[:, -1] + shares[:, -1]).max())
    axis.set(xlim=(-reach, reach), xlabel="share of answers, from the middle of score 3 (numbers: answers)")
    axis.xaxis.set_major_formatter(lambda value, _: f"{abs(value):.0%}")
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncol=len(SCORES))
    return figure


def plot_balances(table: pd.DataFrame, labels: Sequence[str]) -> Figure:
    """Balance (share above neutral minus share below) with its 95% interval, and the median beside it.

    Args:
        table: from :func:`lib.chapters.survey.scores.neutral_table`.
        labels: of its rows.
    """
    places = np.arange(len(table))[::-1]
    figure, axis = plt.subplots(figsize=(7.2, 0.42 * len(table) + 1.1))
    errors = np.abs(table[["balance_low", "balance_high"]].to_numpy().T - table["balance"].to_numpy())
    axis.axvline(0, color=INK, linewidth=0.8)
    axis.errorbar(
        table["balance"],
        places,
        xerr=errors,
        fmt="D",
        color=MODEL_COLOURS["original"],
        markersize=5.5,
        capsize=3,
        linewidth=1.4,
    )
    for place, (_, row) in zip(places, table.iterrows(), strict=True):
        axis.annotate(
            f"median {row['median']:g}",
            (1.02, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=9,
        )
    axis.set_yticks(places, [f"{label} (n = {n})" for label, n in zip(labels, table["n"], strict=True)])
    axis.set(
        xlim=(-1, 1),
        ylim=(-0.6, len(table) - 0.4),
        xlabel="share of answers above 3 minus share below (95% interval)",
    )
    return figure


def plot_power(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """How often simulated surveys find what is there, by number of pieces, a line for each number of raters.

    Args:
        tables: a panel each; from :func:`lib.chapters.survey.power.power_table`.
    """
    figure, axes = plt.subplots(1, len(tables), figsize=(7.2, 3.4), sharey=True, squeeze=False)
    markers = ("o", "s", "^", "D", "v")
    for axis, (title, table) in zip(axes[0], tables.items(), strict=True):
        people = sorted(table["raters"].unique())
        shades = [mpl.colormaps["cividis"](place) for place in np.linspace(0.75, 0, len(people))]
        for raters, marker, colour in zip(people, markers, shades, strict=False):
            part = table[table["raters"] == raters]
            axis.plot(part["pieces"], part["by_piece"], marker=marker, color=colour, label=f"{raters} raters")
            axis.fill_between(
                part["pieces"],
                part["by_piece_low"],
                part["by_piece_high"],
                color=colour,
                alpha=0.15,
                linewidth=0,
            )
        axis.axhline(POWER, color=BAR_LINE, linewidth=1, linestyle=":")
        axis.set_xscale("log", base=2)
        axis.set_xticks(sorted(table["pieces"].unique()))
        axis.xaxis.set_major_formatter("{x:.0f}")
        axis.xaxis.set_minor_locator(mpl.ticker.NullLocator())
        axis.set(title=title, xlabel="pieces in all, half of them real", ylim=(0, 1.02))
    axes[0, 0].set_ylabel("share of surveys with p < 0.05")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncol=5)
    return figure
