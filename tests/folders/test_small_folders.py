"""No property of somebody's data stops a chapter: whole books, tiny, of folders that are odd in one way or in
several."""

import os

import pytest
from every_chapter import run_chapters
from odd_folders import COMBINED, FOLDERS

EVERY = os.environ.get("MOOD_FOLDERS") == "all"
"""Set by `make test-folders`; without it one folder with several oddities is tried, to save time."""
TRIED = FOLDERS | COMBINED if EVERY else ["bare_loops"]


@pytest.fixture(autouse=True)
def media(tmp_path, monkeypatch):
    """The chapters leave their sound here."""
    monkeypatch.setenv("MOOD_MEDIA", str(tmp_path / "media"))


@pytest.mark.slow
@pytest.mark.parametrize("name", TRIED)
def test_every_chapter_runs_to_its_end(tmp_path, name):
    folder = (FOLDERS | COMBINED)[name](tmp_path / name)
    problems = run_chapters(folder)
    assert not problems, "\n".join(problems)
