"""A small site with a record in it: its box is shown, the page of claims leads to it, sphinx is silent."""

import shutil

import pytest
from nbformat.v4 import new_output

from lib.basics.places import PROJECT
from lib.ledger.claims import RECORD, read_ledger, rule_hash
from lib.publish.site import build_pages

TOC = (
    "format: jb-book\nroot: book/index\nchapters:\n- file: notebooks/04_generation\n- file: book/claims\n"
    "- file: book/status\n"
)


@pytest.mark.slow
def test_each_row_of_the_page_leads_to_the_box_of_its_record(tiny_book):
    shutil.copy(PROJECT / "_config.yml", tiny_book.folder)
    shutil.copytree(PROJECT / "book" / "_static", tiny_book.folder / "book" / "_static")
    (tiny_book.folder / "_toc.yml").write_text(TOC)
    (tiny_book.folder / "book" / "index.md").write_text("# The book\n\nA page.\n")
    (tiny_book.folder / "book" / "references.bib").write_text("")
    copy = tiny_book.copy(tiny_book.notebook("04_generation", "1 + 1"))
    record = {
        "claim": 7,
        "rule": rule_hash(read_ledger().claim(7)),
        "n": "",
        "replication": None,
        "verdicts": {"original": "contradicted by its own files", "replication": "not testable here"},
        "original": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": None, "reach": [0.1, 1.0]},
    }
    page = '<div class="admonition claim" id="claim-7"><p class="admonition-title">Claim 7</p></div>'
    copy.notebook.cells[-1].outputs = [
        new_output("display_data", {RECORD: record, "text/html": page, "text/plain": "Claim 7"})
    ]
    index = build_pages([copy], "smoke", tiny_book.folder)
    claims = (index.parent / "book" / "claims.html").read_text(encoding="utf-8")
    assert 'href="../notebooks/04_generation.html#claim-7"' in claims
    assert 'id="claim-7"' in (index.parent / "notebooks" / "04_generation.html").read_text(encoding="utf-8")
    assert RECORD in copy.notebook.cells[-1].outputs[0].data, "the executed copy keeps its record"
