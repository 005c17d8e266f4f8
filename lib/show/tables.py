"""Tables for the pages: a caption, numbers under each other, quoted figures told from computed ones."""

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from html import escape
from numbers import Integral, Real

import pandas as pd
from IPython.display import HTML

from lib.basics.numbers import shown, typeset

Format = str | Callable[[object], str]

_CODE_NAME = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")
_IN_FULL = {"val": "validation", "train": "training", "num": "number of"}

_QUOTED = "font-style:italic;opacity:0.85"
_NUMBER = "text-align:right;font-variant-numeric:tabular-nums"


def html_table(
    frame: pd.DataFrame,
    caption: str,
    formats: Mapping[str, Format] | None = None,
    quoted: Collection[object] = (),
    note: str = "",
) -> HTML:
    """A DataFrame as a table that screen readers can walk through.

    Args:
        frame: its first column heads the rows; the index is used only to name rows in `quoted`.
        caption: what the table shows.
        formats: by column, a format specification ('.3f', ',') or a function of the value; numbers without
            one are written as :func:`lib.basics.numbers.shown` does, those of a column of counts that became
            floats, because one is missing, without decimals. Missing values are a dash.
        quoted: index labels of rows that are quoted from the original report: set in italics and marked
            'quoted' in the row's head.
        note: a line below the table.
    """
    columns = list(frame.columns)
    formats = {column: "," for column in columns if _is_count(frame[column])} | dict(formats or {})
    numeric = {column: pd.api.types.is_numeric_dtype(frame[column]) for column in columns}
    numeric |= dict.fromkeys(columns[:1], False)  # it heads the rows, and these stand at the left
    head = "".join(
        f'<th scope="col"{_style(_NUMBER if numeric[column] else "")}>{escape(heading(column))}</th>'
        for column in columns
    )
    records = zip(frame.index, frame.itertuples(index=False, name=None), strict=True)
    body = "\n".join(
        _row(label, record, columns, formats, numeric, label in quoted) for label, record in records
    )
    below = f'<p style="font-size:0.85em">{escape(note)}</p>' if note else ""
    return HTML(
        f'<div style="overflow-x:auto" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="table"><caption style="caption-side:top">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>{below}</div>"
    )


def wide_table(
    label: str, columns: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "wide-table"
) -> str:
    """A table for pages that the build makes, as HTML that scrolls sideways where it is too wide.

    Args:
        label: what screen readers call it; any text.
        columns: heads, plain text.
        rows: of cells that are HTML already; the first heads its row.
        kind: classes of the box around it.
    """
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "\n".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        f'<div class="{kind}" tabindex="0" role="region" aria-label="{escape(label)}">\n'
        f'<table class="table">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n'
        "</table>\n</div>"
    )


def heading(column: object) -> str:
    """What stands above a column: the name that the code gives it in words.

    >>> heading("last_validation_loss"), heading("val_loss"), heading("pieces")
    ('last validation loss', 'validation loss', 'pieces')
    """
    name = str(column)
    if not _CODE_NAME.fullmatch(name):
        return name
    return " ".join(_IN_FULL.get(word, word) for word in name.split("_"))


def with_interval(value: float, low: float, high: float, digits: int = 3) -> str:
    """An estimate and its interval as text, such as 0.60 [0.55, 0.66]; no line breaks inside the brackets."""
    if any(math.isnan(number) for number in (value, low, high)):
        return "–"
    number, start, end = (shown(number, f".{digits}f") for number in (value, low, high))
    return f"{number} [{start},\N{NO-BREAK SPACE}{end}]"


def _row(label, record, columns, formats, numeric, is_quoted: bool) -> str:
    cells = []
    for position, (column, value) in enumerate(zip(columns, record, strict=True)):
        text = escape(_format(value, formats.get(column)))
        if position == 0:
            text += " (quoted)" if is_quoted else ""
            cells.append(f'<th scope="row">{text}</th>')
        else:
            cells.append(f"<td{_style(_NUMBER if numeric[column] else '')}>{text}</td>")
    return f"<tr{_style(_QUOTED if is_quoted else '')}>{''.join(cells)}</tr>"


def _format(value: object, how: str | Callable[[object], str] | None) -> str:
    if value is None or (isinstance(value, Real) and math.isnan(value)) or value is pd.NA:
        return "–"
    if callable(how):
        return how(value)
    if isinstance(value, Real) and not isinstance(value, bool):
        return shown(value, ",.0f" if how == "," and not isinstance(value, Integral) else how or "")
    return typeset(str(value))


def _is_count(column: pd.Series) -> bool:
    """Whether a column of floats holds whole numbers only, and more than noughts and ones."""
    if not pd.api.types.is_float_dtype(column):
        return False
    known = column.dropna()
    return bool(len(known)) and bool((known % 1 == 0).all()) and bool(known.abs().max() >= 2)


def _style(style: str) -> str:
    return f' style="{style}"' if style else ""


def no_evidence(caption: str, part: str) -> HTML:
    """The sentence in the place of a table where no kept evidence is of these data.

    Args:
        caption: of the table.
        part: of the evidence, by the name of `python -m lib evidence`.
    """
    command = f"<code>python -m lib evidence {escape(part)}</code>"
    return HTML(f"<p><em>{escape(caption)}</em>: not kept for these data; {command} makes it.</p>")
