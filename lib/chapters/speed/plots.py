"""Figures and tables of speed and of what each choice is worth."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import HTML
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lib.basics.numbers import shown
from lib.show.style import INK, model_colour, text_colour
from lib.show.tables import html_table, with_interval

Rows = Sequence[Mapping[str, object]]

_WAYS = {"plain": "the original's way", "ours": "ours"}
# Eight fills that stay apart in grey as well; the numbers in the bars are the second marker.
_FILLS = ("#0072B2", "#C4689B", "#E69F00", "#009E73", "#D9D5CC", "#F0E442", "#56B4E9", "#8C877C")


def bench_table(rows: Rows, caption: str) -> HTML:
    """The rows of :mod:`lib.chapters.speed.bench` with the range of their ratios.

    Args:
        rows: as plain data.
        caption: of the table.
    """
    lines = [
        {
            "work": str(row["work"]).replace("_", " "),
            "unit": row["unit"],
            "the original's way": _short(row["plain"]),
            "ours": _short(row["ours"]),
            "times better": f"{row['ratio']:.2f}",
            "range": (
                f"{row['ratio_low']:.2f} to {row['ratio_high']:.2f} in {row['turns']} turns"
                if row["turns"] > 1
                else "one turn"
            ),
            "bound": _short(row["bound"]),
            "of bound": f"{row['of_bound']:.0%}",
        }
        for row in rows
    ]
    first = rows[0]
    note = (
        f"Measured on {first['date']}: {first['machine']}, {first['cores']} cores, {first['threads']} "
        f"threads, torch {first['versions']['torch']}; processes waiting for a core beforehand: "
        f"{first['system_load']}."
    )
    return html_table(pd.DataFrame(lines), caption, note=note)


def _short(value: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 0.001 else f"{value:.6f}"


def plot_ratios(rows: Rows) -> Figure:
    """How many times better ours is, by kind of work, with the range over the turns.

    Args:
        rows: of :mod:`lib.chapters.speed.bench`.
    """
    places = np.arange(len(rows))[::-1]
    figure, axis = plt.subplots(figsize=(7.2, 0.45 * len(rows) + 1.1))
    colour = model_colour("transformer")
    for place, row in zip(places, rows, strict=True):
        axis.plot([row["ratio_low"], row["ratio_high"]], [place, place], color=colour, linewidth=2.5)
        axis.plot(row["ratio"], place, "o", color=colour)
        axis.annotate(
            f"{row['ratio']:.1f}",
            (row["ratio_high"], place),
            (7, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    axis.axvline(1, color=INK, linewidth=1, linestyle=":")
    axis.set_xscale("log")
    highest = max(float(row["ratio_high"]) for row in rows)
    axis.set_xlim(0.7, 1.6 * max(2.0, highest))
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500) if tick < 1.5 * max(2.0, highest)]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    axis.set_yticks(places, [str(row["work"]).replace("_", " ") for row in rows])
    axis.set(xlabel="times better than the original's way", ylim=(-0.6, len(rows) - 0.4))
    return figure


def plot_time_shares(shares: pd.DataFrame) -> Figure:
    """One bar a way: the seconds of a training step by kind of operation.

    Args:
        shares: from :func:`lib.chapters.speed.time_shares.time_shares`.
    """
    figure, axis = plt.subplots(figsize=(7.2, 2.9))
    kinds = list(dict.fromkeys(shares["kind"]))
    left = dict.fromkeys(_WAYS, 0.0)
    longest = shares.groupby("way")["seconds"].sum().max()
    for kind, fill in zip(kinds, _FILLS, strict=True):
        for place, way in enumerate(reversed(_WAYS)):
            row = shares[(shares["kind"] == kind) & (shares["way"] == way)].iloc[0]
            axis.barh(
                place,
                row["seconds"],
                left=left[way],
                color=fill,
                edgecolor=INK,
                linewidth=0.4,
                label=kind if place == 0 else None,
            )
            if row["seconds"] > 0.06 * longest:
                axis.text(
                    left[way] + row["seconds"] / 2,
                    place,
                    f"{row['share']:.0%}",
                    ha="center",
                    va="center",
                    fontsize=9,
                    color=text_colour(fill),
                )
            left[way] += row["seconds"]
    axis.set_yticks(range(len(_WAYS)), list(reversed(_WAYS.values())))
    axis.set(xlabel="seconds a training step (percentages: of that way's step)")
    axis.grid(axis="y", visible=False)
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncol=3)
    return figure


def plot_worth(table: pd.DataFrame) -> Figure:
    """What each arm of an ablation loses against the book's recipe, with its interval and its seeds.

    The scale is linear. Where the largest losses lie far beyond the others, the axis is cut between them, and
    both parts have the same scale. Arms with a run that diverged have no difference and are not drawn.

    Args:
        table: from :func:`lib.chapters.speed.ablation.compare_arms`.
    """
    drawn = table[table["difference"].notna()].sort_values("difference", ascending=False)
    places = np.arange(len(drawn))[::-1]
    spans = _spans(drawn)
    figure, axes = plt.subplots(
        1,
        len(spans),
        figsize=(7.2, 0.4 * len(drawn) + 1.2),
        sharey=True,
        squeeze=False,
        width_ratios=[high - low for low, high in spans],
    )
    for axis, span in zip(axes[0], spans, strict=True):
        for place, line in zip(places, drawn.to_dict("records"), strict=True):
            colour = model_colour("lstm" if line["arm"].startswith("LSTM") else "transformer")
            axis.plot([line["low"], line["high"]], [place, place], color=colour, linewidth=2)
            axis.plot(line["difference"], place, "o", color=colour)
            axis.plot(
                seeds_of(line), np.full(len(seeds_of(line)), place - 0.25), "|", color=INK, markersize=6
            )
        axis.set(xlim=span, ylim=(-0.7, len(drawn) - 0.4))
        share = (span[1] - span[0]) / sum(high - low for low, high in spans)
        axis.xaxis.set_major_locator(MaxNLocator(max(1, int(7 * share)), steps=[1, 2, 5, 10]))
    axes[0, 0].axvline(0, color=INK, linewidth=1, linestyle=":")
    axes[0, 0].set_yticks(
        places, [arm if arm.startswith(("LSTM", "all")) else f"without {arm}" for arm in drawn["arm"]]
    )
    axes[0, 0].set_xlabel("extra loss, nats a source note" + (" (axis cut)" if len(spans) > 1 else ""))
    return figure


def _spans(drawn: pd.DataFrame) -> list[tuple[float, float]]:
    """From where to where the axis goes: in one part, or cut where a loss is more than twice the next."""
    values = drawn["difference"].to_numpy(float)  # descending
    ends = np.column_stack([drawn[["low", "high"]], drawn["difference"]])
    cuts = [number for number in range(1, len(values)) if values[number - 1] > 2 * max(values[number], 1.0)]
    parts = np.split(ends, [cuts[0]]) if cuts else [ends]
    spans = [(float(np.nanmin(part)) - 0.3, float(np.nanmax(part)) + 0.3) for part in reversed(parts)]
    return spans if len(spans) == 1 or spans[0][1] < spans[1][0] else [(spans[0][0], spans[1][1])]


def seeds_of(line: Mapping[str, object]) -> list[float]:
    """The differences of the single seeds, from the table's text."""
    text = line["by_seed"]
    return [float(value) for value in text.split()] if isinstance(text, str) else []


def worth_table(table: pd.DataFrame, caption: str, note: str = "") -> HTML:
    """The arms of an ablation with their losses and what they lose, in nats a source note.

    Args:
        table: from :func:`lib.chapters.speed.ablation.compare_arms`.
        caption: of the table.
        note: below it, behind the counts.
    """
    lines = []
    for line in table.to_dict("records"):
        extra = line["difference"]
        interval = with_interval(extra, line["low"], line["high"], 3)
        if interval == "–" and extra == extra:
            interval = f"{shown(extra, '.3f')} (one seed, no interval)"
        lines.append(
            {
                "arm": line["arm"],
                "nats per source note": line["nats_per_note"],
                "more than the book's": interval if extra == extra else "–",
                "runs that diverged": f"{line['diverged']} of {line['seeds']}",
                "parameters": line["parameters"],
                "tokens": line["tokens"],
            }
        )
    first = table.iloc[0]
    counted = (
        f"Judged on {first['judged_tokens']:,} tokens of {first['pieces']:,} test pieces in "
        f"{first['groups']:,} groups; 95% intervals over seeds ({first['seeds']}) and pieces."
    )
    return html_table(
        pd.DataFrame(lines), caption, {"nats per source note": ".3f"}, note=f"{counted} {note}".strip()
    )
