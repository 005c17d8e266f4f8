"""The folder of `make lab`: filled copies beside the notebooks, and never over a reader's work."""

from pathlib import Path

import nbformat
import pytest

from lib.publish.for_class import lab
from lib.publish.for_class.lab import FILLED, TO_RUN, open_lab, prepare_lab


@pytest.fixture
def book(tiny_book, monkeypatch, tmp_path):
    """A tiny book whose home is a folder of its own; `execute` puts a copy where the book keeps them."""
    monkeypatch.setenv("MOOD_HOME", str(tmp_path / "home"))
    chapter = tiny_book.notebook("01_a", "1")

    def execute():
        path = tmp_path / "home" / "artifacts" / "executed" / "smoke" / "01_a.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(tiny_book.copy(chapter).notebook, path)

    def prepare():
        return prepare_lab(
            tmp_path / "home" / "_build" / "lab", "smoke", [chapter], tiny_book.folder / "notebooks"
        )

    tiny_book.execute, tiny_book.prepare = execute, prepare
    tiny_book.lab = tmp_path / "home" / "_build" / "lab"
    return tiny_book


def test_before_anything_was_executed_the_clean_ones_open_and_it_is_said(book):
    first, said = book.prepare()
    assert first == TO_RUN
    assert "None has been executed for the profile 'smoke' yet" in said
    assert "python -m lib execute --profile smoke" in said
    assert (book.lab / TO_RUN / "01_a.ipynb").is_file()
    assert not list((book.lab / FILLED).glob("*.ipynb"))


def test_an_executed_chapter_is_filled_beside_the_clean_one(book):
    book.execute()
    first, said = book.prepare()
    assert first == FILLED
    assert "1 of 1" in said
    nbformat.validate(nbformat.read(book.lab / FILLED / "01_a.ipynb", as_version=4))
    assert "metadata" in (book.lab / TO_RUN / "01_a.ipynb").read_text()


def test_what_a_reader_changed_stays_and_what_jupyterlab_saved_does_not_count(book):
    book.execute()
    book.prepare()
    path = book.lab / FILLED / "01_a.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["saved"] = True
    nbformat.write(notebook, path)
    assert "was changed" not in book.prepare()[1]
    assert "saved" not in nbformat.read(path, as_version=4).metadata
    notebook.cells[0].source += "\nmy note"
    nbformat.write(notebook, path)
    assert "01_a.ipynb was changed since it was written, and stays as it is." in book.prepare()[1]
    assert "my note" in path.read_text()
    path.write_text("no notebook")
    assert "was changed" in book.prepare()[1]


def test_where_a_folder_cannot_stand_twice_notebooks_are_copied_and_kept_when_changed(book, monkeypatch):
    def refuse(*_, **__):
        raise OSError("a right that few have")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    book.prepare()
    path = book.lab / TO_RUN / "01_a.ipynb"
    assert not path.parent.is_symlink()
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = "mine"
    nbformat.write(notebook, path)
    assert "was changed" in book.prepare()[1]
    assert "mine" in path.read_text()


def test_the_link_of_another_checkout_is_laid_anew(book, tmp_path):
    book.lab.mkdir(parents=True)
    (book.lab / TO_RUN).symlink_to(tmp_path / "gone")
    book.prepare()
    assert (book.lab / TO_RUN / "01_a.ipynb").is_file()


def test_jupyterlab_gets_an_absolute_home_and_the_folder(book, monkeypatch):
    started = []
    monkeypatch.setattr(lab, "chapters", list)
    monkeypatch.setattr(lab.subprocess, "run", lambda command, env, check: started.append((command, env)))
    open_lab("smoke")
    ((command, environment),) = started
    assert f"--ServerApp.root_dir={book.lab}" in command
    assert f"--LabApp.default_url=/lab/tree/{TO_RUN}" in command
    assert Path(environment["MOOD_HOME"]).is_absolute()
