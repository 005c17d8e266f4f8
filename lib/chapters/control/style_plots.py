"""Pictures of style and of memory: distributions of statistics, distances, shared runs, the worst case."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from lib.chapters.control.memorisation import Passage
from lib.measures.music.notes import PieceNotes
from lib.measures.music.style import STATISTICS
from lib.show.plots import draw_bar_lines, pitch_name
from lib.show.style import INK, SEQUENTIAL, model_colour, model_label, write_readably

_SHARED = "#D55E00"


def plot_statistics(tables: Mapping[str, pd.DataFrame], quoted: pd.Series | None = None) -> Figure:
    """Each statistic over the pieces of each source: a point a piece, the middle half as a bar, the median.

    Args:
        tables: by source, from :func:`lib.measures.music.style.style_table`.
        quoted: published values of real music by statistic, drawn as dashed lines.
    """
    figure, axes = plt.subplots(4, 2, figsize=(7.2, 4 * (0.24 * len(tables) + 0.75)), sharey=True)
    generator = np.random.default_rng(0)
    for axis, (name, statistic) in zip(axes.flat, STATISTICS.items(), strict=True):
        for place, (source, table) in enumerate(reversed(tables.items())):
            values = table[name].dropna().to_numpy()
            colour = model_colour(source)
            axis.plot(
                values,
                place + generator.uniform(-0.28, 0.28, len(values)),
                ".",
                markersize=3,
                color=colour,
                alpha=min(0.6, 30 / max(1, len(values)) + 0.15),
                markeredgewidth=0,
            )
            if len(values):
                low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
                axis.plot(
                    [low, high], [place, place], color=colour, linewidth=4, alpha=0.55, solid_capstyle="butt"
                )
                axis.plot(middle, place, marker="|", markersize=11, markeredgewidth=2.5, color=colour)
        if quoted is not None and np.isfinite(quoted.get(name, np.nan)):
            axis.axvline(quoted[name], color=model_colour("original"), linestyle="--", linewidth=1.2)
        axis.set_title(f"{statistic.label} ({statistic.unit})", fontsize=9)
        axis.set_yticks(range(len(tables)), _with_pieces(tables), fontsize=8)
        axis.tick_params(axis="x", labelsize=8)
    return figure


def plot_distances(table: pd.DataFrame, title: str) -> Figure:
    """A heat map of numbers from 0 to 1, sources across and statistics down, each number printed.

    Args:
        table: statistics (rows, by name) by source (columns).
        title: what the numbers are.
    """
    figure, axis = plt.subplots(figsize=(7.2, 0.34 * len(table) + 1.3))
    shown = table.rename(
        index={name: STATISTICS[name].label for name in table.index if name in STATISTICS},
        columns=lambda name: model_label(name).replace(", ", ",\n"),  # side by side in one line they collide
    )
    sns.heatmap(
        shown,
        annot=True,
        fmt=".2f",
        cmap=SEQUENTIAL,
        vmin=0,
        vmax=1,
        linewidths=0.5,
        ax=axis,
        annot_kws={"fontsize": 8},
        cbar_kws={"label": title},
    )
    write_readably(axis)
    axis.set(xlabel="", ylabel="")
    axis.tick_params(axis="y", rotation=0)
    axis.tick_params(axis="x", rotation=0)
    return figure


def plot_shared_runs(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """The longest run that each piece shares with the training set, and how much it is above real pieces.

    Args:
        tables: by source, the table of :class:`lib.chapters.control.memorisation.Comparison`.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 0.42 * len(tables) + 1.2), sharey=True)
    generator = np.random.default_rng(0)
    for place, (source, table) in enumerate(reversed(tables.items())):
        known = table[table["run_excess"].notna()]
        jitter = place + generator.uniform(-0.25, 0.25, len(known))
        for axis, column in ((left, "run"), (right, "run_excess")):
            axis.plot(
                known[column],
                jitter,
                ".",
                markersize=5,
                alpha=0.6,
                color=model_colour(source),
                markeredgewidth=0,
            )
            axis.plot(
                known[column].median(),
                place,
                marker="|",
                markersize=14,
                markeredgewidth=2.5,
                color=model_colour(source),
            )
    left.set_xscale("log")
    left.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    left.xaxis.set_major_formatter("{x:.0f}")
    left.xaxis.set_minor_formatter(NullFormatter())
    left.set(title="longest shared run", xlabel="notes (logarithmic axis)")
    right.axvline(0, color=INK, linewidth=1, linestyle="--")
    right.set_xscale("symlog", linthresh=20)  # a copied piece may stand hundreds of notes away
    low, high = right.get_xlim()
    marks = [mark for mark in (-200, -50, -20, -10, -5, 0, 5, 10, 20, 50, 200, 1000) if low <= mark <= high]
    right.set_xticks(marks, [f"{mark:,}".replace("-", "−") for mark in marks])
    right.set(title="excess over real held-out pieces", xlabel="notes (linear up to 20)")
    comparable = {source: table[table["run_excess"].notna()] for source, table in tables.items()}
    left.set_yticks(range(len(tables)), _with_pieces(comparable))
    return figure


def _with_pieces(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """The sources from below, each with its number of pieces."""
    return [f"{model_label(source)} ({len(table):,})" for source, table in reversed(tables.items())]


def passage_bars(piece: PieceNotes, first_note: int, notes: int, most: int = 8) -> tuple[int, int]:
    """First and last bar, counted from 1, that a run of pitched notes touches; at most so many bars."""
    bars = piece.pitched.bar[[first_note, first_note + notes - 1]] + 1
    return int(bars[0]), int(min(bars[1], bars[0] + most - 1))


def plot_shared_passage(
    composed: PieceNotes, training: PieceNotes, passage: Passage, titles: Sequence[str]
) -> Figure:
    """A composed and a training passage as piano rolls below each other, the shared notes in colour.

    Args:
        composed, training: the two pieces.
        passage: the run that they share.
        titles: of the two panels.
    """
    figure, axes = plt.subplots(2, 1, figsize=(7.2, 4.4))
    for axis, piece, first, title in zip(
        axes, (composed, training), (passage.start, passage.place), titles, strict=True
    ):
        piece = piece.pitched
        shared = np.zeros(len(piece), dtype=bool)
        shared[first : first + passage.notes] = True
        begin, end = passage_bars(piece, first, passage.notes, most=16)
        _draw_notes(axis, piece, shared, max(0, begin - 2), end + 1)
        axis.set_title(title, fontsize=10)
    handle = plt.Line2D([], [], color=_SHARED, linewidth=4, label="shared notes")
    figure.legend(handles=[handle], loc="outside lower right")
    return figure


def _draw_notes(axis: Axes, piece: PieceNotes, marked: np.ndarray, start: int, end: int) -> None:
    lengths = np.diff(piece.bar_starts)
    bar = piece.bar
    begins = bar + (piece.onset - piece.bar_starts[bar]) / lengths[bar]
    ends = begins + piece.duration / lengths[bar]
    shown = (ends > start) & (begins < end)
    draw_bar_lines(axis, start, end)
    lines = [
        [(a, pitch), (max(b - 0.02, a + 0.01), pitch)]
        for a, b, pitch in zip(begins[shown], ends[shown], piece.pitch[shown], strict=True)
    ]
    low, high = int(piece.pitch[shown].min()) - 2, int(piece.pitch[shown].max()) + 2
    height = axis.get_window_extent().height * 72 / axis.figure.dpi
    axis.add_collection(
        LineCollection(
            lines,
            linewidths=float(np.clip(0.7 * height / (high - low), 1.2, 5)),
            colors=[_SHARED if mark else INK for mark in marked[shown]],
            capstyle="butt",
            zorder=3,
        )
    )
    octaves = [pitch for pitch in range(low, high + 1) if pitch % 12 == 0] or [low + 2, high - 2]
    axis.set_yticks(octaves, [pitch_name(pitch) for pitch in octaves])
    axis.set(ylim=(low, high), ylabel="pitch", xlabel="bar")
