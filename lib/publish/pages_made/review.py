"""The results on the page for reproducibility reviewers: how many claims came to which verdict."""

import re
from collections import Counter
from collections.abc import Sequence

from lib.ledger.claims import read_ledger
from lib.publish.gates import ExecutedCopy
from lib.publish.pages_made.ledger import gather, told
from lib.show.words import counted, one_line

_MARKED = re.compile(r"<!-- verdicts -->\n.*?<!-- /verdicts -->", re.DOTALL)


def with_verdicts(page: str, copies: Sequence[ExecutedCopy]) -> str:
    """The page with its table of verdicts, from the chapters' records, in the place marked for it."""
    entries = gather(copies)
    claims = read_ledger()
    replicated = Counter(_verdict(told(entries, claim.number)) for claim in claims.claims)
    ours = Counter(_verdict(told(entries, claim.key)) for claim in claims.own)
    lines = ["| verdict on this book's music | the report's claims | this book's claims |", "|---|---|---|"]
    lines += [
        f"| {verdict} | {replicated[verdict] or '–'} | {ours[verdict] or '–'} |"
        for verdict, _ in (replicated + ours).most_common()
    ]
    text = f"Of {counted(len(claims.claims), 'claim')} of the report and {len(claims.own)} of our own:\n\n"
    return _MARKED.sub(lambda _: text + "\n".join(lines) + "\n", page)


def _verdict(found: tuple | None) -> str:
    return one_line(found[1]) if found else "no chapter of this site decides it"
