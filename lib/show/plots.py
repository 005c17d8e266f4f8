"""Figures of training and results: curves, losses by token type and by position, piano rolls in bars."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from lib.show.style import BAR_LINE, CARD, INK, MODEL_LINES, MODEL_MARKERS, model_colour, model_label


def plot_training(metrics: Mapping[str, pd.DataFrame], references: Mapping[str, float]) -> Figure:
    """Training and validation loss against tokens seen: the whole run, and its last three quarters enlarged.

    Args:
        metrics: a run's table by model name, with columns tokens, train_loss and validation_loss.
        references: losses to draw as lines across, by model name ('uniform', 'ngram').
    """
    figure, (whole, end) = plt.subplots(1, 2, figsize=(7.2, 3.5))
    longest = max(float(table["tokens"].max()) for table in metrics.values()) / 1e6
    late = []  # losses in the enlarged part
    for name, table in metrics.items():
        millions, colour = table["tokens"] / 1e6, model_colour(name)
        for column in ("train_loss", "validation_loss"):
            known = table[column].notna()
            style = (
                {"alpha": 0.5, "linewidth": 1, "label": f"{model_label(name)}, training"}
                if column == "train_loss"
                else {
                    "marker": MODEL_MARKERS.get(name, "o"),
                    "linestyle": MODEL_LINES.get(name, "-"),
                    "label": f"{model_label(name)}, validation",
                }
            )
            for axis in (whole, end):
                axis.plot(millions[known], table[column][known], color=colour, **style)
            late += table[column][known & (millions > 0.25 * longest)].tolist()
    for name, loss in references.items():
        for axis in (whole, end):
            axis.axhline(loss, color=model_colour(name), linestyle=MODEL_LINES.get(name, ":"), linewidth=1.3)
        inside = min(late) - 0.5 < loss < max(late) + 0.5
        # At the left of the enlarged part the curves are still high above the baseline.
        axis, place, side = (end, 0.27 * longest, "left") if inside else (whole, longest, "right")
        axis.annotate(
            f"{model_label(name)}: {loss:.2f}",
            (place, loss),
            (0, 3),
            textcoords="offset points",
            ha=side,
            fontsize=9,
            color=model_colour(name),
            bbox={"facecolor": CARD, "edgecolor": "none", "alpha": 0.8, "pad": 1},
        )
        late += [loss] if inside else []
    margin = 0.12 * (max(late) - min(late)) + 1e-3
    end.set(
        title="the last three quarters",
        xlim=(0.25 * longest, 1.02 * longest),
        ylim=(min(late) - margin, max(late) + margin),
        xlabel="million tokens seen",
    )
    whole.set(title="loss, nats per token", xlabel="million tokens seen")
    whole.set_ylim(0, 1.1 * whole.get_ylim()[1])
    figure.legend(*whole.get_legend_handles_labels(), loc="outside lower center", ncol=2)
    return figure


def plot_sentence(text: str) -> Figure:
    """A picture that says why there is none, where a caption waits for one."""
    figure, axis = plt.subplots(figsize=(7.2, 0.8))
    axis.text(0.5, 0.5, text, ha="center", va="center", wrap=True)
    axis.axis("off")
    return figure


def plot_losses_by_type(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Loss of each token type: one point a model with its 95% interval, and how many tokens there are.

    Args:
        tables: by model name, a table with columns type, tokens, loss, low and high, the same types in each.
    """
    first = next(iter(tables.values()))
    types, counts = first["type"].tolist(), first["tokens"].to_numpy()
    places = np.arange(len(types))[::-1].astype(float)
    figure, axis = plt.subplots(figsize=(7.2, 0.42 * len(types) + 1.3))
    offsets = np.linspace(0.2, -0.2, len(tables)) if len(tables) > 1 else [0.0]
    for offset, (name, table) in zip(offsets, tables.items(), strict=True):
        loss = table["loss"].to_numpy()
        errors = np.abs(table[["low", "high"]].to_numpy().T - loss)
        axis.errorbar(
            loss,
            places + offset,
            xerr=errors,
            fmt=MODEL_MARKERS.get(name, "o"),
            markersize=5.5,
            color=model_colour(name),
            capsize=2.5,
            linewidth=1.3,
            label=model_label(name),
        )
    axis.set_yticks(
        places, [f"{name}\n{count:,} tokens" for name, count in zip(types, counts, strict=True)], fontsize=8
    )
    axis.set(
        xlabel="loss, nats per token of that type (point and 95% interval)", ylim=(-0.6, len(types) - 0.4)
    )
    axis.set_xlim(left=-0.02 * axis.get_xlim()[1])  # signs at zero stay whole
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncol=len(tables))
    return figure


def plot_loss_by_position(tables: Mapping[str, pd.DataFrame], difference_to: str) -> Figure:
    """Loss by position in the piece, and its difference to one model on the same tokens.

    Args:
        tables: by model name, a table with columns start, end (tokens from the beginning of the piece), loss,
            low, high, and difference, difference_low, difference_high (to the model `difference_to`).
        difference_to: the model that the right panel subtracts.
    """
    if not any(len(table) for table in tables.values()):
        return plot_sentence("No position in the piece has enough groups of test pieces to be judged by.")
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.3))
    for name, table in tables.items():
        middle = np.sqrt(np.maximum(table["start"], 1) * table["end"])
        colour = model_colour(name)
        style = {
            "color": colour,
            "marker": MODEL_MARKERS.get(name, "o"),
            "label": model_label(name),
            "linestyle": MODEL_LINES.get(name, "-"),
        }
        left.plot(middle, table["loss"], **style)
        left.fill_between(middle, table["low"], table["high"], color=colour, alpha=0.15, linewidth=0)
        if name != difference_to:
            right.plot(middle, table["difference"], **style)
            right.fill_between(
                middle,
                table["difference_low"],
                table["difference_high"],
                color=colour,
                alpha=0.15,
                linewidth=0,
            )
    right.axhline(0, color=model_colour(difference_to), linestyle=MODEL_LINES.get(difference_to, ":"))
    titles = "loss, nats per token", f"difference to the {model_label(difference_to)}"
    for axis, title in zip((left, right), titles, strict=True):
        axis.set_xscale("log", base=2)
        axis.set(xlabel="position in the piece (tokens)", title=title)
        axis.xaxis.set_major_formatter("{x:.0f}")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncol=len(tables))
    return figure


def plot_extra_loss(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """What a shorter past costs, by its length in tokens.

    Args:
        tables: by model name, from :func:`lib.chapters.networks.context.context_table`.
    """
    figure, axis = plt.subplots(figsize=(7.2, 3.2))
    for name, table in tables.items():
        axis.plot(
            table["context"],
            table["extra"],
            color=model_colour(name),
            label=model_label(name),
            marker=MODEL_MARKERS.get(name, "o"),
            linestyle=MODEL_LINES.get(name, "-"),
        )
        axis.fill_between(
            table["context"],
            table["extra_low"],
            table["extra_high"],
            color=model_colour(name),
            alpha=0.15,
            linewidth=0,
        )
    axis.axhline(0, color=INK, linewidth=0.8)
    axis.set_xscale("log", base=2)
    axis.xaxis.set_major_formatter("{x:.0f}")
    axis.set(xlabel="tokens of the past that are shown", ylabel="extra loss, nats per token")
    axis.legend()
    return figure


def draw_bar_lines(axis: Axes, start: float, end: float, every: int = 1) -> None:
    """Bar lines across, and the bars' numbers (from 1) in the middle of some bars."""
    lines = np.arange(np.ceil(start), np.floor(end) + 1)
    axis.grid(axis="x", visible=False)
    axis.vlines(lines, 0, 1, transform=axis.get_xaxis_transform(), color=BAR_LINE, linewidth=0.7, zorder=2)
    numbered = np.arange(int(np.ceil(start)), int(np.ceil(end)), every)
    axis.set_xticks(numbered + 0.5, [str(number + 1) for number in numbered])
    axis.tick_params(axis="x", length=0)
    axis.set_xlim(start, end)


def draw_piano_roll(axis: Axes, notes: pd.DataFrame, start: float, end: float) -> None:
    """Notes as lines over bars, with bar lines; an octave's C is named.

    Args:
        axis: where to draw.
        notes: columns start_bar, end_bar, pitch and is_drum, as of :func:`lib.sound.score_tables.piano_roll`.
        start, end: first and last time drawn, in bars from 0.
    """
    shown = notes[(notes["end_bar"] > start) & (notes["start_bar"] < end)]
    draw_bar_lines(axis, start, end, every=max(1, round((end - start) / 16)))
    axis.set(xlabel="bar", ylabel="pitch")
    if shown.empty:
        return
    low, high = int(shown["pitch"].min()) - 2, int(shown["pitch"].max()) + 2
    # A small gap tells repeated notes apart.
    gap = 0.0015 * (end - start)
    segments = [
        [(note.start_bar, note.pitch), (max(note.end_bar - gap, note.start_bar + gap), note.pitch)]
        for note in shown.itertuples()
    ]
    height = axis.get_window_extent().height * 72 / axis.figure.dpi
    thickness = float(np.clip(0.7 * height / (high - low), 1.5, 6))
    colours = [BAR_LINE if drum else INK for drum in shown["is_drum"]]
    axis.add_collection(
        LineCollection(segments, linewidths=thickness, colors=colours, capstyle="butt", zorder=3)
    )
    octaves = [pitch for pitch in range(low, high + 1) if pitch % 12 == 0]
    ticks = octaves or [low + 2, high - 2]
    axis.set_yticks(ticks, [pitch_name(pitch) for pitch in ticks])
    axis.set_ylim(low, high)


def pitch_name(pitch: int) -> str:
    """The name of a MIDI pitch: 60 is C4."""
    return f"{('C', 'C♯', 'D', 'E♭', 'E', 'F', 'F♯', 'G', 'A♭', 'A', 'B♭', 'B')[pitch % 12]}{pitch // 12 - 1}"


def plot_piano_roll(notes: pd.DataFrame, start: float = 0, end: float | None = None) -> Figure:
    """A piece as a piano roll in bars.

    Args:
        notes: as for :func:`draw_piano_roll`.
        start, end: bars drawn; the end of the last bar by default.
    """
    last = float(notes["end_bar"].max()) if len(notes) else start + 1
    figure, axis = plt.subplots(figsize=(7.2, 2.4))
    draw_piano_roll(axis, notes, start, float(np.ceil(last - 1e-6)) if end is None else end)
    return figure


def plot_piano_rolls(rolls: Mapping[str, pd.DataFrame], bars: int = 16) -> Figure:
    """Piano rolls below each other, on one scale of bars and of pitches.

    Args:
        rolls: tables of :func:`lib.sound.score_tables.piano_roll` by title.
        bars: bars drawn from the beginning.
    """
    drawn = {title: roll[roll["start_bar"] < bars] for title, roll in rolls.items()}
    end = min(
        bars,
        max((int(np.ceil(roll["end_bar"].max() - 1e-6)) for roll in drawn.values() if len(roll)), default=1),
    )
    figure, axes = plt.subplots(
        len(rolls), 1, figsize=(7.2, 0.5 + 1.7 * len(rolls)), sharex=True, sharey=True
    )
    for axis, (title, roll) in zip(np.atleast_1d(axes), drawn.items(), strict=True):
        draw_piano_roll(axis, roll, 0, end)
        axis.set_title(title, fontsize=10)
        axis.label_outer()
    pitches = pd.concat([roll["pitch"] for roll in drawn.values()])
    if len(pitches):
        np.atleast_1d(axes)[0].set_ylim(pitches.min() - 2, pitches.max() + 2)
    return figure
