"""Holm's correction: p agrees with the interval, and lucky single results do not survive it."""

import numpy as np
import pytest
from scipy import stats

from lib.ledger.correction import corrected, p_value
from lib.ledger.rules import Outcome, Rule

NAN = float("nan")


def rule(**changes):
    plain = {"expects": "above", "margin": 0.0, "bounded_by": "losses", "possible": (-100, 100)}
    return Rule(outcome="loss", unit="nats per token", **{**plain, **changes})


def outcome(value, low, high):
    return Outcome(value, low, high, reach=(-6, 6))


def test_p_is_a_twentieth_where_the_interval_touches_the_margin():
    assert p_value(rule(), Outcome(0.2, 0.0, 0.4)) == pytest.approx(0.05)
    assert p_value(rule(), Outcome(-0.2, -0.4, 0.0)) == pytest.approx(0.05)
    assert p_value(rule(margin=0.1), Outcome(0.3, 0.1, 0.5, degrees=2)) == pytest.approx(0.05)


def test_p_is_that_of_a_t_test():
    values = np.array([0.1, 0.3, 0.25, 0.4])
    mean, half = values.mean(), stats.t.ppf(0.975, 3) * values.std(ddof=1) / 2
    outcome = Outcome(mean, mean - half, mean + half, degrees=3)
    assert p_value(rule(), outcome) == pytest.approx(stats.ttest_1samp(values, 0).pvalue)


def test_within_needs_both_sides_inside_and_the_nearer_one_outside():
    between = rule(expects="within", margin=0.0, upper=1.0)
    assert p_value(between, Outcome(0.5, 0.0, 1.0)) == pytest.approx(0.05)
    assert p_value(between, Outcome(0.1, 0.05, 0.15)) < 0.001
    assert p_value(between, Outcome(11.0, 11.0, 11.0)) == 0
    assert p_value(between, Outcome(1.2, 1.0, 1.4)) == pytest.approx(0.05)


@pytest.mark.parametrize("outcome", [Outcome(NAN, NAN, NAN), Outcome(0.5, NAN, NAN), Outcome(0, 0, 0)])
def test_without_an_estimate_p_is_one(outcome):
    assert p_value(rule(), outcome) == 1


def test_too_few_seeds_count_as_no_evidence():
    assert p_value(rule(least_seeds=3), Outcome(0.2, 0.1, 0.3, seeds=1)) == 1


def test_one_barely_significant_outcome_among_several_does_not_survive():
    barely, clear, nothing = outcome(0.2, 0.005, 0.395), outcome(0.2, 0.15, 0.25), outcome(0.01, -0.1, 0.12)
    alone = corrected({4: barely})
    assert alone[4][1] == "agrees"
    among = corrected({4: barely, 5: clear, 14: nothing})
    assert among[4][1] == "inconclusive"
    assert among[5][1] == "agrees"
    assert among[14] == (pytest.approx(stats.norm.sf(0.01 / 0.11 * 1.96) * 2, abs=1e-3), "inconclusive")


def test_facts_are_no_members_of_the_family():
    assert corrected({16: Outcome(1, 1, 1)}) == {}


def test_what_could_not_come_out_is_no_finding_and_stays_what_it_is():
    nothing = Outcome(0.0, -0.001, 0.001, reach=(-0.001, 0.001))
    assert corrected({5: nothing}) == {5: (1.0, "not assessable here")}
