"""Pictures of chapter 1: what the data hold, one bar of tokens, what predicts a label, sizes of groups."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from lib.show.style import (
    INK,
    MODEL_COLOURS,
    SEQUENTIAL,
    short_label,
    text_colour,
    token_colour,
    write_readably,
)

_QUOTED = MODEL_COLOURS["original"]
_OURS = MODEL_COLOURS["real"]


def plot_published_counts(counts: pd.DataFrame) -> Figure:
    """XMIDI's published number of pieces by emotion and by genre.

    Args:
        counts: the table of :func:`lib.chapters.dataset.measures.published_counts`.
    """
    kinds = list(dict.fromkeys(counts["label_kind"]))
    sizes = [int((counts["label_kind"] == kind).sum()) for kind in kinds]
    figure, axes = plt.subplots(
        len(kinds), 1, figsize=(7.2, 0.32 * sum(sizes) + 1.4), sharex=True, height_ratios=sizes
    )
    for axis, kind in zip(np.atleast_1d(axes), kinds, strict=True):
        part = counts[counts["label_kind"] == kind].sort_values("count")
        bars = axis.barh(part["label"], part["count"], color=_QUOTED, height=0.7)
        axis.bar_label(
            bars,
            [f"{count:,} ({share:.1%})" for count, share in zip(part["count"], part["share"], strict=True)],
            padding=3,
            fontsize=8,
        )
        axis.set_title(f"by {kind} (equal shares would be {1 / len(part):.1%})")
        axis.grid(axis="y", visible=False)
        axis.margins(x=0.22)
        axis.xaxis.set_major_formatter("{x:,.0f}")
    np.atleast_1d(axes)[-1].set_xlabel("MIDI files (quoted from the XMIDI data set's page)")
    return figure


def plot_label_counts(counts: pd.DataFrame) -> Figure:
    """Heat map of the number of pieces by emotion (rows) and genre (columns), each number printed.

    Args:
        counts: the table of :func:`lib.chapters.dataset.measures.label_counts`.
    """
    counts = counts.rename(index=short_label, columns=short_label)
    figure, axis = plt.subplots(figsize=(7.2, 0.5 * len(counts) + 1.3))
    sns.heatmap(
        counts,
        annot=True,
        fmt=",d",
        cmap=SEQUENTIAL,
        linewidths=0.5,
        ax=axis,
        cbar_kws={"label": "pieces"},
        annot_kws={"fontsize": 9},
    )
    write_readably(axis)
    axis.set(xlabel="genre (the collection a piece comes from)", ylabel="emotion label")
    axis.tick_params(axis="y", rotation=0)
    if max(map(len, counts.columns)) * len(counts.columns) > 70:  # letters that fit side by side
        axis.tick_params(axis="x", rotation=60)
        axis.set_xticks(axis.get_xticks(), axis.get_xticklabels(), ha="right", rotation_mode="anchor")
        figure.set_figheight(figure.get_figheight() + 1)
    return figure


def plot_lengths(index: pd.DataFrame, window: int) -> Figure:
    """Distributions of piece lengths by genre in seconds, bars, notes and tokens, on logarithmic axes.

    Args:
        index: a store's index.
        window: the training window in tokens, drawn as a line.
    """
    columns = {"seconds": "seconds", "bars": "bars", "notes": "notes", "length": "tokens"}
    index = index.assign(genre=index["genre"].map(short_label))
    order = index.groupby("genre")["length"].median().sort_values().index
    figure, axes = plt.subplots(2, 2, figsize=(7.2, 0.5 * len(order) + 2.4), sharey=True)
    for axis, (column, name) in zip(axes.flat, columns.items(), strict=True):
        sns.boxplot(
            index,
            x=column,
            y="genre",
            order=order,
            ax=axis,
            color="#A9C6DA",
            fliersize=1.5,
            linecolor=INK,
            linewidth=0.9,
            whis=(5, 95),
            width=0.6,
        )
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 5)))  # more would collide
        axis.xaxis.set_major_formatter("{x:,.0f}")
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.set(xlabel=name, ylabel="")
        if column == "length":
            axis.axvline(window, color=MODEL_COLOURS["lstm"], linestyle="--", linewidth=1.2)
            axis.annotate(
                f"window: {window}",
                (window, 0),
                (4, 10),
                textcoords="offset points",
                fontsize=8,
                color=MODEL_COLOURS["lstm"],
                va="bottom",
            )
    return figure


_BOXES_IN_A_ROW = 8


def plot_token_strip(tokens: list[str], types: list[str]) -> Figure:
    """The tokens of one passage as coloured boxes, read like text, left to right and downwards.

    Args:
        tokens: the text of each token, such as 'Pitch_67'.
        types: the type of each token, which decides its colour.
    """
    rows = -(-len(tokens) // _BOXES_IN_A_ROW)
    figure, axis = plt.subplots(figsize=(7.2, 0.34 * rows + 0.55))
    for number, (token, kind) in enumerate(zip(tokens, types, strict=True)):
        row, column = divmod(number, _BOXES_IN_A_ROW)
        fill = token_colour(kind)
        axis.add_patch(plt.Rectangle((column, -row), 0.95, -0.85, color=fill, linewidth=0))
        axis.text(
            column + 0.475,
            -row - 0.43,
            _words(token),
            ha="center",
            va="center",
            fontsize=7,
            color=text_colour(fill),
        )
    axis.set(xlim=(0, _BOXES_IN_A_ROW), ylim=(-rows, 0.05))
    axis.axis("off")
    legend = [
        plt.Rectangle((0, 0), 1, 1, color=token_colour(kind), label=kind) for kind in dict.fromkeys(types)
    ]
    figure.legend(handles=legend, loc="outside lower left", ncols=_BOXES_IN_A_ROW, handlelength=1.0)
    return figure


def _words(token: str) -> str:
    """A token as words: 'Pitch_67' is 'Pitch 67', 'Bar_None' is 'Bar'."""
    return token.removesuffix("_None").replace("_", " ", 1)


def plot_predictors(table: pd.DataFrame) -> Figure:
    """Accuracy of guessing a label from little, with 95% intervals and the majority class as the baseline.

    Args:
        table: rows of :func:`lib.chapters.dataset.measures.predictability`, one a predictor.
    """
    figure, axis = plt.subplots(figsize=(7.2, 0.42 * len(table) + 1.1))
    places = np.arange(len(table))[::-1]
    errors = np.abs(table[["low", "high"]].to_numpy().T - table["accuracy"].to_numpy())
    axis.errorbar(
        table["accuracy"],
        places,
        xerr=errors,
        fmt="o",
        color=_OURS,
        capsize=3,
        label="accuracy on held-out pieces, 95% interval",
    )
    axis.scatter(
        table["majority"],
        places,
        marker="x",
        color=MODEL_COLOURS["uniform"],
        label="always the commonest label",
        zorder=3,
    )
    axis.set_yticks(places, table["given"])
    axis.set(xlabel="share guessed right", xlim=(0, 1), ylim=(-0.6, len(table) - 0.4))
    axis.legend(loc="upper center", bbox_to_anchor=(0.4, -0.28 if len(table) > 3 else -0.4), ncol=2)
    return figure


def plot_group_sizes(sizes: pd.Series) -> Figure:
    """How many duplicate groups have one member, two, three …, on a logarithmic axis.

    Args:
        sizes: number of groups by group size (index: size).
    """
    figure, axis = plt.subplots(figsize=(7.2, 2.6))
    bars = axis.bar(sizes.index.astype(str), sizes.to_numpy(), color="#0072B2", width=0.7)
    axis.bar_label(bars, [f"{count:,}" for count in sizes], fontsize=8, padding=2)
    axis.set_yscale("log")
    axis.yaxis.set_major_formatter("{x:,.0f}")
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.margins(y=0.15)
    axis.set(xlabel="pieces in the group", ylabel="groups")
    axis.grid(axis="x", visible=False)
    return figure
