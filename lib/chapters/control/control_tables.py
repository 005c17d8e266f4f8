"""Tables of control, style and memory, with their intervals as text."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from IPython.display import HTML

from lib.measures.statistics import Interval, bootstrap_mean
from lib.measures.style import STATISTICS
from lib.show.style import model_label
from lib.show.tables import html_table, with_interval


def agreement_html(panels: Mapping[str, pd.DataFrame], caption: str, note: str = "") -> HTML:
    """Agreement of each source (rows) with each judge or half (columns).

    Args:
        panels: by title, from :func:`lib.measures.label_control.agreement_table`, the same sources in each.
        caption, note: of the table.
    """
    first = next(iter(panels.values()))
    lines = {"source": [model_label(source) for source in first["source"]], "pieces": first["pieces"]}
    for title, table in panels.items():
        lines[title] = [with_interval(*row, 2) for row in table[["agreement", "low", "high"]].to_numpy()]
    frame = pd.DataFrame(lines)
    baseline = {title: f"{table['baseline'].iloc[0]:.2f}" for title, table in panels.items()}
    frame.loc[len(frame)] = {"source": "baseline: always one label", "pieces": None, **baseline}
    return html_table(frame, caption, {"pieces": ",.0f"}, note=note)


def style_html(
    tables: Mapping[str, tuple[pd.DataFrame, np.ndarray]],
    caption: str,
    published: pd.DataFrame | None = None,
    note: str = "",
) -> HTML:
    """Means of the statistics with half the width of their 95 % intervals, and published values below.

    Args:
        tables: by source, statistics of each piece and the pieces' duplicate groups.
        caption, note: of the table.
        published: from :func:`lib.measures.style.published_statistics`; marked as quoted.
    """
    lines = []
    for source, (table, groups) in tables.items():
        line = {"source": model_label(source), "grid": "12 a quarter", "pieces": len(table)}
        for name, statistic in STATISTICS.items():
            known = table[name].notna().to_numpy()
            found = bootstrap_mean(table[name].to_numpy()[known], groups[known]) if known.any() else None
            line[f"{statistic.label}, {statistic.unit}"] = _plus_minus(found, statistic.digits)
        lines.append(line)
    own = len(lines)
    for row in (published if published is not None else pd.DataFrame()).to_dict("records"):
        line = {"source": f"{row['source']}, {row['data']}", "grid": row["grid"]}
        for name, statistic in STATISTICS.items():
            value, half = row.get(name, np.nan), row.get(f"{name}_half", np.nan)
            found = Interval(value, value - half, value + half) if np.isfinite(value) else None
            line[f"{statistic.label}, {statistic.unit}"] = _plus_minus(found, statistic.digits)
        lines.append(line)
    return html_table(
        pd.DataFrame(lines), caption, {"pieces": ",.0f"}, quoted=range(own, len(lines)), note=note
    )


def _plus_minus(found: Interval | None, digits: int) -> str | None:
    if found is None:
        return None
    half = (found.high - found.low) / 2
    return f"{found.estimate:.{digits}f}" + (f" ± {half:.{digits}f}" if np.isfinite(half) else "")


def memory_html(table: pd.DataFrame, caption: str, note: str = "") -> HTML:
    """Shared runs and bars of each source, and their excess over real held-out pieces.

    Args:
        table: from :func:`lib.chapters.control.memorisation.memorisation_table`.
        caption, note: of the table.
    """
    lines = pd.DataFrame(
        {
            "source": [model_label(source) for source in table["source"]],
            "pieces": table["pieces"],
            "not comparable": table["without"],
            "median run, notes": table["run_median"],
            "longest run": table["run_longest"],
            "excess over real, notes": _intervals(table, "run_excess", 1),
            "bars in one training piece": table["bar_overlap"],
            "excess over real, share of bars": _intervals(table, "bar_excess", 2),
        }
    )
    formats = {"median run, notes": ".0f", "longest run": ".0f", "bars in one training piece": ".0%"}
    return html_table(lines, caption, formats, note=note)


def genre_memory_html(table: pd.DataFrame, caption: str) -> HTML:
    """The excess of shared runs by genre (rows) and source (columns).

    Args:
        table: from :func:`lib.chapters.control.memorisation.excess_by_genre`.
        caption: of the table.
    """
    cells = table.assign(
        text=[
            f"{with_interval(*row, 1)} ({pieces})" if np.isfinite(row[1]) else f"{row[0]:.1f} ({pieces})"
            for *row, pieces in table[["excess", "low", "high", "pieces"]].itertuples(index=False)
        ]
    )
    order = list(dict.fromkeys(table["source"]))
    wide = cells.pivot(index="genre", columns="source", values="text")[order].rename(columns=model_label)
    return html_table(wide.reset_index(), caption)


def differences_html(table: pd.DataFrame, caption: str, note: str = "") -> HTML:
    """Sad against merry songs.

    Args:
        table: from :func:`lib.measures.song_uses.differences`.
        caption, note: of the table.
    """
    lines = pd.DataFrame(
        {
            "half of the label": table["half"],
            "within": table["within"],
            "songs": table["songs"],
            "laments and farewells": table["sad"],
            "dances": table["merry"],
            "difference": [with_interval(*row, 3) for row in table[["difference", "low", "high"]].to_numpy()],
            "sign expected of a mood": table["expected"],
        }
    )
    return html_table(lines, caption, {"laments and farewells": ".1%", "dances": ".1%"}, note=note)


def _intervals(table: pd.DataFrame, name: str, digits: int) -> list[str]:
    return [with_interval(*row, digits) for row in table[[name, f"{name}_low", f"{name}_high"]].to_numpy()]
