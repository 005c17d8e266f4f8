"""A rater's way through the survey page in a real browser, by keyboard, on a phone, offline."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from symusic import Note, Score, Track

from lib.chapters.survey.files import read_answers
from lib.chapters.survey.keys import read_key
from lib.chapters.survey.page import key_path, make_survey

PIECES = 6
SCORES = {"emotion": 4, "genre": 1, "human": 5}


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A survey of three composed and three real pieces of two seconds."""
    root = tmp_path_factory.mktemp("survey")
    for number in range(PIECES):
        score = Score(48)
        score.tracks.append(Track(program=0))
        for place in range(8):
            score.tracks[0].notes.append(Note(24 * place, 24, 50 + 4 * number + place, 80))
        folder = root / "pieces" / ("composed", "real")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        score.dump_midi(folder / f"XMIDI_sad_pop_{number}.midi")
    return make_survey(root / "pieces", root / "survey.html", seconds=3)["page"]


@pytest.fixture
def context(browser):
    """A phone without a network, in the dark; what the page asks for and complains about is kept."""
    found = browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme="dark",
        locale="zh-TW",
        accept_downloads=True,
        offline=True,
    )
    found.heard, found.said = [], []
    found.on("request", lambda request: found.heard.append(request.url))
    found.on("console", lambda message: found.said.append(message.text))
    found.on("weberror", lambda error: found.said.append(str(error.error)))
    yield found
    found.close()


def opened(context, page_file):
    page = context.new_page()
    page.goto(page_file.as_uri())
    return page


def listen(page):
    page.evaluate("""async () => {
        const audio = document.getElementById("audio");
        audio.muted = true;
        await audio.play();
        await new Promise((done) => setTimeout(done, 600));
        audio.pause();
    }""")


def answer(page, scores=SCORES):
    """Choose the scores with the arrow keys and go on with Enter."""
    for question, score in scores.items():
        page.focus(f"#{question}-1")
        page.keyboard.press("Space")
        for _ in range(score - 1):
            page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")


def finish(page):
    while page.is_visible("#piece"):
        listen(page)
        answer(page)


def saved(page, path):
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(path / download.value.suggested_filename)
    return path / download.value.suggested_filename


def test_from_the_first_piece_to_a_file_that_can_be_read(context, page_file, tmp_path):
    page = opened(context, page_file)
    assert page.locator("html").get_attribute("lang") == "zh-Hant"
    page.click("#begin")
    finish(page)
    found = read_answers([saved(page, tmp_path)], read_key(key_path(page_file)))
    answers = found.answers
    assert found.problems.empty
    assert answers[list(SCORES)].drop_duplicates().to_dict("records") == [SCORES]
    assert len(answers) == PIECES + 1
    assert answers.loc[answers["presentation"] == 1, "piece"].nunique() == PIECES
    again = answers[answers["presentation"] == 2].iloc[0]
    first = answers[(answers["presentation"] == 1) & (answers["piece"] == again["piece"])].iloc[0]
    assert again["position"] - first["position"] > 3
    text = (tmp_path / found.files["file"][0]).read_text(encoding="utf-8-sig")
    assert page.input_value("#as-text").split() == text.split()
    assert all(url.startswith(("file:", "blob:", "data:")) for url in context.heard), context.heard
    assert context.said == []


def test_nothing_is_skipped(context, page_file):
    page = opened(context, page_file)
    page.click("#begin")
    answer(page)
    assert page.text_content("#problem") == "請先聆聽這段音樂。"
    page.click("[data-language=en]")
    page.reload()
    assert page.is_checked(f"#human-{SCORES['human']}"), "what was chosen is kept"
    page.evaluate("localStorage.clear()")
    page = opened(context, page_file)
    page.click("[data-language=en]")
    page.click("#begin")
    listen(page)
    answer(page, {"emotion": 2, "human": 3})
    assert page.text_content("#problem") == "Please answer all three questions."
    assert page.evaluate("document.activeElement.id") == "genre-1"
    assert page.get_attribute("[data-question=genre]", "class") == "unanswered"


def test_answers_stay_in_the_browser_until_they_are_sent(context, page_file):
    page = opened(context, page_file)
    page.click("#begin")
    for _ in range(2):
        listen(page)
        answer(page)
    page.close()
    page = opened(context, page_file)
    assert page.text_content("#piece-title") == f"第 3 段，共 {PIECES + 1} 段"
    finish(page)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.click("#forget")
    assert page.evaluate("localStorage.length") == 1
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#forget")
    assert page.is_visible("#gone")
    assert page.evaluate("localStorage.length") == 0
    page.reload()
    assert page.is_visible("#intro")


def test_every_rater_gets_another_order(browser, page_file):
    seen = set()
    for _ in range(4):
        context = browser.new_context()
        state = opened(context, page_file).evaluate("JSON.parse(Object.values(localStorage)[0])")
        seen.add((state["rater"], *(piece["id"] for piece in state["order"])))
        context.close()
    assert len({rater for rater, *_ in seen}) == 4
    assert len({tuple(order) for _, *order in seen}) > 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_it_fits_the_screen_and_axe_finds_nothing(browser, page_file, scheme, width):
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = opened(context, page_file)

    def check():
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    check()
    page.click("#begin")
    check()
    page.click("button[type=submit]")
    check()
    finish(page)
    check()
    context.close()
