"""The ledger of claims: outcome, margin and rule of each, committed before the evidence, and its verdicts.

`claims.yaml`, beside this file, holds the rules. A chapter measures and hands over numbers, with what bounds
them; the verdict follows from the rule (:mod:`lib.ledger.rules`). :func:`record_claim` shows it in the
notebook and leaves a record in the cell's output, from which the page of all claims is made. A rule that is
changed keeps its history there: what it was, what it gave, and why it was changed.
"""

import math
import re
import string
from collections.abc import Mapping
from datetime import date
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Literal

import yaml
from IPython.display import display
from pydantic import Field, ValidationError, model_validator

from lib.basics.errors import BookError
from lib.basics.files import hash_of_json
from lib.ledger.rules import Outcome, Rule, Side
from lib.profiles.profile import Settings, StrictLoader

LEDGER = Path(__file__).with_name("claims.yaml")
RECORD = "application/vnd.composing-to-a-mood.claim+json"
"""The type under which a record lies in a cell's output."""

OriginalVerdict = Literal["holds", "confounded", "contradicted by its own files", "not tested"]
ReplicationVerdict = Literal["agrees", "differs", "inconclusive", "not assessable here", "not testable here"]
OwnVerdict = Literal["held", "failed", "undecided", "not assessable here"]

REPLICATION: Mapping[Side, ReplicationVerdict] = {
    "inside": "agrees",
    "outside": "differs",
    "undecided": "inconclusive",
    "out of reach": "not assessable here",
}
_OWN: Mapping[Side, OwnVerdict] = {
    "inside": "held",
    "outside": "failed",
    "undecided": "undecided",
    "out of reach": "not assessable here",
}


class Untested(Settings):
    """The report itself measured nothing that bears on the claim."""

    tested: Literal[False]
    why: str


class OriginalRule(Rule):
    """How the report's own files are read."""

    confounds: tuple[str, ...] = ()


class Untestable(Settings):
    """Nothing in this book can bear on the claim."""

    testable: Literal[False]
    why: str
    family: Literal["primary", "fact"]


class ReplicationRule(Rule):
    """How our own measurement is read."""

    family: Literal["primary", "fact"]


class Amendment(Settings):
    """What a rule was before it was changed, and why it was."""

    when: date
    was: str  # the rule, or the part of it that was changed
    verdict: str  # what it gave
    why: str


class Claim(Settings):
    """One claim of the original report and what decides it; `13a` is a part of claim 13."""

    number: int | str
    claim: str
    caveat: str | None = None  # the students' own
    notebook: str  # the chapter that decides it
    original: OriginalRule | Untested
    replication: ReplicationRule | Untestable
    would_change: str
    amended: tuple[Amendment, ...] = ()


class OwnClaim(Settings):
    """One claim of this book."""

    key: str = Field(pattern=r"^[a-z][a-z-]*$")
    claim: str
    notebook: str
    rule: Rule
    would_change: str
    amended: tuple[Amendment, ...] = ()


class Ledger(Settings):
    """All claims; numbers run from 1 without a gap, parts of one from a."""

    claims: tuple[Claim, ...]
    own: tuple[OwnClaim, ...]

    @model_validator(mode="after")
    def _numbered(self) -> "Ledger":
        letters: dict[int, str] = {}
        for claim in self.claims:
            found = re.fullmatch(r"(\d+)([a-z]?)", str(claim.number))
            number = int(found[1]) if found else 0
            letters[number] = letters.get(number, "") + ((found and found[2]) or "-")
        in_order = list(letters) == list(range(1, len(letters) + 1))
        if not in_order or any(
            each not in ("-", string.ascii_lowercase[: len(each)]) for each in letters.values()
        ):
            raise ValueError("claims must be numbered 1, 2, 3, … in this order, the parts of one 3a, 3b, …")
        keys = [claim.key for claim in self.own]
        if len(set(keys)) != len(keys):
            raise ValueError("a key of 'own' is given twice")
        return self

    def claim(self, number: int | str) -> Claim:
        """The claim of this number.

        Raises:
            BookError: when there is none.
        """
        for claim in self.claims:
            if claim.number == number:
                return claim
        known = ", ".join(str(claim.number) for claim in self.claims)
        raise BookError(f"There is no claim {number!r}; the ledger has: {known}.")

    def own_claim(self, key: str) -> OwnClaim:
        """The claim of ours with this key.

        Raises:
            BookError: when there is none.
        """
        for claim in self.own:
            if claim.key == key:
                return claim
        known = ", ".join(claim.key for claim in self.own)
        raise BookError(f"There is no claim of ours named '{key}'; the ledger has: {known}.")


@cache
def read_ledger(path: Path = LEDGER) -> Ledger:
    """Read and check the committed rules.

    Raises:
        BookError: naming the place in the file and what is wrong there.
    """
    try:
        return Ledger.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader))
    except (OSError, yaml.YAMLError) as error:
        raise BookError(f"The ledger {path.name} cannot be read: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file as a whole"
        raise BookError(
            f"The ledger {path.name} is wrong at '{where}': {first['msg'].removeprefix('Value error, ')}."
        ) from error


def original_verdict(claim: Claim, outcome: Outcome | None) -> OriginalVerdict:
    """What the report's own files show, by the claim's rule."""
    rule = claim.original
    if isinstance(rule, Untested) or outcome is None:
        return "not tested"
    side = rule.side(outcome)
    if side == "out of reach":
        return "not tested"
    if side == "outside":
        return "contradicted by its own files"
    if rule.confounds:
        return "confounded"
    return "holds" if side == "inside" else "not tested"


def replication_verdict(claim: Claim, outcome: Outcome | None) -> ReplicationVerdict:
    """What our music shows, by the claim's rule and before the correction for many outcomes."""
    rule = claim.replication
    if isinstance(rule, Untestable) or outcome is None:
        return "not testable here"
    return REPLICATION[rule.side(outcome)]


def own_verdict(claim: OwnClaim, outcome: Outcome) -> OwnVerdict:
    """What became of a claim of ours, by its rule."""
    return _OWN[claim.rule.side(outcome)]


def record_claim(
    number: int | str, original: Outcome | None = None, replication: Outcome | None = None, n: str = ""
) -> None:
    """Decide a claim by its committed rule, show the verdicts, and leave the record in the cell's output.

    Args:
        number: of the claim.
        original: the outcome in the report's own files; None exactly where its rule says that none was
            tested.
        replication: our outcome; None exactly where its rule says that it cannot be tested here. Where a
            profile is too small for an estimate, give NaN.
        n: what the numbers rest on, in words: pieces, groups, seeds, answers.

    Raises:
        BookError: for an unknown number, for an outcome that the rule asks for and that is missing, for
            one that the rule has no use for, and for one of which nobody says what bounds it.
    """
    claim = read_ledger().claim(number)
    for given, rule, name in (
        (original, claim.original, "original"),
        (replication, claim.replication, "replication"),
    ):
        if (given is None) == isinstance(rule, Rule):
            raise BookError(
                f"Claim {number} {'needs an' if given is None else 'takes no'} outcome for "
                f"'{name}': see its rule in {LEDGER.name}."
            )
    try:
        verdicts = {
            "original": original_verdict(claim, original),
            "replication": replication_verdict(claim, replication),
        }
    except ValueError as error:
        raise BookError(f"Claim {number}: {error}.") from error
    record = {
        "claim": number,
        "rule": rule_hash(claim),
        "n": n,
        "verdicts": verdicts,
        "original": _plain(original),
        "replication": _plain(replication),
    }
    _show(record, f"Claim {number}: {claim.claim}", _lines(claim, original, replication, verdicts, n))


def record_own_claim(key: str, outcome: Outcome, n: str) -> None:
    """The same for a claim of this book.

    Args:
        key: of the claim under `own` in `claims.yaml`.
        outcome: as its rule names it; NaN where a profile is too small for an estimate.
        n: what it rests on, in words.

    Raises:
        BookError: for an unknown key, or an outcome of which nobody says what bounds it.
    """
    claim = read_ledger().own_claim(key)
    try:
        verdict = own_verdict(claim, outcome)
    except ValueError as error:
        raise BookError(f"Our claim '{key}': {error}.") from error
    record = {
        "own": key,
        "rule": rule_hash(claim),
        "n": n,
        "verdicts": {"own": verdict},
        "own_outcome": _plain(outcome),
    }
    _show(
        record,
        f"A claim of ours: {claim.claim}",
        {
            "Verdict": stated(shown_verdict(verdict), outcome_text(claim.rule, outcome)),
            "What was measured": claim.rule.outcome,
            "Rests on": n,
            "What would change it": claim.would_change,
        },
    )


def rule_hash(claim: Claim | OwnClaim) -> str:
    """Twelve digits that stand for a claim with its rules: a record made under others is stale."""
    return hash_of_json(claim.model_dump(mode="json", exclude={"amended"}))[:12]


def outcome_text(rule: Rule, outcome: Outcome) -> str:
    """What was found, in words: a reason first, then the number beside the margin."""
    side, why = rule.judge(outcome)
    if math.isnan(outcome.value):
        return why
    if side == "out of reach":
        return f"{why}; it is {rule.amount(outcome)}"
    found = f"{rule.amount(outcome)}, where the claim asks for a value {rule.margin_text}"
    return f"{why}; it is {found}" if why else found


def _lines(
    claim: Claim, original: Outcome | None, replication: Outcome | None, verdicts: Mapping[str, str], n: str
) -> dict[str, str]:
    first, second = claim.original, claim.replication
    if isinstance(first, Untested):
        own_files = first.why
    else:
        assert original is not None, "a rule was given no outcome"
        own_files = outcome_text(first, original)
        if verdicts["original"] == "confounded":
            own_files += "; but " + "; ".join(first.confounds)
        own_files += f". Looked at: {first.outcome}"
    measured = {}
    if isinstance(second, Untestable):
        ours = second.why
    else:
        assert replication is not None, "a rule was given no outcome"
        ours = outcome_text(second, replication)
        measured = {"What was measured": second.outcome}
    return {
        **({"The students' own caveat": claim.caveat} if claim.caveat else {}),
        "The report's own evidence": stated(verdicts["original"], own_files),
        "Our replication": stated(shown_verdict(verdicts["replication"]), ours),
        **measured,
        **({"Rests on": n} if n else {}),
        "What would change it": claim.would_change,
    }


def stated(verdict: str, text: str) -> str:
    """A verdict with what it rests on: the plain word comes first."""
    return f"{verdict}: {text}" if text else verdict


def shown_verdict(verdict: str) -> str:
    """A verdict for readers: what differs on this music differs here, and nowhere else."""
    return {"differs": "differs here", "not assessable here": "not assessable here (nothing to measure)"}.get(
        verdict, verdict
    )


def anchor(record: Mapping[str, Any]) -> str:
    """The name of the place that a record's box marks on its page."""
    return f"claim-{record['claim']}" if "claim" in record else f"own-claim-{record['own']}"


def _plain(outcome: Outcome | None) -> dict[str, Any] | None:
    """An outcome as JSON, which knows no NaN."""
    if outcome is None:
        return None
    return {name: _without_nan(value) for name, value in vars(outcome).items() if not name.startswith("_")}


def _without_nan(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _show(record: dict[str, Any], title: str, lines: Mapping[str, str]) -> None:
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in lines.items())
    page = (
        f'<div class="admonition claim" id="{escape(anchor(record))}">'
        f'<p class="admonition-title">{escape(title)}</p><dl>{items}</dl></div>'
    )
    plain = "\n".join([title, *(f"  {name}: {text}" for name, text in lines.items())])
    display({RECORD: record, "text/html": page, "text/plain": plain}, raw=True)
