"""The notebooks of the table of contents: where their sources lie, what their parameters are called."""

import ast
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml

from lib.basics.errors import BookError
from lib.basics.places import PROJECT

_GLUED = "application/papermill.record/text/plain"


@dataclass(frozen=True)
class Chapter:
    """One notebook of the book.

    Attributes:
        name: its file name without suffix, such as '02_lstm'.
        document: its name in the table of contents, such as 'notebooks/02_lstm'.
        source: the notebook file, without outputs.
    """

    name: str
    document: str
    source: Path

    def read(self) -> nbformat.NotebookNode:
        """The source notebook."""
        return read_notebook(self.source)


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a notebook as format 4.

    Raises:
        BookError: when the file is missing or is no notebook.
    """
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise BookError(f"The notebook {path} is missing.") from None
    except Exception as error:  # nbformat raises a different type for each kind of broken file
        raise BookError(f"The notebook {path} cannot be read ({type(error).__name__}: {error}).") from error


def documents(project: Path = PROJECT) -> list[str]:
    """Every document that `_toc.yml` names, root first, in reading order."""
    path = project / "_toc.yml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise BookError(f"The table of contents {path} cannot be read ({error}).") from error
    found = [content["root"]]

    def walk(entry: dict) -> None:
        if "file" in entry:
            found.append(entry["file"])
        for key in ("parts", "chapters", "sections"):
            for child in entry.get(key) or []:
                walk(child)

    walk(content)
    return found


def chapters(project: Path = PROJECT) -> list[Chapter]:
    """The notebooks that `_toc.yml` names, in order: all its documents under notebooks/.

    Raises:
        BookError: when one of them does not exist.
    """
    found = []
    for document in documents(project):
        if document.startswith("notebooks/"):
            source = project / f"{document}.ipynb"
            if not source.is_file():
                raise BookError(f"The table of contents names {document}, but {source} does not exist.")
            found.append(Chapter(source.stem, document, source))
    return found


def select(found: list[Chapter], names: list[str] | None) -> list[Chapter]:
    """The chapters called `names` (such as '02_lstm' or 'notebooks/02_lstm.ipynb'); None: all of them.

    Raises:
        BookError: naming a chapter that the table of contents does not have.
    """
    if names is None:
        return found
    by_name = {chapter.name: chapter for chapter in found}
    wanted = [Path(name).stem for name in names]
    for name in wanted:
        if name not in by_name:
            known = ", ".join(by_name) or "none"
            raise BookError(f"The table of contents has no notebook '{name}'; it has: {known}.")
    return [chapter for chapter in found if chapter.name in wanted]


def tagged(notebook: nbformat.NotebookNode, tag: str) -> list[nbformat.NotebookNode]:
    """The code cells that carry `tag`."""
    return [
        cell for cell in notebook.cells if cell.cell_type == "code" and tag in cell.metadata.get("tags", [])
    ]


def parameters_of(notebook: nbformat.NotebookNode, name: str) -> dict[str, object]:
    """Names and default values in the cell tagged 'parameters'.

    Args:
        notebook: a source notebook.
        name: what to call it in an error.

    Raises:
        BookError: unless there is exactly one such cell, of plain assignments of literals.
    """
    cells = tagged(notebook, "parameters")
    if len(cells) != 1:
        raise BookError(f"The notebook {name} has {len(cells)} cells tagged 'parameters'; it needs just one.")
    try:
        return _assignments(cells[0].source)
    except (SyntaxError, ValueError) as error:
        raise BookError(
            f'The parameters cell of {name} may hold only lines such as profile = "laptop" ({error}).'
        ) from error


def _assignments(source: str) -> dict[str, object]:
    found = {}
    for statement in ast.parse(source).body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            raise ValueError(f"line {statement.lineno} is not an assignment to a name")
        found[statement.targets[0].id] = ast.literal_eval(statement.value)
    return found


def glued(output: nbformat.NotebookNode) -> tuple[str, str]:
    """Name and text of a value that an output keeps for sentences; of another output two empty texts."""
    name, text = glued_source(output) or ("", "")
    try:
        value = ast.literal_eval(text) if name else ""
    except (SyntaxError, ValueError):
        return name, text
    return name, value if isinstance(value, str) else text  # a text without the quotes of Python's repr


def glued_source(output: nbformat.NotebookNode) -> tuple[str, str] | None:
    """Name of a value that an output keeps for sentences, and the value as Python writes it; else None."""
    name = output.get("metadata", {}).get("scrapbook", {}).get("name", "")
    text = output.get("data", {}).get(_GLUED)
    return (name, text) if name and text is not None else None


def check_parameters(chapter: Chapter, given: dict[str, object]) -> None:
    """Refuse parameter names that the notebook's parameters cell does not have; papermill would only warn.

    Raises:
        BookError: naming the unknown parameter and the known ones.
    """
    known = parameters_of(chapter.read(), chapter.name)
    for name in given:
        if name not in known:
            raise BookError(
                f"The notebook {chapter.name} has no parameter '{name}'; "
                f"its parameters are: {', '.join(known)}."
            )
