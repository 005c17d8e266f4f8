"""The bar at the foot of the window, links to a bar of a piece, and filters that the address keeps."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

LISTEN = "book/listen.html"
MUTE = "for (const audio of document.querySelectorAll('audio')) audio.muted = true"


@pytest.fixture
def window(visit, request):
    opened = visit(LISTEN, **getattr(request, "param", {}))
    opened.page.evaluate(MUTE)
    return opened


def play(page, cell):
    cell.locator(".player-button").click()
    page.wait_for_function("(audio) => audio.currentTime > 0.1", arg=cell.locator("audio").element_handle())


def cells(page):
    return page.locator(".listen-grid .listen-cell:has(.player-button):visible")


def test_the_bar_comes_with_the_first_sound_and_shows_where_it_is(window):
    page, bar = window.page, window.page.locator(".playing")
    assert bar.is_hidden()
    play(page, cells(page).first)
    assert bar.is_visible()
    title = cells(page).first.locator("audio").get_attribute("aria-label")
    assert bar.locator(".playing-title").inner_text() == title
    assert re.match(r"bar \d+ of \d+, 0:\d\d of \d:\d\d", bar.locator(".playing-place").inner_text())
    tree = bar.aria_snapshot()
    for words in (
        f'button "Pause: {title}"',
        'button "Next"',
        'slider "Volume"',
        'button "Copy link"',
        "Stop and close",
    ):
        assert words in tree, tree
    bar.get_by_role("slider").fill("0.25")
    assert page.evaluate("[...document.querySelectorAll('audio')].every(({ volume }) => volume === 0.25)")
    bar.locator(".player-button").click()
    assert cells(page).first.locator("audio").evaluate("(audio) => audio.paused")
    bar.get_by_role("button", name="Stop and close").click()
    assert bar.is_hidden()
    assert page.evaluate("document.activeElement.className") == "player-button"
    assert window.complaints == []


def test_next_goes_to_the_next_piece_that_is_shown(window):
    page = window.page
    page.get_by_role("combobox", name="Model").select_option("Real music")
    shown = cells(page).all()
    play(page, shown[0])
    page.locator(".playing").get_by_role("button", name="Next").click()
    audio = shown[1].locator("audio").element_handle()
    page.wait_for_function("(audio) => audio.currentTime > 0.1", arg=audio)
    assert page.locator(".playing-title").inner_text() == audio.get_attribute("aria-label")


def test_a_piece_beside_goes_on_at_the_same_bar(window):
    page = window.page
    row = page.locator(".listen-cells:has(.listen-cell:nth-child(2) .player-button)").first
    first, second = row.locator(".listen-cell:has(.player-button)").all()[:2]
    play(page, first)
    first.locator("[role=slider]").press("PageUp")
    page.wait_for_function("document.querySelector('.playing-place').textContent.startsWith('bar 5 ')")
    name = second.locator("strong").inner_text()
    page.locator(".playing-beside").get_by_role("button", name=re.compile(f"Hear this bar of {name}")).click()
    page.wait_for_function(
        "(audio) => !audio.paused && !audio.seeking", arg=second.locator("audio").element_handle()
    )
    assert page.locator(".playing-place").inner_text().startswith("bar 5 of ")
    assert first.locator("audio").evaluate("(audio) => audio.paused")


def test_a_link_leads_to_the_piece_and_its_bar(window, visit):
    page = window.page
    play(page, cells(page).nth(4))
    cells(page).nth(4).locator("[role=slider]").press("PageUp")
    page.wait_for_function("document.querySelector('.playing-place').textContent.startsWith('bar 5 ')")
    page.locator(".playing").get_by_role("button", name="Copy link").click()
    page.wait_for_function("document.querySelector('.playing-said').textContent.includes('link')")
    assert re.search(r"#hear=listen_[\w-]+&bar=5$", page.url)
    title = page.locator(".playing-title").inner_text()
    phone = visit(page.url, 390).page  # where only a few pieces are shown at first
    assert phone.locator(".playing-title").inner_text() == title
    assert phone.locator(".playing-place").inner_text().startswith("bar 5 of ")
    assert phone.evaluate("document.activeElement.getAttribute('aria-label')") == f"Play: {title}"
    assert phone.evaluate("document.activeElement.getBoundingClientRect().top") < 900
    assert phone.evaluate("[...document.querySelectorAll('audio')].every(({ paused }) => paused)")


def test_filters_stay_in_the_address(window, visit):
    page = window.page
    chosen = {}
    for name in ("Emotion", "Model"):
        choice = page.get_by_role("combobox", name=name)
        chosen[name] = choice.locator("option").nth(1).inner_text()
        choice.select_option(chosen[name])
    shown = cells(page).count()
    again = visit(page.url).page
    for name, label in chosen.items():
        assert again.get_by_role("combobox", name=name).input_value() == label
    assert cells(again).count() == shown
    again.get_by_role("combobox", name="Emotion").select_option(index=0)
    again.get_by_role("combobox", name="Model").select_option(index=0)
    again.wait_for_url(lambda address: "#" not in address)
    again.evaluate("location.hash = 'emotion=%3Cimg%20src%3Dx%3E&hear=../../x&bar=1e9'")
    assert again.get_by_role("combobox", name="Emotion").input_value() == ""
    assert again.locator(".playing").is_hidden()


def test_a_headings_address_leaves_the_filters_alone(window):
    page = window.page
    page.get_by_role("combobox", name="Model").select_option("Real music")
    page.evaluate("location.hash = 'emotion-genre-model'")
    assert page.get_by_role("combobox", name="Model").input_value() == "Real music"


@pytest.mark.parametrize(
    "window", [{"width": 390, "scheme": "dark"}, {"width": 1440}, {"width": 320}], indirect=True, ids=str
)
def test_the_bar_is_accessible_and_fits(window):
    page = window.page
    play(page, cells(page).first)
    found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    assert not [
        (rule["id"], node["target"])
        for rule in found
        for node in rule["nodes"]
        if rule["impact"] in ("serious", "critical")
    ]
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator(".playing").bounding_box()
    assert box["x"] == 0
    assert box["width"] == width
    assert box["y"] + box["height"] == 900
    assert box["height"] < 200
