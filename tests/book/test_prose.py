"""The pages that are no notebooks: what they name exists, found without building the site."""

import json
import re
from collections import Counter
from itertools import chain

import pytest

from lib.basics.places import BOOK, LIB, NOTEBOOKS

TEXTS = sorted(chain(BOOK.rglob("*.md"), NOTEBOOKS.glob("*.ipynb")))
ROLE = r"\{{{names}\}}`([^`]+)`"


def found(names: str) -> list[tuple[str, str]]:
    """Every (file, content) of a role such as {cite}`…` in the pages and notebooks."""
    return [
        (path.name, content)
        for path in TEXTS
        for content in re.findall(ROLE.format(names=names), path.read_text(encoding="utf-8"))
    ]


def test_every_module_of_lib_stands_on_one_reference_page():
    pages = "\n".join(path.read_text(encoding="utf-8") for path in (BOOK / "lib").rglob("*.md"))
    listed = Counter(re.findall(r"automodule:: (\S+)", pages))
    modules = {
        "lib." + ".".join(path.relative_to(LIB).with_suffix("").parts)
        for path in LIB.rglob("*.py")
        if path.name != "__init__.py" and path.parent != LIB
    }
    assert set(listed) - modules == set(), "a reference page names a module that is not there"
    assert modules - set(listed) == set(), "a module stands on no reference page in book/lib/"
    assert [name for name, times in listed.items() if times > 1] == []


def test_every_citation_is_in_the_bibliography():
    text = (BOOK / "references.bib").read_text(encoding="utf-8")
    keys = re.findall(r"^@\w+\{([^,]+),", text, flags=re.MULTILINE)
    assert [key for key, times in Counter(keys).items() if times > 1] == []
    cited = [(name, key.strip()) for name, content in found(r"cite(?::\w+)?") for key in content.split(",")]
    assert cited, "no citation was found: the pattern of this test is wrong"
    assert [(name, key) for name, key in cited if key not in keys] == []


def test_every_term_is_in_the_glossary():
    glossary = (BOOK / "glossary.md").read_text(encoding="utf-8")
    terms = {line.lower() for line in re.findall(r"^(?![:`# ])(\S.*)\n  ", glossary, flags=re.MULTILINE)}
    used = [
        (name, re.sub(r"^.*<(.+)>$", r"\1", " ".join(content.replace("\\n", " ").split())))
        for name, content in found("term")
    ]
    assert used, "no term was found: the pattern of this test is wrong"
    assert [(name, term) for name, term in used if term.lower() not in terms] == []


@pytest.mark.parametrize("path", [path for path in TEXTS if path.suffix == ".md"], ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(path):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    made_by_the_build = {"answer.md", "status.md", "claims.md", "listen.md"}
    missing = [
        target
        for target in targets
        if target not in made_by_the_build
        and not target.startswith("../notebooks/")
        and not (path.parent / target).exists()
    ]
    assert missing == []


def test_every_cell_that_a_page_points_to_exists():
    cells = {
        f"{path.stem}/{cell['id']}"
        for path in NOTEBOOKS.glob("*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    }
    named = {
        target
        for path in BOOK.rglob("*.md")
        for target in re.findall(r"<(\w+/[a-z0-9-]+)>`", path.read_text(encoding="utf-8"))
    }
    assert named, "pages point to cells"
    assert named - cells == set(), "a page points to a cell that is not there"
