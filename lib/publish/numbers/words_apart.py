"""Do two kinds of machine say the same? The words of the kept numbers of a profile, held against each other.

`book/numbers/` holds what the sentences of a book take from the computation, a file for each kind of machine
on which it was executed: another precision, another number of threads (`laptop-cpu-bf16.csv`,
`laptop-cpu-fp32.csv`, `laptop-cpu-fp32-one-thread.csv`). Numbers agree within their spread at best. The words
are what a reader remembers, and a word that another machine would not say is none: its sentence has to say
that it is undecided, and a claim's rule has to be marked `unsettled`.
"""

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from lib.basics.places import PROJECT
from lib.ledger.claims import Claim, OwnClaim, read_ledger
from lib.ledger.rules import Rule
from lib.publish.chapters import read_notebook
from lib.publish.numbers.compare import Numbers, read_numbers_file, words_of

ABOUT_MACHINE = ("speed-machine", "speed-attention", "speed-conversions")
"""Words that name the machine or how it computes, and must differ."""

EXAMPLES = ("generation-actual",)
"""Words that name what happens to be looked at, and find nothing."""

UNDECIDED = "undecided"
"""What a sentence says of a word that changes with the machine."""

_CLAIM = re.compile(r"claim (?:of ours )?(?P<name>\S+), (?P<part>\w+)")


def kept_on(profile: str, project: Path = PROJECT) -> dict[str, Numbers]:
    """The kept numbers of a profile by the name of their file.

    Raises:
        BookError: when a file is something else.
    """
    files = sorted((project / "book" / "numbers").glob(f"{profile}-*.csv"))
    return {path.stem: read_numbers_file(path) for path in files}


def words_apart(first: Numbers, second: Numbers) -> list[tuple[str, str, str, str]]:
    """Texts whose words, without their numbers, differ: notebook, name, and what either machine says.

    Only names that both have are compared: an older file may know another book.
    """
    return [
        (notebook, name, text, second.values[notebook, name])
        for (notebook, name), text in first.values.items()
        if (notebook, name) in second.values
        and name not in (*ABOUT_MACHINE, *EXAMPLES)
        and words_of(text) != words_of(second.values[notebook, name])
    ]


def unworded(profile: str, project: Path = PROJECT) -> list[str]:
    """Every word that two machines do not share and whose sentence does not say that it is undecided."""
    kept = kept_on(profile, project)
    return [
        f"{notebook}: '{name}' is '{one}' in {a} and '{other}' in {b}, and {what}"
        for a, b in combinations(kept, 2)
        for notebook, name, one, other in words_apart(kept[a], kept[b])
        if (what := _what_is_missing(notebook, name, project))
    ]


def _what_is_missing(notebook: str, name: str, project: Path) -> str:
    if claim := _CLAIM.fullmatch(name):
        settled = [rule for rule in _rules(claim["name"], claim["part"]) if not rule.unsettled]
        return "its rule is not marked 'unsettled'" if settled else ""
    path = project / "notebooks" / f"{notebook}.ipynb"
    if not path.is_file():
        return ""  # of an earlier book
    bare = [text for text in _paragraphs_with(path, name) if UNDECIDED not in text.lower()]
    return f"its sentence does not say that it is undecided: {bare[0][:80]}…" if bare else ""


def _rules(name: str, part: str) -> Iterator[Rule]:
    ledger = read_ledger()
    claims: list[Claim | OwnClaim] = [*ledger.claims, *ledger.own]
    for claim in claims:
        if isinstance(claim, OwnClaim):
            if claim.key == name:
                yield claim.rule
        elif str(claim.number) == name:
            rule = claim.original if part == "original" else claim.replication
            if isinstance(rule, Rule):
                yield rule


def _paragraphs_with(path: Path, name: str) -> list[str]:
    return [
        paragraph
        for cell in read_notebook(path).cells
        if cell.cell_type == "markdown"
        for paragraph in cell.source.split("\n\n")
        if re.search(rf"{{glue:text}}`{re.escape(name)}[`:]", paragraph)
    ]
