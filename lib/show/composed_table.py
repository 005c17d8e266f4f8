"""What composed pieces are worth beside real ones, as a table: of the model's card, and of trials of it."""

from collections.abc import Mapping, Sequence

import pandas as pd
from IPython.display import HTML

from lib.show.tables import html_table, with_interval

COLUMNS = {
    "nats_per_note": "nats a note",
    "ended": "ended by itself",
    "label": "label obtained",
    "mode": "major or minor",
    "activity": "lively or calm",
    "themes": "notes of themes",
    "aabb": "AABB",
    "overlap": "style overlap",
    "copied": "copied notes",
}
"""Measures of :mod:`lib.long_runs.composed_pieces` by what heads their column."""


def composed_table(
    rows: Sequence[Mapping[str, object]], heads: Sequence[str], caption: str, note: str, without: str = ""
) -> HTML:
    """Rows of measures with their 95% intervals; a measure that no row has gets no column.

    Args:
        rows: the measures, each with _low and _high, and what the heads name.
        heads: keys of the first columns, written as they are.
        caption, note: as :func:`lib.show.tables.html_table` takes them.
        without: a measure that is left out.
    """
    shown = [
        name for name in COLUMNS if name != without and any(not _is_missing(row.get(name)) for row in rows)
    ]
    lines = [
        {head.replace("_", " "): row.get(head) for head in heads}
        | {COLUMNS[name]: _cell(row, name) for name in shown}
        for row in rows
    ]
    return html_table(pd.DataFrame(lines), caption, {"guidance": "g", "minutes": ".1f"}, note=note)


def _cell(row: Mapping[str, object], name: str) -> str:
    values = (row.get(name + end) for end in ("", "_low", "_high"))
    value, low, high = (float("nan") if _is_missing(number) else float(str(number)) for number in values)
    return with_interval(value, low, high, 1 if name == "copied" else 2)


def _is_missing(value: object) -> bool:
    return value is None or value != value
