"""What chapter 8 hands to the ledger: bounded by what the pieces have, and by what real music gives."""

import numpy as np
import pandas as pd
import pytest

from lib.chapters.music_analysis import claim_outcomes, figures
from lib.chapters.music_analysis.measures import Measured
from lib.ledger.claims import read_ledger
from lib.measures.statistics import seed_interval

SLOTS = 60


def measured(**shares):
    """A measure by source, alternating between the two values given for it."""
    rows = [
        {
            "source": source.replace("_", ", "),
            "slot": slot,
            "group": slot,
            "share_recurring": values[slot % 2],
        }
        for source, values in shares.items()
        for slot in range(SLOTS)
    ]
    values = pd.DataFrame(rows).assign(proper_close=lambda table: table["share_recurring"])
    return claim_outcomes.Music(Measured(values, [{}] * len(values), pd.DataFrame()))


def test_what_neither_has_a_long_memory_did_not_cause():
    found = claim_outcomes.by_attention(
        measured(transformer=(0.0, 0.0), transformer_short=(0.0, 0.0)), "share_recurring"
    )
    assert found.pieces == SLOTS
    assert found.outcome.reach == (0, 0)
    rule = read_ledger().claim("13a").replication
    assert rule.side(found.outcome) == "out of reach"
    some = claim_outcomes.by_attention(
        measured(transformer=(0.4, 0.1), transformer_short=(0.1, 0.0)), "share_recurring"
    )
    assert some.outcome.value == pytest.approx(0.2)
    assert some.outcome.reach == pytest.approx((-0.25, 0.25))


def test_nothing_in_many_pieces_leaves_a_small_interval_and_in_few_a_wide_one():
    found = claim_outcomes.by_attention(
        measured(transformer=(0.0, 0.0), transformer_short=(0.0, 0.0)), "share_recurring"
    )
    assert found.outcome.low == -found.outcome.high
    assert 0.03 < found.outcome.high < 0.08


def test_themes_are_bounded_by_what_real_music_gives():
    pieces = measured(
        real=(0.4, 0.3), real_shuffled=(0.1, 0.1), transformer=(0.02, 0.0), transformer_shuffled=(0.0, 0.0)
    )
    outcome = claim_outcomes.themes_that_return(pieces).outcome
    assert outcome.reach == pytest.approx((0.0, 0.25))
    assert outcome.value == pytest.approx(0.01)
    flat = measured(
        real=(0.1, 0.1), real_shuffled=(0.1, 0.1), transformer=(0.02, 0.0), transformer_shuffled=(0.0, 0.0)
    )
    rule = read_ledger().claim(11).replication
    assert rule.side(claim_outcomes.themes_that_return(flat).outcome) == "out of reach", (
        "real music cannot meet it"
    )


def test_a_share_below_real_is_bounded_by_none_and_all():
    pieces = measured(real=(1.0, 0.0), transformer=(0.0, 0.0))
    outcome = claim_outcomes.below_real(pieces, "proper_close").outcome
    assert (outcome.value, outcome.reach) == (-0.5, (-0.5, 0.5))


def test_without_pieces_there_is_no_estimate():
    nothing = claim_outcomes.below_real(
        measured(real=(np.nan, np.nan), transformer=(0.0, 0.0)), "proper_close"
    )
    assert np.isnan(nothing.outcome.value)
    assert nothing.pieces == 0


def test_five_outputs_can_be_met_and_lost():
    rule = read_ledger().claim(12).original
    sides = [rule.side(claim_outcomes.share_of_originals(yes, 5)) for yes in (0, 3, 5)]
    assert sides == ["outside", "undecided", "inside"]
    assert rule.side(claim_outcomes.share_of_originals(2, 2)) == "out of reach", "two are too few"


def test_kept_evidence_of_several_seeds_decides_instead_of_todays_run():
    today = measured(real=(1.0, 0.0), transformer=(0.0, 0.0)).today
    sources = pd.DataFrame([{"measure": "proper_close", "source": "real", "value": 0.4}])
    row = {"measure": "proper_close", "source": "transformer", "baseline": "real", "pieces": 240}
    seeds = {"value": -0.2, "low": -0.29, "high": -0.11, "by_seed": "-0.1 -0.2 -0.2 -0.2 -0.3"}
    kept = claim_outcomes.Music(today, sources, pd.DataFrame([{**row, **seeds}]))
    found = claim_outcomes.below_real(kept, "proper_close")
    assert found.basis == "240 pairs of pieces, 5 training seeds"
    assert (found.outcome.value, found.outcome.seeds) == (-0.2, 5)
    assert found.outcome.reach == pytest.approx((-0.4, 0.6))
    assert len(found.outcome.without_seed) == 5
    assert claim_outcomes.below_real(kept, "closes_on_tonic").pieces == 0, "no row, no outcome"


def kept_difference(baseline, by_seed):
    """A line of the kept table over seeds, as it is written there."""
    interval = seed_interval([float(value) for value in by_seed.split()])
    return {
        "measure": "share_recurring",
        "source": "transformer",
        "baseline": baseline,
        "value": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "runs": 5,
        "pieces": 240,
        "by_seed": by_seed,
    }


def test_a_difference_that_one_seed_would_overturn_is_undecided():
    today = measured(transformer=(0.4, 0.3), lstm=(0.1, 0.1)).today
    # Without the first seed the others still leave zero out; in the second row the interval of all five does,
    # and that of four without the last does not.
    firm = kept_difference("lstm", "0.2 0.2 0.21 0.19 0.2")
    held_up_by_few = kept_difference("ngram", "0.01 0.04 0.05 0.06 0.12")
    below = kept_difference("real", "-0.2 -0.2 -0.21 -0.19 -0.2")
    assert held_up_by_few["low"] > 0
    kept = claim_outcomes.Music(
        today, pd.DataFrame([{"measure": "x"}]), pd.DataFrame([firm, held_up_by_few, below])
    )
    pairs = [("transformer", other) for other in ("lstm", "ngram", "real", "transformer, short")]
    table, seeds = claim_outcomes.difference_table(kept, ["share_recurring"], pairs)
    assert seeds == 5
    assert table["verdict"].tolist() == ["higher", "undecided", "lower", "undecided"]
    assert table["pairs"].tolist()[:3] == [240, 240, 240]
    shown = figures.difference_rows(table, "x").data
    assert shown.count("\N{NO-BREAK SPACE}*") == 2
    assert "–" in shown, "what was not measured is a dash"


def test_without_kept_seeds_the_differences_are_those_of_todays_run():
    table, seeds = claim_outcomes.difference_table(
        measured(transformer=(0.4, 0.3), lstm=(0.1, 0.1)), ["share_recurring"], [("transformer", "lstm")]
    )
    assert seeds == 1
    assert table["verdict"].tolist() == ["higher"]
    assert table["difference"].iloc[0] == pytest.approx(0.25)
