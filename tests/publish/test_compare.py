"""Same again? Numbers of executed notebooks against committed ones."""

import pytest
from nbformat.v4 import new_output

from lib.basics.errors import BookError
from lib.publish import compare as module
from lib.publish.compare import compare, compare_book, keep_numbers, numbers_of, read_numbers, verdict
from lib.publish.status import status_page


def glued(name, text):
    return new_output("display_data", {"application/papermill.record/text/plain": text},
                      metadata={"scrapbook": {"name": name, "mime_prefix": "application/papermill.record/"}})


@pytest.fixture
def copy(tiny_book):
    made = tiny_book.copy(tiny_book.notebook("01_first", "1 + 1"))
    made.notebook.cells[-1].outputs = [glued("first-loss", "0.873"), glued("first-word", "'lower than'"),
                                       glued("first-gain", "'0.60 [0.55,\xa00.66]'"),
                                       glued("timing-of-first-step", "0.021")]
    return made


def test_numbers_and_words_come_out_of_the_outputs_and_timings_do_not(copy):
    assert numbers_of(copy.notebook) == {"first-loss": "0.873", "first-word": "lower than",
                                         "first-gain": "0.60 [0.55,\xa00.66]"}


@pytest.mark.parametrize(("committed", "now", "expected"), [
    ("0.873", "0.873", "identical"), ("0.873", "0.880", "within the spread"), ("0.873", "0.95", "changed"),
    ("0.60 [0.55,\xa00.66]", "0.64 [0.59,\xa00.70]", "within the spread"),
    ("0.60 [0.55,\xa00.66]", "0.70 [0.65,\xa00.75]", "changed"),
    ("−0.10 [−0.20,\xa0−0.05]", "−0.12 [−0.2,\xa0−0.1]", "within the spread"),
    ("lower than", "higher than", "changed"), ("12,345", "12,346", "within the spread"),
    (None, "1", "new"), ("1", None, "missing"), ("0.5", "much", "changed"), ("nan", "nan", "identical"),
])
def test_a_number_is_identical_near_or_changed(committed, now, expected):
    assert verdict(committed, now) == expected


def test_what_was_kept_is_found_identical_again(copy, tmp_path):
    keep_numbers([copy], "smoke", tmp_path)
    table = compare([copy], read_numbers("smoke", tmp_path))
    assert table["verdict"].tolist() == ["identical"] * 3


def test_other_chapters_numbers_are_not_missed(copy):
    table = compare([copy], {("02_second", "x"): "1", ("01_first", "gone"): "1"})
    assert table.set_index("name")["verdict"]["gone"] == "missing"
    assert "x" not in set(table["name"])


def test_without_committed_numbers_it_says_how_to_write_them(copy, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PROJECT", tmp_path)
    monkeypatch.setattr(module, "numbers_path", lambda profile, project=None: tmp_path / f"{profile}.csv")
    with pytest.raises(BookError, match="lib compare --profile tiny --keep"):
        compare_book([copy], "tiny")
    assert "written: book/numbers/tiny.csv" in compare_book([copy], "tiny", keep=True)
    assert "01_first: 3 identical" in compare_book([copy], "tiny")


def test_another_file_in_its_place_is_refused(tmp_path):
    (tmp_path / "book" / "numbers").mkdir(parents=True)
    (tmp_path / "book" / "numbers" / "smoke.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BookError, match="other columns than notebook, name, value"):
        read_numbers("smoke", tmp_path)


def test_the_status_page_tells_what_changed(copy, monkeypatch):
    committed = {("01_first", "first-loss"): "2.5"}
    monkeypatch.setattr("lib.publish.status.read_numbers", lambda profile: committed)
    page = status_page([copy], "smoke")
    assert "<td>first-loss</td><td>2.5</td><td>0.873</td><td>changed</td>" in page
    monkeypatch.setattr("lib.publish.status.read_numbers", lambda profile: None)
    assert "nothing to compare with" in status_page([copy], "smoke")
