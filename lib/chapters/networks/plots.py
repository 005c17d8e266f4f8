"""Figures of what happens inside: gradients through time, an LSTM's gates, attention in bars."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lib.basics.numbers import shown
from lib.chapters.networks.in_bars import mean_by_onset
from lib.show.plots import draw_bar_lines, draw_piano_roll
from lib.show.style import BAR_LINE, DIVERGING, INK, MODEL_COLOURS, SEQUENTIAL

_GATES = {"input": "#0072B2", "forget": "#D55E00", "output": "#009E73"}
_SERIES = [("#1A1A1A", "-"), ("#D55E00", "--"), ("#0072B2", "-."), ("#C4689B", ":")]
_SMALLEST = 1e-12  # of relative gradients that are drawn


def plot_gradient_reach(gradients: Mapping[str, np.ndarray], marks: Mapping[str, float]) -> Figure:
    """Gradient size against distance, on a logarithmic axis, each curve relative to its value at distance 0.

    A curve ends where it leaves the axis.

    Args:
        gradients: by network, the size at 0, 1, 2 … steps back, [steps].
        marks: distances to mark, by label.
    """
    figure, axis = plt.subplots(figsize=(7.2, 3.4))
    floor = np.finfo(np.float32).eps
    for (name, sizes), (colour, line) in zip(gradients.items(), _SERIES, strict=False):
        relative = sizes / sizes[0]
        inside = np.where(relative > _SMALLEST, relative, np.nan)  # a clipped value would look like a plateau
        axis.semilogy(inside, color=colour, linestyle=line, label=name)
    longest = max(len(sizes) for sizes in gradients.values())
    for label, distance in marks.items():
        if distance > longest:
            continue
        axis.axvline(distance, color=BAR_LINE, linestyle="--", linewidth=1)
        axis.annotate(
            label,
            (distance, 1),
            (3, 2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=9,
        )
    axis.axhspan(_SMALLEST, floor, color=BAR_LINE, alpha=0.2, linewidth=0)
    axis.annotate(
        "lost in rounding",
        (0.5, floor),
        (0, -3),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=9,
    )
    axis.set(
        xlabel="distance back, in steps (tokens)",
        ylabel="gradient, relative to distance 0",
        ylim=(_SMALLEST, 1e3),
    )
    axis.yaxis.set_major_formatter(lambda value, _: shown(value, ".0e"))
    axis.legend(loc="center", bbox_to_anchor=(0.55, 0.6))
    return figure


def plot_latch(
    content: np.ndarray, gates: Mapping[str, np.ndarray], cell: np.ndarray, hidden: np.ndarray
) -> Figure:
    """One feature's content, gates, cell and hidden state over the steps.

    Args:
        content, cell, hidden: [T], between −1 and 1.
        gates: 'input', 'forget' and 'output', each [T] between 0 and 1.
    """
    figure, (top, middle, bottom) = plt.subplots(
        3, 1, figsize=(7.2, 4.4), sharex=True, height_ratios=[1, 1.2, 1]
    )
    steps = np.arange(len(content))
    top.stem(steps, content, linefmt=BAR_LINE, markerfmt="ko", basefmt=" ")
    top.set(title="new content g", ylim=(-1.1, 1.1))
    for place, (name, gate) in enumerate(gates.items()):
        middle.fill_between(steps, -place, 0.75 * gate - place, step="mid", color=_GATES[name], linewidth=0)
    middle.set_yticks(0.37 - np.arange(len(gates)), list(gates))
    middle.set_title("gates: open where filled")
    middle.grid(axis="y", visible=False)
    bottom.step(steps, cell, where="mid", color=INK, label="cell c")
    bottom.step(steps, hidden, where="mid", color="#C4689B", linestyle="--", label="hidden state h")
    bottom.set(title="cell and hidden state", xlabel="step", ylim=(-1.1, 1.1))
    bottom.legend(loc="lower right", ncol=2)
    return figure


def plot_gates(
    gates: Mapping[str, np.ndarray], times: np.ndarray, notes: pd.DataFrame, num_bars: int
) -> Figure:
    """A piano roll, and under it the gates of one layer over the same bars.

    Tokens of one moment (position, pitch, duration …) are averaged; features are sorted by their mean forget
    gate.

    Args:
        gates: 'forget', 'input' and 'output', each [T, features] between 0 and 1.
        times: [T] time of each token in bars.
        notes: the piece's notes, as of :func:`lib.sound.score_tables.piano_roll`.
        num_bars: how many bars are drawn.
    """
    figure, axes = plt.subplots(
        len(gates) + 1,
        1,
        figsize=(7.2, 1.4 + 1.5 * len(gates)),
        sharex=True,
        height_ratios=[1.1, *([1.25] * len(gates))],
    )
    order = np.argsort(gates["forget"].mean(axis=0))
    inside = times < num_bars
    image = None
    for axis, (name, values) in zip(axes[1:], gates.items(), strict=True):
        edges, means = mean_by_onset(values[inside][:, order], times[inside], num_bars)
        image = axis.pcolormesh(
            edges, np.arange(len(order) + 1), means.T, cmap=SEQUENTIAL, vmin=0, vmax=1, rasterized=True
        )
        axis.set(ylabel=f"{name} gate")
        axis.set_yticks([])
        axis.grid(visible=False)
        draw_bar_lines(axis, 0, num_bars, every=max(1, round(num_bars / 16)))
    draw_piano_roll(axes[0], notes, 0, num_bars)
    axes[0].set_xlabel("")
    axes[-1].set_xlabel("bar")
    figure.colorbar(image, ax=list(axes[1:]), label="closed (0) … open (1)", fraction=0.03, pad=0.01)
    return figure


def plot_heat(
    values: np.ndarray, xlabel: str, ylabel: str, colour_label: str, centred: bool = False
) -> Figure:
    """A matrix as a heat map, rows upwards.

    Args:
        values: [rows, columns].
        xlabel, ylabel, colour_label: what columns, rows and colours stand for.
        centred: colours that part at zero.
    """
    figure, axis = plt.subplots(figsize=(7.2, 3.0))
    bound = np.abs(values).max()
    limits = {"cmap": DIVERGING, "vmin": -bound, "vmax": bound} if centred else {"cmap": SEQUENTIAL}
    image = axis.pcolormesh(values, rasterized=True, **limits)
    axis.grid(visible=False)
    axis.set(xlabel=xlabel, ylabel=ylabel)
    figure.colorbar(image, ax=axis, label=colour_label)
    return figure


def plot_attention_by_bar(panels: Mapping[str, np.ndarray], bars: np.ndarray, notes: pd.DataFrame) -> Figure:
    """Attention between the bars of a piece, one square a head, under the piece as a piano roll.

    Args:
        panels: by title, [N, N] attention of a bar (row) to a bar (column) as a multiple of an even spread;
            see :func:`lib.chapters.networks.in_bars.attention_against_even`.
        bars: [N] numbers of the bars from 0; −1 for BOS.
        notes: the piece's notes.
    """
    columns = 2 if len(panels) == 4 else min(len(panels), 3)
    rows = -(-len(panels) // columns)
    figure = plt.figure(figsize=(7.2, 1.9 + 2.5 * rows))
    top, bottom = figure.subfigures(2, 1, height_ratios=[1.5, 2.5 * rows])
    draw_piano_roll(top.subplots(), notes, 0, int(bars.max()) + 1)
    axes = np.atleast_2d(bottom.subplots(rows, columns, sharex=True, sharey=True))
    edges = np.append(bars, bars[-1] + 1)
    ticks = np.arange(0, int(bars.max()) + 1, max(1, -(-len(bars) // 8)))
    for axis, (title, panel) in zip(axes.flat, panels.items(), strict=False):
        image = axis.pcolormesh(
            edges, edges, panel.clip(1 / 8, 8), cmap=DIVERGING, norm=LogNorm(1 / 8, 8), rasterized=True
        )
        axis.set(aspect="equal", title=title)
        axis.title.set_fontsize(9)
        axis.grid(visible=False)
        axis.set_xticks(ticks + 0.5, ticks + 1)
        axis.set_yticks(ticks + 0.5, ticks + 1)
        axis.tick_params(length=0, labelsize=8)
    axes[0, 0].invert_yaxis()  # the squares share their axes
    for axis in axes.flat[len(panels) :]:
        axis.axis("off")
    bottom.supxlabel("bar looked at", fontsize=10)
    bottom.supylabel("bar of the reader", fontsize=10)
    scale = bottom.colorbar(
        image, ax=list(axes.flat), label="attention, times an even spread", fraction=0.03, pad=0.02
    )
    scale.set_ticks([1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8], labels=["⅛", "¼", "½", "1", "2", "4", "8"])
    scale.ax.minorticks_off()
    return figure


def plot_attention_by_distance(
    shares: Mapping[str, np.ndarray], even: np.ndarray, emphasised: Sequence[str]
) -> Figure:
    """Share of attention by distance in bars: every head thin, some thick, an even spread for comparison.

    Args:
        shares: by head, [D] shares at 0, 1, 2 … bars back.
        even: [D] shares if attention were spread evenly over the past.
        emphasised: at most four heads drawn thick, with a name in the legend.
    """
    figure, axis = plt.subplots(figsize=(7.2, 3.4))
    distance = np.arange(len(even))
    for values in shares.values():
        axis.plot(distance, values, color=MODEL_COLOURS["transformer"], alpha=0.25, linewidth=0.9)
    axis.plot(
        distance, even, color=MODEL_COLOURS["uniform"], linestyle=":", marker="x", label="spread evenly"
    )
    for name, (colour, line) in zip(emphasised, _SERIES, strict=False):
        axis.plot(distance, shares[name], color=colour, linestyle=line, marker="o", label=name)
    axis.set(xlabel="distance, in bars back (0: the reader's own bar)", ylabel="share of attention")
    axis.set_xticks(distance)
    axis.set_ylim(bottom=0)
    axis.legend()
    return figure
