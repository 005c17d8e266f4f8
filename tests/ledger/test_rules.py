"""What decides: the whole interval, within what could have come out, and not by the grace of one seed."""

import pytest

from lib.ledger.rules import Outcome, Rule

NAN = float("nan")


def rule(**changes):
    plain = {"unit": "nats per token", "expects": "above", "margin": 0.1, "bounded_by": "what there is"}
    return Rule(outcome="loss", **{**plain, "possible": (-100, 100), **changes})


def of_seeds(value, low, high, seeds=3):
    """An outcome of several seeds that stays the same without any one of them."""
    return Outcome(value, low, high, seeds=seeds, without_seed=((low, high),) * (seeds if seeds > 1 else 0))


@pytest.mark.parametrize(
    ("changes", "bounds", "side"),
    [
        ({}, (0.2, 0.15, 0.3), "inside"),
        ({}, (0.2, 0.05, 0.3), "undecided"),
        ({}, (0.0, -0.1, 0.05), "outside"),
        ({}, (0.1, 0.1, 0.1), "outside"),
        ({"expects": "below"}, (0.0, -0.1, 0.05), "inside"),
        ({"expects": "below"}, (0.2, 0.15, 0.3), "outside"),
        ({"expects": "below", "margin": 1.0}, (1.0, 1.0, 1.0), "outside"),
        ({"expects": "within", "margin": 0.0, "upper": 0.5}, (0.2, 0.1, 0.3), "inside"),
        ({"expects": "within", "margin": 0.0, "upper": 0.5}, (11.2, 11.2, 11.2), "outside"),
        ({"expects": "within", "margin": 0.0, "upper": 0.5}, (-0.3, -0.4, -0.1), "outside"),
        ({"expects": "within", "margin": 0.0, "upper": 0.5}, (0.4, 0.3, 0.6), "undecided"),
        ({}, (0.2, NAN, NAN), "undecided"),
        ({}, (NAN, NAN, NAN), "undecided"),
    ],
)
def test_a_side_needs_the_whole_interval(changes, bounds, side):
    assert rule(**changes).side(Outcome(*bounds)) == side


@pytest.mark.parametrize(("seeds", "side"), [(1, "undecided"), (2, "undecided"), (3, "inside")])
def test_few_seeds_decide_nothing(seeds, side):
    assert rule(least_seeds=3).side(of_seeds(0.2, 0.15, 0.3, seeds)) == side
    assert rule(least_seeds=3).side(Outcome(0.2, 0.15, 0.3)) == "undecided"


@pytest.mark.parametrize(
    ("without", "side"),
    [
        (((0.15, 0.3), (0.12, 0.3), (0.2, 0.21)), "inside"),
        (((0.15, 0.3), (0.05, 0.3), (0.2, 0.21)), "undecided"),
        (((0.15, 0.3), (-0.2, 0.05), (0.2, 0.21)), "undecided"),
        (((0.15, 0.3), (NAN, NAN), (0.2, 0.21)), "undecided"),
    ],
)
def test_a_side_that_one_seed_decides_is_undecided(without, side):
    outcome = Outcome(0.2, 0.15, 0.3, seeds=3, without_seed=without)
    assert rule().side(outcome) == side
    assert (rule().judge(outcome).why == "it would change without one seed") == (side == "undecided")
    assert rule(margin=0.2).judge(outcome).why == "the interval reaches over the margin"


def test_what_two_machines_do_not_agree_on_is_undecided():
    found = rule(unsettled="bf16 agrees, fp32 does not").judge(Outcome(0.2, 0.15, 0.3))
    assert found == ("undecided", "two kinds of machine do not agree: bf16 agrees, fp32 does not")


def test_several_seeds_are_refused_without_what_each_of_them_changes():
    with pytest.raises(ValueError, match="of 3 seeds needs its interval without each of them, not 0"):
        Outcome(0.2, 0.15, 0.3, seeds=3)


def test_an_interval_that_does_not_hold_its_value_is_refused():
    with pytest.raises(ValueError, match="does not hold"):
        Outcome(0.5, 0.6, 0.7)


@pytest.mark.parametrize(
    ("changes", "reach", "nobody"),
    [
        ({}, (-1, 1), None),
        ({}, (-1, 0.1), "meet"),
        ({}, (0.1, 1), "fail"),
        ({"expects": "below"}, (-1, 1), None),
        ({"expects": "below"}, (0.1, 1), "meet"),
        ({"expects": "below"}, (-1, 0.1), "fail"),
        ({"expects": "within", "margin": 0, "upper": 0.5}, (-1, 0.2), None),
        ({"expects": "within", "margin": 0, "upper": 0.5}, (0.2, 0.4), "fail"),
        ({"expects": "within", "margin": 0, "upper": 0.5}, (0.6, 1), "meet"),
    ],
)
def test_what_could_not_have_come_out_decides_nothing(changes, reach, nobody):
    for value in reach:
        found = rule(**changes).judge(Outcome(value, value, value, reach=reach))
        assert (found.side == "out of reach") == (nobody is not None)
        if nobody:
            assert f"nothing in there could {nobody} the claim" in found.why
            assert "what there is" in found.why


def test_a_reach_that_was_measured_comes_before_what_the_unit_allows():
    narrow = Outcome(0.0, -0.01, 0.01, reach=(-0.05, 0.05))
    assert rule(possible=(-1, 1)).side(narrow) == "out of reach"
    assert rule(possible=(-1, 1)).side(Outcome(0.0, -0.01, 0.01)) == "outside"


def test_somebody_must_say_what_bounds_an_outcome():
    with pytest.raises(ValueError, match="needs a reach: what there is"):
        rule(possible=None).judge(Outcome(0.2, 0.15, 0.3))
    assert rule(possible=None).judge(Outcome(NAN, NAN, NAN)).why == "no estimate at this size"


def test_too_few_pieces_reach_neither_side():
    found = rule(margin=0.5).judge(Outcome(1.0, 0.34, 1.0, reach=(0.66, 0.34)))
    assert found.side == "out of reach"
    assert found.why == "too few for a verdict: the whole interval could not lie below 0.660, nor above 0.340"


@pytest.mark.parametrize("reach", [(NAN, 1), (0, float("inf"))])
def test_a_reach_is_two_numbers(reach):
    with pytest.raises(ValueError, match="cannot reach from"):
        Outcome(0.5, 0.5, 0.5, reach=reach)


def test_a_rule_that_its_unit_decides_is_refused():
    with pytest.raises(ValueError, match="the rule decides nothing"):
        rule(expects="below", margin=1.0, possible=(0, 1))


def test_numbers_are_read_as_people_say_them():
    third = Outcome(0.3333, 0.2, 0.5)
    assert rule(unit="share of heads").amount(Outcome(1.0, 1.0, 1.0)) == "1.000 of the heads"
    assert rule().amount(third) == "0.333 [0.200,\N{NO-BREAK SPACE}0.500] nats per token"
    assert rule(unit="Cohen's w").amount(Outcome(-0.0001, NAN, NAN)) == "Cohen's w 0.000"
