"""`make evidence` says how long it takes before it begins, and keeps each part as it ends."""

import pandas as pd
import pytest

from lib.basics.errors import BookError
from lib.long_runs import evidence


def test_every_part_has_its_minutes_and_all_together_a_night():
    assert set(evidence.MINUTES) == set(evidence.PARTS)
    assert sum(evidence.MINUTES.values()) <= 8 * 60


def test_the_time_is_said_before_the_first_part(monkeypatch, capsys):
    said = []

    def part(profile, store):
        said.append(capsys.readouterr().err)
        return {"found": pd.DataFrame({"folder": ["here"], "value": [1.0]})}

    kept = []
    monkeypatch.setattr(evidence, "committed_code", lambda: None)
    monkeypatch.setattr(evidence, "PARTS", {"noise": part})
    monkeypatch.setattr(
        evidence, "keep_evidence", lambda name, table, *_, part: kept.append((name, list(table), part))
    )
    assert evidence.run_evidence(None, None, ["noise"]) == ["found"]
    assert "1 part, about" in said[0]
    assert "min" in said[0]
    assert kept == [("found", ["value"], "noise")]


def test_a_part_that_there_is_not():
    with pytest.raises(BookError, match="no part 'moods'"):
        evidence.run_evidence(None, None, ["moods"])
