"""The ledger of claims: outcome, margin and rule of each, committed before the evidence, and its verdicts.

`claims.yaml`, beside this file, holds the rules. A chapter measures and hands over numbers; the verdict
follows from the rule. :func:`record_claim` shows it in the notebook and leaves a record in the cell's output,
from which the page of all claims is made.
"""

import math
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Literal

import yaml
from IPython.display import display
from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from lib.basics.errors import BookError
from lib.basics.files import hash_of_json
from lib.profiles.profile import Settings, StrictLoader

LEDGER = Path(__file__).with_name("claims.yaml")
RECORD = "application/vnd.composing-to-a-mood.claim+json"
"""The type under which a record lies in a cell's output."""

OriginalVerdict = Literal["holds", "confounded", "contradicted by its own files", "not tested"]
ReplicationVerdict = Literal["agrees", "differs", "inconclusive", "not testable here"]
OwnVerdict = Literal["held", "failed", "undecided"]
Side = Literal["inside", "outside", "undecided"]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Outcome:
    """A measured primary outcome, in the unit that the claim's rule names.

    Attributes:
        value: the estimate; NaN where this profile cannot give one.
        low, high: its 95 % interval; equal to `value` for a count or a published figure without one; NaN
            where there is no interval, which decides nothing.
        seeds: training runs behind it (pairs count once); None where no training is involved.
        degrees: degrees of freedom of the interval, as for a mean of few seeds; None: infinitely many, the
            normal quantile.
        without_seed: (low, high) of the interval with each of the seeds left out in turn; empty for one.

    Raises:
        ValueError: when the interval does not hold the value, or when it rests on several seeds and does not
            say what it is without each of them.
    """

    value: float
    low: float
    high: float
    seeds: int | None = None
    degrees: float | None = None
    without_seed: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        known = [number for number in (self.low, self.value, self.high) if not math.isnan(number)]
        if known != sorted(known):
            raise ValueError(f"the interval [{self.low}, {self.high}] does not hold the value {self.value}")
        several = self.seeds or 1
        if len(self.without_seed) != (several if several > 1 else 0):
            raise ValueError(
                f"an outcome of {several} seeds needs its interval without each of them, not "
                f"{len(self.without_seed)} of them"
            )


class Rule(Settings):
    """What is measured, and on which side of which margin the claim has it."""

    outcome: str
    unit: str
    expects: Literal["above", "below", "within"]
    margin: float
    upper: float | None = None  # with `within`: the margin is the lower end
    least_seeds: int = Field(default=1, gt=0)

    @model_validator(mode="after")
    def _consistent(self) -> "Rule":
        if (self.upper is not None) != (self.expects == "within"):
            raise ValueError("'upper' belongs to 'expects: within', and only there")
        return self

    def side(self, outcome: Outcome) -> Side:
        """Where the whole interval lies: on the claim's side, on the other, or on neither.

        On neither, too, where it rests on too few seeds, or would lie elsewhere without one of them.
        """
        if (outcome.seeds or 1) < self.least_seeds or self.hangs_on_a_seed(outcome):
            return "undecided"
        return self._side_of(outcome.low, outcome.high)

    def hangs_on_a_seed(self, outcome: Outcome) -> bool:
        """Whether the interval is decided, and would be another thing with one of the seeds left out."""
        whole = self._side_of(outcome.low, outcome.high)
        return whole != "undecided" and any(self._side_of(*ends) != whole for ends in outcome.without_seed)

    def _side_of(self, low: float, high: float) -> Side:
        exact = low == high
        if self.upper is not None:
            if low >= self.margin and high <= self.upper:
                return "inside"
            return "outside" if high < self.margin or low > self.upper else "undecided"
        if self.expects == "below":
            low, high = -high, -low
        margin = self.margin if self.expects == "above" else -self.margin
        if low > margin:
            return "inside"
        return "outside" if high < margin or (exact and high == margin) else "undecided"

    @property
    def margin_text(self) -> str:
        """The side that the claim is on, in words."""
        if self.expects == "within":
            return f"between {self.margin:g} and {self.upper:g}".replace("-", "−")
        return f"{self.expects} {self.margin:g}".replace("-", "−")


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


class Claim(Settings):
    """One claim of the original report and what decides it."""

    number: int = Field(gt=0)
    claim: str
    caveat: str | None = None  # the students' own
    notebook: str  # the chapter that decides it
    original: OriginalRule | Untested
    replication: ReplicationRule | Untestable
    would_change: str


class OwnClaim(Settings):
    """One claim of this book."""

    key: str = Field(pattern=r"^[a-z][a-z-]*$")
    claim: str
    notebook: str
    rule: Rule
    would_change: str


class Ledger(Settings):
    """All claims; numbers run from 1 without a gap."""

    claims: tuple[Claim, ...]
    own: tuple[OwnClaim, ...]

    @model_validator(mode="after")
    def _numbered(self) -> "Ledger":
        if [claim.number for claim in self.claims] != list(range(1, len(self.claims) + 1)):
            raise ValueError("claims must be numbered 1, 2, 3, … in this order")
        keys = [claim.key for claim in self.own]
        if len(set(keys)) != len(keys):
            raise ValueError("a key of 'own' is given twice")
        return self

    def claim(self, number: int) -> Claim:
        """The claim of this number.

        Raises:
            BookError: when there is none.
        """
        if not 1 <= number <= len(self.claims):
            raise BookError(f"There is no claim {number}; the ledger has 1 to {len(self.claims)}.")
        return self.claims[number - 1]

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
    """What the report's own files say of the claim, by its rule; see the head of `claims.yaml`."""
    rule = claim.original
    if isinstance(rule, Untested) or outcome is None:
        return "not tested"
    side = rule.side(outcome)
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
    verdicts: dict[Side, ReplicationVerdict] = {
        "inside": "agrees",
        "outside": "differs",
        "undecided": "inconclusive",
    }
    return verdicts[rule.side(outcome)]


def own_verdict(claim: OwnClaim, outcome: Outcome) -> OwnVerdict:
    """What became of a claim of ours, by its rule."""
    verdicts: dict[Side, OwnVerdict] = {"inside": "held", "outside": "failed", "undecided": "undecided"}
    return verdicts[claim.rule.side(outcome)]


def record_claim(
    number: int, original: Outcome | None = None, replication: Outcome | None = None, n: str = ""
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
        BookError: for an unknown number, for an outcome that the rule asks for and that is missing, and for
            one that the rule has no use for.
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
    verdicts = {
        "original": original_verdict(claim, original),
        "replication": replication_verdict(claim, replication),
    }
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
        BookError: for an unknown key.
    """
    claim = read_ledger().own_claim(key)
    verdict = own_verdict(claim, outcome)
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
            "Verdict": f"{verdict}: {outcome_text(claim.rule, outcome)}",
            "Rests on": n,
            "What would change it": claim.would_change,
        },
    )


def rule_hash(claim: Claim | OwnClaim) -> str:
    """Twelve digits that stand for a claim with its rules: a record made under others is stale."""
    return hash_of_json(claim.model_dump(mode="json"))[:12]


def outcome_text(rule: Rule, outcome: Outcome) -> str:
    """A number with its interval, its unit and what the claim asks for."""
    if math.isnan(outcome.value):
        return f"no estimate at this size ({rule.outcome}; the claim: {rule.margin_text})"
    interval = (
        ""
        if outcome.low == outcome.high or math.isnan(outcome.low)
        else (f" [{_number(outcome.low)},\N{NO-BREAK SPACE}{_number(outcome.high)}]")
    )
    return f"{_number(outcome.value)}{interval} {rule.unit} ({rule.outcome}; the claim: {rule.margin_text})"


def _number(value: float) -> str:
    digits = 3 if abs(value) < 10 else 1
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if text.strip("-0.") else text.lstrip("-")


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
    if isinstance(second, Untestable):
        ours = second.why
    else:
        assert replication is not None, "a rule was given no outcome"
        ours = outcome_text(second, replication)
    return {
        **({"The students' own caveat": claim.caveat} if claim.caveat else {}),
        "The report's own evidence": f"{verdicts['original']}: {own_files}",
        "Our replication": f"{shown_verdict(verdicts['replication'])}: {ours}",
        **({"Rests on": n} if n else {}),
        "What would change it": claim.would_change,
    }


def shown_verdict(verdict: str) -> str:
    """A verdict for readers: what differs on this music differs here, and nowhere else."""
    return "differs here" if verdict == "differs" else verdict


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
