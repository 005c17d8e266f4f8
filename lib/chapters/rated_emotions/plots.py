"""Figures of the appendix on rated emotions."""

import textwrap
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.basics.numbers import shown
from lib.chapters.rated_emotions.data_sets.ratings import DIMENSIONS
from lib.chapters.rated_emotions.tables import basis, rater_reference
from lib.show.style import BAR_LINE, DIVERGING, INK, MODEL_COLOURS
from lib.show.tables import with_interval

_COLOURS = {"valence": MODEL_COLOURS["transformer"], "arousal": MODEL_COLOURS["lstm"]}
_MARKERS = {"valence": "o", "arousal": "s"}


def plot_curves(curves: pd.DataFrame) -> Figure:
    """What raters said over the measures of two pieces, and what the notes do below.

    Args:
        curves: from :func:`lib.chapters.rated_emotions.curves.example_curves`.
    """
    figure, axes = plt.subplots(2, 2, figsize=(7.2, 4.2), sharex="col", height_ratios=[2, 1])
    for dimension, (said, notes) in zip(DIMENSIONS, axes.T, strict=True):
        table = curves[curves["dimension"] == dimension]
        first = table.iloc[0]
        said.fill_between(
            table["measure"], table["low"], table["high"], color=_COLOURS[dimension], alpha=0.25, linewidth=0
        )
        said.plot(table["measure"], table["mean"], color=_COLOURS[dimension])
        said.axhline(0, color=BAR_LINE, linewidth=1)
        said.set(
            title=f"{first['piece']} ({first['series']})",
            ylim=(-1, 1),
            ylabel=f"{dimension}, {first['raters']} raters",
        )
        notes.step(table["measure"], table["onsets_a_second"], where="mid", color=INK, linewidth=1.2)
        notes.set(xlabel="measure", ylim=(0, None), ylabel="onsets a second")
    return figure


def plot_ingredients(ingredients: pd.DataFrame, agreement: pd.DataFrame) -> Figure:
    """The AUC of each feature alone against the signs of valence and arousal, one rater's shaded.

    Args:
        ingredients: from :func:`lib.chapters.rated_emotions.rules.ingredient_table`.
        agreement: from :func:`lib.chapters.rated_emotions.agreement.agreement_table`.
    """
    names = ingredients["ingredient"].drop_duplicates().tolist()
    places = np.arange(len(names))[::-1]
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 0.27 * len(names) + 1.2), sharey=True)
    for dimension, axis in zip(DIMENSIONS, axes, strict=True):
        table = ingredients[ingredients["dimension"] == dimension].set_index("ingredient").loc[names]
        rater = agreement[
            (agreement["dimension"] == dimension) & (agreement["measure"] == "one rater, AUC")
        ].iloc[0]
        for low, high in ((rater["low"], rater["high"]), (1 - rater["high"], 1 - rater["low"])):
            axis.axvspan(low, high, color=MODEL_COLOURS["real"], alpha=0.12, linewidth=0)
        _intervals(axis, table["auc"], table["auc_low"], table["auc_high"], places, dimension)
        axis.axvline(0.5, color=INK, linestyle="--", linewidth=1)
        axis.set(title=dimension, xlim=(0.05, 0.95))
    figure.supxlabel("AUC: the chance that of two pieces the positive one has more", fontsize=10)
    _say_above(figure, f"{rater_reference(agreement, 'AUC')} {basis(ingredients)}")
    axes[0].set_yticks(
        places,
        [f"{row.ingredient} ({row.group})" for row in ingredients.drop_duplicates("ingredient").itertuples()],
    )
    return figure


def plot_hearing(hearing: pd.DataFrame, agreement: pd.DataFrame) -> Figure:
    """How much of the ratings judges explain by what they may hear, on series that did not teach them.

    Args:
        hearing: the table `rated_hearing`.
        agreement: as above; the whole panel's reliability bounds what can be explained.
    """
    names = hearing["hears"].drop_duplicates().tolist()
    places = np.arange(len(names))[::-1]
    figure, axis = plt.subplots(figsize=(7.2, 0.5 * len(names) + 1.4))
    for shift, dimension in zip((0.12, -0.12), DIMENSIONS, strict=True):
        table = hearing[hearing["dimension"] == dimension].set_index("hears").loc[names]
        _intervals(
            axis,
            table["explained"],
            table["explained_low"],
            table["explained_high"],
            places + shift,
            dimension,
        )
        bound = agreement[
            (agreement["dimension"] == dimension) & (agreement["measure"] == "whole panel (ICC)")
        ]["estimate"].iloc[0]
        axis.axvline(bound, color=_COLOURS[dimension], linestyle=":")
    axis.axvline(0, color=INK, linestyle="--", linewidth=1)
    axis.set_yticks(
        places,
        [
            f"{name}\n{count} features"
            for name, count in zip(names, hearing.drop_duplicates("hears")["features"], strict=True)
        ],
    )
    axis.set(xlabel="share of the ratings' variance explained on unseen series", xlim=(-0.2, 1))
    axis.legend(loc="lower right", bbox_to_anchor=(0.88, 0))
    _say_above(figure, basis(hearing))
    return figure


def plot_calibration(calibration: pd.DataFrame, hearing: pd.DataFrame, hears: str) -> Figure:
    """Said against expected in fifths of the pieces, with intervals and the judge's error.

    Args:
        calibration: the table `rated_calibration`.
        hearing: the table `rated_hearing`, for the judge's errors.
        hears: which judge.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.7), sharex=True, sharey=True)
    own = calibration[calibration["hears"] == hears]
    errors = hearing[hearing["hears"] == hears].set_index("dimension")["error"]
    for dimension, axis in zip(DIMENSIONS, axes, strict=True):
        table = own[own["dimension"] == dimension]
        axis.plot([-0.5, 0.5], [-0.5, 0.5], color=INK, linestyle="--", linewidth=1)
        axis.fill_between(
            [-0.5, 0.5],
            np.array([-0.5, 0.5]) - errors[dimension],
            np.array([-0.5, 0.5]) + errors[dimension],
            color=INK,
            alpha=0.08,
            linewidth=0,
        )
        axis.errorbar(
            table["expected"],
            table["said"],
            yerr=np.abs(np.stack([table["said"] - table["low"], table["high"] - table["said"]])),
            color=_COLOURS[dimension],
            marker=_MARKERS[dimension],
            capsize=2,
        )
        first = table.iloc[0]
        slope = with_interval(first["slope"], first["slope_low"], first["slope_high"], 2)
        axis.set(
            title=f"{dimension}: slope {slope}",
            xlabel="expected by the judge",
            xlim=(-0.5, 0.5),
            ylim=(-0.5, 0.5),
        )
    axes[0].set_ylabel("said by the raters")
    _say_above(
        figure,
        f"{own['pieces'].sum() // 2} pieces of {own['series_count'].iloc[0]} series, "
        f"{own['ratings'].iloc[0]:,} ratings. Intervals of 95% over series. Always saying the mean errs by "
        f"{_spread(hearing, hears, 'valence'):.2f} (valence) and {_spread(hearing, hears, 'arousal'):.2f} "
        "(arousal).",
    )
    return figure


def plot_shifts(shifts: pd.DataFrame, pieces: Mapping[str, int]) -> Figure:
    """How far each genre's mean lies from what the judge was taught on, in its standard deviations.

    Args:
        shifts: from :func:`lib.chapters.rated_emotions.judged.feature_shifts`.
        pieces: how many there are of each genre.
    """
    figure, axis = plt.subplots(figsize=(7.2, 0.3 * len(shifts) + 1.2))
    image = axis.imshow(shifts.to_numpy(), cmap=DIVERGING, vmin=-2.5, vmax=2.5, aspect="auto")
    axis.set_xticks(
        np.arange(shifts.shape[1]), [f"{genre}\n{pieces[genre]} pieces" for genre in shifts.columns]
    )
    axis.set_yticks(np.arange(len(shifts)), shifts.index)
    axis.grid(False)
    for row, column in np.ndindex(shifts.shape):
        value = shifts.iat[row, column]
        axis.text(
            column,
            row,
            shown(value, "+.1f"),
            ha="center",
            va="center",
            fontsize=8,
            color="#FFFFFF" if abs(value) > 1.7 else INK,
        )
    figure.colorbar(image, label="standard deviations")
    return figure


def plot_judged(real: pd.DataFrame, composed: pd.DataFrame, errors: Mapping[str, float]) -> Figure:
    """What the judge says of real and composed pieces, by the label that they have or were asked for.

    Args:
        real, composed: from :func:`lib.chapters.rated_emotions.judged.judge_pieces` and `judge_swapped`.
        errors: the judge's root mean square errors, drawn as a bar.
    """
    labels = sorted(set(real["asked"]) | set(composed["asked"]))
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 0.5 * len(labels) + 1.6), sharey=True)
    places = np.arange(len(labels))[::-1]
    for dimension, axis in zip(DIMENSIONS, axes, strict=True):
        for shift, (name, table, colour) in zip(
            (0.15, -0.15),
            (
                (f"real, with the label ({len(real)} pieces)", real, MODEL_COLOURS["real"]),
                (f"composed to it ({len(composed)} pieces)", composed, MODEL_COLOURS["transformer"]),
            ),
            strict=True,
        ):
            for place, label in zip(places, labels, strict=True):
                values = table.loc[table["asked"] == label, dimension].dropna().to_numpy()
                axis.plot(
                    values,
                    np.full(len(values), place + shift),
                    "o",
                    markersize=3,
                    alpha=0.35,
                    color=colour,
                    markeredgewidth=0,
                    label=name if place == places[0] else None,
                )
                if len(values):
                    axis.plot([values.mean()] * 2, place + shift + np.array([-0.13, 0.13]), color=colour)
        left = axis.get_xlim()[0]
        axis.plot([left, left + errors[dimension]], [-0.7] * 2, color=INK, linewidth=3, solid_capstyle="butt")
        axis.annotate("the judge's error", (left, -0.7), (0, 4), textcoords="offset points", fontsize=8)
        axis.set(xlabel=f"judged {dimension}", ylim=(-0.95, len(labels) - 0.4))
    axes[0].set_yticks(places, labels)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncol=2)
    return figure


def _spread(hearing: pd.DataFrame, hears: str, dimension: str) -> float:
    """What always saying the mean would err by: the judge's error and what it explains tell."""
    row = hearing[(hearing["hears"] == hears) & (hearing["dimension"] == dimension)].iloc[0]
    return float(row["error"] / np.sqrt(1 - row["explained"]))


def _say_above(figure: Figure, text: str) -> None:
    """What a figure rests on, in small letters over it."""
    width = int(figure.get_figwidth() * 16)
    figure.suptitle(textwrap.fill(text, width), fontsize=8, x=0.01, ha="left")


def _intervals(
    axis, estimate: pd.Series, low: pd.Series, high: pd.Series, places: np.ndarray, dimension: str
) -> None:
    axis.errorbar(
        estimate,
        places,
        xerr=np.abs(np.stack([estimate - low, high - estimate])),
        fmt=_MARKERS[dimension],
        color=_COLOURS[dimension],
        markersize=5,
        capsize=2,
        linewidth=1.2,
        label=dimension,
    )
