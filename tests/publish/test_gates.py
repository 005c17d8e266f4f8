import dataclasses

import pytest
from nbformat.v4 import new_output

from lib.basics.errors import BookError
from lib.publish.fingerprint import KEY
from lib.publish.gates import is_fresh, linked_media, problems, read_copy

PNG = new_output("display_data", {"image/png": "AAAA", "text/plain": "<Figure>"})
DESCRIBED = {"figure": {"caption": "Loss.", "name": "fig-loss"}, "image": {"alt": "A falling line."}}


@pytest.fixture
def copy(tiny_book):
    """An executed copy that passes every gate; its last cell is `1 + 1`."""
    return tiny_book.copy(tiny_book.notebook("01_first", "1 + 1"))


def only_problem(copy):
    found = problems([copy])
    assert len(found) == 1, found
    assert found[0].count(". ") == 0, "one sentence"
    return found[0]


def test_a_good_copy_passes(copy):
    assert problems([copy]) == []
    assert is_fresh(copy)


def test_a_missing_copy_is_named_with_the_command_that_makes_it(tiny_book, tmp_path):
    chapter = tiny_book.notebook("01_first")
    with pytest.raises(BookError, match=r"01_first has not been executed .* lib execute --profile smoke"):
        read_copy(tmp_path / "01_first.ipynb", chapter, "smoke", {})


def test_an_error_output_is_refused_with_its_cell(copy):
    copy.notebook.cells[-1].outputs = [new_output("error", ename="ValueError", evalue="too long\nmore")]
    assert "01_first failed in cell [2] with ValueError: too long;" in only_problem(copy)
    assert not is_fresh(copy)


def test_papermills_own_mark_of_failure_is_refused(copy):
    copy.notebook.metadata.papermill.exception = True
    assert "failed" in only_problem(copy)


def test_an_unfinished_copy_is_refused(copy):
    copy.notebook.metadata.papermill.end_time = None
    assert "not finished" in only_problem(copy)


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("source", "its notebook"),
        ("code", "the code that it calls"),
        ("parameters", "its parameters"),
        ("data", "the data"),
    ],
)
def test_a_stale_copy_is_refused_with_what_changed(copy, part, told):
    changed = dataclasses.replace(copy, expected={**copy.expected, part: "another hash"})
    assert f"stale, since it was made from another state of {told}" in only_problem(changed)
    assert not is_fresh(changed)


def test_a_copy_that_something_else_executed_is_refused(copy):
    del copy.notebook.metadata[KEY]
    assert "does not say what it was made from" in only_problem(copy)


def test_another_profile_is_refused(copy):
    assert "profile 'smoke', not 'laptop'" in only_problem(dataclasses.replace(copy, profile="laptop"))


def test_a_misspelt_parameter_is_refused(copy):
    copy.notebook.metadata.papermill.parameters["profil"] = "gpu"
    assert "a parameter 'profil'" in only_problem(copy)


@pytest.mark.parametrize("text", ["file.py:3: UserWarning: odd", "WARNING:root:odd", "Traceback (most"])
def test_a_warning_on_standard_error_is_refused(copy, text):
    copy.notebook.cells[-1].outputs = [new_output("stream", name="stderr", text=f"training: 50 %\n{text}\n")]
    assert f"in cell [2]: {text}" in only_problem(copy)


def test_progress_on_standard_error_passes(copy):
    line = "training: 50% of 8 steps, 4 s left\n"
    copy.notebook.cells[-1].outputs = [new_output("stream", name="stderr", text=line)]
    assert problems([copy]) == []


@pytest.mark.parametrize(
    ("metadata", "missing"),
    [
        ({}, "no alternative text and no caption"),
        ({"figure": DESCRIBED["figure"]}, "no alternative text;"),
        ({**DESCRIBED, "image": {"alt": "  "}}, "no alternative text;"),
        ({"image": DESCRIBED["image"]}, "no caption;"),
    ],
)
def test_a_picture_without_words_is_refused(copy, metadata, missing):
    copy.notebook.cells[-1].outputs = [PNG]
    copy.notebook.cells[-1].metadata.mystnb = metadata
    assert missing in only_problem(copy)


def test_a_described_picture_passes_and_so_does_one_that_is_not_shown(copy):
    cell = copy.notebook.cells[-1]
    cell.outputs = [PNG]
    cell.metadata.mystnb = DESCRIBED
    assert problems([copy]) == []
    cell.metadata.mystnb, cell.metadata.tags = {}, ["remove-output"]
    assert problems([copy]) == []


def test_linked_media_must_exist(copy):
    page = '<audio src="media/a%20tune%20%26%20more.mp3"></audio><a href="media/tune.mid">MIDI</a>'
    copy.notebook.cells[-1].outputs = [new_output("display_data", {"text/html": page})]
    assert linked_media(copy.notebook) == {"a tune & more.mp3", "tune.mid"}
    copy.media.mkdir()
    (copy.media / "a tune & more.mp3").write_bytes(b"sound")
    assert "links media/tune.mid, which does not exist" in only_problem(copy)
    (copy.media / "tune.mid").write_bytes(b"notes")
    assert problems([copy]) == []


def test_a_link_out_of_the_media_folder_is_refused(copy):
    copy.media.mkdir()
    page = '<a href="media/..%2Fproject%2Flib%2Fcode.py">x</a>'
    copy.notebook.cells[-1].outputs = [new_output("display_data", {"text/html": page})]
    assert "which does not exist" in only_problem(copy)
