"""The ledger: verdicts follow from the committed rules, and a record cannot say anything else."""

import json

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from lib.basics.errors import BookError
from lib.ledger.claims import (
    LEDGER,
    RECORD,
    original_verdict,
    read_ledger,
    record_claim,
    record_own_claim,
    replication_verdict,
    rule_hash,
)
from lib.ledger.rules import Outcome

NAN = float("nan")
REACH = (-6.0, 6.0)


def of_seeds(value, low, high, seeds=5):
    """An outcome of several seeds that stays the same without any one of them."""
    return Outcome(value, low, high, seeds=seeds, without_seed=((low, high),) * seeds, reach=REACH)


def recorded(call, *arguments, **named):
    """The displayed bundle of a call."""
    InteractiveShell.instance()
    with capture_output() as captured:
        call(*arguments, **named)
    return captured.outputs[0].data


def test_the_committed_ledger_has_the_nineteen_claims_and_ours():
    ledger = read_ledger()
    assert [str(claim.number).rstrip("abc") for claim in ledger.claims] == [
        *map(str, range(1, 13)),
        "13",
        "13",
        "13",
        *map(str, range(14, 20)),
    ]
    assert ledger.own[0].key == "proxy-labels"
    assert all(claim.would_change.strip() for claim in (*ledger.claims, *ledger.own))


def test_no_confound_saves_a_claim_whose_figures_say_the_contrary():
    found = original_verdict(read_ledger().claim(1), Outcome(-0.2, -0.2, -0.2, reach=REACH))
    assert found == "contradicted by its own files"


def test_a_replication_agrees_differs_or_is_inconclusive():
    claim = read_ledger().claim(1)
    assert replication_verdict(claim, of_seeds(0.05, 0.02, 0.08)) == "agrees"
    assert replication_verdict(claim, of_seeds(-0.05, -0.08, 0.0)) == "differs"
    assert replication_verdict(claim, of_seeds(0.05, 0.0, 0.1)) == "inconclusive"
    assert replication_verdict(claim, Outcome(0.05, 0.02, 0.08, seeds=1, reach=REACH)) == "inconclusive"
    assert replication_verdict(read_ledger().claim(8), None) == "not testable here"


def test_a_record_carries_its_numbers_its_rule_and_its_verdicts():
    shown = recorded(
        record_claim,
        1,
        Outcome(0.83, 0.83, 0.83, reach=REACH),
        Outcome(0.05, 0.02, NAN, reach=REACH),
        n="3 seeds <b>",
    )
    record = shown[RECORD]
    assert record["claim"] == 1
    assert record["rule"] == rule_hash(read_ledger().claim(1))
    assert record["verdicts"] == {"original": "confounded", "replication": "inconclusive"}
    assert record["replication"]["high"] is None, "JSON knows no NaN"
    assert record["replication"]["reach"] == [-6, 6]
    json.dumps(record, allow_nan=False)
    assert 'id="claim-1"' in shown["text/html"]
    assert "3 seeds &lt;b&gt;" in shown["text/html"]


def test_a_difference_is_told_as_one_here():
    shown = recorded(
        record_claim,
        4,
        Outcome(0.0444, 0.0444, 0.0444, reach=REACH),
        Outcome(-0.05, -0.08, -0.02, reach=REACH),
        n="",
    )
    assert "Our replication: differs here: −0.050" in shown["text/plain"]


def test_where_there_was_nothing_to_measure_the_box_says_why():
    shown = recorded(record_claim, "13a", None, Outcome(0.0, -0.01, 0.01, seeds=1, reach=(0.0, 0.0)), n="")
    assert shown[RECORD]["verdicts"]["replication"] == "not assessable here"
    assert "not assessable here (nothing to measure): nothing to measure" not in shown["text/plain"]
    assert "it could only lie between 0.000 and 0.000" in shown["text/plain"]


def test_an_outcome_without_bounds_is_refused_with_what_they_are():
    with pytest.raises(BookError, match="Claim 4: the outcome needs a reach: each of these losses lies"):
        record_claim(4, Outcome(0.04, 0.01, 0.07), Outcome(0.0, -0.1, 0.1, reach=REACH))


def test_our_own_claims_fail_like_others():
    shown = recorded(record_own_claim, "proxy-labels", Outcome(0.1, 0.05, 0.15), n="1,368 songs")
    assert shown[RECORD]["verdicts"] == {"own": "failed"}
    assert 'id="own-claim-proxy-labels"' in shown["text/html"]


@pytest.mark.parametrize(
    ("number", "original", "replication", "told"),
    [
        (20, None, None, "no claim 20"),
        (13, None, None, "no claim 13; the ledger has: 1, 2, .*13a, 13b"),
        ("1", None, None, "no claim '1'"),
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
        (lambda text: text.replace("number: 13b", "number: 13d"), "numbered 1, 2, 3"),
        (
            lambda text: text.replace(
                "    amended:\n      - when: 2026", "    amended:\n      - when: soon", 1
            ),
            "when",
        ),
        (lambda text: text.replace("possible: [-4, 4]", "possible: [-4, 0.5]"), "the rule decides nothing"),
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
