"""Figures of chapter 5: published runs, sweeps beside what equal runs spread over, learning curves."""

import math
from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.basics.numbers import shown, typeset
from lib.show.style import CARD, INK, model_colour

_QUOTED: dict[str, Any] = {"color": model_colour("original"), "marker": "D", "linestyle": ":"}
_FACTORS = {"learning_rate": "learning rate", "batch_size": "batch (pieces)", "depth": "depth (layers)"}
_PUBLISHED_VOCABULARY = 486  # tokens of the report
_COLOURS = ("#5E5E5E", "#D55E00", "#009E73", "#0072B2", "#8A3D6B", "#7A5C00")
_MARKERS, _STYLES = "osD^vP", ("-", "--", "-.", ":")
_SOURCES = {"fresh": ("o", "#0072B2"), "kept": ("s", "#5E5E5E")}


def plot_published_sweep(table: pd.DataFrame) -> Figure:
    """The report's ten runs: loss against each factor, with the loss of uniform guessing and twice that.

    Below, the losses of the runs that learned, on a scale on which hundredths can be seen; above, on another
    scale, guessing and what lies beyond it.

    Args:
        table: from :func:`lib.experiments.designs.published_sweep`.
    """
    figure, axes = plt.subplots(2, 3, figsize=(7.2, 4.4), sharey="row", sharex="col", height_ratios=[1, 2])
    guess = math.log(_PUBLISHED_VOCABULARY)
    learned = table.loc[table["val_loss"] < guess, ["val_loss", "train_loss"]].to_numpy()
    for column, (factor, label) in zip(axes.T, _FACTORS.items(), strict=True):
        part = table[table["factor"] == factor].sort_values("value")
        for axis in column:
            _draw_published(axis, part)
        for times, style in ((1, "--"), (2, "-")):
            name = f"{'' if times == 1 else '2 × '}ln {_PUBLISHED_VOCABULARY}"
            column[0].axhline(times * guess, color=INK, linewidth=0.9, linestyle=style, label=name)
        column[1].set(xlabel=label, xlim=(-0.4, len(part) - 0.6))
        column[1].set_xticks(range(len(part)), [shown(value, "g") for value in part["value"]], fontsize=8)
    axes[0, 0].set(ylim=(5, 13.5), yticks=(6, 9, 12))
    axes[1, 0].set(ylim=(learned.min() - 0.05, learned.max() + 0.05), ylabel="loss, nats per token")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncol=4)
    return figure


def _draw_published(axis: Axes, part: pd.DataFrame) -> None:
    places = np.arange(len(part))
    axis.plot(places, part["val_loss"], **_QUOTED, label="validation (quoted)")
    axis.plot(
        places,
        part["train_loss"],
        color=_QUOTED["color"],
        marker="o",
        markerfacecolor="none",
        linestyle="",
        label="training (quoted)",
    )


def plot_trials(tables: Mapping[str, pd.DataFrame], bands: Mapping[str, tuple[float, float]]) -> Figure:
    """One dot a run: its last validation loss, beside the band in which equal configurations lie.

    The axis shows the neighbourhood of the band, in which hundredths can be seen; a run beyond stands at the
    edge as a triangle, with its loss.

    Args:
        tables: by source ('fresh', 'kept'), trials with columns label, the loss, and `is_default` (drawn
            hollow: the same run under several names); a run that diverged is a cross at the right edge.
        bands: by source, the range of a single further run of the default (95%); without one the axis shows
            all runs.
    """
    labels = list(dict.fromkeys(label for table in tables.values() for label in table["label"]))
    figure, axes = plt.subplots(
        1, len(tables), figsize=(7.2, 0.3 * len(labels) + 1.4), sharey=True, squeeze=False
    )
    for axis, (source, table) in zip(axes[0], tables.items(), strict=True):
        _, colour = _SOURCES[source]
        low, high = bands[source]
        if math.isfinite(low):
            axis.axvspan(low, high, color=colour, alpha=0.15, linewidth=0, label="default, again (95%)")
        shown_range = _neighbourhood(table, low, high)
        for line in table.itertuples():
            _draw_trial(axis, labels.index(line.label), line, source, shown_range)
        axis.set(
            title={"fresh": "run afresh", "kept": "kept evidence"}[source],
            xlabel="validation loss, nats per token",
            xlim=shown_range,
        )
        axis.set_yticks(range(len(labels)), [typeset(label) for label in labels])
        axis.set_ylim(len(labels) - 0.5, -0.5)
    handles = {
        label: handle
        for axis in axes[0]
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    if handles:
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", fontsize=8, ncol=3)
    return figure


def _neighbourhood(table: pd.DataFrame, low: float, high: float) -> tuple[float, float]:
    """Losses that the axis shows: around the band, or all where there is none."""
    losses = table.loc[table["status"] == "finished", "last_validation_loss"].dropna()
    if not math.isfinite(low):
        least, most = (losses.min(), losses.max()) if len(losses) else (0.0, 1.0)
        margin = 0.1 * (most - least) or 0.1
        return least - margin, most + margin
    half = max(0.3, high - low)
    return (low + high) / 2 - half, (low + high) / 2 + half


def _draw_trial(axis: Axes, place: int, line: Any, source: str, shown_range: tuple[float, float]) -> None:
    """A run as a dot, or at the edge where it lies beyond."""
    marker, colour = _SOURCES[source]
    least, most = shown_range
    value = line.last_validation_loss
    diverged = line.status == "diverged" or not math.isfinite(value)
    if not diverged and least <= value <= most:
        look: dict[str, Any] = (
            {"markerfacecolor": CARD, "label": "the default itself"} if line.is_default else {}
        )
        axis.plot(value, place, marker=marker, color=colour, linestyle="", **look)
        return
    on_right = diverged or value > most
    inset = 0.02 * (most - least)
    edge = most - inset if on_right else least + inset
    axis.plot(edge, place, marker="x" if diverged else (">" if on_right else "<"), color=colour, markersize=7)
    axis.annotate(
        "diverged" if diverged else shown(value, ".2f"),
        (edge, place),
        (-8 if on_right else 8, 0),
        textcoords="offset points",
        ha="right" if on_right else "left",
        va="center",
        fontsize=8,
    )


def plot_learning_curves(curves: pd.DataFrame, references: Mapping[str, float]) -> Figure:
    """Training loss (thin) and validation loss (marks) of several runs against tokens seen.

    Args:
        curves: from :func:`lib.experiments.sweeps.curves`; diverged runs end in a cross.
        references: losses to draw across, by name.
    """
    labels = list(dict.fromkeys(curves["label"]))
    figure, axis = plt.subplots(figsize=(7.2, 3.8))
    for number, label in enumerate(labels):
        colour, marker, style = (looks[number % len(looks)] for looks in (_COLOURS, _MARKERS, _STYLES))
        part = curves[curves["label"] == label]
        thousands = part["tokens"] / 1e3
        known = part["train_loss"].notna()
        axis.plot(
            thousands[known],
            part["train_loss"][known],
            color=colour,
            linestyle=style,
            linewidth=1.3,
            marker=marker,
            markevery=(number, len(labels)),  # runs that lie on each other are told apart by their marks
            markersize=4,
            label=label,
        )
        evaluated = part["validation_loss"].notna()
        axis.plot(
            thousands[evaluated],
            part["validation_loss"][evaluated],
            color=colour,
            linestyle="",
            marker=marker,
        )
        if (part["status"] == "diverged").any():
            last = part[known].iloc[-1]
            axis.plot(last["tokens"] / 1e3, last["train_loss"], marker="X", color=colour, markersize=11)
    for name, value in references.items():
        axis.axhline(value, color=INK, linewidth=0.9, linestyle=":")
        axis.annotate(
            f"{name}: {value:.2f}",
            (0.99, value),
            (0, 9),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            fontsize=8,
            bbox={"facecolor": CARD, "edgecolor": "none", "alpha": 0.8, "pad": 1},
        )
    axis.set(xlabel="thousand tokens seen", ylabel="loss, nats per token")
    axis.set_ylim(bottom=0)
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncol=3)
    return figure


def plot_gaps(table: pd.DataFrame) -> Figure:
    """Validation loss minus training loss of each run, with both losses written beside it.

    Args:
        table: columns label, train_loss, validation_loss, source (quoted or ours).
    """
    figure, axis = plt.subplots(figsize=(7.2, 0.32 * len(table) + 1.2))
    axis.axvline(0, color=INK, linewidth=0.9)
    gaps = table["validation_loss"] - table["train_loss"]
    for place, (gap, line) in enumerate(zip(gaps, table.itertuples(), strict=True)):
        quoted = line.source == "quoted"
        axis.hlines(place, 0, gap, color=model_colour("original" if quoted else "transformer"), linewidth=1.5)
        axis.plot(
            gap,
            place,
            marker="D" if quoted else "o",
            color=model_colour("original" if quoted else "transformer"),
        )
        axis.annotate(
            f"{line.train_loss:.3f} → {line.validation_loss:.3f}",
            (max(gap, 0), place),
            (8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axis.set_yticks(range(len(table)), table["label"])
    axis.set_ylim(len(table) - 0.5, -0.5)
    axis.margins(x=0.3)
    axis.set(xlabel="validation minus training loss, nats per token (beside it: training → validation)")
    return figure
