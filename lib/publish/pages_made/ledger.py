"""The page "What became of each claim": gathered from the records in executed notebooks, and its gate.

A record lies in the output of the cell that decided a claim (:func:`lib.ledger.claims.record_claim`).
Here every verdict is derived once more from the committed rule; a record that says anything else stops the
build.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import get_args

from lib.basics.errors import BookError
from lib.ledger.claims import (
    RECORD,
    Claim,
    OriginalVerdict,
    Outcome,
    OwnClaim,
    ReplicationRule,
    ReplicationVerdict,
    Rule,
    Untestable,
    Untested,
    anchor,
    original_verdict,
    outcome_text,
    own_verdict,
    read_ledger,
    replication_verdict,
    rule_hash,
    shown_verdict,
)
from lib.ledger.correction import corrected
from lib.publish.gates import ExecutedCopy
from lib.show.quizzes import Question, how_little_it_shows, quiz_html
from lib.show.tables import wide_table
from lib.show.words import one_line

_OWN_ORDER = ("failed", "undecided", "held")
_NOTHING_TO_TEST = "not testable here"
_CHOICES = {
    verdict: shown_verdict(verdict) for verdict in get_args(ReplicationVerdict) if verdict != _NOTHING_TO_TEST
}
_CHOICES_OF_THEIRS = {verdict: verdict for verdict in get_args(OriginalVerdict)}


@dataclass(frozen=True)
class Entry:
    """A claim's record, and the executed copy in which it lies."""

    copy: ExecutedCopy
    record: Mapping

    @property
    def link(self) -> str:
        """The address of the cell's box, from a page in book/."""
        return f"../{self.copy.chapter.document}.html#{anchor(self.record)}"


def gather(copies: Sequence[ExecutedCopy]) -> list[Entry]:
    """All records in executed notebooks, in reading order."""
    return [
        Entry(copy, output.data[RECORD])
        for copy in copies
        for _, output in copy.outputs()
        if RECORD in output.get("data", {})
    ]


def ledger_problems(copies: Sequence[ExecutedCopy]) -> list[str]:
    """Every claim whose chapter is in the book has one record, and its verdicts are those of its rule.

    Claims are asked for as their chapters enter the table of contents, so that a book of fewer chapters
    builds.
    """
    entries, ledger = gather(copies), read_ledger()
    chapters = {copy.chapter.name for copy in copies}
    found = [problem for entry in entries for problem in _wrong(entry)]
    for claim in (*ledger.claims, *ledger.own):
        records = [entry for entry in entries if _is_of(entry, claim)]
        if claim.notebook in chapters and len(records) != 1:
            how = "no record" if not records else f"{len(records)} records"
            found.append(f"{_name(claim)} has {how}; the notebook {claim.notebook} must record it just once.")
    return found


def _is_of(entry: Entry, claim: Claim | OwnClaim) -> bool:
    if isinstance(claim, Claim):
        return entry.record.get("claim") == claim.number
    return entry.record.get("own") == claim.key


def _name(claim: Claim | OwnClaim) -> str:
    return f"Claim {claim.number}" if isinstance(claim, Claim) else f"Our claim '{claim.key}'"


def _claim_of(entry: Entry) -> Claim | OwnClaim:
    if "own" in entry.record:
        return read_ledger().own_claim(entry.record["own"])
    return read_ledger().claim(entry.record["claim"])


def _wrong(entry: Entry) -> Iterator[str]:
    """What is wrong with one record."""
    where = f"in {entry.copy.chapter.name}"
    try:
        claim = _claim_of(entry)
        verdicts = _verdicts(claim, entry.record)
    except (BookError, KeyError, TypeError, ValueError) as error:
        yield f"A record of a claim {where} cannot be read ({error}); execute the notebook again."
        return
    if claim.notebook != entry.copy.chapter.name:
        yield f"{_name(claim)} is recorded {where}, but its rule leaves it to {claim.notebook}."
    elif entry.record["rule"] != rule_hash(claim):
        yield f"{_name(claim)} was decided {where} by a rule that has changed since; execute it again."
    elif entry.record["verdicts"] != verdicts:
        yield (
            f"{_name(claim)} is recorded {where} as {_listed(entry.record['verdicts'])}, but its rule "
            f"yields {_listed(verdicts)}; execute the notebook again."
        )


def _listed(verdicts: Mapping[str, str]) -> str:
    return " and ".join(f"'{verdict}'" for verdict in verdicts.values())


def outcome_of(record: Mapping, part: str) -> Outcome | None:
    """The outcome under `part` of a record; None if it has none."""
    plain = record.get(part)
    if plain is None:
        return None
    nan = float("nan")
    numbers = {name: nan if plain[name] is None else plain[name] for name in ("value", "low", "high")}
    without = tuple(
        tuple(nan if end is None else end for end in ends) for ends in plain.get("without_seed", ())
    )
    return Outcome(**{**plain, **numbers, "without_seed": without})


def _verdicts(claim: Claim | OwnClaim, record: Mapping) -> dict[str, str]:
    """The verdicts that the committed rule yields for a record's numbers."""
    if isinstance(claim, OwnClaim):
        return {"own": own_verdict(claim, outcome_of(record, "own_outcome"))}
    original, replication = outcome_of(record, "original"), outcome_of(record, "replication")
    for outcome, rule in ((original, claim.original), (replication, claim.replication)):
        if (outcome is None) == isinstance(rule, Rule):
            raise ValueError(f"claim {claim.number} has an outcome too many or too few")
    return {
        "original": original_verdict(claim, original),
        "replication": replication_verdict(claim, replication),
    }


def claims_page(copies: Sequence[ExecutedCopy], profile: str) -> str:
    """The page as Markdown.

    Args:
        copies: executed notebooks that passed :func:`ledger_problems`.
        profile: the name of the profile they were executed with.
    """
    ledger, entries = read_ledger(), gather(copies)
    by_number = {entry.record["claim"]: entry for entry in entries if "claim" in entry.record}
    by_key = {entry.record["own"]: entry for entry in entries if "own" in entry.record}
    after_holm = _after_holm(by_number)
    own = sorted(ledger.own, key=lambda claim: _own_place(by_key.get(claim.key)))
    ours = _table(
        ("Our claim", "What became of it", "Rests on", "What would change it"),
        [_own_row(claim, by_key.get(claim.key)) for claim in own],
    )
    data = {copy.record["fingerprint"]["data"][:12] for copy in copies}
    questions = {
        testable: [
            _question(claim, by_number.get(claim.number), after_holm.get(claim.number))
            for claim in ledger.claims
            if isinstance(claim.replication, Rule) == testable
        ]
        for testable in (True, False)
    }
    return _PAGE.format(
        profile=profile,
        data=", ".join(sorted(data)) or "none",
        ours=ours,
        tested=_quiz("verdicts", "What does the music of this book show?", _CHOICES, questions[True]),
        untestable=_quiz(
            "verdicts-theirs", "What do the report's own files show?", _CHOICES_OF_THEIRS, questions[False]
        ),
        family=len(after_holm),
    )


def told(entries: Sequence[Entry], which: int | str) -> tuple[str, str, str, Entry] | None:
    """One claim in short: its words, the verdict as the page has it, what was found, and its entry.

    Args:
        entries: from :func:`gather`.
        which: the number of a claim of the original report's, or the key of one of ours.

    Returns:
        None where no chapter of this site has decided it.
    """
    entry = next((one for one in entries if which in (one.record.get("claim"), one.record.get("own"))), None)
    if entry is None:
        return None
    claim = _claim_of(entry)
    if isinstance(claim, OwnClaim):
        outcome = outcome_of(entry.record, "own_outcome")
        text = outcome_text(claim.rule, outcome) if outcome else ""
        return claim.claim, entry.record["verdicts"]["own"], text, entry
    by_number: dict[int, Entry] = {one.record["claim"]: one for one in entries if "claim" in one.record}
    verdict, found = _replication(claim, entry.record, _after_holm(by_number).get(claim.number))
    return claim.claim, shown_verdict(verdict), found, entry


def _after_holm(by_number: Mapping[int, Entry]) -> Mapping[int, tuple[float, str]]:
    """p and verdict of each outcome of the replication, corrected together."""
    outcomes = {
        number: outcome
        for number, entry in by_number.items()
        if (outcome := outcome_of(entry.record, "replication")) is not None
    }
    return corrected(outcomes)


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
    text = outcome_text(claim.rule, outcome_of(entry.record, "own_outcome"))
    return [
        _linked(claim.claim, entry),
        _verdict(entry.record["verdicts"]["own"], text),
        escape(entry.record["n"]),
        escape(claim.would_change),
    ]


def _question(claim: Claim, entry: Entry | None, after_holm: tuple[float, str] | None) -> Question:
    """A claim to vote on: the claim and its own evidence first, then what became of it.

    Where no music here can decide, the vote is on what the report's own files show, and their number waits.
    """
    title = f"{claim.number}. {claim.claim}"
    opening = f"<h4>{one_line(title)}</h4>"
    if claim.caveat:
        opening += f"\n<p><em>Their caveat: {one_line(claim.caveat)}</em></p>"
    key = f"claim-{claim.number}"
    if entry is None:
        return Question(key, title, opening, "", f"<p>{_absent(claim)}</p>")
    first, record = claim.original, entry.record
    original = record["verdicts"]["original"]
    evidence = (
        first.why if isinstance(first, Untested) else outcome_text(first, outcome_of(record, "original"))
    )
    read = "; ".join(first.confounds) if original == "confounded" else ""
    verdict, found = _replication(claim, record, after_holm)
    if isinstance(claim.replication, Untestable) and isinstance(first, Rule):
        answer, what = original, "What is looked at in the report's own files"
        before = f"{first.outcome}; the claim has it {first.margin_text} {first.unit}"
        read = f"{evidence}; but {read}" if read else evidence
    else:
        answer = "" if isinstance(claim.replication, Untestable) else verdict
        what, before = "The report's own evidence", evidence
    opening += f"\n<p><strong>{what}:</strong> {one_line(before)}</p>"
    revealed = {
        "What the report's own files show": (original, read),
        "What the music of this book shows": (shown_verdict(verdict), found),
        **({"Rests on": ("", record["n"])} if record["n"] else {}),
        **({"The rule": ("", _rule_text(claim.replication))} if isinstance(claim.replication, Rule) else {}),
        "What would change it": ("", claim.would_change),
    }
    items = "\n".join(f"<dt>{name}</dt><dd>{_stated(*stated)}</dd>" for name, stated in revealed.items())
    link = f'<p><a href="{escape(entry.link)}">The cell that decided claim {claim.number}</a></p>'
    return Question(key, title, opening, answer, f"<dl>\n{items}\n</dl>\n{link}")


def _replication(claim: Claim, record: Mapping, after_holm: tuple[float, str] | None) -> tuple[str, str]:
    """The verdict on a claim after the correction for many outcomes, and what was found."""
    rule, verdict = claim.replication, record["verdicts"]["replication"]
    if isinstance(rule, Untestable):
        return verdict, rule.why
    found = outcome_text(rule, outcome_of(record, "replication"))
    if after_holm is None:
        return verdict, found
    p, corrected_verdict = after_holm
    found += f"; p {_p(p)} after Holm's correction"
    if corrected_verdict != verdict:
        found += f", before it: {shown_verdict(verdict)}"
    return corrected_verdict, found


def _rule_text(rule: ReplicationRule) -> str:
    """What decides, in words."""
    seeds = f", from at least {rule.least_seeds} seeds" if rule.least_seeds > 1 else ""
    return (
        f"agrees where the whole interval is {rule.margin_text} {rule.unit}{seeds}; differs here where "
        "it lies on the other side; inconclusive otherwise"
    )


def _stated(verdict: str, text: str) -> str:
    bold = f"<strong>{one_line(verdict)}</strong>" if verdict else ""
    return ": ".join(part for part in (bold, one_line(text)) if part)


def _p(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"= {p:.3f}"


def _linked(text: str, entry: Entry) -> str:
    return f'<a href="{escape(entry.link)}">{escape(text)}</a>'


def _verdict(verdict: str, text: str) -> str:
    return f"<strong>{escape(verdict)}</strong><br>{escape(text)}"


def _absent(claim: Claim | OwnClaim) -> str:
    return f"not decided: the chapter {escape(claim.notebook)} is not part of this site"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return wide_table(columns[0], columns, rows, "wide-table ledger")


_PAGE = """# What became of each claim

Every claim below has one primary outcome, a margin and a rule. They were written down in one file of the
package (`lib/ledger/claims.yaml`) before the evidence was run. A chapter measures; the verdict follows
from the rule, and this page is put together from what the chapters recorded, here with the profile
`{profile}` on the data `{data}`. Each claim leads to the cell that decided it.

## Ours first

Whoever examines another's work should be the easiest to examine. What failed stands on top.

{ours}

## The original report's

There are two questions, and two verdicts. *What do the report's own files show?* The claim may hold there,
be confounded (something else could have made the number), be contradicted by its own files, or not have been
tested. Where the files are silent, the claim was not tested; silence refutes nothing. *What does the music of
this book show?* It may agree, differ here, be inconclusive, or the claim may not be testable here at all.
Folk tunes and chorales cannot speak against a claim about XMIDI: *differs here* means here.

Primary outcomes of our replication are corrected together by Holm's method ({family} of them here); a verdict
that does not survive is inconclusive, and what it was before is said. Whatever else the chapters compare is
exploratory.

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
