import io
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from lib.basics.errors import BookError
from lib.publish.lighter import lighten, lighter_icons, lighter_page, lighter_picture

MATHJAX = (
    '<script>window.MathJax = {"options": {}}</script>\n'
    '<script defer="defer" src="../_static/mathjax/tex-chtml.js"></script>'
)
SEARCH = '<script src="../_static/searchtools.js"></script>\n<script src="../searchindex.js"></script>'
THEME = Path(find_spec("pydata_sphinx_theme").origin).parent / "theme" / "pydata_sphinx_theme"


@pytest.fixture
def site(tmp_path):
    """The theme's own files, as a build lays them out, and two pages."""
    for name in ("scripts/fontawesome.js", "styles/pydata-sphinx-theme.css", "vendor/fontawesome/webfonts"):
        source, target = THEME / "static" / name, tmp_path / "_static" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        for file in [source] if source.is_file() else source.iterdir():
            aim = target if source.is_file() else target / file.name
            aim.parent.mkdir(parents=True, exist_ok=True)
            aim.write_bytes(file.read_bytes())
    icons = '<i class="fa-solid fa-bars"></i><i class="fas fa-search"></i>'
    (tmp_path / "a.html").write_text(f"{MATHJAX}{SEARCH}{icons}")
    (tmp_path / "search.html").write_text(SEARCH)
    return tmp_path


def test_only_a_page_with_a_formula_loads_mathjax():
    formula = f'{MATHJAX}<span class="math notranslate">\\(x\\)</span>'
    output = f'{MATHJAX}<div class="output_area">a table with \\(x^2\\)</div>'
    assert lighter_page(formula) == formula
    assert lighter_page(output) == output
    assert (
        "mathjax"
        not in lighter_page(f'{MATHJAX}<p class="aftermath">“a \\(pattern\\) of a test”</p>').lower()
    )


def test_only_the_page_that_searches_loads_the_index(site):
    lighten(site)
    assert "searchindex" not in (site / "a.html").read_text()
    assert (site / "search.html").read_text() == SEARCH


def test_of_the_themes_icons_the_used_ones_stay_under_either_name(site):
    lighten(site)
    script = (site / "_static" / "scripts" / "fontawesome.js").read_text(encoding="utf-8")
    assert len(script) < 100_000
    assert "bars:[448,512" in script
    assert '"magnifying-glass":[512,512,[128269,"search"]' in script
    assert "bacon" not in script


def test_the_font_keeps_the_signs_that_the_theme_draws_in_boxes(site):
    lighten(site)
    fonts = site / "_static" / "vendor" / "fontawesome" / "webfonts"
    (path,) = fonts.iterdir()
    signs = set(TTFont(path).getBestCmap())
    # Of boxes: a note, a warning, a hint, "see also"; and the arrow of a fold.
    assert {0xF05A, 0xF071, 0xF06A, 0xF0EB, 0xF064} <= signs
    style = (site / "_static" / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    assert style.count("@font-face") == 1
    assert f"webfonts/{path.name}" in style
    assert ".fa-bars:before" in style
    assert ".fa-bacon" not in style
    assert path.stat().st_size < 10_000


def test_a_theme_that_keeps_its_icons_otherwise_is_refused(site):
    with pytest.raises(BookError, match="icons is not read any more"):
        lighter_icons("export const bars = '…'", {"bars"})
    (site / "_static" / "scripts" / "fontawesome.js").unlink()
    with pytest.raises(BookError, match="no Font Awesome"):
        lighten(site)


def drawn(transparent=False):
    figure, axes = plt.subplots()
    axes.plot(np.random.default_rng(1).random(50), color="#0072b2", label="Transformer")
    axes.legend()
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=150, transparent=transparent)
    plt.close(figure)
    return written.getvalue()


def test_a_figure_with_a_palette_is_smaller_and_looks_the_same():
    before = drawn()
    after = lighter_picture(before)
    assert len(after) < 0.65 * len(before)
    old, new = (np.asarray(Image.open(io.BytesIO(one)).convert("RGB"), int) for one in (before, after))
    assert np.abs(old - new).mean() < 0.2
    colours, counts = np.unique(old.reshape(-1, 3), axis=0, return_counts=True)
    for colour in colours[counts > 500]:
        where = (old == colour).all(axis=2)
        assert np.abs(new[where] - colour).max() <= 3, colour
    assert Image.open(io.BytesIO(after)).info["dpi"] == pytest.approx((150, 150), abs=0.1)


def test_a_picture_that_a_palette_would_spoil_stays_as_it_is():
    clear = drawn(transparent=True)
    assert lighter_picture(clear) == clear
    assert lighter_picture(b"no picture") == b"no picture"
