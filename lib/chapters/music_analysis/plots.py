"""Pictures of chapter 8: sources side by side, recurrence by distance, bars against bars, curves."""

import textwrap
from collections.abc import Collection, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.chapters.music_analysis.measures import MEASURES
from lib.chapters.music_analysis.sections import form_words
from lib.measures.music_sources import SOURCES
from lib.show.style import BAR_LINE, CARD, INK, MODEL_MARKERS, SEQUENTIAL, model_colour, model_label

_VARIANTS = {
    "real": "real, held out",
    "real, shuffled": "real, bars shuffled",
    "transformer, short": "Transformer, short memory",
    "transformer, pretrained": "Transformer, pretrained",
    "transformer, shuffled": "Transformer, its bars shuffled",
}
_HOLLOW = {"real, shuffled", "transformer, short", "transformer, shuffled"}
_MARKERS = {"transformer, short": "v", "transformer, pretrained": "*", "real, shuffled": "P"}


def source_label(name: str) -> str:
    """The name of a source as readers see it.

    >>> source_label("lstm"), source_label("real, shuffled")
    ('LSTM', 'real, bars shuffled')
    """
    return _VARIANTS.get(name, model_label(name))


def source_style(name: str) -> dict[str, object]:
    """Colour, marker and fill of a source, for matplotlib; a control is hollow."""
    colour = model_colour(name)
    return {
        "color": colour,
        "marker": _MARKERS.get(name, MODEL_MARKERS.get(name, "o")),
        "markerfacecolor": CARD if name in _HOLLOW else colour,
    }


def in_order(names: Sequence[str]) -> list[str]:
    """Sources in the order of all tables and figures."""
    return sorted(dict.fromkeys(names), key=lambda name: SOURCES.index(name) if name in SOURCES else 99)


def plot_measures(table: pd.DataFrame, names: Sequence[str]) -> Figure:
    """Shares by source with 95% intervals, all on one scale: a row a measure, a mark a source.

    Args:
        table: from :func:`lib.chapters.music_analysis.tables.source_table`.
        names: the measures, from above; 'ended' is known too.
    """
    sources = in_order(table["source"])
    step = 0.8 / len(sources)
    figure, axis = plt.subplots(figsize=(7.2, 0.16 * len(names) * len(sources) + 1.1))
    for number, source in enumerate(sources):
        part = table[table["source"] == source].set_index("measure")
        places = [
            len(names) - 1 - place + 0.4 - step * (number + 0.5)
            for place, name in enumerate(names)
            if name in part.index
        ]
        found = part.reindex([name for name in names if name in part.index])
        style = source_style(source)
        axis.hlines(places, found["low"], found["high"], color=style["color"], linewidth=1.2, alpha=0.75)
        axis.plot(found["mean"], places, linestyle="", markersize=5.5, label=source_label(source), **style)
    axis.set_yticks(range(len(names)), [_wrapped(measure_label(name)) for name in reversed(names)])
    axis.hlines(np.arange(1, len(names)) - 0.5, 0, 1, color=BAR_LINE, linewidth=0.5)
    axis.grid(axis="y", visible=False)
    axis.xaxis.set_major_formatter("{x:.0%}")
    axis.set(
        xlim=(-0.02, 1.02), ylim=(-0.5, len(names) - 0.5), xlabel="share (mean over pieces and 95% interval)"
    )
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncol=3)
    return figure


def measure_label(name: str) -> str:
    """The name of a measure in tables and figures."""
    return "ends by itself" if name == "ended" else MEASURES[name].label


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 24))


_ABOVE = ("real", "real, shuffled", "transformer, pretrained")


def plot_recurrence(curves: pd.DataFrame) -> Figure:
    """How much of a melody repeats what stood so many bars before: real pieces above, models below.

    Models that were trained here have a scale of their own, or all their lines would lie on zero; real pieces
    with shuffled bars stand in both panels, and the pretrained model above.

    Args:
        curves: from :func:`lib.chapters.music_analysis.tables.curve_table`, of 'recurrence_by_distance'.
    """
    sources = in_order(curves["source"])
    panels = [
        [name for name in sources if name in _ABOVE],
        [name for name in sources if name not in _ABOVE or name == "real, shuffled"],
    ]
    figure, axes = plt.subplots(2, 1, figsize=(7.2, 5.0), sharex=True)
    titles = "real pieces, and the pretrained model", "models trained here, on a scale of their own"
    for axis, shown, title in zip(axes, panels, titles, strict=True):
        for source in shown:
            part = curves[curves["source"] == source]
            _draw_curve(axis, part, source, ("real", "transformer", "real, shuffled"))
        axis.set_title(title, fontsize=9)
        axis.set_xticks(range(4, 33, 4))
        axis.yaxis.set_major_formatter("{x:.0%}")
        axis.set(ylabel="notes that repeat", ylim=(0, None), xlim=(0.5, 32.5))
    axes[1].set_xlabel("distance in bars")
    labels = {
        label: handle
        for axis in axes
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(labels.values(), labels.keys(), loc="outside lower center", ncol=3)
    return figure


def _draw_curve(axis: Axes, part: pd.DataFrame, source: str, banded: Collection[str]) -> None:
    """A source's means by place, and its intervals if it is in `banded`: all at once cannot be told apart."""
    style, places = source_style(source), part["place"] + 1
    line = ":" if source in _HOLLOW else "-"
    label = source_label(source)
    axis.plot(places, part["mean"], markersize=4, linewidth=1.2, label=label, linestyle=line, **style)
    if source in banded:
        axis.fill_between(places, part["low"], part["high"], color=style["color"], alpha=0.12, linewidth=0)


def plot_similarity(pieces: Mapping[str, tuple[np.ndarray, np.ndarray, str]]) -> Figure:
    """Bars against bars for some pieces, with novelty below.

    Args:
        pieces: by title, similarity [bars, bars], novelty [bars], and the form in letters.
    """
    figure, axes = plt.subplots(2, len(pieces), figsize=(7.2, 3.9), height_ratios=[3, 1], squeeze=False)
    lowest = min(0.0, *(float(novelty.min()) for _, novelty, _ in pieces.values()))
    highest = max(0.1, *(float(novelty.max()) for _, novelty, _ in pieces.values()))
    for (above, below), (title, (similarity, novelty, form)) in zip(axes.T, pieces.items(), strict=True):
        bars = len(similarity)
        image = above.imshow(
            similarity,
            vmin=0,
            vmax=1,
            cmap=SEQUENTIAL,
            interpolation="nearest",
            extent=(0.5, bars + 0.5, bars + 0.5, 0.5),
            aspect="equal",
        )
        above.set_title(f"{title}\n{form_words(form)}", fontsize=9)
        above.grid(visible=False)
        below.fill_between(np.arange(1, bars + 1), 0, novelty, step="mid", color=INK, alpha=0.7, linewidth=0)
        below.set(xlim=(0.5, bars + 0.5), xlabel="bar", ylim=(1.1 * lowest, 1.1 * highest))
        _every(above, bars)
        below.set_xticks(above.get_xticks(), [f"{tick:.0f}" for tick in above.get_xticks()])
    axes[0, 0].set_ylabel("bar")
    axes[1, 0].set_ylabel("novelty")
    figure.colorbar(image, ax=axes[0].tolist(), label="similarity", shrink=0.8)
    return figure


def _every(axis: Axes, bars: int) -> None:
    ticks = np.arange(1, bars + 1, 4 if bars <= 24 else 8 * -(-bars // 48))
    axis.set_xticks(ticks)
    axis.set_yticks(ticks)


def plot_piece_curves(density: pd.DataFrame, register: pd.DataFrame) -> Figure:
    """Density and register over the tenths of a piece, means over pieces with 95% intervals.

    Args:
        density, register: from :func:`lib.chapters.music_analysis.tables.curve_table`.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.4))
    labels = "onsets against the piece's mean", "semitones above the piece's mean"
    for axis, curves, label in zip(axes, (density, register), labels, strict=True):
        for source in in_order(curves["source"]):
            _draw_curve(axis, curves[curves["source"] == source], source, ("real", "transformer"))
        axis.set(xlabel="tenth of the piece", ylabel=label)
        axis.set_xticks(range(1, 11))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncol=3)
    return figure
