"""The records of claims in executed notebooks, and their gate.

A record lies in the output of the cell that decided a claim (:func:`lib.ledger.claims.record_claim`).
Here every verdict is derived once more from the committed rule and from what bounds the outcome. A record
that says anything else stops the build: no chapter can say "differs" or "agrees" of what could not have come
out otherwise.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lib.basics.errors import BookError
from lib.basics.numbers import p_words
from lib.ledger.claims import (
    RECORD,
    Claim,
    OwnClaim,
    Untestable,
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
from lib.ledger.rules import Outcome, Rule
from lib.publish.gates import ExecutedCopy


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


def claim_of(entry: Entry) -> Claim | OwnClaim:
    if "own" in entry.record:
        return read_ledger().own_claim(entry.record["own"])
    return read_ledger().claim(entry.record["claim"])


def _wrong(entry: Entry) -> Iterator[str]:
    """What is wrong with one record."""
    where = f"in {entry.copy.chapter.name}"
    try:
        claim = claim_of(entry)
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
    reach = tuple(plain["reach"]) if plain.get("reach") else None
    return Outcome(**{**plain, **numbers, "without_seed": without, "reach": reach})


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
    claim = claim_of(entry)
    if isinstance(claim, OwnClaim):
        outcome = outcome_of(entry.record, "own_outcome")
        text = outcome_text(claim.rule, outcome) if outcome else ""
        return claim.claim, shown_verdict(entry.record["verdicts"]["own"]), text, entry
    by_number = {one.record["claim"]: one for one in entries if "claim" in one.record}
    verdict, found = replication_found(claim, entry.record, after_holm(by_number).get(claim.number))
    return claim.claim, shown_verdict(verdict), found, entry


def after_holm(by_number: Mapping[int | str, Entry]) -> Mapping[int | str, tuple[float, str]]:
    """p and verdict of each outcome of the replication, corrected together."""
    outcomes = {
        number: outcome
        for number, entry in by_number.items()
        if (outcome := outcome_of(entry.record, "replication")) is not None
    }
    return corrected(outcomes)


def replication_found(claim: Claim, record: Mapping, holm: tuple[float, str] | None) -> tuple[str, str]:
    """The verdict on a claim after the correction for many outcomes, and what was found."""
    rule, verdict = claim.replication, record["verdicts"]["replication"]
    if isinstance(rule, Untestable):
        return verdict, rule.why
    outcome = outcome_of(record, "replication")
    if outcome is None:
        return verdict, ""
    found = outcome_text(rule, outcome)
    if holm is None or math.isnan(outcome.value) or rule.side(outcome) == "out of reach":
        return verdict, found
    p, corrected_verdict = holm
    found += f" ({p_words(p)} after Holm's correction)"
    if corrected_verdict != verdict:
        found = f"{shown_verdict(verdict)} by itself, but not among so many outcomes; {found}"
    return corrected_verdict, found
