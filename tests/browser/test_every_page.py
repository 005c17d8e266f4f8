"""Every page of the site, from the disk, without a network, in the light and in the dark."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from in_browser import LISTINGS, SITE, WIDTHS, Visit, file_of, page_names

SCHEMES = {"light": 1440, "dark": 390}  # and the width at which axe looks at the page
AXE = {"resultTypes": ["violations"], "preload": False}  # preloading asks for stylesheets; a disk refuses
# What a theme or a narrow window can change; the rest was seen in the light.
IN_THE_DARK = {**AXE, "runOnly": ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]}

# What sticks out, without what scrolls inside its own box.
WIDE = """(width) => [...document.querySelectorAll("body *")].filter((element) => {
    const {left, right} = element.getBoundingClientRect();
    if (Math.max(right, left + element.scrollWidth) <= width + 1) return false;
    for (let box = element; box !== document.body; box = box.parentElement)
        if (getComputedStyle(box).overflowX !== "visible") return false;
    return true;
}).slice(-3).map((element) => element.outerHTML.slice(0, 160))"""

IMAGES = """async () => {
    const images = [...document.querySelectorAll("article img")];
    const decoded = async (image) => {
        image.loading = "eager";
        try { await image.decode(); return true; } catch { return false; }
    };
    return Promise.all(images.map(async (image) => ({
        source: image.getAttribute("src").slice(0, 100), text: image.alt.trim(), seen: await decoded(image),
        sized: ["width", "height"].every((side) => image.hasAttribute(side) || image.style[side]),
    })));
}"""


def looked_at():
    """Every page, but of the lists of tests, which are many and alike, two: the longest, and the one with the
    longest word, which is what a narrow window cannot break."""
    pages = page_names()
    alike = [name for name in pages if name.startswith(LISTINGS)]
    words = {
        name: re.sub("<[^>]*>", " ", (SITE / name).read_text(encoding="utf-8")).split() for name in alike
    }
    odd = [
        max(alike, key=lambda name: len(words[name]), default=""),
        max(alike, key=lambda name: max(map(len, words[name])), default=""),
    ]
    return [name for name in pages if name not in alike or name in odd]


def cases():
    """Each page that is looked at, in both themes."""
    for name in looked_at():
        for scheme in SCHEMES:
            case = f"{name}-{scheme}"
            yield pytest.param((name, scheme), id=case, marks=pytest.mark.xdist_group(case))


@pytest.fixture(scope="module", params=cases())
def case(request):
    return request.param


@pytest.fixture(scope="module")
def visit(contexts, site, case):
    """The page, opened once for all that is asked of it here."""
    name, scheme = case
    context = contexts(SCHEMES[scheme], scheme)
    yield Visit(context, (site / name).as_uri())
    context.close()


def test_axe_finds_nothing_serious(visit, case):
    scheme = case[1]
    found = Axe().run(visit.page, options=AXE if scheme == "light" else IN_THE_DARK).response["violations"]
    assert not [
        (rule["id"], node["target"], node["html"][:160])
        for rule in found
        for node in rule["nodes"]
        if rule["impact"] in ("serious", "critical")
    ]


def test_it_never_scrolls_sideways(visit):
    for width in WIDTHS:
        visit.resize(width)
        reached = visit.page.evaluate("document.documentElement.scrollWidth")
        assert reached <= width, visit.page.evaluate(WIDE, width)


def test_its_images_are_there_with_sizes_and_words(visit):
    for image in visit.page.evaluate(IMAGES):
        assert image["seen"], image
        assert image["sized"], f"the page moves when it comes: {image}"
        assert image["text"], image


def test_every_link_that_its_scripts_have_made_leads_to_a_file(visit):
    links = visit.page.evaluate(
        "[...document.querySelectorAll('a[href], audio[src], source[src]')].map((tag) => tag.href || tag.src)"
    )
    files = {file_of(link) for link in links if link.startswith("file:")}
    assert files
    assert not [path for path in files if not path.is_file()]


def test_it_asks_nobody_else_and_complains_of_nothing(visit):
    assert visit.page.title()
    assert visit.foreign_requests() == []
    assert visit.complaints == []


def test_there_are_pages(site):
    names = page_names()
    assert {"book/index.html", "search.html", "genindex.html"} <= set(names)
    assert sum(name.startswith("notebooks/") for name in names) > 5
    assert site == SITE
