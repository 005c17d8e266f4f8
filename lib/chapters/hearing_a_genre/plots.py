"""Pictures of chapter 10."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from lib.measures.ear.features import HOP, NAMES, SAMPLE_RATE, SEGMENT_FRAMES
from lib.measures.ear.pieces import LEAST_SECONDS
from lib.show.plots import plot_sentence
from lib.show.style import BAR_LINE, FAINT, INK, MODEL_COLOURS, SEQUENTIAL, short_label, write_readably


def plot_features(pieces: Mapping[str, np.ndarray]) -> Figure:
    """What an ear gets: each feature over time, scaled to its own range, the ends of segments as lines.

    Args:
        pieces: by title, features [frames, 33]; none, and the picture says so.
    """
    if not pieces:
        return plot_sentence(f"No test piece can be heard for {LEAST_SECONDS:.0f} seconds.")
    figure, axes = plt.subplots(len(pieces), 1, figsize=(7.2, 2.3 * len(pieces) + 0.5), sharex=True)
    for axis, (title, features) in zip(np.atleast_1d(axes), pieces.items(), strict=True):
        low, high = np.percentile(features, [2, 98], axis=0)
        scaled = np.clip((features - low) / np.maximum(high - low, 1e-9), 0, 1)
        end = len(features) * HOP / SAMPLE_RATE
        axis.imshow(
            scaled.T,
            aspect="auto",
            cmap=SEQUENTIAL,
            origin="lower",
            extent=(0, end, 0, len(NAMES)),
            interpolation="nearest",
        )
        for segment in range(1, len(features) // SEGMENT_FRAMES):
            axis.axvline(segment * SEGMENT_FRAMES * HOP / SAMPLE_RATE, color="white", linewidth=1)
        axis.set_yticks([6.5, 13.5, 20, 29.5], ["13 MFCC", "centroid", "12 chroma", "7 contrast"])
        axis.grid(False)
        axis.set_title(title, fontsize=10)
    figure.supxlabel("seconds", fontsize=10)
    return figure


def plot_neighbours(tables: Mapping[str, pd.DataFrame], truth: str) -> Figure:
    """One song behind different neighbours: what each network answers, row by row.

    Args:
        tables: by network, from :func:`lib.chapters.hearing_a_genre.classifiers.with_neighbours`.
        truth: the song's genre, marked.
    """
    genres = {short_label(genre) for table in tables.values() for genre in table["genre"]}
    height = 3.4 + 0.08 * max(0, max(map(len, genres)) - 9) + 0.25 * max(0, len(genres) - 8)
    figure, axes = plt.subplots(1, len(tables), figsize=(7.2, height), sharey=True)
    for axis, (title, table) in zip(np.atleast_1d(axes), tables.items(), strict=True):
        wide = table.pivot(index="neighbours", columns="genre", values="probability")
        place = list(wide.columns).index(truth)
        wide = wide.rename(index=short_label, columns=short_label)
        sns.heatmap(
            100 * wide,
            annot=True,
            fmt=".0f",
            cmap=SEQUENTIAL,
            vmin=0,
            vmax=100,
            cbar=False,
            linewidths=0.5,
            annot_kws={"fontsize": 8},
            xticklabels=True,
            yticklabels=True,
            ax=axis,
        )
        write_readably(axis)
        axis.set(xlabel="", ylabel="")
        axis.set_title(title, fontsize=10)
        axis.add_patch(
            plt.Rectangle((place, 0), 1, len(wide), fill=False, edgecolor=MODEL_COLOURS["lstm"], linewidth=2)
        )
        axis.set_xticks(axis.get_xticks(), wide.columns, rotation=60, ha="right", rotation_mode="anchor")
        axis.tick_params(axis="y", rotation=0)
    figure.supxlabel("what the network answers for the song (percent); framed: what it is", fontsize=9)
    figure.supylabel("genre of its neighbours in the batch", fontsize=9)
    return figure


def plot_scores(table: pd.DataFrame, chance: float, of_notes: int = 0) -> Figure:
    """Shares right with intervals, a row a classifier.

    Args:
        table: who, right, low, high.
        chance: drawn as a dashed line.
        of_notes: so many rows at the end read notes instead of hearing; drawn hollow.
    """
    figure, axis = plt.subplots(figsize=(7.2, 0.36 * len(table) + 1.0))
    places = np.arange(len(table))[::-1]
    for number, (place, row) in enumerate(zip(places, table.itertuples(), strict=True)):
        hollow = number >= len(table) - of_notes
        axis.plot([row.low, row.high], [place, place], color=INK, linewidth=2)
        axis.plot(
            row.right,
            place,
            marker="s" if hollow else "o",
            color=INK,
            markersize=7,
            markerfacecolor="white" if hollow else INK,
        )
    axis.axvline(chance, color=BAR_LINE, linestyle="--")
    axis.set_yticks(places, table["who"])
    axis.set(xlim=(0, 1), xlabel="genre recognised, percent (dashed: chance)", ylim=(-0.6, len(table) - 0.4))
    axis.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    return figure


def plot_horse(table: pd.DataFrame, chance: float) -> Figure:
    """Shares right after each change, a panel a classifier."""
    who = list(dict.fromkeys(table["who"]))
    figure, axes = plt.subplots(1, len(who), figsize=(7.2, 2.9), sharey=True)
    for axis, name in zip(np.atleast_1d(axes), who, strict=True):
        rows = table[table["who"] == name]
        places = np.arange(len(rows))[::-1]
        first = rows.iloc[0]
        axis.axvspan(first["low"], first["high"], color=FAINT, alpha=0.6, linewidth=0)
        axis.hlines(places, rows["low"], rows["high"], color=INK, linewidth=2)
        axis.plot(rows["right"], places, "o", color=INK)
        axis.axvline(chance, color=BAR_LINE, linestyle="--")
        axis.set_yticks(places, rows["change"])
        axis.set(title=name, xlim=(0, 1))
        axis.title.set_fontsize(10)
        axis.set_xticks([0, 0.5, 1], ["0", "50", "100"])
    figure.supxlabel("genre recognised, percent (dashed: chance; shaded: unchanged)", fontsize=9)
    return figure
