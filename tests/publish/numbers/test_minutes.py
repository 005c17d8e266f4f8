"""Times of the chapters: kept by kind of machine, shown, and within the budget."""

from types import SimpleNamespace

import pytest

from lib.basics.errors import BookError
from lib.basics.places import PROJECT
from lib.publish.chapters import chapters
from lib.publish.numbers import minutes

PAGE = "Before\n\n<!-- minutes -->\nlater\n<!-- /minutes -->\n\nAfter\n"


def copy(name, seconds, **record):
    notebook = SimpleNamespace(metadata=SimpleNamespace(papermill=SimpleNamespace(duration=seconds)))
    return SimpleNamespace(chapter=SimpleNamespace(name=name), notebook=notebook, record=record)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr("lib.chapters.speed.bounds.matmul_peak", lambda *_: 66e9)
    (tmp_path / "book" / "numbers").mkdir(parents=True)
    return tmp_path


def test_each_kind_of_machine_keeps_its_own_rows(project):
    fast = [copy("01_a", 60.2, kind="cpu-bf16", precision="32-true"), copy("02_b", 125.0)]
    slow = [copy("01_a", 90.0, kind="cpu-fp32", precision="32-true")]
    minutes.keep_minutes(fast, 30, project)
    minutes.keep_minutes(slow, 45, project)
    minutes.keep_minutes(fast, 35, project)
    page = minutes.with_minutes(PAGE, project)
    assert "| chapter | cpu-bf16 | cpu-fp32 |" in page
    assert "| corpus and tokens | 0:35 | 0:45 |" in page
    assert "| 02_b | 2:05 | – |" in page
    assert "| **in all** | **3:40** | **2:15** |" in page
    assert "66 GFLOP/s" in page
    assert page.startswith("Before")
    assert page.endswith("After\n")


def test_without_times_the_page_stays_and_copies_of_an_unknown_machine_are_refused(project):
    assert minutes.with_minutes(PAGE, project) == PAGE
    with pytest.raises(BookError, match="which kind of machine"):
        minutes.keep_minutes([copy("01_a", 1.0)], 1, project)


def test_the_committed_times_are_of_all_chapters_and_within_the_budget():
    rows = minutes.read_minutes(PROJECT)
    if not rows:
        pytest.skip("no times are committed")
    known = {minutes.BEFORE, *(chapter.name for chapter in chapters(PROJECT))}
    for kind, total in minutes.total_minutes(rows).items():
        assert {row["chapter"] for row in rows if row["kind"] == kind} == known
        assert total <= minutes.BUDGETS[kind], f"the book takes {total:.1f} minutes on {kind}"
