"""A Sphinx extension: what the site adds to a chapter beside its cells.

Below the opening box stand the run time, the page that tells what was executed, and the notebook to take
home. Every code cell has an address. Terms link to the glossary where they are used first. At the end stands
which tests cover the functions that the chapter calls; the tests themselves are pages of the site. All of it
is taken from the staged notebook, and nothing needs a script in the browser.
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path

import nbformat
from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx.application import Sphinx

from lib.basics.places import PROJECT
from lib.basics.progress import duration
from lib.publish.extension.cell_anchors import add_links, cell_anchor, name_cells
from lib.publish.extension.glossary_links import link_first_uses
from lib.publish.extension.numbering import number_by_letters, typeset_prose
from lib.publish.extension.tested import Tested, covering_tests, functions_called
from lib.show.tables import wide_table

CLEAN = "clean"  # the folder, beside the chapters' pages, of the notebooks without outputs
_STATUS = "book/status"
_TABLE = "tests-of-this-chapter"
_SHOWN = 3  # test files named for a function; the one that mirrors its module comes first


def setup(app: Sphinx) -> dict:
    """Called by sphinx."""
    app.connect("doctree-read", _read)
    app.connect("env-get-updated", number_by_letters, priority=900)  # behind sphinx, which numbers there
    app.connect("doctree-resolved", _resolved)
    app.connect("html-collect-pages", _test_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _notebook(app: Sphinx, document: str) -> nbformat.NotebookNode | None:
    """The staged notebook of a document; None for other pages."""
    path = Path(app.env.doc2path(document))
    return nbformat.read(path, as_version=4) if path.suffix == ".ipynb" else None


def _read(app: Sphinx, doctree: nodes.document) -> None:
    document = app.env.docname
    notebook = _notebook(app, document)
    if notebook is not None:
        name_cells(app, doctree, [cell.id for cell in notebook.cells])


def _resolved(app: Sphinx, doctree: nodes.document, document: str) -> None:
    typeset_prose(doctree)
    notebook = _notebook(app, document)
    if notebook is None or app.builder.format != "html":
        return
    called = functions_called(notebook)
    link_first_uses(app, doctree, document)
    add_links(doctree, {index for cells in called.values() for index in cells}, _TABLE)
    _insert_line(doctree, _opening_line(app, document, notebook))
    if called:
        last = list(doctree.findall(nodes.section))[-1]
        last.append(nodes.raw("", _closing_table(app, document, notebook, called), format="html"))


def _insert_line(doctree: nodes.document, line: str) -> None:
    """Put `line` below the opening box, or below the title of a page that has no box."""
    place = next(iter(doctree.findall(nodes.Admonition)), None) or next(iter(doctree.findall(nodes.title)))
    place.parent.insert(place.parent.index(place) + 1, nodes.raw("", line, format="html"))


def _opening_line(app: Sphinx, document: str, notebook: nbformat.NotebookNode) -> str:
    run, name = notebook.metadata.get("papermill", {}), document.rpartition("/")[2]
    text = []
    if run.get("duration") is not None:
        profile = run.get("parameters", {}).get("profile", "")
        text.append(f"Executed in {escape(duration(run['duration']))} (profile {escape(str(profile))})")
    if _STATUS in app.env.found_docs:
        text.append(
            f'<a href="{app.builder.get_relative_uri(document, _STATUS)}">What was executed, where, '
            "for how long</a>"
        )
    up = "../" * document.count("/")
    downloads = (
        f'Notebook: <a href="{up}_sources/{document}.ipynb" download="{name}_executed.ipynb">with '
        f'results</a>, <a href="{CLEAN}/{name}.ipynb" download>clean, to run</a>'
    )
    return f'<p class="about-chapter">{" · ".join([*text, downloads])}</p>\n'


def _closing_table(
    app: Sphinx, document: str, notebook: nbformat.NotebookNode, called: dict[str, list[int]]
) -> str:
    rows = [
        (
            f"<code>{escape(function)}</code>",
            ", ".join(_cell_link(notebook.cells[index]) for index in cells),
            _tests(app, document, function),
        )
        for function, cells in called.items()
    ]
    table = wide_table(
        "Functions and their tests", ("Function of lib", "Cells", "Tests that call it by name"), rows
    )
    return (
        f'<details class="chapter-tests" id="{_TABLE}">\n'
        f"<summary>What this chapter calls, and the tests of it</summary>\n{table}\n</details>\n"
    )


def _cell_link(cell: nbformat.NotebookNode) -> str:
    return f'<a href="#{escape(cell_anchor(cell.id))}">[{cell.execution_count or "·"}]</a>'


def _tests(app: Sphinx, document: str, function: str) -> str:
    found = covering_tests().get(function, ())
    if not found:
        return "none; other tests and the trial book of <code>make test</code> run it"
    module = "/".join([*function.split(".")[1:-2], f"test_{function.split('.')[-2]}.py"])
    ordered = sorted(found, key=lambda one: (one.path != f"tests/{module}", -one.tests))
    more = f", {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(_test_link(app, document, one) for one in ordered[:_SHOWN]) + more


def _test_link(app: Sphinx, document: str, one: Tested) -> str:
    page = app.builder.get_relative_uri(document, one.path.removesuffix(".py"))
    count = f" ({one.tests})" if one.tests > 1 else ""
    return f'<a href="{page}#line-{one.line}">{escape(one.path.removeprefix("tests/"))}</a>{count}'


def _test_pages(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """A page for every test file that a chapter's table may link."""
    used = {
        function
        for document in sorted(app.env.found_docs)
        if (notebook := _notebook(app, document)) is not None
        for function in functions_called(notebook)
    }
    paths = {one.path for function in used for one in covering_tests().get(function, ())}
    for path in sorted(paths):
        yield path.removesuffix(".py"), {"title": path, "body": _highlighted(path)}, "page.html"


def _highlighted(path: str) -> str:
    formatter = HtmlFormatter(linespans="line", wrapcode=True)
    code = highlight((PROJECT / path).read_text(encoding="utf-8"), PythonLexer(), formatter)
    return (
        f"<h1>{escape(path)}</h1>\n<p>One of the files of tests that <code>make test</code> runs.</p>\n"
        f"{code.replace('<pre>', '<pre tabindex=0>')}"
    )
