"""Rules of this ledger that could not be won or lost, one by one: none of them may come back."""

import math

import pytest

from lib.chapters.hyperparameters.outcomes import published_outcomes
from lib.chapters.noise import robustness
from lib.chapters.survey.scores import design_effect, reach_of_evenness, unevenness
from lib.experiments import designs
from lib.ledger.claims import ReplicationRule, Untestable, original_verdict, read_ledger, replication_verdict
from lib.ledger.rules import Outcome, Rule
from lib.measures.published import published_contrast, published_spread


def rules():
    """Every rule of the ledger by a name."""
    ledger = read_ledger()
    found = {f"ours {claim.key}": claim.rule for claim in ledger.own}
    for claim in ledger.claims:
        found |= {f"{claim.number} original": claim.original, f"{claim.number} here": claim.replication}
    return {name: rule for name, rule in found.items() if isinstance(rule, Rule)}


@pytest.mark.parametrize("name", rules())
def test_every_rule_says_what_bounds_its_outcome_and_decides_nothing_beyond(name):
    rule = rules()[name]
    assert len(rule.bounded_by) > 10
    beyond = rule.margin, rule.margin  # no effect but the margin itself
    if rule.upper is None:
        assert rule.side(Outcome(rule.margin, rule.margin, rule.margin, reach=beyond)) == "out of reach"
    if rule.possible is None:
        with pytest.raises(ValueError, match="needs a reach"):
            rule.judge(Outcome(0.5, 0.5, 0.5))


def test_claim_5_asked_for_twice_what_the_noise_costs_at_all():
    claim, post, pre = read_ledger().claim(5), 0.00250, 0.00243
    effect = max(post, pre)
    kept = Outcome(6.8e-5, -0.00143, 0.00156, reach=(-effect, effect))
    assert replication_verdict(claim, kept) == "not assessable here"
    most = Outcome(0.0022, -0.001, 0.0045, reach=(-0.0291, 0.0291))  # at the largest share
    assert replication_verdict(claim, most) == "differs"


def test_claim_13_called_nothing_against_nothing_a_difference():
    claim = read_ledger().claim("13a")
    assert replication_verdict(claim, Outcome(0.0, -0.004, 0.004, reach=(0.0, 0.0))) == "not assessable here"
    found = Outcome(-0.1, -0.15, -0.06, seeds=1, reach=(-0.12, 0.12))
    assert replication_verdict(claim, found) == "differs", (
        "the LSTM's kind may have what the Transformer lacks"
    )
    numbers = [claim.number for claim in read_ledger().claims]
    assert numbers[12:15] == ["13a", "13b", "13c"]
    with_history = read_ledger().claim("13a").amended[0]
    assert "minus the LSTM's" in with_history.was
    assert "was within its reach where neither" in with_history.verdict


def test_claims_11_and_13_give_one_word_to_one_number():
    themes, cause = (read_ledger().claim(number).replication for number in (11, "13a"))
    assert isinstance(themes, ReplicationRule)
    assert isinstance(cause, ReplicationRule)
    assert (themes.margin, themes.expects, themes.unit) == (cause.margin, cause.expects, cause.unit)


def test_claim_16_is_arithmetic_here_and_can_be_met_in_the_code():
    claim = read_ledger().claim(16)
    assert isinstance(claim.replication, Untestable)
    assert original_verdict(claim, Outcome(1.0, 1.0, 1.0, reach=(0.25, 1))) == "contradicted by its own files"
    assert original_verdict(claim, Outcome(0.25, 0.25, 0.25, reach=(0.25, 1))) == "holds"
    assert original_verdict(claim, Outcome(1.0, 1.0, 1.0, reach=(1, 1))) == "not tested"


def test_claim_7_needs_a_margin_for_two_masked_tokens():
    claim, drawn = read_ledger().claim(7), 484 / 486
    assert original_verdict(claim, Outcome(drawn, drawn, drawn, reach=(1 / 486, drawn))) == (
        "contradicted by its own files"
    )
    assert original_verdict(claim, Outcome(0.1, 0.1, 0.1, reach=(1 / 486, drawn))) == "holds"


def test_claim_12_does_not_reward_what_the_grammar_does():
    rule = read_ledger().claim(12).replication
    assert isinstance(rule, ReplicationRule)
    assert "end by themselves" not in rule.outcome
    assert rule.side(Outcome(-0.43, -0.6, -0.3, reach=(-0.6, 0.4))) == "outside"


def test_single_runs_whose_difference_is_below_their_spread_contradict_nothing():
    assert published_spread().runs == 3
    found = robustness.published_outcome(designs.published_noise_results())
    assert found.value == pytest.approx(-0.0275, abs=1e-3)
    assert found.low < 0 < found.high
    assert original_verdict(read_ledger().claim(5), found) == "confounded"
    assert original_verdict(read_ledger().claim(15), published_outcomes()[15]) == "not tested"


def test_one_definition_of_a_difference_of_single_runs():
    ledger, found = read_ledger(), published_outcomes()
    half = {number: outcome.high - outcome.value for number, outcome in found.items()}
    assert max(half.values()) == pytest.approx(min(half.values()))
    assert {claim.original.margin for claim in map(ledger.claim, (2, 3, 4, 15))} == {0.0}
    verdicts = {number: original_verdict(ledger.claim(number), found[number]) for number in (2, 3, 4)}
    assert verdicts == {2: "contradicted by its own files", 3: "confounded", 4: "holds"}
    assert original_verdict(ledger.claim(1), published_contrast([1.49, 0.66])) == "confounded"


def test_one_run_each_is_no_confound_of_some_claims_and_not_of_others():
    confounds = [text for rule in rules().values() for text in getattr(rule, "confounds", ())]
    assert not [text for text in confounds if "one run" in text]


def test_claim_8_cannot_be_met_by_as_few_answers():
    claim, worst = read_ledger().claim(8), design_effect(5, 1.0)
    reach = reach_of_evenness(215, worst)
    assert reach[0] > claim.original.margin
    value, low, high = unevenness([21, 56, 55, 51, 32], worst)
    assert original_verdict(claim, Outcome(value, low, high, reach=reach)) == "not tested"
    assert reach_of_evenness(20_000)[0] < claim.original.margin, "with many answers evenness can be shown"


def test_claim_15_has_nothing_to_measure_where_fewer_pieces_cost_nothing():
    claim = read_ledger().claim(15)
    assert replication_verdict(claim, Outcome(0.007, -0.06, 0.07, reach=(0.0, 0.0))) == "not assessable here"


def test_claim_6_can_be_met_by_noise_whose_strength_counts():
    claim, most = read_ledger().claim(6), 0.1 * math.sqrt(2 / math.pi)
    assert original_verdict(claim, Outcome(0.0, 0.0, 0.0, reach=(0, most))) == "contradicted by its own files"
    assert original_verdict(claim, Outcome(0.08, 0.08, 0.08, reach=(0, most))) == "holds"


def test_every_amended_rule_keeps_what_it_was_and_what_it_gave():
    ledger = read_ledger()
    amended = {claim.number: claim.amended for claim in ledger.claims if claim.amended}
    assert set(amended) >= {1, 2, 3, 4, 5, 7, 8, 11, 12, "13a", 15, 16}
    for history in (*amended.values(), *(claim.amended for claim in ledger.own)):
        assert all(one.was and one.verdict and one.why for one in history)
