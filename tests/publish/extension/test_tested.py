"""Which tests cover what a chapter calls is found by reading; these examples say what reading must find."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lib.basics.places import PROJECT
from lib.publish.extension.tested import covering_tests, functions_called


def test_names_are_followed_through_imports_and_packages():
    notebook = new_notebook(
        cells=[
            new_markdown_cell("open_store(1)"),
            new_code_cell(
                "from lib.data import open_store\n"
                "from lib.chapters.dataset import measures as dataset\nimport numpy as np"
            ),
            new_code_cell("store = open_store(1)\nnp.zeros(3)\ndataset.label_counts(store)"),
            new_code_cell("%matplotlib inline\nopen_store(2)"),
        ]
    )
    assert functions_called(notebook) == {
        "lib.chapters.dataset.measures.label_counts": [2],
        "lib.data.store.open_store": [2, 3],
    }


@pytest.mark.parametrize(
    ("function", "path"),
    [
        ("lib.publish.extension.tested.functions_called", "tests/publish/extension/test_tested.py"),
        ("lib.chapters.dataset.measures.note_losses", "tests/chapters/dataset/test_measures.py"),
    ],
)
def test_a_function_leads_to_the_tests_that_name_it(function, path):
    (found,) = [one for one in covering_tests()[function] if one.path == path]
    line = (PROJECT / path).read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert line.startswith("def test_")
    assert found.tests >= 1


def test_what_no_test_names_has_no_entry():
    assert "lib.publish.extension.tested._definition" not in covering_tests()
