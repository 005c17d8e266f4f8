"""What the composer learned: its words follow from the card and the kept tables, and hang on no one draw."""

import pandas as pd
import pytest

from lib.ledger.evidence import Evidence
from lib.publish.pages_made import learned
from lib.publish.pages_made.learned import Shares, in_kept_tables, judged, on_the_card


@pytest.mark.parametrize(
    ("shares", "word"),
    [
        (Shares(0.46, 0.42, 0.50, none=0.0, real=0.5), "as real pieces do"),
        (Shares(0.80, 0.75, 0.85, none=0.5, real=1.0), "more than half of the way to real pieces"),
        (Shares(0.60, 0.55, 0.65, none=0.5, real=1.0), "less than half of the way to real pieces"),
        (Shares(0.02, 0.00, 0.05, none=0.0, real=0.4), "not distinguishable from no skill at all"),
    ],
)
def test_every_word_can_be_won_and_lost(shares, word):
    assert judged(shares) == word


def test_what_the_card_lacks_is_not_told():
    row = {"themes": 0.5, "themes_low": 0.4, "themes_high": 0.6}
    (found,) = on_the_card(row, {"themes": 0.5}, {})
    assert found.line == "- It brings themes back: **as real pieces do** (50% [40%, 60%]; real pieces 50%)."


SOURCES = ("real", "ngram", "transformer, pretrained")


@pytest.fixture
def kept(monkeypatch):
    """Puts tables in the place of the committed ones; closing on the tonic as the test says."""

    def put(by_draw):
        lines = [
            {
                "measure": name,
                "source": source,
                "value": value,
                "low": value - 0.01,
                "high": value + 0.01,
                "runs": 5,
                "pieces": 160,
                "by_seed": "0.69 0.71 0.7 0.69 0.71",
            }
            for name in (*learned._MUSIC, "permuted_chords")
            for source, value in zip(SOURCES, (0.9, 0.2, 0.7), strict=True)
        ]
        music = pd.DataFrame(lines)
        mine = (music["measure"] == "closes_on_tonic") & (music["source"] == SOURCES[2])
        music.loc[mine, ["value", "low", "high", "by_seed"]] = by_draw
        obtained = pd.DataFrame(
            [
                (learned._COLLECTION, source, guidance, 0.6, 0.55, 0.65, 1 / 3)
                for source, guidance in zip(SOURCES, (1.0, 1.0, 2.0), strict=True)
            ],
            columns=["by", "source", "guidance", "agreement", "low", "high", "baseline"],
        )
        tables = {"music_sources": music, "control_obtained": obtained}
        monkeypatch.setattr(learned, "read_evidence", lambda name: Evidence(name, tables[name], {}))
        return {one.question: one for one in in_kept_tables(2.0)}

    return put


def test_a_measure_is_learned_or_not(kept):
    found = kept((0.22, 0.15, 0.29, "0.2 0.25 0.2 0.25 0.2"))
    assert found["closes on the tonic"].learned is False
    assert found["closes with a cadence"].learned is True


def test_draws_that_are_all_alike_leave_nothing_open(kept):
    assert kept((0.7, 0.69, 0.71, "0.7 0.7 0.7 0.7 0.7"))["closes on the tonic"].learned is True


def test_what_one_draw_decides_is_undecided(kept):
    found = kept((0.56, 0.17, 0.95, "0.0 0.7 0.7 0.71 0.7"))["closes on the tonic"]
    assert len(found.words) > 1
    assert found.learned is None
    assert learned.told_of_closing().startswith("Whether it learned to close on the tonic is undecided (")


def test_the_committed_tables_have_every_measure():
    assert len(in_kept_tables(2.0)) == len(learned._MUSIC) + 1
