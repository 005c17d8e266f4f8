"""Same again? Numbers of executed notebooks against committed ones."""

import pytest
from nbformat.v4 import new_output

from lib.basics.errors import BookError
from lib.ledger.claims import RECORD
from lib.publish.numbers.compare import (
    OTHER_WORDS,
    Numbers,
    about_machines,
    book_numbers,
    compare,
    compare_book,
    keep_numbers,
    numbers_of,
    numbers_path,
    read_numbers,
    verdict,
)
from lib.publish.pages_made.status import status_page


def glued(name, text):
    return new_output(
        "display_data",
        {"application/papermill.record/text/plain": text},
        metadata={"scrapbook": {"name": name, "mime_prefix": "application/papermill.record/"}},
    )


@pytest.fixture
def copy(tiny_book):
    made = tiny_book.copy(tiny_book.notebook("01_first", "1 + 1"))
    made.notebook.cells[-1].outputs = [
        glued("first-loss", "0.873"),
        glued("first-word", "'lower than'"),
        glued("first-gain", "'0.60 [0.55,\xa00.66]'"),
        glued("timing-of-first-step", "0.021"),
        new_output(
            "display_data",
            {RECORD: {"claim": 3, "verdicts": {"original": "confounded", "replication": "agrees"}}},
        ),
    ]
    return made


def test_numbers_words_and_verdicts_come_out_of_the_outputs_and_timings_do_not(copy):
    assert numbers_of(copy.notebook) == {
        "first-loss": "0.873",
        "first-word": "lower than",
        "first-gain": "0.60 [0.55,\xa00.66]",
        "claim 3, original": "confounded",
        "claim 3, replication": "agrees",
    }


@pytest.mark.parametrize(
    ("committed", "now", "expected"),
    [
        ("0.873", "0.873", "identical"),
        ("0.873", "0.880", "within the spread"),
        ("0.873", "0.95", "changed"),
        ("0.60 [0.55,\xa00.66]", "0.64 [0.59,\xa00.70]", "within the spread"),
        ("0.60 [0.55,\xa00.66]", "0.70 [0.65,\xa00.75]", "changed"),
        ("−0.10 [−0.20,\xa0−0.05]", "−0.12 [−0.2,\xa0−0.1]", "within the spread"),
        ("lower than", "higher than", OTHER_WORDS),
        ("12,345", "12,346", "within the spread"),
        (None, "1", "new"),
        ("1", None, "missing"),
        ("0.5", "much", OTHER_WORDS),
        ("nan", "nan", "identical"),
        ("54%", "55%", "within the spread"),
        ("54%", "64%", "changed"),
        ("F4", "G4", OTHER_WORDS),
        ("F4", "F5", OTHER_WORDS),
        ("5", "−5", "changed"),
        ("24 of 32", "21 of 32", "changed"),
        ("39.0% to 43.4%", "40.1% to 44.0%", "within the spread"),
        ("39.0% to 43.4%", "42.9% to 47.0%", "changed"),
        ("faster: 1.33 times (1.19 to 1.39)", "faster: 1.21 times (1.10 to 1.30)", "within the spread"),
        ("faster: 1.33 times (1.19 to 1.39)", "faster: 1.11 times (1.05 to 1.15)", "changed"),
        ("faster: 1.33 times (1.19 to 1.39)", "slower: 0.80 times (0.75 to 0.91)", OTHER_WORDS),
        ("scaled start (2.52) and clipping (0.90)", "clipping (2.60) and scaled start (0.91)", OTHER_WORDS),
        ("0.88 [0.85, 0.91] (20 pieces)", "0.90 [0.87, 0.92] (20 pieces)", "within the spread"),
        ("8.940696716308594e-08", "8.940696716308594e-07", "changed"),
        ("21, 56, 55", "21, 56, 54", "within the spread"),
    ],
)
def test_a_number_is_identical_near_or_changed(committed, now, expected):
    assert verdict(committed, now) == expected


def test_what_was_kept_is_found_identical_again(copy, tmp_path):
    now = book_numbers([copy])
    assert keep_numbers(now, "smoke", tmp_path) == numbers_path("smoke", "cpu-fp32", tmp_path)
    committed = read_numbers("smoke", "cpu-fp32", tmp_path)
    assert committed == now
    assert compare([copy], committed)["verdict"].tolist() == ["identical"] * 5
    assert "Both were computed in" in about_machines(committed, now)


def test_another_kind_of_machine_has_a_file_of_its_own_and_is_another_computation(copy, tmp_path):
    now = book_numbers([copy])
    other = Numbers(
        {**now.machine, "kind": "gpu-bf16", "precision": "another"},
        {
            **now.values,
            ("01_first", "first-word"): "higher than",
            ("01_first", "first-loss"): "0.95",
            ("01_first", "claim 3, replication"): "differs",
        },
    )
    keep_numbers(other, "tiny", tmp_path)
    keep_numbers(other, "tiny-er", tmp_path)  # another profile's, whose name begins alike
    text = compare_book([copy], "tiny", project=tmp_path)
    assert "another computation, whose numbers agree within the spread at best" in text
    assert text.splitlines()[2:] == [
        "  other words: 01_first first-word was higher than, is lower than",
        "  other words: 01_first claim 3, replication was differs, is agrees",
        "  changed: 01_first first-loss was 0.95, is 0.873",
    ]
    keep_numbers(now, "tiny", tmp_path)
    assert read_numbers("tiny", "cpu-fp32", tmp_path) == now
    assert read_numbers("tiny", "gpu-bf16", tmp_path) == other
    assert read_numbers("tiny", "cpu-bf16", tmp_path) in (now, other)


def test_copies_that_do_not_say_where_they_ran_are_to_be_executed_again(copy, tmp_path):
    del copy.record["kind"]
    with pytest.raises(BookError, match="execute them again with python -m lib execute --profile tiny"):
        compare_book([copy], "tiny", project=tmp_path)


def test_other_chapters_numbers_are_not_missed(copy):
    table = compare([copy], Numbers(values={("02_second", "x"): "1", ("01_first", "gone"): "1"}))
    assert table.set_index("name")["verdict"]["gone"] == "missing"
    assert "x" not in set(table["name"])


def test_without_committed_numbers_it_says_how_to_write_them(copy, tmp_path):
    with pytest.raises(BookError, match="lib compare --profile tiny --keep"):
        compare_book([copy], "tiny", project=tmp_path)
    assert "written: book/numbers/tiny-cpu-fp32.csv" in compare_book([copy], "tiny", True, tmp_path)
    assert "01_first: 5 identical" in compare_book([copy], "tiny", project=tmp_path)


def test_another_file_in_its_place_is_refused(tmp_path):
    (tmp_path / "book" / "numbers").mkdir(parents=True)
    (tmp_path / "book" / "numbers" / "smoke-cpu-fp32.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BookError, match="other columns than notebook, name, value"):
        read_numbers("smoke", "cpu-fp32", tmp_path)


def test_the_status_page_tells_what_changed(copy, monkeypatch):
    committed = Numbers(
        {"precision": "p", "device": "a <b>"},
        {("01_first", "first-loss"): "2.5", ("01_first", "first-word"): "higher than"},
    )
    monkeypatch.setattr("lib.publish.pages_made.status.read_numbers", lambda profile, kind: committed)
    page = status_page([copy], "smoke")
    assert "<td>first-loss</td><td>2.5</td><td>0.873</td><td>changed</td>" in page
    assert "computed in p on a &lt;b&gt;, these in" in page
    assert f"<td>a device, 1 threads, {copy.record['precision']}</td>" in page
    assert 0 < page.index("<td>other words</td>") < page.index("<td>changed</td>")
    monkeypatch.setattr("lib.publish.pages_made.status.read_numbers", lambda profile, kind: None)
    assert "nothing to compare with" in status_page([copy], "smoke")
