"""Kept results: read back as written, with their origin; a changed file is not taken for evidence."""

import pandas as pd
import pytest

from lib.basics.errors import BookError
from lib.ledger import evidence


@pytest.fixture
def kept(tiny_profile, tiny_store, tmp_path, monkeypatch):
    monkeypatch.setattr(evidence, "BOOK", tmp_path)
    table = pd.DataFrame({"arm": ["a", "b, \"c\""], "loss": [1 / 3, 2e-7], "count": [3, 4]})
    return evidence.keep_evidence("trial", table, tiny_profile, tiny_store, pieces=12)


def test_a_result_is_read_back_with_its_origin(kept, tiny_profile, tiny_store):
    found = evidence.read_evidence("trial")
    assert found.table["arm"].tolist() == ["a", 'b, "c"']
    assert found.table["loss"].tolist() == pytest.approx([1 / 3, 2e-7], rel=1e-5)
    assert found.about["pieces"] == 12
    assert found.about["store"] == tiny_store.hash
    for fact in (found.about["date"], "profile smoke", f"in {tiny_profile.precision},", tiny_store.hash[:12]):
        assert fact in found.origin


def test_a_changed_result_is_refused(kept):
    kept.write_text(kept.read_text().replace("3", "4"))
    with pytest.raises(BookError, match=r"trial\.csv is not the one that trial\.json describes"):
        evidence.read_evidence("trial")


def test_a_missing_result_is_named(kept):
    kept.unlink()
    with pytest.raises(BookError, match=r"trial\.csv is missing under book/evidence/"):
        evidence.read_evidence("trial")
