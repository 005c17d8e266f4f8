"""The ledger: verdicts follow from the committed rules, and a record cannot say anything else."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from lib.basics.errors import BookError
from lib.ledger.claims import (
    LEDGER,
    RECORD,
    Outcome,
    Rule,
    original_verdict,
    read_ledger,
    record_claim,
    record_own_claim,
    replication_verdict,
    rule_hash,
)

NAN = float("nan")


def rule(**changes):
    return Rule(outcome="loss", unit="nats", **{"expects": "above", "margin": 0.1, **changes})


def of_seeds(value, low, high, seeds=3):
    """An outcome of several seeds that stays the same without any one of them."""
    return Outcome(value, low, high, seeds=seeds, without_seed=((low, high),) * (seeds if seeds > 1 else 0))


def recorded(call, *arguments, **named):
    """The displayed bundle of a call."""
    InteractiveShell.instance()
    with capture_output() as captured:
        call(*arguments, **named)
    return captured.outputs[0].data


def test_the_committed_ledger_has_the_nineteen_claims_and_ours():
    ledger = read_ledger()
    assert len(ledger.claims) == 19
    assert ledger.own[0].key == "proxy-labels"
    assert all(claim.would_change.strip() for claim in (*ledger.claims, *ledger.own))


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
    assert rule().hangs_on_a_seed(outcome) == (side == "undecided")
    assert not rule(margin=0.2).hangs_on_a_seed(outcome), "what is undecided hangs on nothing"


def test_several_seeds_are_refused_without_what_each_of_them_changes():
    with pytest.raises(ValueError, match="of 3 seeds needs its interval without each of them, not 0"):
        Outcome(0.2, 0.15, 0.3, seeds=3)


def test_an_interval_that_does_not_hold_its_value_is_refused():
    with pytest.raises(ValueError, match="does not hold"):
        Outcome(0.5, 0.6, 0.7)


def test_the_published_figures_give_the_verdicts_that_the_report_is_known_for():
    claim = read_ledger().claim
    assert original_verdict(claim(1), Outcome(0.83, 0.83, 0.83)) == "confounded"
    assert original_verdict(claim(2), Outcome(11.247, 11.247, 11.247)) == "contradicted by its own files"
    assert original_verdict(claim(3), Outcome(0.0559, 0.0559, 0.0559)) == "confounded"
    assert original_verdict(claim(4), Outcome(0.0444, 0.0444, 0.0444)) == "holds"
    assert original_verdict(claim(5), Outcome(-0.0275, -0.0275, -0.0275)) == "contradicted by its own files"
    assert original_verdict(claim(15), Outcome(0.0085, 0.0085, 0.0085)) == "contradicted by its own files"
    assert original_verdict(claim(17), None) == "not tested"


def test_no_confound_saves_a_claim_whose_figures_say_the_contrary():
    found = original_verdict(read_ledger().claim(1), Outcome(-0.2, -0.2, -0.2))
    assert found == "contradicted by its own files"


def test_a_replication_agrees_differs_or_is_inconclusive():
    claim = read_ledger().claim(1)
    assert replication_verdict(claim, of_seeds(0.05, 0.02, 0.08)) == "agrees"
    assert replication_verdict(claim, of_seeds(-0.05, -0.08, 0.0)) == "differs"
    assert replication_verdict(claim, of_seeds(0.05, 0.0, 0.1)) == "inconclusive"
    assert replication_verdict(claim, Outcome(0.05, 0.02, 0.08, seeds=1)) == "inconclusive"
    assert replication_verdict(read_ledger().claim(8), None) == "not testable here"


def test_a_record_carries_its_numbers_its_rule_and_its_verdicts():
    shown = recorded(record_claim, 1, Outcome(0.83, 0.83, 0.83), Outcome(0.05, 0.02, NAN), n="3 seeds <b>")
    record = shown[RECORD]
    assert record["claim"] == 1
    assert record["rule"] == rule_hash(read_ledger().claim(1))
    assert record["verdicts"] == {"original": "confounded", "replication": "inconclusive"}
    assert record["replication"]["high"] is None, "JSON knows no NaN"
    assert 'id="claim-1"' in shown["text/html"]
    assert "3 seeds &lt;b&gt;" in shown["text/html"]


def test_a_difference_is_told_as_one_here():
    shown = recorded(record_claim, 4, Outcome(0.0444, 0.0444, 0.0444), Outcome(-0.05, -0.08, -0.02), n="")
    assert "differs here" in shown["text/plain"]


def test_our_own_claims_fail_like_others():
    shown = recorded(record_own_claim, "proxy-labels", Outcome(0.1, 0.05, 0.15), n="1,368 songs")
    assert shown[RECORD]["verdicts"] == {"own": "failed"}
    assert 'id="own-claim-proxy-labels"' in shown["text/html"]


@pytest.mark.parametrize(
    ("number", "original", "replication", "told"),
    [
        (20, None, None, "no claim 20"),
        (1, None, Outcome(0, 0, 0), "Claim 1 needs an outcome for 'original'"),
        (1, Outcome(0, 0, 0), None, "Claim 1 needs an outcome for 'replication'"),
        (17, Outcome(0, 0, 0), Outcome(0, 0, 0), "Claim 17 takes no outcome for 'original'"),
        (6, Outcome(0, 0, 0), Outcome(0, 0, 0), "Claim 6 takes no outcome for 'replication'"),
    ],
)
def test_missing_and_idle_outcomes_are_named(number, original, replication, told):
    with pytest.raises(BookError, match=told):
        record_claim(number, original, replication)


def test_an_unknown_claim_of_ours_is_named():
    with pytest.raises(BookError, match="no claim of ours named 'x'"):
        record_own_claim("x", Outcome(0, 0, 0), n="")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("  expects: above", "  expect: above", 1), r"claims\.0\.original.*expect"),
        (lambda text: text.replace("number: 2\n", "number: 5\n"), "numbered 1, 2, 3"),
        (lambda text: text.replace("      upper: 0.5\n", "", 1), "'upper' belongs"),
        (lambda text: text.replace("margin: 0.01\n", "margin: 0.01\n      margin: 0.02\n", 1), "given twice"),
        (lambda text: text.replace("key: better-than-counting", "key: proxy-labels"), "given twice"),
    ],
)
def test_a_broken_ledger_is_refused_with_the_place(tmp_path, change, told):
    path = tmp_path / "claims.yaml"
    path.write_text(change(LEDGER.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(BookError, match=told):
        read_ledger(path)
