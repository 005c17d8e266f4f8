"""Pictures of chapter 4: one step of sampling, what it costs, real and composed pieces side by side."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from lib.show.plots import pitch_name
from lib.show.style import BAR_LINE, INK, MODEL_MARKERS, model_colour, model_label, token_colour

_CUT = "#C9C4B8"  # tokens that a filter takes away
_REAL = "#D55E00"  # the token that really comes next


def token_name(text: str) -> str:
    """A token for people: 'Pitch_60' is C4, 'Bar_None' is Bar, others keep type and value.

    >>> token_name("Pitch_60"), token_name("Duration_1.0.24"), token_name("EOS_None")
    ('C4', 'Duration 1.0.24', 'EOS')
    """
    kind, _, value = text.partition("_")
    if kind == "Pitch":
        return pitch_name(int(value))
    return kind if value == "None" else f"{kind} {value}"


def plot_next_token(
    distributions: Mapping[str, np.ndarray], vocabulary: Sequence[str], actual: int, most: int = 32
) -> Figure:
    """Probabilities of the next token, one panel for each way of drawing; pitches from low to high.

    Args:
        distributions: probabilities [V] by title of the panel.
        vocabulary: the text of each token.
        actual: the token that really comes next, marked.
        most: tokens shown, those that are likeliest in any panel.
    """
    stacked = np.stack(list(distributions.values()))
    likeliest = np.argsort(-stacked.max(axis=0), kind="stable")[:most].tolist()
    shown = sorted({*likeliest, actual}, key=lambda token: (not vocabulary[token].startswith("Pitch"), token))
    figure, axes = plt.subplots(
        len(distributions), 1, sharex=True, sharey=True, figsize=(7.2, 0.6 + 1.25 * len(distributions))
    )
    places = np.arange(len(shown))
    for axis, (title, probabilities) in zip(np.atleast_1d(axes), distributions.items(), strict=True):
        colours = [token_colour(vocabulary[token].split("_")[0]) for token in shown]
        axis.bar(places, probabilities[shown], color=colours, width=0.8)
        place = shown.index(actual)
        axis.plot(place, probabilities[actual], marker="v", color=_REAL, markersize=8, zorder=4)
        axis.set_title(title, fontsize=10)
        axis.grid(axis="x", visible=False)
        axis.yaxis.set_major_formatter("{x:.0%}")
    axis.set_ylim(0, 1.15 * stacked.max())  # room for the triangle
    axis.set_xticks(places, [token_name(vocabulary[token]) for token in shown], rotation=90, fontsize=8)
    handle = plt.Line2D([], [], marker="v", color=_REAL, linestyle="", label="what really comes next")
    figure.legend(handles=[handle], loc="outside upper right")
    return figure


def plot_cuts(
    probabilities: np.ndarray, vocabulary: Sequence[str], top_k: int, top_p: float, actual: int
) -> Figure:
    """Where top-k and top-p cut one distribution: the 24 likeliest tokens, with their running sum.

    Args:
        probabilities: [V].
        vocabulary: the text of each token.
        top_k, top_p: the two settings.
        actual: the token that really comes next, marked.
    """
    order = np.argsort(-probabilities, kind="stable")[:24]
    running = np.cumsum(probabilities[order])
    kept_p = int(np.searchsorted(running, top_p) + 1)
    figure, axis = plt.subplots(figsize=(7.2, 3.2))
    places = np.arange(len(order))
    colours = [
        token_colour(vocabulary[token].split("_")[0]) if place < max(top_k, kept_p) else _CUT
        for place, token in enumerate(order.tolist())
    ]
    axis.bar(places, probabilities[order], color=colours, width=0.8)
    axis.plot(places, running, color=INK, marker=".", linewidth=1.2, label="running sum")
    for count, name, line in ((top_k, f"top-k, k = {top_k}", "--"), (kept_p, f"top-p, p = {top_p:g}", ":")):
        if count < len(order):
            axis.axvline(count - 0.5, color=_REAL, linestyle=line, label=f"{name}: {count} kept")
    if actual in order:
        place = order.tolist().index(actual)
        axis.plot(
            place,
            probabilities[actual],
            marker="v",
            color=_REAL,
            linestyle="",
            markersize=8,
            label="what really comes next",
        )
    axis.set_xticks(places, [token_name(vocabulary[token]) for token in order], rotation=90, fontsize=8)
    axis.set_ylim(0, 1.03)
    axis.yaxis.set_major_formatter("{x:.0%}")
    axis.grid(axis="x", visible=False)
    axis.set_ylabel("probability")
    axis.legend(loc="center right")
    return figure


def plot_step_times(times: Mapping[str, pd.DataFrame]) -> Figure:
    """Time for the next token against the tokens before it, with a cache and without, median and middle half.

    Args:
        times: tables of :func:`lib.chapters.generation.timing.step_times` by model name.
    """
    figure, axis = plt.subplots(figsize=(7.2, 3.6))
    for name, table in times.items():
        for way, part in table.groupby("way", sort=False):
            found = part.groupby("length")["seconds"].quantile([0.25, 0.5, 0.75]).unstack() * 1000
            style = {
                "linestyle": "-" if way == "with cache" else ":",
                "marker": MODEL_MARKERS.get(name, "o"),
                "color": model_colour(name),
                "label": f"{model_label(name)}, {way}",
            }
            axis.plot(found.index, found[0.5], **style)
            axis.fill_between(
                found.index, found[0.25], found[0.75], color=model_colour(name), alpha=0.15, linewidth=0
            )
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.xaxis.set_major_formatter("{x:.0f}")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter(NullFormatter())  # its own writes formulas
    axis.set(xlabel="tokens before", ylabel="milliseconds for the next token")
    axis.legend()
    return figure


def plot_endings(summary: pd.DataFrame) -> Figure:
    """Share of pieces that end by themselves, with 95% intervals.

    Args:
        summary: from :func:`lib.composing.outcomes.summarise_outcomes`; sources are model names, with
            'original' for the original report's outputs and 'real' for real pieces.
    """
    figure, axis = plt.subplots(figsize=(7.2, 0.5 * len(summary) + 0.9))
    places = np.arange(len(summary))[::-1]
    for place, row in zip(places, summary.itertuples(), strict=True):
        colour = model_colour(row.source)
        axis.plot([row.low, row.high], [place, place], color=colour, linewidth=2)
        axis.plot(
            row.share,
            place,
            marker=MODEL_MARKERS.get(row.source.split(",")[0], "o"),
            color=colour,
            markersize=8,
        )
        axis.annotate(
            f"{row.ended:,} of {row.pieces:,}",
            (1.02, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=9,
        )
    names = [model_label(source) for source in summary["source"]]
    axis.set_yticks(places, names)
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.6, len(summary) - 0.4), xlabel="share that ends by itself")
    axis.xaxis.set_major_formatter("{x:.0%}")
    axis.grid(axis="y", visible=False)
    return figure


def plot_lengths(outcomes: pd.DataFrame, labels: Mapping[str, str] | None = None) -> Figure:
    """Lengths in bars by source: every piece a dot, open where it was cut off at the limit.

    Args:
        outcomes: rows of :func:`lib.composing.outcomes.outcome_table` and its like.
        labels: text by source where the model's name says too little.
    """
    sources = list(dict.fromkeys(outcomes["source"]))
    figure, axis = plt.subplots(figsize=(7.2, 0.55 * len(sources) + 1.1))
    shuffle = np.random.default_rng(0)
    for place, source in enumerate(reversed(sources)):
        part = outcomes[outcomes["source"] == source]
        heights = place + shuffle.uniform(-0.25, 0.25, len(part))
        colour, size = model_colour(source), 16 if len(part) <= 200 else 5
        for ended, fill in ((True, colour), (False, "none")):
            which = (part["ended"] == ended).to_numpy()
            axis.scatter(
                part["bars"][which],
                heights[which],
                s=size,
                edgecolors=colour,
                linewidths=0.9,
                facecolors=fill,
            )
        middle = part["bars"].median()
        axis.plot([middle, middle], [place - 0.38, place + 0.38], color=BAR_LINE, linewidth=2)
    names = [(labels or {}).get(source, model_label(source)) for source in reversed(sources)]
    axis.set_yticks(range(len(sources)), names)
    axis.set_xscale("log", base=2)
    axis.xaxis.set_major_formatter("{x:.0f}")
    axis.grid(axis="y", visible=False)
    axis.set(xlabel="bars (a grey line: the median; open dots were cut off)", ylim=(-0.6, len(sources) - 0.4))
    return figure
