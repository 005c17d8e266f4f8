"""Figures of appendices have a letter, and running text has minus signs; code has hyphens."""

from types import SimpleNamespace

from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from lib.publish.extension.numbering import number_by_letters, typeset_prose


def test_figures_of_an_appendix_are_counted_behind_its_letter():
    numbers = {
        "notebooks/a2_style": {"figure": {"second": (5,), "first": (4,)}, "displaymath": {"law": (3,)}},
        "notebooks/08_music": {"figure": {"eight": (8, 1)}},
    }
    number_by_letters(None, SimpleNamespace(toc_fignumbers=numbers, toc_secnumbers={}))
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


CHAPTER = """# A chapter

## A section

It is -0.002 in {numref}`fig-NAME`, see {eq}`law-NAME`; `x = -1`.

```{figure} picture.svg
:name: fig-NAME
Off by 8.9e-08.
```

$$
a = b
$$ (law-NAME)
"""


def test_sphinx_takes_these_numbers(tmp_path):
    source, site = tmp_path / "source", tmp_path / "site"
    (source / "notebooks").mkdir(parents=True)
    (source / "index.md").write_text(
        "# Book\n\n```{toctree}\n:numbered:\nnotebooks/01_first\nnotebooks/02_second\n```\n\n"
        "```{toctree}\nnotebooks/a1_more\nnotebooks/a2_last\n```\n\nSee {numref}`fig-a2_last`.\n"
    )
    (source / "notebooks" / "picture.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    for name in ("01_first", "01b_nested", "02_second", "a1_more", "a2_last"):
        (source / "notebooks" / f"{name}.md").write_text(CHAPTER.replace("NAME", name))
    with (source / "notebooks" / "01_first.md").open("a") as first:
        first.write("\n```{toctree}\n01b_nested\n```\n")
    settings = {
        "extensions": ["myst_parser", "lib.publish.extension.chapter_pages"],
        "myst_enable_extensions": ["dollarmath"],
        "numfig": True,
    }
    with docutils_namespace():
        folders = (str(folder) for folder in (site, tmp_path / "doctrees"))
        app = Sphinx(str(source), None, *folders, "html", confoverrides=settings, status=None, warning=None)
        app.build()

    def words(name):
        page = BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        return " ".join(page.select_one("[role=main]").get_text(" ").split())

    places = {
        "01_first": "1.1",
        "01b_nested": "1b.1",
        "02_second": "2.1",
        "a1_more": "A1.1",
        "a2_last": "A2.1",
    }
    for name, number in places.items():
        text = words(f"notebooks/{name}")
        assert f"It is −0.002 in Fig. {number} , see ({number}) ; x = -1" in text
        assert f"Fig. {number} Off by 8.9 × 10⁻⁸" in text
    assert "See Fig. A2.1" in words("index")
    assert "1b. A chapter" in words("notebooks/01b_nested")
    assert "1b.1. A section" in words("notebooks/01b_nested")
    assert "2.1. A section" in words("notebooks/02_second")
    assert "1b. A chapter 1b.1. A section" in words("notebooks/01_first")
