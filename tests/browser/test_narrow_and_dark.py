"""On a phone everything can be read: pictures in their own size, edges that say that there is more, headings
in order; and in the dark theme pictures are dark."""

import itertools
import re

import pandas as pd
import pytest
from in_browser import chapter_names, made_page, page_names, pages_with
from PIL import Image
from playwright.sync_api import expect

from lib.show.tables import html_table

PHONE = 390
LEAST = 9  # CSS pixels of the smallest text in a figure
POINTS = 9  # of the smallest text that lib.show.style sets, at 100 dots an inch

# The least and the largest size of the headings of each rank that the page has.
HEADINGS = """() => ["h1", "h2", "h3", "h4"]
    .map((name) => [...document.querySelectorAll(`article ${name}`)])
    .map((found) => found.map((each) => parseFloat(getComputedStyle(each).fontSize)))
    .filter((sizes) => sizes.length)
    .map((sizes) => [Math.min(...sizes), Math.max(...sizes)])"""


def figure_pages():
    return [name for name in pages_with("cell_output") if name in chapter_names()]


@pytest.mark.parametrize("name", figure_pages())
def test_a_picture_that_had_to_shrink_is_seen_in_its_own_size_when_pressed(visit, name):
    page = visit(name, PHONE).page
    if not page.locator("article div.cell_output img[src$='.png']").count():
        return
    picture = page.locator(".picture:has(img[src$='.png'])").first
    picture.scroll_into_view_if_needed()
    page.wait_for_function("(one) => one.matches('.picture-shrunk')", arg=picture.element_handle())
    image = picture.locator("img")
    alt = image.get_attribute("alt")
    picture.locator("a, button").first.press("Enter")
    shown = page.get_by_role("dialog", name=alt)
    width = shown.locator("img").evaluate("(image) => image.getBoundingClientRect().width")
    drawn = image.evaluate("(image) => image.naturalWidth / 2")  # twice as many dots as CSS pixels
    assert width == pytest.approx(drawn, rel=0.02)
    assert POINTS * 100 / 72 * width / drawn >= LEAST
    box = shown.locator(".enlarged-box")
    assert box.evaluate("(box) => box.scrollWidth > box.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    page.keyboard.press("Escape")
    expect(page.locator("dialog.enlarged")).to_have_count(0)
    page.wait_for_function("document.activeElement.closest('.picture') !== null")


def test_a_picture_that_has_room_is_a_picture(visit):
    page = visit(figure_pages()[0]).page
    assert page.locator(".picture").count() > 1
    assert page.locator(".picture-shrunk").count() == 0
    assert page.locator(".picture-enlarge:visible").count() == 0


def test_a_formula_that_is_too_wide_for_a_phone_fades(visit):
    page = visit(next(name for name in chapter_names() if "transformer" in name), PHONE).page
    page.wait_for_function("document.querySelector('article mjx-container.scrolls-right')")


def test_a_table_fades_where_there_is_more_and_keeps_the_heads_of_its_rows(visit, tmp_path):
    frame = pd.DataFrame([[f"row {row}", *range(10**6, 10**6 + 9)] for row in range(4)])
    page = visit(made_page(tmp_path, html_table(frame, "wide").data, "narrow"), PHONE).page
    page.wait_for_function("document.querySelector('article .scrolls-right:has(table)')")
    box = page.get_by_role("region", name="wide")
    mask = "(box) => getComputedStyle(box).maskImage"
    assert "gradient" in box.evaluate(mask)
    head = """(box) => {
        const left = (one) => one.getBoundingClientRect().left;
        return left(box.querySelector("tbody th")) - left(box);
    }"""
    before = box.evaluate(head)
    box.evaluate("(box) => { box.scrollLeft = box.scrollWidth; }")
    page.wait_for_function("(box) => !box.matches('.scrolls-right')", arg=box.element_handle())
    assert box.evaluate(mask) == "none"
    assert box.evaluate(head) == pytest.approx(before, abs=12)


@pytest.mark.parametrize("width", [PHONE, 1440])
@pytest.mark.parametrize(
    "name",
    [*chapter_names(), "book/claims.html", "book/limits.html", "book/listen.html", "book/instructors.html"],
)
def test_headings_are_the_smaller_the_deeper(visit, name, width):
    if name not in page_names():
        pytest.skip("this book has no such page")
    sizes = visit(name, width).page.evaluate(HEADINGS)
    assert sizes
    for (least, _), (_, most) in itertools.pairwise(sizes):
        assert most <= least


def test_no_formula_is_clipped_on_a_desk(visit):
    for name in chapter_names():
        page = visit(name).page
        clipped = page.evaluate("""[...document.querySelectorAll("article div.math mjx-container")]
            .filter((one) => one.scrollWidth > one.clientWidth + 1)
            .map((one) => one.closest("div.math").id)""")
        assert not clipped, name


def test_figures_and_rolls_are_dark_in_the_dark_and_keep_their_hues(visit, tmp_path):
    name = "notebooks/04_generation.html"
    seen = {}
    for scheme in ("light", "dark"):
        page = visit(name, scheme=scheme).page
        roll = page.locator(".player-roll").first
        roll.scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        roll.screenshot(path=tmp_path / f"{scheme}.png")
        seen[scheme] = Image.open(tmp_path / f"{scheme}.png").convert("HSV")
        picture = page.locator("article div.cell_output img[src$='.png']").first
        assert ("invert" in picture.evaluate("(image) => getComputedStyle(image).filter")) == (
            scheme == "dark"
        )
        page.emulate_media(media="print")
        assert picture.evaluate("(image) => getComputedStyle(image).filter") == "none", "paper is white"
    common = {scheme: max(image.getcolors(10**6)) for scheme, image in seen.items()}
    assert common["light"][1][2] > 240
    assert common["dark"][1][2] < 50
    # The playhead: orange in both.
    for image in seen.values():
        hues = [
            colour[0] * 360 / 255
            for count, colour in image.getcolors(10**6)
            if colour[1] > 120 and count > 20
        ]
        assert any(10 < hue < 45 for hue in hues), hues


def test_the_letters_of_the_index_can_be_read(visit):
    for scheme in ("light", "dark"):
        page = visit("py-modindex.html", scheme=scheme).page
        colours = page.locator("tr.cap strong").first.evaluate("""(letter) => {
            const row = letter.closest("tr");
            return [getComputedStyle(letter).color, getComputedStyle(row).backgroundColor];
        }""")
        assert colours[1] == "rgba(0, 0, 0, 0)", "the page's own background"
        light = [int(part) for part in re.findall(r"\d+", colours[0])[:3]]
        assert (min(light) > 150) == (scheme == "dark")
