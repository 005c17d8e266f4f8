"""The figure of sizes: loss with the fitted lines, the prediction and what came; below, what is composed."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.chapters.hyperparameters.size_fit import read_fits
from lib.chapters.hyperparameters.size_prediction import WITHOUT
from lib.chapters.hyperparameters.size_runs import KINDS
from lib.chapters.hyperparameters.size_story import ABSENT, MEASURES, KeptSizes, prediction_table
from lib.show.style import INK, MODEL_MARKERS, model_colour, model_label

_BUDGET_LINES = (":", "--", "-")
_SHARES = {"themes": "notes in returning themes", "label": "labels obtained"}


def plot_sizes(kept: KeptSizes | None) -> Figure:
    """Loss against parameters for each kind, a line a budget; below, themes and labels at the largest budget.

    Args:
        kept: from :func:`lib.chapters.hyperparameters.size_story.find_sizes`; None draws one sentence.
    """
    if kept is None:
        figure, axis = plt.subplots(figsize=(7.2, 1.2))
        axis.set_axis_off()
        axis.text(0.5, 0.5, ABSENT.partition(" (")[0] + ".", ha="center", va="center")
        return figure
    figure, axes = plt.subplots(2, 2, figsize=(7.2, 6.2), sharex=True)
    axes[0, 1].sharey(axes[0, 0])
    for axis, kind in zip(axes[0], KINDS, strict=True):
        _losses(axis, kept, kind)
    axes[0, 0].set(ylabel="loss, nats per token")
    for axis, measure in zip(axes[1], MEASURES, strict=True):
        _pieces(axis, kept, measure)
    sizes = sorted(kept.runs[kept.runs["kind"] == KINDS[0]]["parameters"].unique())
    axes[1, 0].set_xticks(sizes, [f"{size / 1e6:.1f} M" for size in sizes])
    axes[1, 0].minorticks_off()
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncol=3, fontsize=8)
    return figure


def _losses(axis: Axes, kept: KeptSizes, kind: str) -> None:
    runs = kept.runs[kept.runs["kind"] == kind]
    fit = read_fits(kept.fits, WITHOUT)[kind]
    colour, marker = model_colour(kind), MODEL_MARKERS[kind]
    sizes = np.geomspace(runs["parameters"].min(), runs["parameters"].max() * 1.15, 60)
    for number, (budget, part) in enumerate(runs[~runs["largest"]].groupby("budget")):
        style = _BUDGET_LINES[number % len(_BUDGET_LINES)]
        label = f"{budget / 1e6:.1f} M tokens"
        losses = [fit.loss(size, part["tokens"].mean()) for size in sizes]
        axis.plot(sizes, losses, color=INK, linestyle=style, linewidth=1, label=label)
        axis.plot(part["parameters"], part["loss"], color=colour, marker=marker, linestyle="")
    largest = runs[runs["largest"]]
    line = prediction_table(kept).set_index("kind").loc[kind]
    place = float(largest["parameters"].iloc[0])
    error = [[line["predicted"] - line["low"]], [line["high"] - line["predicted"]]]
    axis.errorbar(
        place,
        line["predicted"],
        error,
        color=INK,
        marker="_",
        capsize=5,
        linestyle="",
        label="predicted (95%)",
    )
    axis.plot(
        largest["parameters"],
        largest["loss"],
        color=colour,
        marker="*",
        markersize=11,
        linestyle="",
        label="trained afterwards",
    )
    axis.set(title=model_label(kind), xscale="log", yscale="log")
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter("{x:g}")
    axis.tick_params(axis="y", which="minor", labelsize=7)


def _pieces(axis: Axes, kept: KeptSizes, measure: str) -> None:
    """One point a network at the largest budget, with its interval over pieces."""
    at_most = kept.runs[kept.runs["budget"] == kept.runs["budget"].max()]
    axis.set(xlabel="parameters", ylabel=_SHARES[measure], ylim=(0, 1))
    if measure not in kept.runs:
        return
    for kind in KINDS:
        part = at_most[at_most["kind"] == kind].sort_values("parameters")
        error = [part[measure] - part[f"{measure}_low"], part[f"{measure}_high"] - part[measure]]
        axis.errorbar(
            part["parameters"],
            part[measure],
            error,
            color=model_colour(kind),
            marker=MODEL_MARKERS[kind],
            linewidth=1,
            capsize=2,
        )
    axis.axhline(kept.real[measure], color=model_colour("real"), linewidth=0.9, linestyle=":")
    axis.annotate(
        "real pieces",
        (0.02, kept.real[measure]),
        (0, 4),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        fontsize=8,
    )
