"""The notebooks as they are committed: sources that papermill can run, that a person can read."""

import ast
import re

import nbformat
import pytest
from every_chapter import solutions
from prose import QUOTING_TAG, typed_numbers

from lib.basics.places import NOTEBOOKS
from lib.publish.chapters import documents, parameters_of, tagged

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
LONGEST_CELL = 40  # lines; what is longer does work that belongs in lib
WIDEST = 88  # columns of code that fit beside the margin without a scroll bar


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def calls(cell):
    """Names of the functions that a cell calls, the last part of dotted ones."""
    source = "\n".join(line for line in cell.source.splitlines() if not line.startswith("%"))
    functions = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [
        function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        for function in functions
    ]


def test_the_table_of_contents_names_every_notebook():
    named = [document for document in documents() if document.startswith("notebooks/")]
    assert sorted(named) == [f"notebooks/{path.stem}" for path in PATHS]


def test_it_is_a_valid_notebook_for_the_kernel_python3(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.kernelspec.language == "python"
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}, "no state of an editor or of widgets"


def test_it_carries_no_outputs(notebook):
    for cell in code_cells(notebook):
        assert not cell.outputs
        assert cell.execution_count is None


def test_its_first_code_cell_is_the_one_of_parameters(path, notebook):
    assert tagged(notebook, "parameters") == code_cells(notebook)[:1]
    parameters = parameters_of(notebook, path.stem)
    assert parameters["profile"] == "laptop"
    assert parameters["data"] == ""


def test_it_opens_with_its_title_and_closes_with_its_provenance(notebook):
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")
    assert "show_provenance" in calls(code_cells(notebook)[-1])


def test_every_cell_has_an_address_that_can_be_read(notebook):
    for cell in notebook.cells:
        assert re.fullmatch(r"[a-z][a-z0-9-]{1,59}", cell.id), cell.id
        assert not re.fullmatch(r"(?=.*\d)[0-9a-f]{6,}", cell.id), f"{cell.id} says nothing"


def test_no_code_cell_is_long(notebook):
    for cell in code_cells(notebook):
        assert len(cell.source.splitlines()) <= LONGEST_CELL, cell.source.splitlines()[0]


def test_code_fits_the_page(notebook):
    cells = [cell.source for cell in code_cells(notebook)]
    lines = "\n".join([*cells, *solutions(notebook)]).splitlines()
    assert [line for line in lines if len(line) > WIDEST] == []


def test_code_of_a_solution_is_whole(notebook):
    """That it also runs, test_small_folders tries: it runs it behind its chapter."""
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = solutions(notebook)
    assert prose.count("~~~python") == len(found), "a block of code outside the folded solutions is not run"
    nodes = (node for code in found for node in ast.walk(ast.parse(code)))
    assert not any(isinstance(node, ast.Constant) and node.value is ... for node in nodes)


@pytest.mark.parametrize("name", ["settings", "store", "runs", "models", "losses"])
def test_what_the_whole_chapter_uses_is_bound_in_one_cell(notebook, name):
    """A later cell that binds it to something else, in a branch that few take, breaks those behind it."""
    binding = {
        cell["id"]
        for cell in code_cells(notebook)
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name
    }
    assert len(binding) <= 1


def test_every_cell_that_claims_a_figure_describes_it(notebook):
    for cell in code_cells(notebook):
        settings = cell.metadata.get("mystnb", {})
        if {"figure", "image"} & set(settings):
            assert settings["figure"]["caption"].strip()
            assert re.fullmatch(r"fig-[a-z0-9-]+", settings["figure"]["name"])
            alternative = settings["image"]["alt"].strip()
            assert len(alternative) > 10, "an alternative text says what is to be seen"
            assert alternative != settings["figure"]["caption"].strip()


def test_names_of_figures_are_used_once_in_the_book():
    names = [
        cell.metadata.mystnb["figure"]["name"]
        for path in PATHS
        for cell in code_cells(nbformat.read(path, as_version=4))
        if "figure" in cell.metadata.get("mystnb", {})
    ]
    assert len(names) == len(set(names))


def test_it_names_no_folder_of_a_machine_and_no_other_host(notebook):
    for cell in code_cells(notebook):
        assert not re.search(r"""["'](?:/|~|[A-Z]:\\)""", cell.source), cell.source
        assert "tqdm.auto" not in cell.source, "it adds scripts from another host"
        assert "!pip" not in cell.source
        assert "%pip" not in cell.source


def test_no_result_is_typed_by_hand(notebook):
    found = [f"cell {each.cell}: {each.number} in '{each.line}'" for each in typed_numbers(notebook)]
    assert not found, (
        f"glue it from the computation, set it in code or mathematics, or tag a cell that "
        f"quotes the original report with '{QUOTING_TAG}': {found}"
    )
