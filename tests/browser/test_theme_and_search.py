"""The switch between light and dark; the search, from a disk and from a server; at a desk and on a phone."""

import re

import pytest
from playwright.sync_api import expect

PAGE = "book/limits.html"
BRIGHTNESS = """() => {
    const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).map(Number);
    return (red + green + blue) / 765;
}"""


def is_dark(page):
    """Whether theme and ground agree that it is dark."""
    dark = page.locator("html").get_attribute("data-theme") == "dark"
    page.wait_for_function(f"({BRIGHTNESS})() {'<' if dark else '>'} 0.5")
    return dark


@pytest.mark.parametrize("width", [390, 1440])
def test_the_switch_changes_the_theme_and_pages_remember_it(visit, site, width):
    window = visit(PAGE, width)
    page = window.page
    assert not is_dark(page)
    switch = page.locator(".theme-switch-button:visible").first
    switch.focus()
    page.keyboard.press("Enter")
    assert is_dark(page)
    window.open((site / "book/glossary.html").as_uri())
    assert is_dark(page), "another page of the site"
    switch.click()
    assert not is_dark(page)
    switch.click()
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-theme=dark]", state="attached")
    assert is_dark(page), "automatic: as the system has it"
    assert window.complaints == []


@pytest.fixture(params=["disk", "server"])
def opened(request, visit):
    """A function that opens the page for a search, and the place where it is."""

    def open_page(width=1440):
        if request.param == "disk":
            return visit(PAGE, width), "file:"
        served = request.getfixturevalue("served")
        return visit(served + PAGE, width, offline=False), served

    return open_page


def search(page, words):
    page.locator(".search-button__button:visible").first.click()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search\.html\?q="))
    page.wait_for_function(
        "document.querySelector('#search-results .search-summary')?.textContent.match(/found|did not/)"
    )


@pytest.mark.parametrize("width", [390, 1440])
def test_a_search_finds_the_page_and_leads_there(opened, width):
    window, place = opened(width)
    page = window.page
    search(page, "held-out transformer")
    page.wait_for_load_state("networkidle")
    found = page.locator("#search-results li a")
    hits = [
        link
        for link in found.evaluate_all("links => links.map((link) => link.href)")
        if "notebooks/03_transformer.html" in link
    ]
    assert hits
    quotes = page.locator("#search-results li .context").count()
    assert quotes == 0 if place == "file:" else quotes > 0
    page.goto(hits[0])
    assert "Transformer" in page.locator("article h1").inner_text()
    assert window.foreign_requests((place,)) == []
    assert window.complaints == []


def test_what_is_searched_for_is_only_text(opened):
    window, _ = opened()
    words = '"><img src=x onerror=alert(1)> qqqzzz'
    search(window.page, words)
    assert window.page.input_value("main input[name=q]") == words
    assert window.page.locator("#search-results img").count() == 0
    assert "did not match" in window.page.locator("#search-results").inner_text()
    assert window.complaints == []


def test_the_keyboard_opens_the_search(visit):
    page = visit(PAGE).page
    page.keyboard.press("Control+k")
    page.wait_for_function("document.activeElement.name === 'q'")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
