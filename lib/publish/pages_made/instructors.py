"""What the build writes into the page for instructors: run times beside what chapters promise, exercises.

The questions on that page are written by hand and lead to cells by their labels
(:mod:`lib.publish.extension.cell_anchors`); sphinx refuses a label that no cell has.
"""

import re
from collections.abc import Sequence
from html import escape

import nbformat

from lib.basics.progress import duration
from lib.publish.for_class.assignment import expected_results
from lib.publish.for_class.reading_time import sections
from lib.publish.gates import ExecutedCopy
from lib.publish.opening import promised
from lib.show.tables import wide_table

TIMES, SESSIONS, EXERCISES = "<!-- times -->", "<!-- sessions -->", "<!-- exercises -->"
EXPECTED = "<!-- expected -->"
_EXERCISE = re.compile(
    r"^````\{admonition\} (?P<title>\d+\. [^\n]+)\n:class: tip\n(?P<text>.*?)^````$", re.DOTALL | re.MULTILINE
)
_FOLDED = re.compile(r"^```\{admonition\} .+\n:class: dropdown$", re.MULTILINE)


def exercises(notebook: nbformat.NotebookNode) -> list[tuple[str, bool]]:
    """The exercises of a chapter: their titles with numbers, and whether a folded solution follows."""
    return [
        (match["title"], bool(_FOLDED.search(match["text"])))
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for match in _EXERCISE.finditer(cell.source)
    ]


def instructors_page(text: str, copies: Sequence[ExecutedCopy]) -> str:
    """The page's text with its marks replaced: run times, minutes in class, and a list of the exercises.

    Args:
        text: book/instructors.md.
        copies: the executed notebooks, in the order of the book.
    """
    made = {TIMES: _times, SESSIONS: _sessions, EXERCISES: _exercises}
    for mark, write in made.items():
        text = text.replace(mark, write(copies))
    return text.replace(EXPECTED, expected_results()) if EXPECTED in text else text


def _link(copy: ExecutedCopy, fragment: str = "") -> str:
    return f'<a href="../{copy.chapter.document}.html{fragment}">{escape(copy.chapter.name)}</a>'


def _times(copies: Sequence[ExecutedCopy]) -> str:
    rows = []
    for copy in copies:
        promise = promised(copy.notebook)
        bounds = (f"{promise.cold} min", f"{promise.warm} min") if promise else ("–", "–")
        rows.append((_link(copy), *bounds, duration(copy.notebook.metadata.papermill.duration)))
    return wide_table(
        "Run times",
        ("Notebook", "From nothing, less than", "Again, less than", "When this site was made"),
        rows,
    )


def _sessions(copies: Sequence[ExecutedCopy]) -> str:
    rows = []
    for copy in copies:
        parts = sections(copy.chapter.read())
        longest = max(parts, key=lambda part: part.words)
        counts = (
            sum(getattr(part, of) for part in parts) for of in ("words", "lines", "figures", "exercises")
        )
        minutes = sum(part.minutes for part in parts)
        rows.append(
            (_link(copy), *(f"{count:,}" for count in counts), f"{minutes:.0f}", escape(longest.title))
        )
    columns = ("Chapter", "Words", "Lines of code", "Figures", "Exercises", "Minutes", "Most words in")
    return wide_table("Sessions", columns, rows)


def _exercises(copies: Sequence[ExecutedCopy]) -> str:
    lines = [
        f"<li>{_link(copy, '#exercises')}: "
        + "; ".join(escape(title) for title, _ in exercises(copy.notebook))
        + "</li>"
        for copy in copies
        if exercises(copy.notebook)
    ]
    return "<ul>\n" + "\n".join(lines) + "\n</ul>"
