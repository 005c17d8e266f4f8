"""The results on the page for reproducibility reviewers: how many claims came to which verdict."""

import re
from collections import Counter
from collections.abc import Sequence

from lib.ledger.claims import read_ledger, shown_verdict
from lib.publish.gates import ExecutedCopy
from lib.publish.pages_made.ledger import Entry, gather, told
from lib.show.words import counted, one_line

_NOWHERE = "no chapter of this site decides it"
_MARKED = re.compile(r"<!-- verdicts -->\n.*?<!-- /verdicts -->", re.DOTALL)


def with_verdicts(page: str, copies: Sequence[ExecutedCopy]) -> str:
    """The page with its table of verdicts, from the chapters' records, in the place marked for it."""
    entries = gather(copies)
    claims = read_ledger()
    decided = {entry.record["claim"]: entry for entry in entries if "claim" in entry.record}
    columns = (
        Counter(_original(decided.get(claim.number)) for claim in claims.claims),
        Counter(_verdict(told(entries, claim.number)) for claim in claims.claims),
        Counter(_verdict(told(entries, claim.key)) for claim in claims.own),
    )
    titles = ("verdict", "the report's claims, in its own files", "… on this book's music", "ours")
    lines = [f"| {' | '.join(titles)} |", "|---|---|---|---|"]
    for verdict, _ in sum(columns, Counter()).most_common():
        lines.append(f"| {verdict} | " + " | ".join(str(column[verdict] or "–") for column in columns) + " |")
    text = f"Of {counted(len(claims.claims), 'claim')} of the report and {len(claims.own)} of our own:\n\n"
    return _MARKED.sub(lambda _: text + "\n".join(lines) + "\n", page)


def _original(entry: Entry | None) -> str:
    return one_line(shown_verdict(entry.record["verdicts"]["original"])) if entry else _NOWHERE


def _verdict(found: tuple | None) -> str:
    return one_line(found[1]) if found else _NOWHERE
