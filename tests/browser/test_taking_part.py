"""Votes before answers, the tally that stays in the browser, and the slider of the published noise."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from in_browser import made_page, pages_with

from lib.show.quizzes import Question, quiz_html

NASTY = '"><img src=x onerror=alert(1)> 🎵 Ünïcode'
CHOICES = {"real": "Real music", "composed": NASTY}
BLOCKED = """Object.defineProperty(window, "localStorage",
    {get() { throw new DOMException("no", "SecurityError"); }});"""
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"


@pytest.fixture
def address(tmp_path):
    """A page with a quiz of three questions, two of a group named nastily."""
    asked = [("real", NASTY), ("composed", NASTY), ("real", "b")]
    questions = [
        Question(
            f"k{number}",
            f"{NASTY} {number}",
            f"<p>Piece {number}</p>",
            answer,
            f"<p>because {number}</p>",
            group,
        )
        for number, (answer, group) in enumerate(asked)
    ]
    quiz = quiz_html("ears", NASTY, CHOICES, questions, {NASTY: NASTY, "b": "Other"})
    return made_page(tmp_path, f"<h1>Made</h1>{quiz}", "quiz")


def shown_answers(page):
    return [answer.inner_text() for answer in page.locator(".quiz-answer p").all() if answer.is_visible()]


def tally(page):
    return page.locator(".quiz-tally").inner_text()


def result(page, question):
    return page.locator(f"[data-question={question}] [role=status]").inner_text()


def vote(page, question, choice):
    button = page.locator(f'[data-question="{question}"] .quiz-choices button[data-choice="{choice}"]')
    button.focus()
    page.keyboard.press("Enter")
    return button


def test_the_answer_waits_for_the_vote_and_the_vote_counts_once(visit, address):
    window = visit(address)
    page = window.page
    assert shown_answers(page) == []
    assert "0 of 3 answered" in tally(page)
    pressed = vote(page, "k0", "real")
    assert pressed.get_attribute("aria-pressed") == "true"
    assert shown_answers(page) == ["because 0"]
    assert result(page, "k0") == "Right: “Real music”."
    vote(page, "k0", "composed")
    assert result(page, "k0") == "Right: “Real music”."
    vote(page, "k1", "real")
    assert result(page, "k1") == f"You said “Real music”; it is “{NASTY}”."
    assert "2 of 3 answered" in tally(page)
    assert "1 of 2 right, 50%; 95% interval 9% to 91%" in tally(page), "Wilson's interval"
    assert "Other: no votes yet" in tally(page)
    assert page.locator(".quiz img").count() == 0
    assert window.complaints == []
    assert window.foreign_requests() == []


def test_votes_stay_until_they_are_forgotten(visit, address):
    page = visit(address).page
    vote(page, "k2", "real")
    page.reload()
    assert shown_answers(page) == ["because 2"]
    assert "1 of 3 answered" in tally(page)
    page.get_by_role("button", name="Forget my votes").click()
    assert shown_answers(page) == []
    assert page.evaluate("localStorage.length") == 0
    page.reload()
    assert "0 of 3 answered" in tally(page)


def test_all_answers_at_once_are_no_votes(visit, address):
    page = visit(address).page
    page.get_by_role("button", name="Show all answers").click()
    assert shown_answers(page) == ["because 0", "because 1", "because 2"]
    assert "0 of 3 answered" in tally(page)
    page.get_by_role("button", name="Show all answers").click()
    assert shown_answers(page) == []


@pytest.mark.parametrize(
    ("prepare", "said"),
    [(BLOCKED, "keeps nothing"), (FULL, "keeps nothing"), (None, "kept in this browser only")],
)
def test_it_works_where_the_browser_keeps_nothing(visit, address, prepare, said):
    window = visit(address, prepare=prepare)
    vote(window.page, "k0", "composed")
    assert shown_answers(window.page) == ["because 0"]
    assert said in tally(window.page)
    assert window.complaints == []


@pytest.mark.parametrize("kept", ["{", "null", "[]", '{"k0": "toString"}', '{"k0": 7}'])
def test_what_is_kept_may_be_damaged(visit, address, kept):
    window = visit(address)
    name = window.page.evaluate("'composing-to-a-mood:quiz:' + document.querySelector('.quiz').dataset.quiz")
    window.page.evaluate("([name, kept]) => localStorage.setItem(name, kept)", [name, kept])
    window.page.reload()
    assert "0 of 3 answered" in tally(window.page)
    vote(window.page, "k0", "real")
    assert shown_answers(window.page) == ["because 0"]
    assert window.complaints == []


def test_without_scripts_an_answer_unfolds(visit, address):
    page = visit(address, java_script_enabled=False).page
    fold = page.locator("details.quiz-answer").first
    assert not fold.locator("p").is_visible()
    fold.locator("summary").click()
    assert fold.locator("p").is_visible()


@pytest.mark.parametrize("name", pages_with('class="quiz"'))
def test_every_quiz_of_the_book_can_be_answered(visit, name):
    window = visit(name)
    page = window.page
    for quiz in page.locator(".quiz").all():
        questions = quiz.locator(".quiz-question[data-answer]").all()
        assert questions
        answers = quiz.locator(".quiz-answer")
        assert not any(answer.is_visible() for answer in answers.all())
        for question, right in zip(questions, (True, False), strict=False):
            answer = question.get_attribute("data-answer")
            choices = question.locator(".quiz-choices button").all()
            assert answer in [choice.get_attribute("data-choice") for choice in choices]
            next(
                choice for choice in choices if (choice.get_attribute("data-choice") == answer) == right
            ).click()
            assert question.locator(".quiz-answer").is_visible()
            begins = question.locator(".quiz-result").inner_text().partition(" ")[0]
            assert begins == ("Right:" if right else "You")
        voted = min(2, len(questions))
        assert f"{voted} of {len(questions)} answered" in quiz.locator(".quiz-tally").inner_text()
        quiz.locator(".quiz-show-all").click()
        assert all(answer.is_visible() for answer in answers.all())
    found = Axe().run(page, context=".quiz", options={"preload": False}).response["violations"]
    assert not [
        (rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["impact"] in ("serious", "critical")
    ]
    assert window.complaints == []


@pytest.mark.parametrize("width", [390, 1440])
def test_the_noise_slider_shows_what_was_computed_at_its_stop(visit, width):
    window = visit("notebooks/06_noise.html", width)
    page = window.page
    root = page.locator(".noise-slider").first
    slider, rows = root.locator("input[type=range]"), root.locator("tbody tr").all()
    assert len(rows) > 1
    slider.focus()
    page.keyboard.press("Home")
    for number, row in enumerate(rows):
        assert row.get_attribute("aria-current") == "true"
        assert root.locator("tbody [aria-current]").count() == 1
        deviation = row.locator("th").inner_text()
        assert deviation in slider.get_attribute("aria-valuetext")
        assert deviation in root.locator("output").inner_text()
        players = [
            player.get_attribute("data-result")
            for player in root.locator(".noise-players [data-result]").all()
            if player.is_visible()
        ]
        assert players == [row.get_attribute("data-result")], "one player: of this stop's result"
        assert slider.input_value() == str(number)
        page.keyboard.press("ArrowRight")
    assert window.complaints == []


def test_without_scripts_every_result_of_the_noise_can_be_heard(visit):
    page = visit("notebooks/06_noise.html", java_script_enabled=False).page
    players = page.locator(".noise-slider audio").all()
    assert len(players) > 1
    assert all(player.is_visible() for player in players)


def test_there_are_quizzes(site):
    assert {"book/claims.html", "notebooks/04_generation.html"} <= set(pages_with('class="quiz"'))
