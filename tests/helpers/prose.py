"""Results in the prose come from the computation: a search for numbers that were typed by hand.

A number with decimals, or a percentage, in a notebook's text is taken for a result. Not looked at are code,
mathematics, roles (glued numbers, citations, cross-references), addresses and the level of intervals (95%).
A text cell that quotes the original report is marked with the tag `quotes-original`, and left alone.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import nbformat

QUOTING_TAG = "quotes-original"

_NOT_PROSE = [
    re.compile(pattern, re.DOTALL | re.MULTILINE)
    for pattern in (
        r"^(?P<fence>```+|~~~+)(?!\{)[^\n]*\n.*?^(?P=fence)\s*$",  # code, but not the content of a directive
        r"^[`:]{3,}[^\n]*$",  # the lines that open and close a directive
        r"^:[\w-]+:[^\n]*$",  # its options
        r"\$\$.*?\$\$(\s*\([\w-]+\))?",
        r"\$[^$\n]+(\n[^$\n]+)?\$",
        r"\{[\w:-]+\}`[^`]*`",
        r"`[^`\n]*`",
        r"\]\([^)]*\)",
        r"<[^>\n]+>",
        r"\b95\s?%",
    )
]
_NUMBER = re.compile(r"(?<![\w.])[−-]?\d[\d,]*(?:\.\d+(?:\s?%)?|\s?%)(?!\.?\d|[\w-])")


class TypedNumber(NamedTuple):
    """A number found in a notebook's text.

    Attributes:
        cell: the number of the cell in its notebook, from 1.
        number: as it stands there.
        line: the line around it.
    """

    cell: int
    number: str
    line: str


def typed_numbers(notebook: nbformat.NotebookNode) -> Iterator[TypedNumber]:
    """Every result typed by hand in the text cells of a source notebook."""
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown" and QUOTING_TAG not in cell.metadata.get("tags", []):
            for found, line in _numbers_in(cell.source):
                yield TypedNumber(number, found, line)


def _numbers_in(text: str) -> Iterator[tuple[str, str]]:
    blanked = text
    for pattern in _NOT_PROSE:
        blanked = pattern.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), blanked)
    for line, original in zip(blanked.splitlines(), text.splitlines(), strict=True):
        for found in _NUMBER.finditer(line):
            yield found.group(), original.strip()
