from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup

from lib.basics.errors import BookError
from lib.publish import finish
from lib.publish.finish import finish_pages

OPTIONS = "const DOCUMENTATION_OPTIONS = {\n    SHOW_SEARCH_SUMMARY: true,\n};\n"
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="720px" height="112px"></svg>'


def finished(page, folder=Path(".")):
    return finish.finished(page, folder)


@pytest.fixture
def site(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "documentation_options.js").write_text(OPTIONS)
    (tmp_path / "notebooks").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    "part",
    [
        '<link rel="stylesheet" type="text/css" href="../_static/sphinx-thebe.css?v=4fa983c6" />',
        '<script async="async" src="../_static/sphinx-thebe.js?v=c100c467"></script>',
        '<script>const THEBE_JS_URL = "https://elsewhere.example/thebe.js"; const thebe = "pre"</script>',
        '<script type="text/x-thebe-config">\n{\n  requestKernel: true\n}\n</script>\n'
        "<script>kernelName = 'python3'</script>",
    ],
)
def test_nothing_is_left_of_the_extension_that_nobody_uses(part):
    before = '<head>\n<script src="a.js"></script>'
    after = '\n<link href="b.css" /><script>let c = 1</script></head>'
    assert finished(f"{before}\n{part}{after}") == before + after


def test_the_sidebars_fold_has_a_name_and_other_folds_stay_as_they_are():
    ours = "<details><summary>Solution</summary>x</details>"
    page = finished(f'<details><summary><span class="toctree-toggle"></span></summary></details>{ours}')
    assert BeautifulSoup(page, "html.parser").summary["aria-label"] == "Pages of this part"
    assert ours in page


FORMULA = r'<span class="math notranslate nohighlight">\(a &lt; b\)</span>'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"if {FORMULA}, then", f'if <span class="unbroken">{FORMULA},</span> then'),
        (f"so ({FORMULA}). And", f'so <span class="unbroken">({FORMULA}).</span> And'),
        (f"so ({FORMULA} or less)", f'so <span class="unbroken">({FORMULA}</span> or less)'),
        (f"of {FORMULA} notes", f"of {FORMULA} notes"),
    ],
)
def test_a_formula_keeps_its_punctuation_and_is_finished_once(before, after):
    assert finished(before) == after
    assert finished(after) == after


def test_bibliography_loses_roles_that_it_does_not_fill():
    page = finished(
        '<div role="list" class="citation-list">\n<div class="citation" id="id1" '
        'role="doc-biblioentry">x</div></div><div role="list">y</div>'
    )
    assert page == (
        '<div class="citation-list">\n<div class="citation" id="id1">x</div></div><div role="list">y</div>'
    )


def test_a_signature_over_several_lines_is_no_list_of_definitions():
    real = "<dl>\n<dt>term</dt><dd>what it means</dd></dl>"
    page = finished(
        f'<dt class="sig"><dl>\n<dd><em class="sig-param">a</em>,</dd>\n'
        f'<dd><em class="sig-param">b</em>,</dd>\n</dl></dt>{real}'
    )
    tree = BeautifulSoup(page, "html.parser")
    assert [tag.get("role") for tag in tree.select("dt.sig dl, dt.sig dd")] == ["none"] * 3
    assert real in page


def test_every_page_is_finished_and_the_search_asks_for_no_page_on_a_disk(site):
    (site / "_static" / "sphinx-thebe.js").write_text("x")
    page = site / "notebooks" / "a.html"
    page.write_text("<script>const THEBE_JS_URL = 1</script><p>“text”</p>", encoding="utf-8")
    finish_pages(site)
    assert page.read_text(encoding="utf-8") == "<p>“text”</p>"
    assert not (site / "_static" / "sphinx-thebe.js").exists()
    options = (site / "_static" / "documentation_options.js").read_text()
    assert options == f'{OPTIONS}DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol !== "file:";\n'


def test_a_theme_without_that_file_is_told(tmp_path):
    with pytest.raises(BookError, match="search cannot be told to work from a disk"):
        finish_pages(tmp_path)


@pytest.mark.parametrize(
    ("image", "size"),
    [
        ('<img alt="Two bars" src="../images/two%20bars.svg" />', ("720", "112")),
        ('<img src="../images/two%20bars.svg?v=1" alt="a &gt; b">', ("720", "112")),
        ('<img src="../images/logo.svg" alt="x">', ("240", "64")),
        ('<img src="../images/two.png" alt="x">', ("3", "2")),
        ('<img src="../images/empty.svg" alt="x">', (None, None)),
        ('<img src="../images/two%20bars.svg" width="36" alt="x">', ("36", None)),
        ('<img src="../images/two%20bars.svg" style="max-width: 9em; height: 2em" alt="x">', (None, None)),
        ('<img src="../images/gone.png" alt="x">', (None, None)),
        ('<img src="../images/broken.png" alt="x">', (None, None)),
        ('<img src="https://elsewhere.example/images/two%20bars.svg" alt="x">', (None, None)),
        ('<img src="data:image/png;base64,AAAA" alt="x">', (None, None)),
    ],
)
def test_a_picture_that_states_no_size_gets_that_of_its_file(tmp_path, image, size):
    (tmp_path / "images").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "images" / "two bars.svg").write_text(DRAWING)
    drawing = '<svg viewBox="0 0 240 64"><rect width="14" height="7"/></svg>'
    (tmp_path / "images" / "logo.svg").write_text(drawing)
    (tmp_path / "images" / "empty.svg").write_text("")
    plt.imsave(tmp_path / "images" / "two.png", np.zeros((2, 3, 3)))
    (tmp_path / "images" / "broken.png").write_text("no picture")
    page = finished(f"<p>{image}</p>", tmp_path / "notebooks")
    found = BeautifulSoup(page, "html.parser").img
    assert (found.get("width"), found.get("height")) == size
    if size[1] is None:
        assert page == f"<p>{image}</p>"
