"""Real kernels run here, so there are few tests, each with one notebook of a few lines."""

import json

import pytest

from lib.basics.errors import BookError
from lib.publish.chapters import read_notebook
from lib.publish.execute import execute_chapters, executed_path, parameters_for
from lib.publish.fingerprint import KEY, fingerprint
from lib.publish.gates import is_fresh, problems, read_copy

GOOD = """import os, sys
from pathlib import Path
print("half done", file=sys.stderr)
Path(os.environ["MOOD_MEDIA"], "tune.mid").write_bytes(b"notes")
print(profile, repr(data), Path.cwd().name)"""


def execute(book, *chapters, profile=None):
    given = {chapter.name: parameters_for(chapter, book.profile) for chapter in chapters}
    return execute_chapters(chapters, profile or book.profile, given, "data", book.folder)


def copy_of(book, chapter):
    given = parameters_for(chapter, book.profile)
    expected = fingerprint(chapter, book.profile, given, "data", book.folder)
    return read_copy(executed_path("smoke", chapter), chapter, "smoke", expected)


def test_a_notebook_is_executed_once_until_something_changes(tiny_book, capfd):
    chapter = tiny_book.notebook("01_first", GOOD)
    [path] = execute(tiny_book, chapter)
    assert "half done" in capfd.readouterr().err, "the kernel's progress is passed on while it runs"

    copy = copy_of(tiny_book, chapter)
    assert problems([copy]) == []
    streams = {output.name: output.text for output in copy.notebook.cells[-1].outputs}
    assert streams["stdout"] == "smoke '' notebooks\n"
    assert (path.parent / "media" / "tune.mid").is_file()
    assert not list((path.parent / "unfinished").iterdir())
    assert str(tiny_book.folder) not in json.dumps(copy.notebook), "no folder of this machine is published"

    before = path.read_bytes()
    execute(tiny_book, chapter)
    assert "01_first: current, kept" in capfd.readouterr().err
    assert path.read_bytes() == before

    (tiny_book.folder / "requirements.txt").write_text("torch==1\n")
    assert not is_fresh(copy_of(tiny_book, chapter))


def test_a_failing_notebook_ends_with_one_sentence_and_leaves_the_earlier_copy(tiny_book):
    chapter = tiny_book.notebook("01_first", "1 + 1")
    [path] = execute(tiny_book, chapter)
    before = path.read_bytes()
    tiny_book.notebook("01_first", "first = 1", "raise ValueError('too\\nlong')")
    with pytest.raises(BookError) as caught:
        execute(tiny_book, chapter)
    assert str(caught.value) == (
        "The notebook 01_first failed in cell [4], which begins 'raise ValueError('too\\nlong')', with "
        "ValueError: too long; see artifacts/executed/smoke/failed/01_first.ipynb."
    )
    assert path.read_bytes() == before
    kept = read_notebook(path.parent / "failed" / "01_first.ipynb")
    assert KEY not in kept.metadata, "even in its place it would be refused"
    assert "stale" in problems([copy_of(tiny_book, chapter)])[0]


def test_a_cell_that_takes_too_long_is_stopped(tiny_book):
    chapter = tiny_book.notebook("01_first", "import time\ntime.sleep(60)")
    with pytest.raises(BookError, match="01_first stopped: a cell took more than the 1 s"):
        execute(tiny_book, chapter, profile=tiny_book.profile.model_copy(update={"cell_timeout": 1}))
    assert not executed_path("smoke", chapter).exists()


def test_a_kernel_that_dies_is_told(tiny_book):
    chapter = tiny_book.notebook("01_first", "import os\nos._exit(1)")
    with pytest.raises(BookError, match=r"01_first stopped: .*died"):
        execute(tiny_book, chapter)


def test_overrides_go_to_the_notebooks_that_have_them(tiny_book):
    first = tiny_book.notebook("01_first")
    second = tiny_book.notebook("02_second", parameters='profile = "laptop"\ndata = ""\nbars = 4')
    both = [first, second]
    assert parameters_for(first, tiny_book.profile, {"bars": 8}, both) == {"profile": "smoke", "data": ""}
    assert parameters_for(second, tiny_book.profile, {"bars": 8}, both)["bars"] == 8
    with pytest.raises(BookError, match="no parameter 'bar'"):
        parameters_for(second, tiny_book.profile, {"bar": 8}, both)


def test_a_notebook_that_misspells_the_books_own_parameter_is_refused(tiny_book):
    chapter = tiny_book.notebook("01_first", parameters='profil = "laptop"\ndata = ""')
    with pytest.raises(BookError, match="no parameter 'profile'; its parameters are: profil, data"):
        parameters_for(chapter, tiny_book.profile)
