"""A chapter to be read in JupyterLab: an executed notebook whose sentences hold the numbers themselves.

On the site sphinx puts numbers, citations and titles into the sentences; in JupyterLab nobody does, and a
reader sees the marks for them. Here the marks are replaced by what the site's page says. Boxes, margin notes
and equations' numbers stay as they are, since jupyterlab-myst draws them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from myst_nb.core.variables import format_plain_text
from nbformat.v4 import new_markdown_cell
from pybtex.database import BibliographyData, Person

from lib.basics.numbers import typeset
from lib.publish.chapters import Chapter, glued_source
from lib.publish.gates import ExecutedCopy

_ROLE = re.compile(r"\{(?P<role>[a-z]+(?::[a-z]+)?)\}`(?P<text>[^`]+)`")
_PAGE_LINK = re.compile(r"\[(?P<words>[^\]]+)\]\(\.\./book/[^)]+\)")
_TARGET = re.compile(r"^(?P<words>.*\S)\s*<[^>]+>$", re.DOTALL)
_MARKUP = re.compile(r"[\\`*_{}<>$~|]|(?<=\])\(")
_HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
_HIDDEN_OUTPUT = {"hide-output", "hide-cell", "remove-output", "remove-cell"}


@dataclass(frozen=True)
class Surroundings:
    """What a chapter's sentences point at outside its own cells.

    Attributes:
        titles: of the chapters, by name.
        sources: the bibliography.
        figures: the site's numbers such as 'Figure 2.1' by a figure's name; empty where no site was built.
    """

    titles: Mapping[str, str] = field(default_factory=dict)
    sources: BibliographyData = field(default_factory=BibliographyData)
    figures: Mapping[str, str] = field(default_factory=dict)


def filled(copy: ExecutedCopy, shown: nbformat.NotebookNode, around: Surroundings) -> nbformat.NotebookNode:
    """The chapter with its marks replaced, a caption below each figure, and plumbing folded.

    Args:
        copy: the executed notebook.
        shown: the same as the site shows it (:func:`lib.publish.site.published`); it is not changed.
        around: what the sentences point at.

    Returns:
        A notebook; a value that the execution does not hold is named in its sentence as missing.
    """
    notebook = nbformat.from_dict(shown)
    values = dict(filter(None, map(glued_source, (output for _, output in copy.outputs()))))
    captions = {
        figure["name"]: figure.get("caption", "") for cell in notebook.cells if (figure := _figure(cell))
    }
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "markdown":
            cell.source = filled_text(cell.source, values, around, captions)
            continue
        cell.outputs = [output for output in cell.get("outputs", []) if not _is_silent(output)]
        _fold(cell)
        if figure := _figure(cell):
            number = around.figures.get(figure["name"], "Figure")
            caption = filled_text(figure.get("caption", ""), values, around, captions)
            cells.append(new_markdown_cell(f"**{number}.** {caption}", id=f"caption-{cell.id}"[:64]))
    notebook.cells = cells
    if notebook.cells and notebook.cells[0].cell_type == "markdown":
        title, _, rest = notebook.cells[0].source.partition("\n")
        notebook.cells[0].source = f"{title}\n\n*{_about(copy)}*\n{rest}"
    return notebook


def filled_text(
    text: str, values: Mapping[str, str], around: Surroundings, captions: Mapping[str, str] | None = None
) -> str:
    """Markdown with its marks replaced.

    >>> filled_text("{glue:text}`lstm-loss:.2f` nats, {glue:text}`x`", {"lstm-loss": "1.234"}, Surroundings())
    '1.23 nats, (x is missing in this execution)'

    Args:
        text: of a cell.
        values: what the execution keeps for sentences, as Python writes it, by name.
        around: what the sentences point at.
        captions: of the notebook's figures, by name.
    """

    def replaced(found: re.Match) -> str:
        role, words = found["role"], found["text"]
        if role == "glue:text":
            return _value(words, values)
        if role == "doc":
            return f"[{around.titles.get(words, words)}]({words}.ipynb)"
        if role in ("cite", "cite:p", "cite:t"):
            return cited(words.split(","), around.sources, textual=role == "cite:t")
        if role == "numref":
            caption = re.split(r"[.:;,(]", (captions or {}).get(words, words))[0].strip()
            return around.figures.get(words) or f"the figure “{caption}”"
        if role in ("mod", "func", "class", "meth"):
            return f"`{words}`"
        if role in ("term", "ref"):
            return target["words"] if (target := _TARGET.match(words)) else words
        return found[0]

    return _PAGE_LINK.sub(r"\g<words> (a page of the site)", _ROLE.sub(replaced, text))


def _value(words: str, values: Mapping[str, str]) -> str:
    """A kept value in its format, as the site writes it; text of somebody's file stays text."""
    name, _, form = words.partition(":")
    missing = f"({name} is missing in this execution)"
    if name not in values:
        return missing
    try:
        text = typeset(format_plain_text(values[name], form or "s"))
    except (TypeError, ValueError):
        return missing
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def cited(keys: list[str], sources: BibliographyData, textual: bool = False) -> str:
    """Sources as the site cites them: '[Witten and Bell, 1991]', or 'Witten and Bell [1991]' in a sentence.

    Args:
        keys: of the bibliography; one that it lacks is cited by its key.
        sources: the bibliography.
        textual: whether the authors are a part of the sentence.
    """
    found = []
    for key in map(str.strip, keys):
        entry = sources.entries.get(key)
        people = _people(entry.persons.get("author", [])) if entry else key
        year = entry.fields.get("year", "undated") if entry else ""
        found.append(f"{people} [{year}]" if textual else ", ".join(filter(None, (people, year))))
    return ", ".join(found) if textual else f"[{'; '.join(found)}]"


def _people(authors: list[Person]) -> str:
    names = [" ".join(author.prelast_names + author.last_names).strip("{}") for author in authors]
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)


def figure_numbers(site: Path, chapter: Chapter) -> dict[str, str]:
    """The numbers that a built site gives to a chapter's figures, by name; empty where its page is not built.

    Args:
        site: the folder of the pages, `_build/html`.
        chapter: whose page to read.
    """
    page = site / f"{chapter.document}.html"
    if not page.is_file():
        return {}
    tree = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    return {
        str(figure["id"]): number.get_text().strip()
        for figure in tree.find_all("figure", id=True)
        if (number := figure.select_one(".caption-number"))
    }


def title_of(notebook: nbformat.NotebookNode) -> str:
    """A chapter's first heading."""
    lines = notebook.cells[0].source.splitlines() if notebook.cells else []
    return next((line.lstrip("# ").strip() for line in lines if line.startswith("# ")), "")


def _figure(cell: nbformat.NotebookNode) -> Mapping | None:
    return cell.metadata.get("mystnb", {}).get("figure")


def _is_silent(output: nbformat.NotebookNode) -> bool:
    """Whether the site leaves it out: a value kept for sentences, or progress on standard error."""
    return glued_source(output) is not None or output.get("name") == "stderr"


def _fold(cell: nbformat.NotebookNode) -> None:
    """Fold what the site folds or leaves out; a click on its bar opens it."""
    tags = set(cell.metadata.get("tags", []))
    for name, of in (("source_hidden", _HIDDEN), ("outputs_hidden", _HIDDEN_OUTPUT)):
        if tags & of:
            cell.metadata.setdefault("jupyter", nbformat.NotebookNode())[name] = True


def _about(copy: ExecutedCopy) -> str:
    day = str(copy.notebook.metadata.get("papermill", {}).get("end_time", ""))[:10] or "an unknown day"
    return (
        f"To read: the numbers are those of the execution of {day} with the profile {copy.profile}. "
        f"To run and to change, open {copy.chapter.name}.ipynb in the folder beside this one."
    )
