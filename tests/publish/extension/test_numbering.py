"""Figures of appendices have a letter, and running text has minus signs; code has hyphens."""

from types import SimpleNamespace

from docutils import nodes
from docutils.utils import new_document

from lib.publish.extension.numbering import number_appendices, typeset_prose


def test_figures_of_an_appendix_are_counted_behind_its_letter():
    numbers = {
        "notebooks/a2_style": {"figure": {"second": (5,), "first": (4,)}, "displaymath": {"law": (3,)}},
        "notebooks/08_music": {"figure": {"eight": (8, 1)}},
    }
    number_appendices(None, SimpleNamespace(toc_fignumbers=numbers))
    assert numbers["notebooks/a2_style"] == {
        "figure": {"first": ("A2", 1), "second": ("A2", 2)},
        "displaymath": {"law": ("A2", 1)},
    }
    assert numbers["notebooks/08_music"] == {"figure": {"eight": (8, 1)}}


def test_minus_signs_in_prose_and_hyphens_in_code():
    page = new_document("page")
    pasted = nodes.inline("", "-0.002", classes=["pasted-text"])
    page += nodes.paragraph("", "", nodes.Text("it is "), pasted, nodes.literal("", "-1"))
    page += nodes.literal_block("", "x = -1")
    typeset_prose(page)
    assert page.astext() == "it is −0.002-1\n\nx = -1"
