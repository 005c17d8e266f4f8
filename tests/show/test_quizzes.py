"""Quizzes as HTML: the answer is folded or stands behind the vote, text is escaped, no line is empty."""

import json

import pytest
from bs4 import BeautifulSoup

from lib.basics.errors import BookError
from lib.show.quizzes import Question, how_little_it_shows, quiz_html
from lib.show.words import one_line

NASTY = '"><img src=x onerror=alert(1)> 🎵 \n\n# Ünïcode'
CHOICES = {"real": "Real music", "composed": "Composed"}


def questions(*answers):
    return [
        Question(f"k{number}", f"Piece {number}", f"<p>Piece {number}</p>", answer, "<p>because</p>", "a")
        for number, answer in enumerate(answers, start=1)
    ]


def parsed(page):
    return BeautifulSoup(page, "html.parser")


def test_the_answer_lies_in_a_fold_behind_the_question():
    page = parsed(quiz_html("ears", "Which?", CHOICES, questions("real", "composed")))
    blocks = page.select(".quiz-question")
    assert [block["data-answer"] for block in blocks] == ["real", "composed"]
    for block in blocks:
        fold = block.find("details", class_="quiz-answer")
        assert not fold.has_attr("open")
        assert "because" in fold.get_text()
        fold.extract()
        assert "because" not in block.get_text()


def test_where_a_page_asks_for_it_the_answer_stands_open():
    page = parsed(quiz_html("verdicts", "Which?", CHOICES, questions("real"), folded=False))
    assert page.find("details") is None
    assert page.select_one("div.quiz-answer").get_text(strip=True) == "because"
    assert not page.select_one("div.quiz-answer").has_attr("hidden")


@pytest.mark.parametrize(("folded", "where"), [(True, "in its fold"), (False, "stand open")])
def test_without_the_script_it_says_where_one_can_vote(folded, where):
    page = parsed(quiz_html("ears", "Which?", CHOICES, questions("real"), folded=folded))
    sentence = page.select_one(".quiz-elsewhere").get_text()
    assert sentence.startswith("One votes on the site")
    assert where in sentence


def test_what_a_script_needs_survives_any_text():
    choices = {NASTY: NASTY, "b": "b"}
    question = Question("k", NASTY, "<p></p>", NASTY, "<p></p>", NASTY)
    page = parsed(quiz_html("labels", NASTY, choices, [question], {NASTY: NASTY}, show_all=NASTY))
    assert page.find("img") is None
    (root,) = page.select(".quiz")
    assert json.loads(root["data-choices"]) == choices
    assert json.loads(root["data-groups"]) == {NASTY: NASTY}
    (block,) = page.select(".quiz-question")
    assert (block["data-answer"], block["data-title"], block["data-group"]) == (NASTY, NASTY, NASTY)


def test_no_empty_line_ends_the_html_in_a_page_of_markdown():
    question = Question("k", "title", f"<p>{one_line(NASTY)}</p>", "real", f"<p>{one_line(NASTY)}</p>")
    page = quiz_html("ears", "Which?", CHOICES, [question])
    assert all(line.strip() for line in page.splitlines())


def test_other_questions_or_answers_are_another_tally():
    def place(*answers):
        page = parsed(quiz_html("ears", "Which?", CHOICES, questions(*answers)))
        return page.select_one(".quiz")["data-quiz"]

    assert place("real", "real") == place("real", "real")
    assert len({place("real"), place("composed"), place("real", "real")}) == 3


def test_where_nothing_can_be_heard_nobody_is_asked():
    page = parsed(quiz_html("ears", "Which?", CHOICES, questions("real", "")))
    silent = page.select(".quiz-question")[1]
    assert not silent.has_attr("data-answer")
    assert "because" in silent.get_text()


def test_an_answer_that_cannot_be_chosen_is_refused():
    with pytest.raises(BookError, match="'Piece 1' is 'forged', which cannot be chosen"):
        quiz_html("ears", "Which?", CHOICES, questions("forged"))


def test_two_questions_with_one_key_are_refused():
    with pytest.raises(BookError, match="same key"):
        quiz_html("ears", "Which?", CHOICES, questions("real") * 2)


def test_how_little_a_perfect_score_shows():
    # Wilson's lower end for 5 of 5 is 5 / (5 + 1.96²).
    assert "1 of 2 cases. Even 5 right answers of 5" in how_little_it_shows(5, 2)
    assert "down to 57%" in how_little_it_shows(5, 2)
