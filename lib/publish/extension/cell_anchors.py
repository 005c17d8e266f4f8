"""An address for every code cell, made of the identifier that its notebook stores: editing other cells leaves
it as it is.

The cell with the identifier `training` of chapter 02_lstm is the anchor `#cell-training` of that page, and
the label `02_lstm/training` for pages of the book: {ref}`as we saw <02_lstm/training>`. A label that does
not exist stops the build.
"""

from collections.abc import Iterator, Sequence
from html import escape

from docutils import nodes
from sphinx.application import Sphinx


def cell_anchor(identifier: str) -> str:
    """The fragment of a cell's address."""
    return f"cell-{identifier}"


def cell_label(document: str, identifier: str) -> str:
    """The label of a cell, such as '02_lstm/training', from its document, 'notebooks/02_lstm'."""
    return f"{document.rpartition('/')[2]}/{identifier}"


def shown_cells(doctree: nodes.document) -> Iterator[tuple[int, nodes.container]]:
    """The code cells that a page shows, each with its index among all cells of the notebook."""
    for node in doctree.findall(nodes.container):
        if node.get("nb_element") == "cell_code":
            yield node["cell_index"], node


def name_cells(app: Sphinx, doctree: nodes.document, identifiers: Sequence[str]) -> None:
    """Give the cells of the page that is being read their anchors and labels.

    Args:
        app: sphinx, reading a document made of a notebook.
        doctree: the document.
        identifiers: of all cells of the notebook.
    """
    document = app.env.docname
    for index, node in shown_cells(doctree):
        anchor, label = cell_anchor(identifiers[index]), cell_label(document, identifiers[index]).lower()
        node["ids"].append(anchor)
        app.env.get_domain("std").note_hyperlink_target(label, document, anchor, "code cell")


def add_links(doctree: nodes.document, tested: Sequence[int] = (), table: str = "") -> None:
    """Put a small link to itself on every cell, and one to the table of tests where the cell calls `lib`.

    Args:
        doctree: a page ready to be written.
        tested: indices of the cells that have a line in the table of tests.
        table: that table's anchor.
    """
    for index, node in shown_cells(doctree):
        anchor = next(name for name in node["ids"] if name.startswith("cell-"))
        links = f'<a href="#{escape(anchor)}" aria-label="Link to this cell" title="Link to this cell">#</a>'
        if index in tested:
            links = f'<a href="#{escape(table)}" title="Tests of what this cell calls">tests</a> {links}'
        node.insert(0, nodes.raw("", f'<div class="cell-links">{links}</div>\n', format="html"))
