"""The rehearsal: a folder like XMIDI's, and every broken file in it with the outcome that it must have."""

import json

import numpy as np
import pandas as pd
import pytest

from lib.basics.errors import BookError
from lib.basics.files import hash_of_files
from lib.basics.places import REFERENCE
from lib.data.note_tables import note_table
from lib.data.pieces import read_folder
from lib.data.rehearsal import rehearse
from lib.data.rehearsal.folder import KINDS, MOST_FAULTS, broken_kinds, write_folder
from lib.data.rehearsal.pieces import compose, labels
from lib.data.shards import Reading


@pytest.fixture
def sources(tiny_folder):
    return sorted(tiny_folder.glob("*.midi"))


def test_labels_have_the_published_proportions():
    published = pd.read_csv(REFERENCE / "xmidi_counts.csv")
    for kind, assigned in zip(("emotion", "genre"), labels(5000, 1), strict=True):
        table = published[published["label_kind"] == kind].set_index("label")["count"]
        found = pd.Series(assigned).value_counts()
        assert found.sum() == 5000
        assert (found - 5000 * table / table.sum()).abs().max() <= 1
    assert sum(map(len, labels(108_023, 1))) == 2 * 108_023
    assert pd.Series(labels(108_023, 1)[0]).value_counts()["angry"] == 8739


def test_pieces_are_distinct_bands_and_every_fiftieth_is_a_transposed_copy(sources):
    tables = [note_table(compose(sources, number, seed=1)) for number in (0, 1, 48, 49)]
    for table in tables:
        assert len(np.unique(table.program)) >= 4
        assert (table.program == -1).any()
        assert table.onset[-1] / 480 > 30  # quarters
    copied, copy = tables[2], tables[3]
    np.testing.assert_array_equal(copied.onset, copy.onset)
    assert len(tables[0]) != len(tables[1])


def test_broken_files_are_of_every_kind_and_a_small_share():
    kinds = list(broken_kinds(20_000, seed=1).values())
    assert len(kinds) == 300
    assert set(kinds) == set(KINDS)
    assert kinds.count("hang") == MOST_FAULTS
    with pytest.raises(BookError, match="too small"):
        broken_kinds(20, seed=1)


def test_the_folder_does_not_depend_on_workers_or_interruptions(sources, tmp_path, monkeypatch):
    from lib.data.rehearsal import folder as rehearsal_folder

    monkeypatch.setattr(rehearsal_folder, "_AT_A_TIME", 10)
    write_folder(sources, tmp_path / "one", 40)
    monkeypatch.setattr(rehearsal_folder, "compose", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_folder(sources, tmp_path / "two", 40)
    assert not (tmp_path / "two").exists()
    monkeypatch.undo()
    monkeypatch.setenv("MOOD_HOME", str(tmp_path / "home"))
    write_folder(sources, tmp_path / "two", 40, workers=2)
    hashes = [
        hash_of_files([path for path in (tmp_path / name).iterdir() if path.is_file()], tmp_path / name)
        for name in ("one", "two")
    ]
    assert hashes[0] == hashes[1]
    assert not any(path.name.startswith(".") for path in (tmp_path / "two").iterdir())


def test_a_small_rehearsal_runs_and_nothing_surprises(sources, tiny_profile, home, monkeypatch):
    monkeypatch.setattr(rehearse, "SECONDS_A_FILE", 1.0)
    table = rehearse.rehearse(tiny_profile, sources, 40, Reading(1)).set_index("step")["value"]
    assert table["files"] == 40
    assert table["of them broken"] == len(KINDS)
    kept = next((home / "artifacts" / "rehearsals").glob("40-*.json"))
    assert json.loads(kept.read_text())["not_foreseen"] == []
    assert table["files with an outcome not foreseen"] == 0
    assert 0 <= table["pieces in the store"] - (40 - len(KINDS) + 2) <= 1  # the cut-off file may be readable
    assert table["files a second"] > 0
    assert len(read_folder(home / "data" / "rehearsal-40")[0]) >= 30
