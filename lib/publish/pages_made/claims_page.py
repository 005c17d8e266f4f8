"""The page "What became of each claim": an overview, our own claims, then each of the original report's.

Plain words come first and the statistics after them: the verdict, why it decides nothing where it decides
nothing, the number, what was measured, the rule, and what the rule was before.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import get_args

from lib.ledger.claims import (
    Amendment,
    Claim,
    OriginalVerdict,
    OwnClaim,
    ReplicationRule,
    ReplicationVerdict,
    Untestable,
    Untested,
    outcome_text,
    read_ledger,
    shown_verdict,
)
from lib.ledger.rules import Rule
from lib.publish.gates import ExecutedCopy
from lib.publish.pages_made.ledger import Entry, after_holm, gather, outcome_of, replication_found
from lib.show.quizzes import Question, how_little_it_shows, quiz_html
from lib.show.tables import wide_table
from lib.show.words import one_line

_OWN_ORDER = ("failed", "undecided", "not assessable here", "held")
_NOTHING_TO_TEST = "not testable here"
_CHOICES = {
    verdict: shown_verdict(verdict) for verdict in get_args(ReplicationVerdict) if verdict != _NOTHING_TO_TEST
}
_CHOICES_OF_THEIRS = {verdict: verdict for verdict in get_args(OriginalVerdict)}
_FOR = ("agrees", "held", "holds")
_AGAINST = ("differs", "failed", "contradicted by its own files")

Corrected = Mapping[int | str, tuple[float, str]]


def claims_page(copies: Sequence[ExecutedCopy], profile: str) -> str:
    """The page as Markdown.

    Args:
        copies: executed notebooks that passed :func:`lib.publish.pages_made.ledger.ledger_problems`.
        profile: the name of the profile they were executed with.
    """
    ledger, entries = read_ledger(), gather(copies)
    by_number = {entry.record["claim"]: entry for entry in entries if "claim" in entry.record}
    by_key = {entry.record["own"]: entry for entry in entries if "own" in entry.record}
    holm = after_holm(by_number)
    own = sorted(ledger.own, key=lambda claim: _own_place(by_key.get(claim.key)))
    data = {copy.record["fingerprint"]["data"][:12] for copy in copies}
    questions = {
        testable: [
            _question(claim, by_number.get(claim.number), holm.get(claim.number))
            for claim in ledger.claims
            if isinstance(claim.replication, Rule) == testable
        ]
        for testable in (True, False)
    }
    overview = [
        *(_own_overview(claim, by_key.get(claim.key)) for claim in own),
        *(_overview(claim, by_number.get(claim.number), holm) for claim in ledger.claims),
    ]
    return _PAGE.format(
        profile=profile,
        data=", ".join(sorted(data)) or "none",
        overview=wide_table(
            "All verdicts",
            ("Claim", "In the report's own files", "On the music of this book", "By"),
            overview,
            "wide-table ledger overview",
        ),
        ours=_table(
            ("Our claim", "What became of it", "Rests on", "What would change it"),
            [_own_row(claim, by_key.get(claim.key)) for claim in own],
        ),
        tested=_quiz("verdicts", "What does the music of this book show?", _CHOICES, questions[True]),
        untestable=_quiz(
            "verdicts-theirs", "What do the report's own files show?", _CHOICES_OF_THEIRS, questions[False]
        ),
        family=len(holm),
    )


def _badge(verdict: str, brief: bool = False) -> str:
    side = "for" if verdict in _FOR else "against" if verdict in _AGAINST else "open"
    text = shown_verdict(verdict).partition(" (")[0] if brief else shown_verdict(verdict)
    return f'<span class="verdict-badge verdict-{side}">{escape(text)}</span>'


def _overview(claim: Claim, entry: Entry | None, holm: Corrected) -> list[str]:
    name = f'<a href="#verdict-{claim.number}">{claim.number}. {one_line(claim.claim)}</a>'
    if entry is None:
        return [name, "–", "–", "not on this site"]
    verdict, _ = replication_found(claim, entry.record, holm.get(claim.number))
    badges = _badge(entry.record["verdicts"]["original"], brief=True), _badge(verdict, brief=True)
    return [name, *badges, _chapter(claim, entry)]


def _own_overview(claim: OwnClaim, entry: Entry | None) -> list[str]:
    name = f"Ours: {one_line(claim.claim)}"
    if entry is None:
        return [name, "–", "–", "not on this site"]
    return [name, "–", _badge(entry.record["verdicts"]["own"], brief=True), _chapter(claim, entry)]


def _chapter(claim: Claim | OwnClaim, entry: Entry) -> str:
    """A link to the deciding cell, by the number of its chapter: 04b_control is chapter 4b."""
    number = claim.notebook.partition("_")[0].lstrip("0")
    name = f"appendix {number[1:]}" if number.startswith("a") else f"chapter {number}"
    return f'<a href="{escape(entry.link)}">{escape(name)}</a>'


def _quiz(name: str, asked: str, choices: Mapping[str, str], questions: Sequence[Question]) -> str:
    count = sum(bool(question.answer) for question in questions)
    note = f'<p class="quiz-note">{how_little_it_shows(count, len(choices))}</p>\n' if count else ""
    quiz = quiz_html(name, asked, choices, questions, show_all="Show all verdicts", folded=False)
    return f'<div class="verdicts">\n{note}{quiz}\n</div>'


def _own_place(entry: Entry | None) -> int:
    """Failed claims first, then undecided ones; those without a record stay in the order of the file."""
    return _OWN_ORDER.index(entry.record["verdicts"]["own"]) if entry else 1


def _own_row(claim: OwnClaim, entry: Entry | None) -> list[str]:
    if entry is None:
        return [escape(claim.claim), _absent(claim), "–", escape(claim.would_change)]
    text = _text(claim.rule, entry.record, "own_outcome")
    measured = f"What was measured: {one_line(claim.rule.outcome)}"
    return [
        f'<a href="{escape(entry.link)}">{escape(claim.claim)}</a>',
        f"{_badge(entry.record['verdicts']['own'])}<br>{one_line(text)}<br>{measured}{_history(claim.amended)}",
        escape(entry.record["n"]),
        escape(claim.would_change),
    ]


def _question(claim: Claim, entry: Entry | None, holm: tuple[float, str] | None) -> Question:
    """A claim to vote on: the claim and its own evidence first, then what became of it.

    Where no music here can decide, the vote is on what the report's own files show, and their number waits.
    """
    title = f"{claim.number}. {claim.claim}"
    opening = f'<h4 id="verdict-{claim.number}">{one_line(title)}</h4>'
    if claim.caveat:
        opening += f"\n<p><em>Their caveat: {one_line(claim.caveat)}</em></p>"
    key = f"claim-{claim.number}"
    if entry is None:
        return Question(key, title, opening, "", f"<p>{_absent(claim)}</p>")
    first, record = claim.original, entry.record
    original = record["verdicts"]["original"]
    evidence = (
        first.why
        if isinstance(first, Untested)
        else f"{_text(first, record, 'original')}. Looked at: {first.outcome}"
    )
    confounds = () if isinstance(first, Untested) else first.confounds
    read = "; ".join(confounds) if original == "confounded" else ""
    verdict, found = replication_found(claim, record, holm)
    if isinstance(claim.replication, Untestable) and isinstance(first, Rule):
        answer, what = original, "What is looked at in the report's own files"
        before = f"{first.outcome}; the claim has it {first.margin_text}"
        read = f"{evidence}; but {read}" if read else evidence
    else:
        answer = "" if isinstance(claim.replication, Untestable) else verdict
        what, before = "The report's own evidence", evidence
    opening += f"\n<p><strong>{what}:</strong> {one_line(before)}</p>"
    rule = claim.replication
    revealed = {
        "What the report's own files show": f"{_badge(original)} {one_line(read)}",
        "What the music of this book shows": f"{_badge(verdict)} {one_line(found)}",
        **({"What was measured": one_line(rule.outcome)} if isinstance(rule, Rule) else {}),
        **({"Rests on": one_line(record["n"])} if record["n"] else {}),
        **({"The rule": one_line(_rule_text(rule))} if isinstance(rule, ReplicationRule) else {}),
        "What would change it": one_line(claim.would_change),
    }
    items = "\n".join(f"<dt>{name}</dt><dd>{text.strip()}</dd>" for name, text in revealed.items())
    link = f'<p><a href="{escape(entry.link)}">The cell that decided claim {claim.number}</a></p>'
    return Question(key, title, opening, answer, f"<dl>\n{items}\n</dl>{_history(claim.amended)}\n{link}")


def _text(rule: Rule, record: Mapping, part: str) -> str:
    """What was found in one part of a record; nothing where it has no outcome."""
    outcome = outcome_of(record, part)
    return "" if outcome is None else outcome_text(rule, outcome)


def _rule_text(rule: ReplicationRule) -> str:
    """What decides, in words."""
    least = rule.least_seeds
    seeds = f", from at least {least} seeds and without any one of them" if least > 1 else ""
    return (
        f"it agrees where the whole interval is {rule.margin_text}{seeds}; it differs here where it lies on "
        "the other side; otherwise it is inconclusive. It is not assessable where only one of these could "
        f"come out. Its bounds: {rule.bounded_by}"
    )


def _history(amended: Sequence[Amendment]) -> str:
    """What the rule was before, folded; nothing where it is as it was written first."""
    lines = "".join(
        f"<p><strong>{one.when.isoformat()}.</strong> Before: {one_line(one.was)} It gave: "
        f"<em>{one_line(one.verdict)}</em>. Why it was changed: {one_line(one.why)}</p>"
        for one in amended
    )
    return (
        f'<details class="amended"><summary>The rule was amended</summary>{lines}</details>' if lines else ""
    )


def _absent(claim: Claim | OwnClaim) -> str:
    return f"not decided: the chapter {escape(claim.notebook)} is not part of this site"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return wide_table(columns[0], columns, rows, "wide-table ledger")


_PAGE = """# What became of each claim

Every claim below has one primary outcome, a margin and a rule. They stand in one file of the package
(`lib/ledger/claims.yaml`), written down before the evidence was run; a rule that was changed since says so
and keeps what it was. A chapter measures; the verdict follows from the rule, and this page is put together
from what the chapters recorded, here with the profile `{profile}` on the data `{data}`.

## All of them

If you would rather predict the verdicts before you read them, go to [the vote](#predict-the-verdict) first.

{overview}

What the words mean:

- **agrees**, **differs here**: the whole 95% interval lies on the claim's side, or on the other. Folk
  tunes and chorales cannot speak against a claim about XMIDI: *here* means here.
- **inconclusive**: the interval reaches over the margin, or there are fewer training seeds than the rule
  asks for, or the word would change without one of them.
- **not assessable here**: there was nothing to measure. What bounds an outcome is measured as well, such as
  the whole effect that there is, or what real music gives. Where one of the two verdicts lies beyond it,
  neither is given: a rule that cannot be lost shows nothing when it is won.
- **not testable here**: no music can bear on it, for the claim is about what the report did or whom it
  asked.
- Of the report's own files: the claim **holds**, is **confounded** (something else could have made the
  number), is **contradicted by its own files**, or was **not tested**. Silence refutes nothing.

## Ours

Whoever examines another's work should be the easiest to examine. What failed stands on top.

{ours}

## The original report's

There are two questions, and two verdicts: *What do the report's own files show?* and *What does the music of
this book show?* Primary outcomes of our replication are corrected together by Holm's method ({family} of them
here); a verdict that does not survive is inconclusive, and what it was before is said. Whatever else the
chapters compare is exploratory.

### Predict the verdict

Read a claim and the evidence that its authors had, then say what you expect this book's music to show; the
verdict opens when you have voted. It is easy to have known it all along, and only a vote before the answer
tells. To skip voting, open all verdicts at once; on paper and without scripts they stand open.

{tested}

### Where no music here can decide

These claims are about what the report did or whom it asked; folk tunes and chorales say nothing about that.
The vote is on the other question: what do the report's own files show, read by a rule that was written down
beforehand?

{untestable}
"""
