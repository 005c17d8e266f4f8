"""Same again? The numbers of an executed book against those committed for its profile.

Every number and word that a chapter's sentences take from the computation is kept in its executed copy, and
so is every verdict on a claim. The committed ones lie in `book/numbers/`, one file for each profile and kind
of machine, such as `laptop-cpu-bf16.csv`; they decide nothing and are read by no chapter.

Another precision or another processor is another computation: its numbers agree within the spread at best.
What a reader remembers are the words, and so these are compared apart: a text without its numbers.
"""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pandas as pd

from lib.basics.errors import BookError
from lib.basics.files import write_csv
from lib.basics.places import PROJECT
from lib.ledger.claims import RECORD
from lib.publish.chapters import glued
from lib.publish.gates import ExecutedCopy

RELATIVE_SPREAD = 0.02
"""Where a number brings no interval, so much of it counts as the spread: equal runs with other seeds, or on
other machines, differ by one or two per cent in a loss."""

OTHER_WORDS = "other words"
VERDICTS = ("identical", "within the spread", "changed", OTHER_WORDS, "new", "missing")
TIMING = "timing-"
"""How the names of numbers begin that are measured seconds of the machine at hand: they are never the same
again, and are not compared."""

_COLUMNS = ["notebook", "name", "value"]
_MACHINE = "machine"  # stands for a notebook in the rows that say where a file's numbers were computed
_PLAIN = r"[−-]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?"
_NUMBER = re.compile(rf"(?<!\w){_PLAIN}")
_PART = re.compile(  # a number with its interval, an interval alone, a number alone
    rf"(?<!\w)(?:({_PLAIN})(?: \w+)? [\[(]({_PLAIN})(?:,\s| to )({_PLAIN})[\])]"
    rf"|({_PLAIN})%? to ({_PLAIN})|({_PLAIN}))"
)


@dataclass(frozen=True)
class Numbers:
    """What a book's sentences take from the computation, and where that was done.

    Attributes:
        machine: kind, precision, device, threads and commit, as texts.
        values: number or text by notebook and name.
    """

    machine: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def computed(self) -> str:
        """In which precision, and on what."""
        return f"{self.machine.get('precision', '?')} on {self.machine.get('device', '?')}"

    def is_same_computation(self, other: "Numbers") -> bool:
        """Whether only the code can make a difference."""
        return all(
            self.machine.get(name) == other.machine.get(name) for name in ("precision", "device", "threads")
        )


def numbers_of(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """What an executed notebook gives to its sentences, timings apart, and its verdicts: text by name."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name, text = glued(output)
            if name and not name.startswith(TIMING):
                found[name] = text
            if claim := output.get("data", {}).get(RECORD):
                subject = f"claim {claim['claim']}" if "claim" in claim else f"claim of ours {claim['own']}"
                found |= {f"{subject}, {on}": word for on, word in claim["verdicts"].items()}
    return found


def book_numbers(copies: Sequence[ExecutedCopy]) -> Numbers:
    """The numbers of executed copies."""
    record = copies[0].record if copies else {}
    machine = {
        name: str(record[name])
        for name in ("kind", "precision", "device", "threads", "commit")
        if record.get(name)
    }
    return Numbers(
        machine,
        {
            (copy.chapter.name, name): value
            for copy in copies
            for name, value in numbers_of(copy.notebook).items()
        },
    )


def numbers_path(profile: str, kind: str, project: Path = PROJECT) -> Path:
    """Where the committed numbers of a profile on a kind of machine lie."""
    return project / "book" / "numbers" / f"{profile}-{kind}.csv"


def keep_numbers(numbers: Numbers, profile: str, project: Path = PROJECT) -> Path:
    """Write numbers as those to be committed for their kind of machine.

    Raises:
        BookError: when the file cannot be written.
    """
    path = numbers_path(profile, numbers.machine["kind"], project)
    rows = [*(((_MACHINE, name), value) for name, value in numbers.machine.items()), *numbers.values.items()]
    write_csv(
        path,
        _COLUMNS,
        ({"notebook": notebook, "name": name, "value": value} for (notebook, name), value in rows),
    )
    return path


def read_numbers(profile: str, kind: str, project: Path = PROJECT) -> Numbers | None:
    """The committed numbers of a profile: those of this kind of machine, else of another; None without any.

    Raises:
        BookError: when the file is something else.
    """
    own = numbers_path(profile, kind, project)
    others = sorted(
        path
        for path in own.parent.glob(f"{profile}-*.csv")
        if re.fullmatch(r"[cg]pu-\w+", path.stem.removeprefix(f"{profile}-"))
    )
    path = own if own.is_file() else next(iter(others), None)
    return None if path is None else read_numbers_file(path)


def read_numbers_file(path: Path) -> Numbers:
    """The numbers of one file.

    Raises:
        BookError: when the file is something else.
    """
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != _COLUMNS:
            raise BookError(
                f"The numbers in {path.name} have other columns than {', '.join(_COLUMNS)}: "
                f"restore the file from the repository."
            )
        rows = {(line["notebook"], line["name"]): line["value"] for line in reader}
    return Numbers(
        {name: value for (notebook, name), value in rows.items() if notebook == _MACHINE},
        {key: value for key, value in rows.items() if key[0] != _MACHINE},
    )


def words_of(text: str) -> list[str]:
    """A text's words, without its numbers and whatever stands around them."""
    return re.findall(r"[^\W\d_]+", _NUMBER.sub(" ", text))


def compare(copies: Sequence[ExecutedCopy], committed: Numbers) -> pd.DataFrame:
    """Each number of executed copies beside its committed one.

    Returns:
        notebook, name, committed, now, verdict (one of :data:`VERDICTS`). "missing": committed for one of
        these notebooks, and no longer there.
    """
    now, old = book_numbers(copies).values, committed.values
    names = {copy.chapter.name for copy in copies}
    keys = dict.fromkeys([*now, *(key for key in old if key[0] in names)])
    return pd.DataFrame(
        [
            {
                "notebook": key[0],
                "name": key[1],
                "committed": old.get(key, ""),
                "now": now.get(key, ""),
                "verdict": verdict(old.get(key), now.get(key)),
            }
            for key in keys
        ],
        columns=["notebook", "name", "committed", "now", "verdict"],
    )


def verdict(committed: str | None, now: str | None) -> str:
    """How a number or a text of now stands to the committed one.

    Without their numbers, two texts are the same words or others. Of the same words the numbers decide, one
    by one: a committed interval for the number before it; two intervals alone agree when the middle of the
    new one lies in the old; a number without one has :data:`RELATIVE_SPREAD`.
    """
    if committed is None or now is None:
        return "new" if committed is None else "missing"
    if committed == now:
        return "identical"
    if _NUMBER.sub("#", committed) != _NUMBER.sub("#", now):
        return OTHER_WORDS
    pairs = zip(_PART.finditer(committed), _PART.finditer(now), strict=True)
    return "within the spread" if all(_is_near(*pair) for pair in pairs) else "changed"


def _is_near(committed: re.Match, now: re.Match) -> bool:
    value, low, high, start, end, alone = map(_number, committed.groups())
    new_value, _, _, new_start, new_end, new_alone = map(_number, now.groups())
    if value is not None:
        return low <= new_value <= high
    if start is not None:
        return start <= (new_start + new_end) / 2 <= end
    return math.isclose(alone, new_alone, rel_tol=RELATIVE_SPREAD)


def _number(text: str | None) -> float | None:
    return None if text is None else float(text.replace("−", "-").replace(",", ""))


def counts_by_notebook(table: pd.DataFrame) -> pd.DataFrame:
    """How many numbers of each notebook have which verdict: notebook, then one column a verdict."""
    counts = table.groupby(["notebook", "verdict"], sort=False).size().unstack("verdict", fill_value=0)
    return counts.reindex(columns=list(VERDICTS), fill_value=0).reset_index()


def about_machines(committed: Numbers, now: Numbers) -> str:
    """One sentence: whether this is the same computation as the committed one."""
    if committed.is_same_computation(now):
        return f"Both were computed in {now.computed}: what changed comes from code, data or a version."
    return (
        f"The committed ones were computed in {committed.computed}, these in {now.computed}: another "
        "computation, whose numbers agree within the spread at best; look at the words."
    )


def describe(table: pd.DataFrame) -> str:
    """The comparison as plain text: one line a notebook, then the words that changed, then the numbers."""
    lines = [
        f"{line['notebook']}: " + ", ".join(f"{line[name]} {name}" for name in VERDICTS if line[name])
        for line in counts_by_notebook(table).to_dict("records")
    ]
    for found in (OTHER_WORDS, "changed", "missing"):
        for line in table[table["verdict"] == found].itertuples():
            lines.append(
                f"  {found}: {line.notebook} {line.name} was {line.committed}, is {line.now or 'not there'}"
            )
    return "\n".join(lines)


def compare_book(
    copies: Sequence[ExecutedCopy], profile: str, keep: bool = False, project: Path = PROJECT
) -> str:
    """What `python -m lib compare` prints.

    Args:
        copies: executed notebooks.
        profile: whose committed numbers to read.
        keep: write today's numbers as the ones to be committed, after the comparison.
        project: where the committed numbers lie.

    Raises:
        BookError: when there is nothing to compare with and nothing is to be kept.
    """
    now = book_numbers(copies)
    if "kind" not in now.machine:
        raise BookError(
            "The executed notebooks do not say on which kind of machine they ran: execute them "
            f"again with python -m lib execute --profile {profile}."
        )
    committed = read_numbers(profile, now.machine["kind"], project)
    if committed is None and not keep:
        raise BookError(
            f"No numbers are committed for the profile '{profile}': write them with "
            f"python -m lib compare --profile {profile} --keep, and commit the file."
        )
    text = f"{about_machines(committed, now)}\n{describe(compare(copies, committed))}" if committed else ""
    if keep:
        path = keep_numbers(now, profile, project)
        text += f"\nwritten: book/numbers/{path.name}"
    return text.strip()
