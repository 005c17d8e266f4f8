"""How many minutes a chapter takes in class, by count: words, lines of code, figures and exercises."""

import re
from dataclasses import dataclass

import nbformat

WORDS_A_MINUTE = 150
"""Of prose with formulas, read to be understood; novels are read faster."""
SECONDS_A_LINE = 4
"""For each line of code that the page shows open."""
MINUTES_A_FIGURE = 2
"""To look at it and say what it shows."""
MINUTES_AN_EXERCISE = 10

_HEADING = re.compile(r"^#{1,2} +(.+)$", re.MULTILINE)
_SOLUTION = re.compile(r"^```\{admonition\} [^\n]*\n:class: dropdown\n.*?^```$", re.DOTALL | re.MULTILINE)
_EXERCISE = re.compile(r"^````\{admonition\} \d+\. ", re.MULTILINE)
_MARK = re.compile(r"\{[a-z:]+\}`[^`]*`")
_DIRECTIVE = re.compile(r"^(?:`{3,}.*|:\w+:.*)$", re.MULTILINE)
_WORD = re.compile(r"[^\W_](?:[\w'’.-]*\w)?")
_CLOSED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}


@dataclass
class Section:
    """What a section holds, folded things apart.

    Attributes:
        title: its heading.
        words: of prose; a number, a citation and a formula's symbols count like words.
        lines: of code that is open.
        figures: with a caption.
        exercises: without their solutions.
    """

    title: str
    words: int = 0
    lines: int = 0
    figures: int = 0
    exercises: int = 0

    @property
    def minutes(self) -> float:
        """In class."""
        return (
            self.words / WORDS_A_MINUTE
            + self.lines * SECONDS_A_LINE / 60
            + self.figures * MINUTES_A_FIGURE
            + self.exercises * MINUTES_AN_EXERCISE
        )


def sections(notebook: nbformat.NotebookNode) -> list[Section]:
    """A chapter's sections in order, the opening first."""
    found = [Section("")]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            opening, *parts = _HEADING.split(cell.source)
            _read(found[-1], opening)
            for title, text in zip(parts[::2], parts[1::2], strict=True):
                found.append(Section(title.strip()))
                _read(found[-1], text)
        elif cell.cell_type == "code":
            if not _CLOSED & set(cell.metadata.get("tags", [])):
                found[-1].lines += sum(1 for line in cell.source.splitlines() if line.strip())
            found[-1].figures += "figure" in cell.metadata.get("mystnb", {})
    return [section for section in found if section != Section("")]


def _read(section: Section, text: str) -> None:
    text = _SOLUTION.sub("", text)
    section.exercises += len(_EXERCISE.findall(text))
    section.words += len(_WORD.findall(_DIRECTIVE.sub("", _MARK.sub("word", text))))
