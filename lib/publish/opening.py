"""The box that opens every chapter: what one learns, what it needs, how long it runs."""

import re
from typing import NamedTuple

import nbformat

_WORDS = (
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "twenty",
)
_MINUTES = dict(zip(_WORDS, (*range(1, 16), 20), strict=True))
_BOX = re.compile(
    r"^```\{admonition\} This (?:chapter|appendix)\n:class: note\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_PARTS = re.compile(r"\*\*You will learn\*\* .*\n\n\*\*It needs\*\* .*\n\n\*\*It runs\*\* ", re.DOTALL)
_RUNS = re.compile(
    r"\*\*It runs\*\* alone: from nothing in less than (?P<cold>\w+) minutes, "
    r"and in less than (?P<warm>\w+)(?: minutes?)? once .* exists? "
    r"\(profile `laptop`, 2 cores\)"
)


class Promise(NamedTuple):
    """The times on a chapter's first lines, in minutes: upper bounds, stated in words.

    Attributes:
        cold: when nothing was there before, neither data nor models.
        warm: when they were.
    """

    cold: int
    warm: int


def promised(notebook: nbformat.NotebookNode) -> Promise | None:
    """The times that the opening box of a chapter states; None when it has no such box, or another form."""
    box = _BOX.search(notebook.cells[0].source) if notebook.cells else None
    if box is None or not _PARTS.match(box["text"]):
        return None
    runs = _RUNS.search(" ".join(box["text"].split()))
    if runs is None or not {runs["cold"], runs["warm"]} <= _MINUTES.keys():
        return None
    return Promise(_MINUTES[runs["cold"]], _MINUTES[runs["warm"]])
