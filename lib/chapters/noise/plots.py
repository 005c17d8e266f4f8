"""Figures of chapter 6: what the published noise did, and what each kind of noise costs a trained network."""

import math
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.show.style import INK, model_colour

_VARIANTS = {
    0: ("#0072B2", "o", "-"),
    1: ("#5E5E5E", "s", "--"),
    2: ("#003A5D", "^", "-."),
    3: ("#1A1A1A", "P", ":"),
}


def plot_published_noise(table: pd.DataFrame) -> Figure:
    """The report's three models on clean and noisy data, and where the clean loss plus ln 2 would lie.

    Args:
        table: from :func:`lib.experiments.designs.published_noise_results`.
    """
    loss = table.pivot(index="model", columns="dataset", values="val_loss").loc[
        ["base", "attention_dropout", "layer_norm"]
    ]
    figure, axis = plt.subplots(figsize=(7.2, 2.4))
    places, colour = np.arange(len(loss)), model_colour("original")
    axis.hlines(places, loss["clean"], loss["noisy"], color=colour, linestyle=":")
    axis.plot(loss["clean"], places, marker="o", color=colour, linestyle="", label="clean (quoted)")
    axis.plot(loss["noisy"], places, marker="D", color=colour, linestyle="", label="noisy (quoted)")
    axis.plot(
        loss["clean"] + math.log(2),
        places,
        marker="|",
        color=INK,
        markersize=16,
        linestyle="",
        label="clean + ln 2",
    )
    for place, line in zip(places, loss.itertuples(), strict=True):
        axis.annotate(
            f"+{line.noisy - line.clean:.3f}",
            ((line.noisy + line.clean) / 2, place),
            (0, 5),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
    axis.set_yticks(places, ["Base", "AttentionDropout", "LayerNorm"])
    axis.set(xlabel="validation loss, nats per token", ylim=(len(loss) - 0.5, -0.6))
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncol=3)
    return figure


def plot_degradation(table: pd.DataFrame, words: Mapping[str, str]) -> Figure:
    """Extra loss of the clean continuation against the share of disturbed notes, a panel a kind of noise.

    Args:
        table: from :func:`lib.chapters.noise.robustness.degradation`, one kind of training.
        words: what each kind does, by name.
    """
    kinds = list(dict.fromkeys(table["kind"]))
    figure, axes = plt.subplots(2, math.ceil(len(kinds) / 2), figsize=(7.2, 4.8), sharex=True, sharey=True)
    for axis, kind in zip(axes.flat, kinds, strict=False):
        of_kind = table[table["kind"] == kind]
        for number, (variant, part) in enumerate(of_kind.groupby("variant", sort=False)):
            colour, marker, style = _VARIANTS[number]
            axis.plot(
                part["changed"], part["extra"], color=colour, marker=marker, linestyle=style, label=variant
            )
            axis.fill_between(
                part["changed"], part["low"], part["high"], color=colour, alpha=0.13, linewidth=0
            )
        axis.axhline(0, color=INK, linewidth=0.8)
        axis.set_title(words[kind].split(",")[0] if kind != "substitution" else "token exchanged", fontsize=9)
    for axis in axes.flat[len(kinds) :]:
        axis.set_axis_off()
    for axis in axes[:, 0]:
        axis.set_ylabel("extra loss, nats per token", fontsize=9)
    for axis in axes.flat[max(0, len(kinds) - axes.shape[1]) : len(kinds)]:
        axis.set_xlabel("share of notes changed", fontsize=9)
        axis.tick_params(labelbottom=True)
    figure.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside lower center", ncol=2)
    return figure
