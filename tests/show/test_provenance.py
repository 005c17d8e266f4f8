from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from lib.show.provenance import describe_commit, show_provenance


@pytest.fixture
def run():
    summary = {"seed": 7, "parameters": 1234567, "tokens": 1500000, "seconds": 95.2, "status": "finished"}
    return SimpleNamespace(
        settings=SimpleNamespace(name="lstm", precision="32-true"),
        folder=Path("runs/lstm-0123456789ab"),
        summary=summary,
    )


def rows(html):
    tree = BeautifulSoup(html.data, "html.parser")
    return {row.th.get_text(): row.td.get_text() for row in tree.find_all("tr")}


def test_the_table_tells_code_settings_data_device_versions_and_runs(tiny_profile, tiny_store, run):
    found = rows(show_provenance(tiny_profile, tiny_store, [run]))
    assert list(found) == ["Commit", "Profile", "Data", "Device", "Versions", "Run lstm"]
    assert f"seed {tiny_profile.seed}" in found["Profile"]
    assert tiny_store.hash[:12] in found["Data"]
    assert f"{len(tiny_store.index)} pieces" in found["Data"]
    assert found["Device"].endswith(f"precision {tiny_profile.precision}")
    assert "torch 2." in found["Versions"]
    assert found["Run lstm"] == (
        "lstm-0123456789ab, seed 7, 32-true, 1,234,567 parameters, 1,500,000 tokens in 1 min 35 s"
    )


def test_a_run_that_diverged_is_told(tiny_profile, tiny_store, run):
    run.summary["status"] = "diverged"
    assert rows(show_provenance(tiny_profile, tiny_store, [run]))["Run lstm"].endswith(", diverged")


def test_the_name_of_a_data_folder_is_text(tiny_profile, tiny_store):
    data = tiny_profile.data.model_copy(update={"folder": Path("/tmp/<script>alert(1)</script> & more")})
    html = show_provenance(tiny_profile.model_copy(update={"data": data}), tiny_store)
    assert "<script>" not in html.data
    assert "script> & more, token set" in rows(html)["Data"]


def test_a_commit_is_short_and_says_when_files_differ_from_it():
    assert describe_commit("0123456789abcdef") == "0123456789ab"
    assert describe_commit("0123456789abcdef+changes") == "0123456789ab, with uncommitted changes"
    assert describe_commit(None) == "not a git checkout"
