import pytest

from lib.basics.errors import BookError
from lib.publish.chapters import chapters, check_parameters, documents, parameters_of, select

TOC = """format: jb-book
root: book/index
parts:
  - caption: one
    chapters:
      - file: notebooks/01_first
      - file: book/page
        sections:
          - file: book/below
  - caption: two
    chapters:
      - file: notebooks/02_second
"""


@pytest.fixture
def book(tiny_book):
    (tiny_book.folder / "_toc.yml").write_text(TOC)
    tiny_book.notebook("01_first")
    tiny_book.notebook("02_second")
    return tiny_book


def test_documents_come_in_reading_order(book):
    assert documents(book.folder) == [
        "book/index",
        "notebooks/01_first",
        "book/page",
        "book/below",
        "notebooks/02_second",
    ]


def test_chapters_are_the_notebooks(book):
    assert [chapter.name for chapter in chapters(book.folder)] == ["01_first", "02_second"]


def test_a_notebook_that_does_not_exist_is_named(book):
    (book.folder / "notebooks" / "02_second.ipynb").unlink()
    with pytest.raises(BookError, match="02_second"):
        chapters(book.folder)


def test_select_keeps_the_order_of_the_book_and_takes_paths(book):
    found = select(chapters(book.folder), ["02_second", "notebooks/01_first.ipynb"])
    assert [chapter.name for chapter in found] == ["01_first", "02_second"]


def test_select_names_an_unknown_notebook_and_the_known_ones(book):
    with pytest.raises(BookError, match="'03_third'; it has: 01_first, 02_second"):
        select(chapters(book.folder), ["03_third"])


def test_parameters_are_read_without_running_them(tiny_book):
    cell = 'profile = "laptop"  # a name\ndata = ""\nbars = [1, 2]'
    chapter = tiny_book.notebook("01_first", parameters=cell)
    assert parameters_of(chapter.read(), chapter.name) == {"profile": "laptop", "data": "", "bars": [1, 2]}


@pytest.mark.parametrize("cell", ["import os", "profile = os.name", "profile, data = 1, 2", "profile ="])
def test_a_parameters_cell_of_anything_but_literals_is_refused(tiny_book, cell):
    chapter = tiny_book.notebook("01_first", parameters=cell)
    with pytest.raises(BookError, match="parameters cell of 01_first"):
        parameters_of(chapter.read(), chapter.name)


def test_a_notebook_without_parameters_cell_is_refused(tiny_book):
    notebook = tiny_book.notebook("01_first").read()
    del notebook.cells[1]
    with pytest.raises(BookError, match="0 cells tagged 'parameters'"):
        parameters_of(notebook, "01_first")


def test_a_misspelt_parameter_is_refused_with_the_known_ones(tiny_book):
    with pytest.raises(BookError, match="no parameter 'profil'; its parameters are: profile, data"):
        check_parameters(tiny_book.notebook("01_first"), {"profil": "smoke"})
