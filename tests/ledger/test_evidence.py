"""Kept results: read back as written, with their origin; a changed file is not taken for evidence."""

from pathlib import Path

import pandas as pd
import pytest

from lib.basics.errors import BookError
from lib.basics.files import read_json, write_json
from lib.ledger import evidence


@pytest.fixture
def kept(tiny_profile, tiny_store, evidence_folder):
    table = pd.DataFrame({"arm": ["a", 'b, "c"'], "loss": [1 / 3, 2e-7], "count": [3, 4]})
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


class Store:
    def __init__(self, name, digest="another"):
        self.folder, self.hash = Path(name), digest


def test_evidence_of_the_same_data_decides_and_says_which_experiment(kept, tiny_store):
    found = evidence.find_evidence("trial", tiny_store)
    assert found.decides
    assert evidence.what_decides(found).startswith("Kept evidence decides: trial.csv, run on ")
    assert "commit 0123456789," in found.origin


def test_evidence_of_another_split_is_shown_and_decides_nothing(kept, tiny_store):
    found = evidence.find_evidence("trial", Store(tiny_store.folder.name))
    assert len(found.table) == 2
    assert not found.decides
    assert "decides nothing; today's runs do." in evidence.what_decides(found)


def test_evidence_of_other_tokens_and_labels_is_shown_and_says_so(kept, tiny_store):
    music = tiny_store.folder.name.rsplit("-", 2)[0]
    for name in (f"{music}-shorthand-0123456789ab", f"{music}-labels-mode-activity-shorthand-0123456789ab"):
        found = evidence.find_evidence("trial", Store(name))
        assert not found.decides
        assert not found.same_tokens
        words = evidence.what_decides(found)
        assert "Its networks read the token set 'book', with emotion labels given." in words
        assert words.endswith("Nats a token of two token sets compare in sign, not in size.")
    assert "two token sets" not in evidence.what_decides(evidence.find_evidence("trial", tiny_store))


def test_evidence_that_names_no_labels_is_from_when_there_was_one_scheme(kept):
    path = kept.with_suffix(".json")
    about = read_json(path)
    del about["labels"]
    write_json(path, about)
    assert ", with emotion labels by the scheme 'mode-activity'." in evidence.read_evidence("trial").origin


def test_evidence_of_another_data_set_is_none(kept):
    other = Store("embedded-book-0123456789ab")
    assert evidence.find_evidence("trial", other) is None
    assert evidence.find_evidence("nothing", other) is None
    assert evidence.what_decides(None) == "No kept evidence fits this data set; today's runs decide."


def test_evidence_of_code_that_is_not_committed_cannot_be_kept(kept, tiny_profile, tiny_store, monkeypatch):
    monkeypatch.setattr(evidence, "git_commit", lambda *paths: "0123456789abcdef+changes")
    before = kept.read_bytes()
    with pytest.raises(BookError, match="has changes that are not committed"):
        evidence.keep_evidence("trial", pd.DataFrame({"a": [1]}), tiny_profile, tiny_store)
    assert kept.read_bytes() == before


def test_seeds_stay_integers_beside_missing_ones():
    table = pd.DataFrame({"seed": [20250607.0, None], "loss": [1.38767, 2.0], "share": [1.0, None]})
    text = evidence._whole_numbers_kept(table).to_csv(index=False, float_format="%.6g")
    assert text.splitlines()[1:] == ["20250607,1.38767,1", ",2,"]
