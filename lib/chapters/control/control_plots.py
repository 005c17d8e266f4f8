"""Pictures of control: what was asked for against what came, and what the songs behind a label were for."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.chapters.control.label_effects import HEARD
from lib.show.plots import plot_sentence
from lib.show.style import (
    CARD,
    FAINT,
    INK,
    MODEL_LINES,
    MODEL_MARKERS,
    SEQUENTIAL,
    model_colour,
    model_label,
    short_label,
    write_readably,
)


def draw_interval_rows(axis: Axes, names: Sequence[str], values: np.ndarray) -> None:
    """One row a source: a point and its interval, from the top downwards.

    Args:
        axis: where to draw.
        names: of the sources.
        values: estimate, low and high of each, [sources, 3]; a missing interval is not drawn.
    """
    places = np.arange(len(names))[::-1]
    for place, name, (value, low, high) in zip(places, names, values, strict=True):
        axis.plot([low, high], [place, place], color=model_colour(name), linewidth=2)
        # A variant of a source ("real, shuffled") is hollow.
        axis.plot(
            value,
            place,
            marker=MODEL_MARKERS.get(name, "o"),
            color=model_colour(name),
            markersize=7,
            markerfacecolor=CARD if "," in name else model_colour(name),
            clip_on=False,
        )
    axis.set_yticks(places, [model_label(name) for name in names])
    axis.set_ylim(-0.6, len(names) - 0.4)


def plot_agreement(panels: Mapping[str, pd.DataFrame]) -> Figure:
    """Shares that obtained what was asked for: real pieces as the reference, a dashed line as the baseline.

    Args:
        panels: by title, a table of :func:`lib.measures.label_control.agreement_table`, the same sources in
            each.
    """
    count = len(next(iter(panels.values())))
    figure, axes = plt.subplots(1, len(panels), figsize=(7.2, 0.42 * count + 1.2), sharey=True)
    for axis, (title, table) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        real = table[table["source"] == "real"]
        if len(real):
            axis.axvspan(real["low"].iloc[0], real["high"].iloc[0], color=FAINT, alpha=0.6, linewidth=0)
        axis.axvline(table["baseline"].iloc[0], color=INK, linestyle="--", linewidth=1)
        draw_interval_rows(axis, table["source"], table[["agreement", "low", "high"]].to_numpy())
        axis.set(title=title, xlim=(0, 1.05), xlabel="share, percent")
        axis.set_xticks([0, 0.5, 1], ["0", "50", "100"])
    return figure


def plot_confusions(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Heat maps of what came (columns) of each label asked for (rows), in percent of the row.

    Args:
        tables: by source, from :func:`lib.measures.label_control.confusion`.
    """
    tables = {name: table.rename(index=short_label, columns=short_label) for name, table in tables.items()}
    columns = min(2, len(tables))
    rows = -(-len(tables) // columns)
    size = max(len(table) for table in tables.values())
    letters = max(4, *(len(label) for table in tables.values() for label in table.columns))
    figure, axes = plt.subplots(
        rows,
        columns,
        sharey=True,
        squeeze=False,
        figsize=(7.2, rows * (0.34 * size + 0.3 + 0.07 * letters) + 0.9),
    )
    for axis, (name, table) in zip(axes.flat, tables.items(), strict=False):
        sns.heatmap(
            100 * table,
            annot=True,
            fmt=".0f",
            cmap=SEQUENTIAL,
            vmin=0,
            vmax=100,
            cbar=False,
            linewidths=0.5,
            annot_kws={"fontsize": 8},
            ax=axis,
        )
        write_readably(axis)
        axis.set(title=model_label(name), xlabel="", ylabel="")
        axis.tick_params(axis="x", rotation=60)
        axis.tick_params(axis="y", rotation=0)
        axis.set_xticks(axis.get_xticks(), axis.get_xticklabels(), ha="right", rotation_mode="anchor")
    for axis in list(axes.flat)[len(tables) :]:
        axis.axis("off")
    figure.supxlabel("obtained (percent of the row)", fontsize=10)
    figure.supylabel("asked for", fontsize=10)
    return figure


def plot_guidance(panels: Mapping[str, pd.DataFrame], references: Mapping[str, float]) -> Figure:
    """What the strength of guidance does to several measures.

    Args:
        panels: by title, a table with the columns guidance, estimate, low and high.
        references: by title, the value of real pieces, drawn as a line.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(7.2, 3), sharex=True)
    for axis, (title, table) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        colour = model_colour("transformer")
        axis.plot(table["guidance"], table["estimate"], marker="o", color=colour)
        axis.fill_between(
            table["guidance"], table["low"], table["high"], color=colour, alpha=0.15, linewidth=0
        )
        if title in references:
            axis.axhline(references[title], color=model_colour("real"), linestyle="--", linewidth=1)
            axis.annotate(
                "real music",
                (table["guidance"].iloc[-1], references[title]),
                (0, 3),
                textcoords="offset points",
                ha="right",
                fontsize=8,
            )
        axis.set(title=title, ylim=(0, 1.05), xlabel="guidance scale")
        axis.set_xticks(table["guidance"])
    return figure


def plot_effects(effects: pd.DataFrame | None) -> Figure:
    """How far a swapped label moves the notes, a panel a contrast; real pieces as grey spans.

    Args:
        effects: from :func:`lib.chapters.control.label_effects.effect_table` and `real_effects`, one below
            the other; None: there are none.
    """
    if effects is None:
        return plot_sentence("No kept evidence fits these data; `python -m lib evidence control` makes it.")
    own = effects[effects["guidance"] == 1]
    measures = [name for name in dict.fromkeys(effects["measure"]) if name not in HEARD]
    contrasts, sources = list(dict.fromkeys(effects["contrast"])), list(dict.fromkeys(own["source"]))
    figure, axes = plt.subplots(1, len(contrasts), figsize=(7.2, 0.62 * len(measures) + 1.2), sharey=True)
    for axis, contrast in zip(np.atleast_1d(axes), contrasts, strict=True):
        axis.axvline(0, color=INK, linewidth=1)
        for place, measure in enumerate(reversed(measures)):
            found = effects[(effects["contrast"] == contrast) & (effects["measure"] == measure)]
            for real in found[found["source"] == "real"].itertuples():
                axis.fill_betweenx([place - 0.4, place + 0.4], real.low, real.high, color=FAINT, linewidth=0)
            rows = found[found["guidance"] == 1].set_index("source")
            for number, source in enumerate(name for name in sources if name in rows.index):
                row, height = rows.loc[source], place + 0.3 - 0.6 * number / max(1, len(sources) - 1)
                colour = model_colour(source)
                axis.plot([row["low"], row["high"]], [height, height], color=colour, linewidth=2)
                axis.plot(
                    row["difference"],
                    height,
                    marker=MODEL_MARKERS.get(source, "o"),
                    color=colour,
                    markerfacecolor=CARD if "," in source else colour,
                    label=model_label(source) if place == 0 else None,
                )
        axis.set_yticks(range(len(measures)), measures[::-1])
        axis.set(title=contrast, xlabel="standard deviations of real pieces")
    figure.legend(*np.atleast_1d(axes)[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def plot_song_uses(uses: pd.DataFrame | None) -> Figure:
    """Shares of songs in minor, and of lively songs, by what they were sung for.

    Args:
        uses: from :func:`lib.measures.song_uses.use_table`; the lines are those of its last row, all
            songs. None where the data record no uses: the picture says so.
    """
    if uses is None:
        return plot_sentence("These data do not record what their songs were for.")
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 0.36 * len(uses) + 1.1), sharey=True)
    rows, whole = uses.iloc[:-1], uses.iloc[-1]
    places = np.arange(len(rows))[::-1]
    for axis, (column, title) in zip(
        axes, (("minor", "share in minor"), ("lively", "share that is lively")), strict=True
    ):
        errors = np.abs(rows[[f"{column}_low", f"{column}_high"]].to_numpy().T - rows[column].to_numpy())
        axis.errorbar(
            rows[column],
            places,
            xerr=errors,
            fmt=MODEL_MARKERS["real"],
            capsize=3,
            linewidth=1.5,
            color=model_colour("real"),
        )
        axis.axvline(whole[column], color=INK, linestyle=MODEL_LINES["lstm"], linewidth=1)
        axis.set(title=title, xlim=(0, None), ylim=(-0.6, len(rows) - 0.4), xlabel="share of the songs")
        axis.xaxis.set_major_formatter("{x:.0%}")
        axis.set_yticks(places, [f"{row.use} ({row.songs:,})" for row in rows.itertuples()])
    return figure
