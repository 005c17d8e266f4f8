"""A book of one page and one or two tiny notebooks, in a folder of its own."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lib.profiles import load_profile
from lib.publish.chapters import Chapter
from lib.publish.fingerprint import KEY, fingerprint
from lib.publish.gates import ExecutedCopy

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
PARAMETERS = 'profile = "laptop"\ndata = ""'


class TinyBook:
    """The project folder and what a test does with it."""

    def __init__(self, folder):
        self.folder = folder
        self.profile = load_profile("smoke")
        for name in ("notebooks", "book", "lib"):
            (folder / name).mkdir(parents=True)
        (folder / "lib" / "code.py").write_text("answer = 42\n")

    def notebook(self, name, *sources, parameters=PARAMETERS):
        """Write a source notebook; returns its chapter."""
        cells = [
            new_markdown_cell("# A chapter"),
            new_code_cell(parameters, metadata={"tags": ["parameters"]}),
            *(new_code_cell(source) for source in sources),
        ]
        path = self.folder / "notebooks" / f"{name}.ipynb"
        nbformat.write(new_notebook(cells=cells, metadata=KERNEL), path)
        return Chapter(name, f"notebooks/{name}", path)

    def copy(self, chapter, **parameters):
        """An executed copy that passes every gate, without running anything."""
        given = {"profile": self.profile.name, "data": "", **parameters}
        expected = fingerprint(chapter, self.profile, given, "data", self.folder)
        notebook = chapter.read()
        notebook.metadata["papermill"] = nbformat.from_dict(
            {
                "parameters": given,
                "start_time": "2026-01-01T12:00:00",
                "end_time": "2026-01-01T12:00:02",
                "duration": 2.0,
                "exception": None,
            }
        )
        notebook.metadata[KEY] = {
            "fingerprint": expected,
            "profile": "smoke",
            "device": "a device",
            "threads": 1,
            "precision": self.profile.precision,
            "kind": "cpu-fp32",
            "commit": None,
        }
        for count, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1):
            cell.execution_count = count
        return ExecutedCopy(chapter, notebook, self.profile.name, expected, self.folder / "media")


@pytest.fixture
def tiny_book(tmp_path):
    return TinyBook(tmp_path / "project")
