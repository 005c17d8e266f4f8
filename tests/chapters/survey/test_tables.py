"""Tables of answers say what was asked, how many answered, and what was left out; names stay text."""

from dataclasses import replace

import numpy as np
import pandas as pd

from lib.chapters.survey import scores as survey, tables as survey_tables
from lib.chapters.survey.answer_rows import ANSWER_COLUMNS
from lib.chapters.survey.files import SurveyAnswers


def made_up(key: bool = True) -> SurveyAnswers:
    generator = np.random.default_rng(0)
    rows = []
    for rater in range(12):
        for position, piece in enumerate([*range(8), 2], start=1):
            scores = np.clip(generator.integers(1, 5, 3) + (piece % 2), 1, 5)
            rows.append(
                {
                    "file": f"<b>{rater}.csv",
                    "row": position + 1,
                    "survey": "s",
                    "rater": f"r{rater}",
                    "position": position,
                    "piece": f"p{piece}",
                    "presentation": 1 + (position == 9),
                    **dict(zip(survey.QUESTIONS, scores.tolist(), strict=True)),
                    "origin": ("composed", "real")[piece % 2],
                }
            )
    answers = pd.DataFrame(rows).astype(dict.fromkeys(survey.QUESTIONS, "Int64"))
    files = pd.DataFrame(
        {"file": ["<b>0.csv"], "kind": ["survey page"], "encoding": ["utf-8"], "rows": [9], "used": [9]}
    )
    problems = pd.DataFrame(
        {"file": ["x.csv", "y.csv"], "row": [0, 4], "reason": ["it is empty", "score <9>"]}
    )
    mended = pd.DataFrame(columns=["file", "row", "what"])
    return SurveyAnswers(answers if key else answers[ANSWER_COLUMNS], problems, mended, files)


def test_a_new_survey_is_shown_with_what_was_left_out():
    page = survey_tables.new_survey(made_up(), draws=100).data
    for text in (
        "the file",
        "it is empty",
        "score &lt;9&gt;",
        "&lt;b&gt;0.csv",
        "12 raters, 8 pieces",
        "do raters agree with themselves",
        "σ of pieces",
        "made by a human?",
    ):
        assert text in page
    assert "<b>" not in page


def test_without_a_key_the_model_says_what_it_lacks():
    page = survey_tables.new_survey(made_up(key=False), draws=100).data
    assert "Without the key of the survey" in page


def test_questions_in_the_words_of_the_original():
    table = survey.neutral_table(survey.published_counts().query("piece != 'all_five'"), draws=100)
    page = survey_tables.neutral_rows(table, "Against neutral.").data
    for text in (
        "sad/pop: “pop”?",
        "happy/country: “happy”?",
        "happy/country: human?",
        "&lt;\N{NO-BREAK SPACE}0.001",
    ):
        assert text in page
    assert survey_tables.question_label("all_five", "human") == "all five: human?"
    assert survey_tables.question_phrase("sad_pop", "emotion") == "“sad” for sad/pop"
    assert survey_tables.question_phrase("sad_pop", "human") == "“human” for sad/pop"


def test_the_fewest_pieces_that_suffice():
    table = pd.DataFrame(
        {"raters": [10, 10, 40, 40], "pieces": [4, 8, 4, 8], "by_piece": [0.1, 0.3, 0.5, 0.85]}
    )
    assert survey_tables.fewest_pieces(table, 40) == 8
    assert survey_tables.fewest_pieces(table, 10) is None
    page = survey_tables.enough_rows({"alike": table}, "Enough.").data
    assert "more than 8" in page


def test_labels_of_the_bars():
    scores = pd.DataFrame({"question": ["human"], "origin": ["real"]})
    assert survey_tables.likert_labels(scores) == ["made by a human?\nreal"]


def test_a_survey_with_rated_pieces_compares_their_labels_with_ours():
    plain = made_up()
    assert "no pieces labelled by people" in survey_tables.new_survey(plain, draws=100).data
    third = plain.answers.assign(
        origin=["rated" if piece in ("p6", "p7") else origin
                for piece, origin in zip(plain.answers["piece"], plain.answers["origin"], strict=True)]
    )  # fmt: skip
    page = survey_tables.new_survey(replace(plain, answers=third), draws=100).data
    for text in ("by people − by our rule", "listeners agree", "raters and pieces are drawn both"):
        assert text in page


def test_power_stands_beside_its_arms():
    table = pd.DataFrame({"raters": [30, 50], "pieces": [10, 20], "power": [0.31, 0.82]})
    page = survey_tables.power_rows({"alike": table}, "Power.").data
    assert "pieces of each arm" in page
    assert "82" in page
