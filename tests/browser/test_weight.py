"""What the site and its first page weigh, and that nothing is missed of what the build took away."""

from in_browser import LISTINGS, chapter_names, file_of, page_names

from lib.publish.paper.link import PDF

FIRST = "book/index.html"
THEME = ("_static/styles/", "_static/scripts/", "_static/vendor/")  # a stock page loads these
KILOBYTES_OF_OURS, MEGABYTES = 600, 60
MEGABYTES_ON_PAPER = 15  # apart, since no page loads the PDF: it is the pages once more, for who asks for it

# Font Awesome puts a drawing in the place of each sign; of one that it does not know, a group "missing".
ICONS = """() => ({
    drawn: document.querySelectorAll("svg.svg-inline--fa path[d]").length,
    unknown: document.querySelectorAll("i[class*=fa-], svg.svg-inline--fa g.missing").length,
})"""


def test_the_whole_site_is_small_enough_to_be_sent(site):
    sizes = {path: path.stat().st_size for path in site.rglob("*") if path.is_file()}
    on_paper = sizes.pop(site / PDF, 0)
    assert sum(sizes.values()) <= 1e6 * MEGABYTES
    assert on_paper <= 1e6 * MEGABYTES_ON_PAPER


def test_the_first_page_is_light_before_anything_is_played(visit, site):
    opened = visit(FIRST)
    files = {file_of(url) for url in opened.requests if url.startswith("file:")}
    ours = {
        name: path.stat().st_size
        for path in files
        if path.is_file() and not (name := path.relative_to(site).as_posix()).startswith(THEME)
    }
    assert FIRST in ours
    assert sum(ours.values()) <= 1000 * KILOBYTES_OF_OURS, ours
    assert not [name for name in ours if "mathjax" in name or "searchindex" in name]


def test_every_sign_of_the_theme_is_drawn(visit):
    for name in (
        FIRST,
        chapter_names()[0],
        "search.html",
        next(n for n in page_names() if n.startswith(LISTINGS)),
    ):
        page = visit(name).page
        page.wait_for_function("document.querySelector('svg.svg-inline--fa') !== null")
        found = page.evaluate(ICONS)
        assert found["drawn"] > 3
        assert found["unknown"] == 0, name


def test_the_signs_of_boxes_come_from_the_font_that_was_cut_down(visit):
    page = visit(chapter_names()[0]).page
    assert page.locator("article .admonition-title").count()
    assert page.evaluate("document.fonts.check('900 16px \"Font Awesome 6 Free\"', '\\uf05a')")
    loaded = page.evaluate(
        "[...document.fonts].filter((face) => face.family.includes('Awesome')).map((face) => face.status)"
    )
    assert loaded == ["loaded"]


def test_formulas_are_still_set(visit):
    page = visit(next(name for name in chapter_names() if "lstm" in name)).page
    assert page.locator("article mjx-container").count() > 5
    assert page.locator("article .math:not(:has(mjx-container))").count() == 0
