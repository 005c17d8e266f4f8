"""How long each chapter takes, by kind of machine: measured on an idle machine, from nothing, and committed.

`python -m lib compare --minutes SECONDS` writes the rows of this machine's kind; the page on
reproducing shows them.
"""

import csv
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from lib.basics.errors import BookError
from lib.basics.files import write_csv
from lib.basics.machine import core_count, processor_name
from lib.basics.places import PROJECT
from lib.basics.precision import Precision, number_format
from lib.publish.gates import ExecutedCopy

BUDGETS = {"cpu-bf16": 20, "cpu-fp32": 24}
"""Minutes until the whole book is executed on two idle cores, the environment apart, by kind of machine.

Hoped for were 15 and 20: training takes a fifth of them, and what is left is spread over all chapters.
"""

BEFORE = "corpus and tokens"
_COLUMNS = ["kind", "chapter", "seconds", "processor", "cores", "products", "date"]
_MARKED = re.compile(r"<!-- minutes -->\n.*?<!-- /minutes -->", re.DOTALL)


def minutes_path(project: Path = PROJECT) -> Path:
    """Where the committed times lie."""
    return project / "book" / "numbers" / "minutes.csv"


def keep_minutes(copies: Sequence[ExecutedCopy], before: float, project: Path = PROJECT) -> Path:
    """Write the times of these copies as those of their kind of machine; rows of other kinds stay.

    Args:
        copies: executed from nothing, one after the other, while the machine did nothing else.
        before: seconds from the command to the first notebook, in which corpus and tokens are made.
        project: where the file lies.

    Raises:
        BookError: when the copies do not say on which kind of machine they ran.
    """
    from lib.chapters.speed.bounds import matmul_peak

    record = copies[0].record if copies else {}
    if "kind" not in record:
        raise BookError(
            "The executed notebooks do not say on which kind of machine they ran: execute them again."
        )
    precision: Precision = record["precision"]
    shapes = [(2048, 192, 768), (2048, 768, 192)]  # the largest of the book's Transformer
    same = {
        "kind": record["kind"],
        "processor": processor_name(),
        "cores": core_count(),
        "products": f"{matmul_peak(shapes, number_format(precision), 2.0) / 1e9:.0f}",
        "date": datetime.now(UTC).date().isoformat(),
    }
    took = [
        (BEFORE, before),
        *((copy.chapter.name, copy.notebook.metadata.papermill.duration) for copy in copies),
    ]
    rows = [row for row in read_minutes(project) if row["kind"] != record["kind"]]
    rows += [{**same, "chapter": name, "seconds": f"{seconds:.0f}"} for name, seconds in took]
    write_csv(
        minutes_path(project), _COLUMNS, sorted(rows, key=lambda row: (row["kind"], row["chapter"] != BEFORE))
    )
    return minutes_path(project)


def read_minutes(project: Path = PROJECT) -> list[dict[str, str]]:
    """The committed rows: kind, chapter, seconds, processor, cores, products (GFLOP/s), date."""
    path = minutes_path(project)
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def total_minutes(rows: Sequence[dict[str, str]]) -> dict[str, float]:
    """Minutes of the whole book, by kind of machine."""
    kinds = dict.fromkeys(row["kind"] for row in rows)
    return {kind: sum(float(row["seconds"]) for row in rows if row["kind"] == kind) / 60 for kind in kinds}


def with_minutes(page: str, project: Path = PROJECT) -> str:
    """A page with the table of times in the place marked for it."""
    rows = read_minutes(project)
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    by = {(row["chapter"], row["kind"]): float(row["seconds"]) for row in rows}
    about = {row["kind"]: row for row in rows}
    lines = ["| chapter | " + " | ".join(kinds) + " |", "|---|" + "---|" * len(kinds)]
    for chapter in dict.fromkeys(row["chapter"] for row in rows):
        cells = (clock(by[chapter, kind]) if (chapter, kind) in by else "–" for kind in kinds)
        lines.append(f"| {chapter} | " + " | ".join(cells) + " |")
    totals = total_minutes(rows)
    lines.append("| **in all** | " + " | ".join(f"**{clock(60 * totals[kind])}**" for kind in kinds) + " |")
    machines = "; ".join(
        f"{kind}: {one['processor']}, {one['cores']} cores, matrix products at {one['products']} GFLOP/s, "
        f"{one['date']}"
        for kind, one in about.items()
    )
    text = "\n".join(lines) + f"\n\nMinutes and seconds, measured on an idle machine. {machines}.\n"
    return _MARKED.sub(lambda _: text, page) if rows else page


def clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> clock(83.4)
    '1:23'
    """
    return f"{round(seconds) // 60}:{round(seconds) % 60:02d}"
