"""The smoke book that `make test` has just made: what its gates let pass, looked at from outside.

The variable MOOD_SMOKE_BOOK names its home. Without it these tests skip, since there is no book to look at.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
import symusic
from bs4 import BeautifulSoup
from measures_on_paper import unequal_measures

from lib.basics.places import PROJECT
from lib.profiles import load_profile
from lib.publish.chapters import chapters, documents
from lib.publish.heard import agreement, sounds_and_notes
from lib.publish.pages import Page, check_site
from lib.publish.site import TRIAL_BANNER

pytestmark = pytest.mark.skipif(not os.environ.get("MOOD_SMOKE_BOOK"), reason="only make test makes the book")

MEGABYTE = 1e6


@pytest.fixture(scope="module")
def book_home():
    return Path(os.environ["MOOD_SMOKE_BOOK"])


@pytest.fixture(scope="module")
def site(book_home):
    return book_home / "_build" / "html"


def lib(*arguments, home):
    """Run a command of the book; returns what it printed on both streams."""
    done = subprocess.run(
        [sys.executable, "-m", "lib", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "MOOD_HOME": str(home)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def metrics_of(home):
    """Content of every run's metrics file, by the run's folder."""
    return {path.parent.name: path.read_bytes() for path in home.glob("artifacts/runs/*/metrics.csv")}


def test_every_document_has_become_a_page(site):
    for document in documents():
        assert (site / f"{document}.html").is_file(), document


def test_notation_to_take_away_has_measures_of_one_length(site):
    files = sorted(
        {path.name: path for suffix in ("mxl", "musicxml") for path in site.rglob(f"*.{suffix}")}.values()
    )
    assert files
    assert [line for path in files for line in unequal_measures(path)] == []


def test_nothing_is_wrong_with_the_pages(site):
    assert check_site(site) == []


def test_most_sounds_can_be_held_against_their_notes(site):
    """Of a piece without clear frames, such as thirty programs at once, the check says nothing."""
    pages = [Page(path, site.resolve()) for path in site.rglob("*.html") if "_static" not in path.parts]
    pairs = sounds_and_notes(site.resolve(), pages)
    told = [
        agreement(*soundfile.read(sound, always_2d=True), symusic.Score(notes)) is not None
        for sound, notes in pairs.items()
    ]
    assert len(told) >= 30
    assert sum(told) > len(told) / 2


def test_every_page_says_that_it_is_a_trial(site):
    for document in documents():
        assert TRIAL_BANNER in (site / f"{document}.html").read_text(encoding="utf-8")


def test_no_folder_of_this_machine_is_published(site, book_home):
    folders = re.compile("|".join(re.escape(f"{folder}/") for folder in (PROJECT, book_home, Path.home())))
    for path in site.rglob("*"):
        if path.is_file() and path.suffix in {".html", ".js", ".ipynb", ".md", ".txt", ".json", ".svg"}:
            found = folders.search(path.read_text(encoding="utf-8", errors="replace"))
            assert not found, f"{path.relative_to(site)}: {found}"


def test_the_status_page_lists_every_notebook_with_its_time(site):
    page = BeautifulSoup((site / "book" / "status.html").read_text(encoding="utf-8"), "html.parser")
    rows = [
        [cell.get_text() for cell in row.find_all(["th", "td"])] for row in page.select("article tbody tr")
    ]
    assert [row[0] for row in rows] == [chapter.name for chapter in chapters()]
    assert all(re.fullmatch(r"\d+ s|\d+ min \d\d s", row[2]) for row in rows)


def test_every_chapter_ends_with_its_provenance(site):
    for chapter in chapters():
        page = BeautifulSoup((site / f"{chapter.document}.html").read_text(encoding="utf-8"), "html.parser")
        named = {cell.get_text() for cell in page.select("article table.provenance")[-1].find_all("th")}
        assert {"Commit", "Profile", "Data", "Device", "Versions"} <= named


def test_the_site_is_small(site):
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < 60 * MEGABYTE


def test_what_is_current_is_not_executed_again(book_home):
    said = lib("execute", "--profile", "smoke", home=book_home)
    assert said.count("current, kept") == len(chapters()), said


def test_training_again_from_nothing_gives_the_same_metrics(book_home, tmp_path):
    """Byte for byte: corpus, tokens, split, batches and every step of training."""
    for name in load_profile("smoke").runs:
        lib("train", name, "--profile", "smoke", home=tmp_path)
    first, again = metrics_of(book_home), metrics_of(tmp_path)
    assert len(again) == len(load_profile("smoke").runs)
    assert set(again) <= set(first), "the hash in a run's name covers settings, data and code"
    for name, content in again.items():
        assert first[name] == content, name
