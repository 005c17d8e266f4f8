"""Holm's correction over the primary outcomes: with many tests, some come out by chance.

Each primary outcome of :mod:`lib.ledger.claims` is one test, of the value against the margin of its
rule. The p-value is read back from the outcome's 95% interval, so that interval and test agree before the
correction.
"""

import math
from collections.abc import Mapping

from scipy import stats
from statsmodels.stats.multitest import multipletests

from lib.ledger.claims import REPLICATION, ReplicationRule, ReplicationVerdict, read_ledger
from lib.ledger.rules import Outcome, Rule

LEVEL = 0.05


def p_value(rule: Rule, outcome: Outcome) -> float:
    """Two-sided p of the value against the nearest margin that its verdict depends on.

    The standard error is the half of the interval on the margin's side, over Student's quantile at the
    outcome's degrees of freedom. Where there is no estimate, no interval, too few seeds
    or nothing to measure, p is 1.
    """
    if any(math.isnan(number) for number in (outcome.value, outcome.low, outcome.high)):
        return 1.0
    if (outcome.seeds or 1) < rule.least_seeds or rule.side(outcome) == "out of reach":
        return 1.0
    if rule.upper is None:
        return _against(rule.margin, outcome)
    lower, upper = _against(rule.margin, outcome), _against(rule.upper, outcome)
    if rule.margin <= outcome.value <= rule.upper:  # both sides must hold
        return max(lower, upper)
    return lower if outcome.value < rule.margin else upper


def _against(margin: float, outcome: Outcome) -> float:
    distance = outcome.value - margin
    half = outcome.value - outcome.low if distance > 0 else outcome.high - outcome.value
    if half <= 0:  # a count or a published figure, without an interval
        return 0.0 if distance else 1.0
    degrees = math.inf if outcome.degrees is None else outcome.degrees
    return float(2 * stats.t.sf(abs(distance) / half * stats.t.ppf(0.975, degrees), degrees))


def corrected(outcomes: Mapping[int | str, Outcome]) -> dict[int | str, tuple[float, ReplicationVerdict]]:
    """Adjusted p and verdict of the primary replications among `outcomes`, by number of the claim.

    A verdict that does not survive becomes "inconclusive". Outcomes of rules that are not primary are left
    out.
    """
    rules = {number: read_ledger().claim(number).replication for number in outcomes}
    family = {
        number: rule
        for number, rule in rules.items()
        if isinstance(rule, ReplicationRule) and rule.family == "primary"
    }
    if not family:
        return {}
    ps = [p_value(rule, outcomes[number]) for number, rule in family.items()]
    adjusted = multipletests(ps, alpha=LEVEL, method="holm")[1]
    found: dict[int | str, tuple[float, ReplicationVerdict]] = {}
    for (number, rule), p in zip(family.items(), adjusted.tolist(), strict=True):
        side = rule.side(outcomes[number])
        lost = p > LEVEL and side != "out of reach"
        found[number] = p, REPLICATION["undecided" if lost else side]
    return found
