"""The page that says what was executed, when, on which machine and for how long."""

from collections.abc import Iterable, Sequence
from html import escape

from lib.basics.machine import package_versions
from lib.basics.progress import duration
from lib.publish.fingerprint import short
from lib.publish.gates import ExecutedCopy
from lib.publish.numbers.compare import (
    OTHER_WORDS,
    VERDICTS,
    about_machines,
    book_numbers,
    compare,
    counts_by_notebook,
    read_numbers,
)
from lib.publish.opening import promised
from lib.show.provenance import MAIN_PACKAGES, describe_commit
from lib.show.tables import wide_table

_COLUMNS = (
    "Notebook",
    "Executed (UTC)",
    "Run time",
    "Promised",
    "Slowest cell",
    "Fingerprint",
    "Commit",
    "Device",
)


def status_page(copies: Sequence[ExecutedCopy], profile: str) -> str:
    """The status page as Markdown.

    Args:
        copies: the executed notebooks, in the order of the book.
        profile: the name of the profile they were executed with.
    """
    total = sum(copy.notebook.metadata.papermill.duration for copy in copies)
    packages = "\n".join(f"- {name} {version}" for name, version in package_versions(MAIN_PACKAGES).items())
    return f"""# What was executed

Every chapter of this site is a notebook that was executed from its first cell to its last before the site
was built, here with the profile `{profile}`; together they took {duration(total)}. What a notebook promises
on its first lines holds for the profile `laptop` on two cores that do nothing else. The fingerprint covers
the notebook, the package `lib`, the locked versions, the parameters, the data and the precision of training:
when one of them changes, the site is not built before the notebook has been executed again.

{wide_table("Executed notebooks", _COLUMNS, map(_row, copies))}

## Same again?

{_comparison(copies, profile)}

## Versions of the main packages

{packages}

The file `requirements.txt` names the version of every package.
"""


def _row(copy: ExecutedCopy) -> list[str]:
    run, record = copy.notebook.metadata.papermill, copy.record
    cells = [cell.metadata.get("papermill", {}).get("duration") or 0.0 for cell in copy.notebook.cells]
    link = f'<a href="../{copy.chapter.document}.html">{escape(copy.chapter.name)}</a>'
    promise = promised(copy.notebook)
    texts = (
        run.start_time[:16].replace("T", " "),
        duration(run.duration),
        f"under {promise.warm} min, from nothing {promise.cold}" if promise else "–",
        duration(max(cells, default=0.0)),
        short(record["fingerprint"]),
        describe_commit(record["commit"]),
        f"{record['device']}, {record['threads']} threads, {record['precision']}",
    )
    return [link, *(escape(str(text)) for text in texts)]


def _comparison(copies: Sequence[ExecutedCopy], profile: str) -> str:
    """The executed book's numbers against the committed ones, as counts and as a list of what changed."""
    now = book_numbers(copies)
    committed = read_numbers(profile, now.machine["kind"])
    if committed is None:
        return f"No numbers are committed for the profile `{profile}`, so there is nothing to compare with."
    found = compare(copies, committed)
    rows = [
        [line["notebook"], *(line[verdict] for verdict in VERDICTS)]
        for line in counts_by_notebook(found).to_dict("records")
    ]
    text = (
        "Every number that a sentence of this book takes from the computation, against the one committed "
        f"for the profile `{profile}`, with the verdicts on its claims. "
        f"{escape(about_machines(committed, now))} "
        "Within the spread: inside the committed interval, or, for a number without one, within two per "
        "cent of it. Other words: the sentence says something else. The same as "
        "`python -m lib compare`.\n\n"
    )
    text += _table(("Notebook", *VERDICTS), rows)
    # The words first: a reader remembers them.
    for told, kinds in (
        ("What says something else now:", [OTHER_WORDS]),
        ("What changed by more, or is missing:", ["changed", "missing"]),
    ):
        changed = found[found["verdict"].isin(kinds)]
        if len(changed):
            text += f"\n\n{told}\n\n" + _table(
                ("Notebook", "Name", "Committed", "Now", "Verdict"),
                changed[["notebook", "name", "committed", "now", "verdict"]].to_numpy(),
            )
    return text


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return wide_table(columns[0], columns, ([escape(str(cell)) for cell in row] for row in rows))
