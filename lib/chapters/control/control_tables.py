"""Tables of control, style and memory, with their intervals as text."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from IPython.display import HTML

from lib.measures.comparison import seeds_from_text, without_each_seed
from lib.measures.music.style import STATISTICS
from lib.measures.statistics import Interval, bootstrap_mean
from lib.show.style import model_label
from lib.show.tables import html_table, no_evidence, with_interval
from lib.show.words import compared, listed

_CHANCE = ("below chance", "above chance", "not distinguishable from chance")
_COMPARED = ("less often", "more often", "not distinguishably more or less often")
_MOVED = {"minor minus major": "valence", "lively minus calm": "arousal"}  # what each contrast should move


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


def obtained_html(table: pd.DataFrame | None, caption: str, note: str = "") -> HTML:
    """Shares that obtained what was asked for (columns: by whom) of each source and guidance (rows).

    Args:
        table: from :func:`lib.chapters.control.label_effects.obtained_table`; None: there is none.
        caption, note: of the table.
    """
    if table is None:
        return no_evidence(caption, "control")
    lines = []
    for (source, guidance), part in table.groupby(["source", "guidance"], sort=False):
        line = {
            "source": model_label(source),
            "guidance": None if source in ("real", "ngram") else guidance,
            "training seeds": None if source in ("real", "ngram") else int(part["runs"].max()),
            "pieces": int(part["pieces"].max()),
        }
        for row in part.itertuples():
            if row.by != "ended by itself" or source != "real":
                line[row.by] = with_interval(row.agreement, row.low, row.high, 2)
        lines.append(line)
    baseline = table.dropna(subset=["baseline"]).groupby("by", sort=False)["baseline"].first()
    lines.append(
        {"source": "baseline: always one label", **{by: f"{share:.2f}" for by, share in baseline.items()}}
    )
    return html_table(pd.DataFrame(lines), caption, {"pieces": ",.0f", "guidance": "g"}, note=note)


def paired_html(table: pd.DataFrame | None, caption: str, note: str = "") -> HTML:
    """Differences of two sources, run by run.

    Args:
        table: from :func:`lib.chapters.control.label_effects.difference_table`; None: there is none.
        caption, note: of the table.
    """
    if table is None:
        return no_evidence(caption, "control")
    lines = pd.DataFrame(
        {
            "judged": table["by"],
            "difference of shares": [
                with_interval(row.difference, row.low, row.high) for row in table.itertuples()
            ],
            "training seeds": table["runs"],
        }
    )
    return html_table(lines, caption, note=note)


def moved_html(effects: pd.DataFrame | None, caption: str, note: str = "") -> HTML:
    """What a listener that people taught hears of a swapped label, on its scale from −1 to 1.

    Args:
        effects: from :func:`lib.chapters.control.label_effects.effect_table`, real pieces among them;
            None: there is none.
        caption, note: of the table.
    """
    if effects is None:
        return no_evidence(caption, "control")
    unguided = effects[effects["guidance"].isna() | (effects["guidance"] == 1)]
    lines: dict[str, dict[str, object]] = {}
    for row in unguided.to_dict("records"):
        if _MOVED.get(row["contrast"]) == row["measure"]:
            line = lines.setdefault(row["source"], {"source": model_label(row["source"])})
            line["training seeds"] = "–" if row["source"] == "real" else row["runs"]
            line[f"{row['measure']}, {row['contrast']}"] = with_interval(
                row["difference"], row["low"], row["high"]
            )
    return html_table(pd.DataFrame(list(lines.values())), caption, note=note)


def obtained_words(obtained: pd.DataFrame | None, differences: pd.DataFrame | None) -> dict[str, str]:
    """The findings of the kept evidence as sentences, their words by their intervals: emotion, genre,
    difference. A word that would change without one training seed is not used."""
    if obtained is None or differences is None:
        return dict.fromkeys(("emotion", "genre", "difference"), "")
    plain = obtained[obtained["guidance"] == 1].set_index(["by", "source"])
    told = {}
    for name, by in (("emotion", "emotion by the rule"), ("genre", "genre of three by features")):
        if by not in plain.index.get_level_values("by"):
            told[name] = ""
            continue
        rows = plain.loc[by]
        shares = [
            f"{model_label(source)} {row['agreement']:.0%} [{row['low']:.0%}, {row['high']:.0%}], "
            + _against(row, row["baseline"], *_CHANCE)
            for source, row in rows.iterrows()
        ]
        what = "emotion" if name == "emotion" else "genre, of three that are alike,"
        told[name] = (
            f"How often is the {what} obtained? By {'; '.join(shares)} "
            f"(chance is {rows['baseline'].iloc[0]:.0%})."
        )
    grouped: dict[str, list[str]] = {}
    for row in differences.to_dict("records"):
        grouped.setdefault(_against(row, 0.0, *_COMPARED), []).append(row["by"])
    told["difference"] = "Compared with the LSTM, the Transformer obtains " + "; ".join(
        f"{word}: {listed(judged)}" for word, judged in grouped.items()
    )
    told["difference"] += "."
    return told


def _against(row: Mapping, than: float, below: str, above: str, neither: str) -> str:
    """Words for an interval beside a number; `neither` also where leaving one run out would change them."""
    word = compared(row["low"] - than, row["high"] - than, below, above, neither)
    without = without_each_seed(seeds_from_text(row["by_run"]), error_pieces=0.0, piece_degrees=1)
    if any(compared(low - than, high - than, below, above, neither) != word for low, high in without):
        return neither
    return word


def style_html(
    tables: Mapping[str, tuple[pd.DataFrame, np.ndarray]],
    caption: str,
    published: pd.DataFrame | None = None,
    note: str = "",
) -> HTML:
    """Means of the statistics with half the width of their 95 % intervals, and published values below.

    Args:
        tables: by source, statistics of each piece and the pieces' duplicate groups, [pieces].
        caption, note: of the table.
        published: from :func:`lib.measures.music.style.published_statistics`; marked as quoted.
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
