"""Keys of kept results: made of what decides a result, and of nothing else."""

import pytest

from lib.basics import kept
from lib.basics.errors import BookError

SCALE = '"""Scales."""\nFACTOR = 2\n\n\ndef scaled(x):\n    """Doubles."""\n    return FACTOR * x\n'
MEASURE = (
    "from lib.data import scaled\nfrom lib.profiles.profile import SETTING\n\n\ndef measure(x):\n"
    "    from lib.late import shift\n    return scaled(x) + shift + SETTING\n"
)
MODULES = {
    "data/__init__.py": "from typing import TYPE_CHECKING\n"
    "if TYPE_CHECKING:\n    from lib.data.scale import scaled\n",
    "data/scale.py": SCALE,
    "data/other.py": "UNUSED = 1\n",
    "profiles/profile.py": "SETTING = 1\n",
    "measure.py": MEASURE,
    "late.py": "shift = 3\n",
}


@pytest.fixture
def hash_with(tmp_path):
    """The hash of `lib.measure` with some files of the package changed."""
    count = iter(range(100))

    def hash_with(**changes):
        lib = tmp_path / str(next(count)) / "lib"
        changed = {name.replace("__", "/") + ".py": text for name, text in changes.items()}
        for name, content in (MODULES | changed).items():
            (lib / name).parent.mkdir(parents=True, exist_ok=True)
            (lib / name).write_text(content)
        return kept.code_hash("lib.measure", lib=lib)

    return hash_with


def test_what_is_reached_are_the_modules_that_names_come_from(hash_with, tmp_path):
    hash_with()
    assert kept.import_closure(["lib.measure"], tmp_path / "0" / "lib") == {
        "lib.measure",
        "lib.data.scale",
        "lib.late",
    }, "settings are values; lib.data only passes a name on"


@pytest.mark.parametrize(
    "changes",
    [
        {"data__scale": '"""Better."""\nFACTOR = 2  # why two\n\n\ndef scaled(x):\n    return FACTOR * x\n'},
        {"data__other": "UNUSED = 2\n"},
        {"profiles__profile": "SETTING = 2\nANOTHER = 3\n"},
    ],
    ids=["comments and docstrings", "a module that is not reached", "the module that declares settings"],
)
def test_what_decides_nothing_changes_nothing(hash_with, changes):
    assert hash_with(**changes) == hash_with()


@pytest.mark.parametrize(
    "changes",
    [
        {"data__scale": SCALE.replace("2", "3")},
        {"late": "shift = 4\n"},
        {"measure": MEASURE.replace("+ shift", "- shift")},
    ],
    ids=["a constant two imports away", "an import within a function", "the module itself"],
)
def test_what_decides_changes_the_hash(hash_with, changes):
    assert hash_with(**changes) != hash_with()


def test_a_module_that_is_not_there_is_named():
    with pytest.raises(BookError, match=r"no module lib\.nothing"):
        kept.code_hash("lib.nothing")


def test_runs_depend_on_the_networks_and_the_loop_alone():
    reached = kept.import_closure(["lib.training.loop", "lib.models.interface"])
    assert {"lib.models.lstm", "lib.training.schedule", "lib.data.batches"} <= reached
    rooms = {name.split(".")[1] for name in reached}
    assert rooms <= {"basics", "data", "models", "training"}, "no setting of a chapter renames a run"
    assert not reached & {"lib.models.ngram", "lib.models.internals", "lib.basics.progress"}


def test_measures_of_pieces_depend_on_the_rule_of_the_labels():
    assert "lib.data.labelling.labels" in kept.import_closure(["lib.chapters.music_analysis.measures"])


def test_a_result_is_made_once_and_made_again_when_it_is_damaged(home):
    path = kept.kept_path("things", [1, "a"], "code", ".txt")
    made = []

    def read(path):
        if path.read_text() != "whole":
            raise BookError("damaged")
        return "read"

    def make():
        made.append(1)
        return "made"

    def write(path, result):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("whole")

    assert [kept.request_kept(path, read, make, write) for _ in range(2)] == ["made", "read"]
    path.write_text("cut o")
    assert kept.request_kept(path, read, make, write) == "made"
    assert len(made) == 2
    assert kept.kept_path("things", [2, "a"], "code", ".txt") != path
