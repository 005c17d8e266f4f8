"""Tables of chapter 8: keys, measures by source, differences, reasons; a theme to see and to hear."""

from collections.abc import Sequence

import pandas as pd
from IPython.display import HTML

from lib.chapters.music_analysis.measures import MEASURES
from lib.chapters.music_analysis.plots import in_order, measure_label, source_label
from lib.chapters.music_analysis.themes import Theme
from lib.composing.compose import safe_file_name
from lib.measures.music.keys import PROFILES, RELATIONS
from lib.measures.music.piece import Music
from lib.measures.music_sources import SOURCES
from lib.show.players import piece_player, player_row
from lib.show.tables import html_table, with_interval
from lib.show.words import glue_all
from lib.sound.marked_notation import Mark, marked_notation_svg

_COLOURS = ("#D55E00", "#0072B2", "#7A5C00", "#8A3D6B")
_PAST = 90.0  # seconds of sound


def key_error_table(errors: pd.DataFrame, caption: str) -> HTML:
    """How well each profile finds notated keys.

    Args:
        errors: from :func:`lib.measures.music.keys.error_table`.
        caption: of the table.
    """
    together = set(errors.get("collection", ())) == {"all"}  # then a column of the one word would say nothing
    lines = [
        {
            "profile": PROFILES[row["profile"]],
            **({} if together else {"collection": row["collection"]}),
            "pieces": row["pieces"],
            "tonic found": with_interval(row["tonic"], row["tonic_low"], row["tonic_high"], 2),
            **{kind: row[kind] for kind in RELATIONS[1:]},
        }
        for row in errors.to_dict("records")
    ]
    return html_table(pd.DataFrame(lines), caption, dict.fromkeys(RELATIONS[1:], ".0%"))


def agreement_rows(table: pd.DataFrame, caption: str, note: str = "") -> HTML:
    """How often our answers are the experts', beside what needs no ear.

    Args:
        table: from :func:`lib.chapters.music_analysis.agreement.agreement_table`.
        caption: of the table.
        note: below it.
    """
    lines = [
        {
            "question": row["label"],
            "asked": row["asked"],
            "ours": with_interval(row["share"], row["low"], row["high"], 2),
            "music21's": row["music21"],
            "always the commonest": row["constant"],
        }
        for row in table.to_dict("records")
    ]
    formats = {"music21's": ".2f", "always the commonest": ".2f"}
    return html_table(pd.DataFrame(lines), caption, formats, note=note)


def measures_table(table: pd.DataFrame, caption: str, note: str = "") -> HTML:
    """Measures in rows and sources in columns, each cell a mean with its 95% interval and its pieces.

    Args:
        table: from :func:`lib.chapters.music_analysis.tables.source_table`.
        caption: of the table.
        note: below it.
    """
    lines = []
    for name in dict.fromkeys(table["measure"]):
        unit = MEASURES[name].unit if name in MEASURES else ""
        line = {"measure": measure_label(name) + (f" ({unit})" if unit else "")}
        part = table[table["measure"] == name].set_index("source")
        for source in in_order(table["source"]):
            line[source_label(source)] = _cell(part.loc[source]) if source in part.index else None
        lines.append(line)
    return html_table(pd.DataFrame(lines), caption, note=note)


def _cell(row: pd.Series) -> str:
    """A mean, its interval and its pieces; without interval where all pieces agree or there is only one."""
    if row["low"] < row["high"]:
        return f"{with_interval(row['mean'], row['low'], row['high'], 2)} ({row['pieces']:.0f})"
    return f"{row['mean']:.2f} ({'all ' if row['pieces'] > 1 else ''}{row['pieces']:.0f})"


def glue_measures(prefix: str, table: pd.DataFrame, names: Sequence[str]) -> None:
    """Keep means and intervals for the text: `<prefix>-<measure>-<source>`, 'unknown' where there is none.

    Args:
        prefix: the chapter's.
        table: from :func:`lib.chapters.music_analysis.tables.source_table`.
        names: measures; every source gets a name for each.
    """
    found = {
        (row["measure"], row["source"]): with_interval(row["mean"], row["low"], row["high"], 2)
        if row["low"] < row["high"]
        else f"{row['mean']:.2f}"
        for row in table.to_dict("records")
    }
    glue_all(
        prefix,
        **{
            f"{name}_{source.replace(', ', '_')}": found.get((name, source), "unknown")
            for name in names
            for source in SOURCES
        },
    )


def difference_rows(table: pd.DataFrame, caption: str, note: str = "") -> HTML:
    """Differences of sources on the same slots; those that are decided are marked.

    Args:
        table: from :func:`lib.chapters.music_analysis.claim_outcomes.difference_table`.
        caption: of the table.
        note: below it.
    """
    lines = []
    for name in dict.fromkeys(table["measure"]):
        line = {"measure": measure_label(name)}
        for row in table[table["measure"] == name].to_dict("records"):
            mark = "\N{NO-BREAK SPACE}*" if row["verdict"] in ("higher", "lower") else ""
            line[f"− {source_label(row['baseline'])}"] = (
                with_interval(row["difference"], row["low"], row["high"], 2) + mark
            )
        lines.append(line)
    return html_table(pd.DataFrame(lines), caption, note=note)


def reasons_table(table: pd.DataFrame, caption: str) -> HTML:
    """Why measures had no answer.

    Args:
        table: from :func:`lib.chapters.music_analysis.tables.reason_table`.
        caption: of the table.
    """
    joined = (
        table.groupby(["measure", "reason"], sort=False)
        .agg(
            pieces=("pieces", "sum"),
            sources=("source", lambda names: ", ".join(source_label(name) for name in in_order(names))),
        )
        .reset_index()
    )
    return html_table(joined.rename(columns={"reason": "reason (an example)"}), caption)


def theme_notation(piece: Music, theme: Theme, bars: tuple[int, int]) -> str:
    """Bars of a piece with each occurrence of its theme in a colour and under a word.

    Args:
        piece: whose theme it is.
        theme: from :func:`lib.chapters.music_analysis.themes.main_theme`.
        bars: the first and the last bar shown, from 1.

    Returns:
        An SVG document.
    """
    marks = [
        Mark(start, end, _COLOURS[number % len(_COLOURS)], occurrence_name(theme, number))
        for number, (start, end) in enumerate(zip(theme.starts, theme.ends, strict=True))
    ]
    return marked_notation_svg(piece.score, marks, bars)


def occurrence_name(theme: Theme, number: int) -> str:
    """'theme', or 'again', with the interval by which it is shifted."""
    shift = theme.transpositions[number]
    where = "" if shift == 0 else f", {abs(shift)} {'up' if shift > 0 else 'down'}"
    return ("theme" if number == 0 else "again") + where


def theme_players(piece: Music, theme: Theme) -> HTML:
    """The whole piece and the first occurrences of its theme, to hear.

    Args:
        piece: whose theme it is.
        theme: from :func:`lib.chapters.music_analysis.themes.main_theme`.
    """
    stem = safe_file_name(f"theme_{piece.source}_{piece.name}")
    whole = piece_player(piece.score, stem, "the whole piece", source_label(piece.source), _PAST)
    players = [whole]
    for number in range(min(3, len(theme.starts))):
        part = piece.score.clip(theme.starts[number], theme.ends[number], clip_end=True)
        part = part.shift_time(-theme.starts[number])
        players.append(
            piece_player(
                part,
                f"{stem}_{number + 1}",
                occurrence_name(theme, number),
                f"bar {theme.bars[number]}",
                _PAST,
            )
        )
    return player_row(players, "a theme and its occurrences")


def theme_to_show(pieces: Sequence[Music], themes: Sequence[Theme | None]) -> int | None:
    """The piece whose theme is shown: of those up to so long, the one most of which is theme.

    A theme that also comes transposed goes first. None if none of the pieces has a theme.
    """
    best, best_score = None, (False, 0.0)
    for number, (piece, theme) in enumerate(zip(pieces, themes, strict=True)):
        if theme is None or piece.barred.bars > 17:
            continue
        cover = len(theme.starts) * theme.notes / max(1, len(piece.barred.melody))
        score = any(theme.transpositions), cover
        if score > best_score:
            best, best_score = number, score
    return best
