"""What a chapter folds away, its copy buttons, the addresses of its cells and its notebooks to take home."""

import json
import re

import pytest
from in_browser import SITE, chapter_names, file_of

FIRST = chapter_names()[:1] or [""]


@pytest.fixture(params=chapter_names())
def chapter(request):
    return request.param


def in_window(locator):
    """Whether the upper edge of an element is in the window and nothing lies over it."""
    return locator.evaluate("""(element) => {
        const {top, left} = element.getBoundingClientRect();
        const there = document.elementFromPoint(left + 2, top + 2);
        const free = element.contains(there) || there?.contains(element) || false;
        return top >= 0 && top < innerHeight && free;
    }""")


def test_folds_open_and_close_by_keyboard_and_pointer(visit, chapter):
    window = visit(chapter)
    page = window.page
    cells = page.locator("details.above-input").all()
    tests = page.locator("details.chapter-tests").all()
    assert cells
    assert len(tests) == 1
    for fold in [cells[0], cells[-1], tests[0]]:
        summary, inside = fold.locator("summary"), fold.locator(":scope > :not(summary)").first
        assert not inside.is_visible()
        summary.focus()
        page.keyboard.press("Enter")
        assert inside.is_visible()
        summary.click(position={"x": 30, "y": 10})
        assert not inside.is_visible()
    solutions = page.locator(".admonition.dropdown").all()
    assert len(solutions) >= 2
    for fold in solutions:
        inside = fold.locator(":scope > :not(.admonition-title)").first
        assert not inside.is_visible(), "a solution is not seen before it is asked for"
        button = fold.locator("button.toggle-button")
        assert button.get_attribute("aria-label")
        button.focus()
        page.keyboard.press("Enter")
        assert inside.is_visible()
        fold.locator(".admonition-title").click(position={"x": 30, "y": 10})
        assert not inside.is_visible()
    assert window.complaints == []


@pytest.mark.parametrize("name", FIRST)
def test_without_scripts_nothing_stays_hidden(visit, name):
    page = visit(name, java_script_enabled=False).page
    for solution in page.locator(".admonition.dropdown").all():
        assert solution.locator(":scope > :not(.admonition-title)").first.is_visible()
    fold = page.locator("details.above-input").first
    fold.locator("summary").click()
    assert fold.locator("pre").is_visible()


@pytest.mark.parametrize("name", FIRST)
def test_a_copy_button_copies_the_code_and_nothing_else(visit, name):
    page = visit(name).page
    page.evaluate("document.querySelector('article').append(document.createElement('textarea'))")
    codes = page.locator("div.cell_input > .highlight-ipython3")
    buttons = codes.locator("button.copybtn")
    assert buttons.count() == codes.count() > 3
    shown = [button for button in buttons.all() if button.is_visible()]  # others are folded with their cell
    assert len(shown) > 2
    for button in shown[:3]:
        code = button.evaluate("(button) => button.parentElement.querySelector('pre').textContent")
        button.focus()
        page.keyboard.press("Enter")
        page.wait_for_function(
            "(button) => button.classList.contains('success')", arg=button.element_handle()
        )
        page.focus("textarea")
        page.fill("textarea", "")
        page.keyboard.press("Control+v")
        assert code.strip()
        assert page.input_value("textarea").strip() == code.strip()


def test_the_address_of_a_cell_leads_to_it(visit, site, chapter):
    window = visit(chapter)
    page = window.page
    stored = {
        f"cell-{cell['id']}"
        for cell in json.loads((site / "_sources" / chapter).with_suffix(".ipynb").read_text("utf-8"))[
            "cells"
        ]
    }
    links = page.locator('.cell-links a[href^="#cell-"]')
    anchors = links.evaluate_all("links => links.map((link) => link.hash.slice(1))")
    assert len(anchors) > 3
    assert set(anchors) <= stored
    middle = links.nth(len(anchors) // 2)
    middle.focus()
    assert middle.evaluate("(link) => getComputedStyle(link.parentElement).opacity") == "1"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/*#{anchors[len(anchors) // 2]}")
    page.reload()
    page.evaluate("document.fonts.ready")
    assert in_window(page.locator(":target"))


@pytest.mark.parametrize("number", [0, -1])
def test_a_link_for_instructors_opens_at_its_cell(visit, number):
    page = visit("book/instructors.html").page
    link = page.locator('article a[href*="#cell-"]').nth(number)
    wanted = link.get_attribute("href").rpartition("#")[2]
    link.click()
    page.wait_for_url(f"**/*#{wanted}")
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready")
    assert in_window(page.locator(":target"))


def test_both_notebooks_can_be_taken_home(visit, site, served, chapter):
    """The name that a page asks for holds on a server; from a disk the browser may keep the file's own."""
    page = visit(served + chapter, offline=False, accept_downloads=True).page
    stem = re.search(r"([^/]+)\.html$", chapter)[1]
    links = page.locator("p.about-chapter a[download]").all()
    names = []
    for link in links:
        with page.expect_download() as found:
            link.click()
        names.append(found.value.suggested_filename)
        content = json.loads(found.value.path().read_text(encoding="utf-8"))
        results = [cell for cell in content["cells"] if cell.get("outputs")]
        assert bool(results) == (link is links[0])
    assert names == [f"{stem}_executed.ipynb", f"{stem}.ipynb"]


@pytest.mark.parametrize("name", FIRST)
def test_from_a_disk_the_link_opens_the_notebook_itself(visit, name):
    """There it lies beside the page already, and the browser shows it."""
    page = visit(name).page
    link = page.locator("p.about-chapter a[download]").last
    path = file_of(link.evaluate("(link) => link.href"))
    link.click()
    page.wait_for_url(path.as_uri())
    assert json.loads(page.locator("pre").inner_text()) == json.loads(path.read_text(encoding="utf-8"))


def test_there_are_chapters(site):
    assert len(chapter_names()) > 5
    assert site == SITE
