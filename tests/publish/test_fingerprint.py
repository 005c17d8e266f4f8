import json

import pytest

from lib.basics import kept
from lib.publish.fingerprint import fingerprint, short


@pytest.fixture
def parts(tiny_book):
    """The fingerprint of a notebook that calls lib.room.code, as things stand."""
    (tiny_book.folder / "lib" / "room").mkdir()
    (tiny_book.folder / "lib" / "room" / "code.py").write_text("answer = 42\n")
    cells = ["%matplotlib inline\nfrom lib.room.code import answer", "answer + 1"]
    chapter = tiny_book.notebook("01_first", *cells)

    def parts(profile=tiny_book.profile, data="data", **given):
        for cached in (kept._tree, kept._tree_hash, kept._imports):
            cached.cache_clear()  # as in a new process
        given = {"profile": "smoke", "data": "/here", **given}
        return fingerprint(chapter, profile, given, data, tiny_book.folder)

    return parts


def changed(before, after):
    assert (short(after) != short(before)) == (after != before)
    return [part for part in before if after[part] != before[part]]


def test_the_folder_of_the_data_changes_nothing(parts, tiny_book):
    data = tiny_book.profile.data.model_copy(update={"folder": tiny_book.folder})
    there = tiny_book.profile.model_copy(update={"data": data})
    assert changed(parts(), parts(there)) == []


def test_parameters_settings_data_and_precision_change_their_own_part(parts, tiny_book):
    before = parts()
    assert changed(before, parts(bars=4)) == ["parameters"]
    assert changed(before, parts(tiny_book.profile.model_copy(update={"seeds": [1, 2]}))) == ["parameters"]
    assert changed(before, parts(data="other")) == ["data"]
    precise = tiny_book.profile.model_copy(update={"precision": "other"})
    assert changed(before, parts(precise)) == ["precision"]


def test_cells_and_their_ids_are_the_source(parts, tiny_book):
    before = parts()
    path = tiny_book.folder / "notebooks" / "01_first.ipynb"
    content = json.loads(path.read_text())
    content["cells"][-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "43"}]
    path.write_text(json.dumps(content))
    assert changed(before, parts()) == []
    content["cells"][-1]["id"] = "a-better-address"
    path.write_text(json.dumps(content))
    assert changed(before, parts()) == ["source"]


@pytest.mark.parametrize(
    ("name", "text", "stale"),
    [
        ("lib/room/code.py", "answer = 42  # as always\n", False),
        ("lib/room/code.py", "answer = 41\n", True),
        ("lib/code.py", "answer = 41\n", False),
        ("lib/room/rules.yaml", "margin: 1\n", True),
        ("lib/room/CARD.md", "Text for readers.\n", False),
        ("lib/room/.code.py.swp", "", False),
        ("book/reference/survey.csv", "score,count\n1,21\n", True),
        ("book/evidence/sweeps.csv", "loss\n1\n", True),
        ("book/limits.md", "A page.\n", False),
        ("requirements.txt", "torch==1\n", True),
    ],
)
def test_the_code_that_is_called_and_what_it_reads_count(parts, tiny_book, name, text, stale):
    before = parts()
    path = tiny_book.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert changed(before, parts()) == (["code"] if stale else [])
