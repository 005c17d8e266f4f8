"""Same again? The numbers of an executed book against those committed for its profile.

Every number and word that a chapter's sentences take from the computation is kept in its executed copy. The
committed ones lie in `book/numbers/<profile>.csv`; they decide nothing and are read by no chapter.
"""

import csv
import math
import re
from ast import literal_eval
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
import pandas as pd

from lib.basics.errors import BookError
from lib.basics.files import write_csv
from lib.basics.places import PROJECT
from lib.publish.gates import ExecutedCopy

RELATIVE_SPREAD = 0.02
"""Where a number brings no interval, so much of it counts as the spread: equal runs with other seeds, or on
other machines, differ by one or two per cent in a loss."""

VERDICTS = ("identical", "within the spread", "changed", "new", "missing")
TIMING = "timing-"
"""How the names of numbers begin that are measured seconds of the machine at hand: they are never the same
again, and are not compared."""

_COLUMNS = ["notebook", "name", "value"]
_GLUED = "application/papermill.record/text/plain"
_INTERVAL = re.compile(r"^([−-]?[\d,.]+) \[([−-]?[\d,.]+),\s([−-]?[\d,.]+)\]$")


def numbers_of(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """What an executed notebook gives to its sentences, timings apart: text by glued name."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name and not name.startswith(TIMING) and _GLUED in output.get("data", {}):
                found[name] = _as_text(output.data[_GLUED])
    return found


def _as_text(glued: str) -> str:
    """A glued value without the quotes of Python's repr."""
    try:
        value = literal_eval(glued)
    except (SyntaxError, ValueError):
        return glued
    return value if isinstance(value, str) else glued


def numbers_path(profile: str, project: Path = PROJECT) -> Path:
    """Where the committed numbers of a profile lie."""
    return project / "book" / "numbers" / f"{profile}.csv"


def keep_numbers(copies: Sequence[ExecutedCopy], profile: str, project: Path = PROJECT) -> Path:
    """Write the numbers of executed copies as those to be committed.

    Raises:
        BookError: when the file cannot be written.
    """
    path = numbers_path(profile, project)
    rows = ({"notebook": copy.chapter.name, "name": name, "value": value}
            for copy in copies for name, value in numbers_of(copy.notebook).items())
    write_csv(path, _COLUMNS, rows)
    return path


def read_numbers(profile: str, project: Path = PROJECT) -> dict[tuple[str, str], str] | None:
    """The committed numbers by notebook and name; None where a profile has none.

    Raises:
        BookError: when the file is something else.
    """
    path = numbers_path(profile, project)
    if not path.is_file():
        return None
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != _COLUMNS:
            raise BookError(f"The numbers in {path.name} have other columns than {', '.join(_COLUMNS)}: "
                            f"restore the file from the repository.")
        return {(line["notebook"], line["name"]): line["value"] for line in reader}


def compare(copies: Sequence[ExecutedCopy], committed: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """Each number of executed copies beside its committed one.

    Returns:
        notebook, name, committed, now, verdict (one of :data:`VERDICTS`). "missing": committed for one of
        these notebooks, and no longer there.
    """
    now = {(copy.chapter.name, name): value
           for copy in copies for name, value in numbers_of(copy.notebook).items()}
    names = {copy.chapter.name for copy in copies}
    keys = dict.fromkeys([*now, *(key for key in committed if key[0] in names)])
    return pd.DataFrame([{"notebook": key[0], "name": key[1], "committed": committed.get(key, ""),
                          "now": now.get(key, ""), "verdict": verdict(committed.get(key), now.get(key))}
                         for key in keys], columns=["notebook", "name", "committed", "now", "verdict"])


def verdict(committed: str | None, now: str | None) -> str:
    """How a number of now stands to the committed one.

    A committed interval decides for itself: inside it is within the spread. A number without one has
    :data:`RELATIVE_SPREAD`; other text is identical or changed.
    """
    if committed is None or now is None:
        return "new" if committed is None else "missing"
    if committed == now:
        return "identical"
    old, new = _INTERVAL.match(committed), _INTERVAL.match(now)
    if old and new:
        low, high, value = _number(old[2]), _number(old[3]), _number(new[1])
        return "within the spread" if low <= value <= high else "changed"
    try:
        first, second = _number(committed), _number(now)
    except ValueError:
        return "changed"
    close = math.isclose(first, second, rel_tol=RELATIVE_SPREAD)
    return "within the spread" if close else "changed"


def _number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def counts_by_notebook(table: pd.DataFrame) -> pd.DataFrame:
    """How many numbers of each notebook have which verdict: notebook, then one column a verdict."""
    counts = table.groupby(["notebook", "verdict"], sort=False).size().unstack("verdict", fill_value=0)
    return counts.reindex(columns=list(VERDICTS), fill_value=0).reset_index()


def describe(table: pd.DataFrame) -> str:
    """The comparison as plain text: one line a notebook, then every number that changed or is missing."""
    lines = [f"{line['notebook']}: " + ", ".join(f"{line[name]} {name}" for name in VERDICTS if line[name])
             for line in counts_by_notebook(table).to_dict("records")]
    for line in table[table["verdict"].isin(["changed", "missing"])].itertuples():
        lines.append(f"  {line.verdict}: {line.name} was {line.committed}, is {line.now or 'not there'}")
    return "\n".join(lines)


def compare_book(copies: Sequence[ExecutedCopy], profile: str, keep: bool = False) -> str:
    """What `python -m lib compare` prints.

    Args:
        copies: executed notebooks.
        profile: whose committed numbers to read.
        keep: write today's numbers as the ones to be committed, after the comparison.

    Raises:
        BookError: when there is nothing to compare with and nothing is to be kept.
    """
    committed = read_numbers(profile)
    if committed is None and not keep:
        raise BookError(f"No numbers are committed for the profile '{profile}': write them with "
                        f"python -m lib compare --profile {profile} --keep, and commit the file.")
    text = describe(compare(copies, committed)) if committed is not None else ""
    if keep:
        path = keep_numbers(copies, profile)
        text += f"\nwritten: book/numbers/{path.name}"
    return text.strip()
