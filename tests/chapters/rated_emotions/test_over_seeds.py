"""What swapped labels move in the judge's ears: turned to the side asked for, with what it rests on."""

import pandas as pd
from bs4 import BeautifulSoup

from lib.chapters.control.label_effects import APART
from lib.chapters.rated_emotions import over_seeds
from lib.data.labelling.rated_judge import read_judge
from lib.ledger.evidence import read_evidence

ERRORS = {"valence": 0.2, "arousal": 0.25}
TAUGHT_ON = {"pieces": 200, "series": 13, "ratings": 5977}


def effects(by_run="-0.1 -0.12 -0.08 -0.11 -0.09", low=-0.15, high=-0.05):
    line = {"difference": -0.1, "low": low, "high": high, "by_run": by_run, "pairs": 96, "distance": 0.5}
    return pd.DataFrame(
        [
            {**line, **source, "contrast": contrast, "measure": measure}
            for source in (
                {"source": "real", "guidance": float("nan"), "runs": 1, "pieces": 600, "far": 0.0},
                {"source": "lstm", "guidance": 1.0, "runs": 5, "pieces": 300, "far": 0.01},
                {"source": "lstm", "guidance": 2.0, "runs": 5, "pieces": 100, "far": 0.05},
            )
            for contrast in ("minor minus major", "lively minus calm")
            for measure in ("valence", APART, "arousal", "third")
        ]
    )


def test_brighter_and_livelier_are_positive():
    turned = over_seeds.towards_what_was_asked(effects()).set_index(["source", "guidance", "measure"])
    assert len(turned) == 9
    valence, arousal = turned.loc["lstm", 1.0, "valence"], turned.loc["lstm", 1.0, "arousal"]
    assert (valence["difference"], valence["low"], valence["high"]) == (0.1, 0.05, 0.15)
    assert valence["by_run"] == (0.1, 0.12, 0.08, 0.11, 0.09)
    assert (arousal["difference"], arousal["low"], arousal["high"]) == (-0.1, -0.15, -0.05)


def test_the_table_has_a_row_a_source_and_guidance_and_says_what_it_rests_on():
    page = BeautifulSoup(
        over_seeds.over_seeds_html(effects(), ERRORS, TAUGHT_ON, "Kept.").data, "html.parser"
    )
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in page.find_all("tr")]
    assert len(rows) == 4
    assert rows[2] == [
        "LSTM, guidance 1",
        "0.100 [0.050,\N{NO-BREAK SPACE}0.150]",
        "0.100 [0.050,\N{NO-BREAK SPACE}0.150]",
        "−0.100 [−0.150,\N{NO-BREAK SPACE}−0.050]",
        "5",
        "300",
        "1.0%",
    ]
    text = page.get_text(" ")
    for fact in ("200 pieces of 13 series, 5,977 ratings", "0.20 (valence), 0.25 (arousal)", "95%", "Kept."):
        assert fact in text
    assert "not kept for these data" in over_seeds.over_seeds_html(None, ERRORS, TAUGHT_ON, "").data


def test_a_word_that_hangs_on_one_training_seed_is_not_used():
    told = over_seeds.over_seeds_words(effects(), ERRORS)
    assert "LSTM: moved as asked, 0.100" in told["valence"]
    assert "50% of what the judge errs by" in told["valence"]
    assert "moved the wrong way" in told["arousal"]
    assert "Of 600 real tunes, 0.0%" in told["far"]
    assert "1.0% of 300 at guidance 1 and 5.0% of 100 at guidance 2" in told["far"]
    fragile = over_seeds.over_seeds_words(effects("-0.3 -0.02 0.01 -0.1 -0.09"), ERRORS)
    assert "LSTM: not distinguishable from unmoved" in fragile["valence"]
    assert set(over_seeds.over_seeds_words(None, ERRORS)) == set(told)


def test_the_kept_evidence_is_of_five_seeds_and_by_this_judge():
    kept = read_evidence("control_effects")
    assert len(kept.about["seeds"]) >= 5
    turned = over_seeds.towards_what_was_asked(kept.table)
    networks = turned[turned["source"].isin(["lstm", "transformer"])]
    assert networks["by_run"].map(len).eq(5).all()
    assert networks["runs"].eq(5).all()
    assert networks.groupby("measure")["guidance"].nunique().to_dict() == {
        "arousal": 3,
        "valence": 3,
        over_seeds.APART: 3,
    }
    assert turned["far"].between(0, 1).all()
    # A shift beyond the judge's error for one piece would need other words than the appendix has.
    valence = turned.loc[turned["measure"] == "valence", "difference"]
    assert valence.abs().max() < read_judge("line").errors["valence"]
