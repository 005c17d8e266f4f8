"""What decides a claim: an outcome with its interval, and a rule that can be won and lost.

A rule looks at where the whole interval lies, and asks three questions. Could the outcome have come out
either way, given what was measured? A claim that real music does not satisfy either, a margin larger than the
whole effect that there is, a range that the outcome cannot leave: none of these decides anything, and the
claim is *not assessable here*, for there is nothing to measure. Does it rest on enough training seeds? And
would it say the same without any one of them?
"""

import math
from typing import Literal, NamedTuple

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from lib.basics.numbers import shown
from lib.profiles.profile import Settings

Side = Literal["inside", "outside", "undecided", "out of reach"]

_COUNTED = ("nats per token", "words", "points of 5")  # units that stand behind a number


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Outcome:
    """A measured primary outcome, in the unit that the claim's rule names.

    Attributes:
        value: the estimate; NaN where this profile cannot give one.
        low, high: its 95% interval; equal to `value` for a count or a published figure without one; NaN
            where there is no interval, which decides nothing.
        seeds: training runs behind it (pairs count once); None where no training is involved.
        degrees: degrees of freedom of the interval, as for a mean of few seeds; None: infinitely many, the
            normal quantile.
        without_seed: (low, high) of the interval with each of the seeds left out in turn; empty for one.
        reach: the least and the largest that the outcome could have been, given what was measured (the whole
            effect, what real music gives). Of a share, the upper end of its interval if none had it and the
            lower end if all had; with too few pieces the first is the larger, and no side can be reached.
            None: what the rule's unit allows.

    Raises:
        ValueError: when the interval does not hold the value, when it rests on several seeds and does not
            say what it is without each of them, or when an end of its reach is no number.
    """

    value: float
    low: float
    high: float
    seeds: int | None = None
    degrees: float | None = None
    without_seed: tuple[tuple[float, float], ...] = ()
    reach: tuple[float, float] | None = None

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
        if self.reach is not None and not all(map(math.isfinite, self.reach)):
            raise ValueError(f"an outcome cannot reach from {self.reach[0]} to {self.reach[1]}")


class Judgement(NamedTuple):
    """Where an outcome lies, and why it decides nothing where it decides nothing."""

    side: Side
    why: str = ""


class Rule(Settings):
    """What is measured, on which side of which margin the claim has it, and what bounds the outcome.

    Attributes:
        outcome, unit: what is measured.
        expects, margin, upper: the claim's side; `upper` with `within`, where the margin is the lower end.
        bounded_by: what the outcome cannot pass on either side, in words.
        possible: the least and the largest value that the unit allows at all, where the chapter measures no
            narrower bounds; None: it must.
        least_seeds: with fewer training runs nothing is decided.
        unsettled: which kinds of machine gave two verdicts; as long as it stands there, nothing is decided.
    """

    outcome: str
    unit: str
    expects: Literal["above", "below", "within"]
    margin: float
    upper: float | None = None
    bounded_by: str
    possible: tuple[float, float] | None = None
    least_seeds: int = Field(default=1, gt=0)
    unsettled: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> "Rule":
        if (self.upper is not None) != (self.expects == "within"):
            raise ValueError("'upper' belongs to 'expects: within', and only there")
        if self.possible is not None and None in self.within_reach(self.possible):
            raise ValueError(
                "one side of the margin lies outside what is 'possible': the rule decides nothing"
            )
        return self

    def reach_of(self, outcome: Outcome) -> tuple[float, float]:
        """Between which values the outcome could have come out.

        Raises:
            ValueError: when the chapter gave no bounds and the rule has none either.
        """
        reach = outcome.reach or self.possible
        if reach is None:
            raise ValueError(f"the outcome needs a reach: {self.bounded_by}")
        return reach

    def within_reach(self, reach: tuple[float, float]) -> tuple[Side | None, Side | None]:
        """Which sides an outcome with these bounds can come to lie on: "inside" and "outside", or None."""
        low, high = reach
        if self.upper is not None:
            inside, outside = (
                low <= self.upper and high >= self.margin,
                low < self.margin or high > self.upper,
            )
        elif self.expects == "above":
            inside, outside = high > self.margin, low < self.margin
        else:
            inside, outside = low < self.margin, high > self.margin
        return "inside" if inside else None, "outside" if outside else None

    def judge(self, outcome: Outcome) -> Judgement:
        """Where the whole interval lies: on the claim's side, on the other, or on neither.

        Out of reach, whatever the numbers, where one of the two sides cannot come out. On neither side where
        there is no estimate, where too few seeds stand behind it, or where it would lie elsewhere without
        one of them.

        Raises:
            ValueError: when there is an estimate, and nothing says what bounds it.
        """
        if math.isnan(outcome.value):
            return Judgement("undecided", "no estimate at this size")
        reach = self.reach_of(outcome)
        if None in (sides := self.within_reach(reach)):
            return Judgement("out of reach", self._why_out_of_reach(reach, sides))
        side, seeds = self._side_of(outcome.low, outcome.high), outcome.seeds or 1
        if side == "undecided":
            lost = math.isnan(outcome.low)
            return Judgement(side, "there is no interval" if lost else "the interval reaches over the margin")
        if seeds < self.least_seeds:
            asked = f"at least {self.least_seeds} training seeds are asked for"
            return Judgement("undecided", f"{asked}, and it rests on {seeds}")
        if any(self._side_of(*ends) != side for ends in outcome.without_seed):
            return Judgement("undecided", "it would change without one seed")
        if self.unsettled:
            return Judgement("undecided", f"two kinds of machine do not agree: {self.unsettled}")
        return Judgement(side)

    def _why_out_of_reach(self, reach: tuple[float, float], sides: tuple[Side | None, Side | None]) -> str:
        low, high = map(number, reach)
        if sides == (None, None) and reach[0] > reach[1]:
            return f"too few for a verdict: the whole interval could not lie below {low}, nor above {high}"
        nobody = "meet" if sides[0] is None else "fail"
        return (
            f"it could only lie between {low} and {high} ({self.bounded_by}), and nothing in there could "
            f"{nobody} the claim, {self.margin_text}"
        )

    def side(self, outcome: Outcome) -> Side:
        """The side alone; see :meth:`judge`."""
        return self.judge(outcome).side

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
        if self.upper is not None:
            return f"between {shown(self.margin, 'g')} and {shown(self.upper, 'g')}"
        return f"{self.expects} {shown(self.margin, 'g')}"

    def amount(self, outcome: Outcome) -> str:
        """A number with its interval and its unit, as a reader says them."""
        text = number(outcome.value)
        if outcome.low != outcome.high and not math.isnan(outcome.low):
            text += f" [{number(outcome.low)},\N{NO-BREAK SPACE}{number(outcome.high)}]"
        if self.unit.startswith("share of "):
            return f"{text} of the {self.unit.removeprefix('share of ')}"
        return f"{text} {self.unit}" if self.unit in _COUNTED else f"{self.unit} {text}"


def number(value: float) -> str:
    """A number of the ledger: three decimals, one for large ones."""
    return shown(value, ".3f" if abs(value) < 10 else ",.1f")
