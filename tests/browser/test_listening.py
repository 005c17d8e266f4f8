"""The page of all pieces: filters, few pieces at first on a phone, downloads; and three on the first page."""

import re

import pytest
from in_browser import HEIGHT, file_of

LISTEN = "book/listen.html"
PHONE = 390


@pytest.fixture
def window(visit, request):
    return visit(LISTEN, getattr(request, "param", 1440))


def shown(page):
    return [cell for cell in page.locator(".listen-grid .listen-cell").all() if cell.is_visible()]


def test_a_filter_leaves_what_has_its_label(window):
    page = window.page
    everything = len(shown(page))
    assert everything == page.locator(".listen-grid .listen-cell").count() > 3
    for name, attribute in (("Emotion", "data-emotion"), ("Genre", "data-genre"), ("Model", "data-source")):
        choice = page.get_by_role("combobox", name=name)
        label = choice.locator("option").nth(1).inner_text()
        choice.select_option(label)
        cells = shown(page)
        assert 0 < len(cells) <= everything
        for cell in cells:
            owner = cell if name == "Model" else cell.locator("xpath=ancestor::section[1]")
            assert owner.get_attribute(attribute) == label
        assert page.locator(".listen-count").inner_text().startswith(f"{len(cells)} of {everything} ")
        choice.select_option(index=0)
    page.get_by_role("combobox", name="Model").select_option("Real music")
    assert len(shown(page)) < everything
    assert window.complaints == []


@pytest.mark.parametrize("window", [PHONE], indirect=True)
def test_a_phone_starts_with_six_and_shows_more_when_asked(window):
    page = window.page
    total = page.locator(".listen-grid .listen-cell").count()
    assert len(shown(page)) == min(6, total)
    while (more := page.locator(".listen-more")).is_visible():
        before = len(shown(page))
        more.click()
        assert len(shown(page)) > before
        assert page.evaluate("document.activeElement.closest('.listen-cell') !== null"), "the first new one"
    assert len(shown(page)) == total


def test_every_cell_plays_or_tells_why_not_and_its_files_are_there(window):
    page = window.page
    for cell in page.locator(".listen-cell").all():
        if not cell.locator("audio").count():
            assert "cannot be heard" in cell.inner_text()
        links = cell.locator("a[download]").evaluate_all(
            "links => links.map((link) => [link.textContent, link.href])"
        )
        assert {words for words, _ in links} <= {"MIDI", "MusicXML"}
        assert all(file_of(link).stat().st_size > 20 for _, link in links)
        if cell.locator(".player-controls").count():
            assert cell.locator("[role=slider]").get_attribute("aria-valuetext").startswith("bar 1 of ")
            assert {words for words, _ in links} >= {"MIDI"}
    assert page.locator(".listen-cell .player-controls").count() > 0


def test_a_cell_plays_at_once_and_stops_when_it_is_filtered_away(window):
    page = window.page
    page.evaluate("for (const audio of document.querySelectorAll('audio')) audio.muted = true")
    cell = page.locator(".listen-grid .listen-cell:has(.player-button)").first
    audio = cell.locator("audio").element_handle()
    cell.locator(".player-button").press("Enter")
    page.wait_for_function("(audio) => audio.currentTime > 0.1", arg=audio)
    choice = page.get_by_role("combobox", name="Model")
    source = cell.get_attribute("data-source")
    other = next(text for text in choice.locator("option").all_inner_texts()[1:] if text != source)
    choice.select_option(other)
    page.wait_for_function("(audio) => audio.paused", arg=audio)


def test_without_scripts_all_pieces_stand_there(visit):
    page = visit(LISTEN, PHONE, java_script_enabled=False).page
    assert len(shown(page)) == page.locator(".listen-grid .listen-cell").count() > 3


def test_the_first_screen_of_the_book_lets_three_pieces_be_heard(visit):
    page = visit("book/index.html").page
    cells = page.locator(".listen-front .listen-cell").all()
    assert 1 < len(cells) <= 3
    for cell in cells:
        button = cell.locator(".player-button, audio[controls]").first
        box = button.bounding_box()
        assert box["y"] + box["height"] <= HEIGHT, "without scrolling"
    assert re.search(r"Listen to all", page.locator(".listen-front").inner_text())
