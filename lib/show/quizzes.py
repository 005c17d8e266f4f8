"""Questions that a reader answers before the page does: votes by buttons, a tally kept by the browser only.

The page is whole without a script, and so is the output in JupyterLab: an answer then lies in a fold, or,
where a page asks for it, stands open, and a sentence says where one can vote.
`book/_static/quiz.js` puts buttons in front of the answers and keeps the tally, with an interval beside it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from lib.basics.errors import BookError
from lib.basics.files import hash_of_json
from lib.composing.outcomes import share_with_interval


@dataclass(frozen=True)
class Question:
    """One question of a quiz.

    Attributes:
        key: what a reader's vote is kept under; it must tell nothing.
        title: how the question is called, neutrally.
        opening: what is shown before the vote, as HTML.
        answer: the right one of the quiz's choices; empty where there is nothing to vote on.
        revealed: what the answer tells, as HTML.
        group: questions of a group are counted by themselves.
    """

    key: str
    title: str
    opening: str
    answer: str
    revealed: str
    group: str = ""


def quiz_html(
    name: str,
    label: str,
    choices: Mapping[str, str],
    questions: Sequence[Question],
    groups: Mapping[str, str] | None = None,
    show_all: str = "Show all answers",
    folded: bool = True,
) -> str:
    """A quiz as HTML without an empty line, so that it can also stand in a page of Markdown.

    Args:
        name: of the quiz. Votes are kept under it and a hash of the questions: other pieces, another tally.
        label: what is asked, for screen readers.
        choices: what can be voted for, each with the words on its button.
        questions: in the order in which they are asked.
        groups: what is counted apart, each with its title.
        show_all: the words on the control that unfolds everything.
        folded: whether an answer lies in a fold where no script runs.

    Raises:
        BookError: when an answer is none of the choices, or two questions have one key.
    """
    asked = [question for question in questions if question.answer]
    for question in asked:
        if question.answer not in choices:
            raise BookError(
                f"The answer to '{question.title}' is '{question.answer}', which cannot be "
                f"chosen; the choices are: {', '.join(choices)}."
            )
    keys = [question.key for question in questions]
    if len(set(keys)) < len(keys):
        raise BookError(f"Two questions of the quiz '{name}' have the same key: give each its own.")
    state = f"{name}-{hash_of_json([[question.key, question.answer] for question in asked])[:8]}"
    inner = "\n".join(_question(question, folded) for question in questions)
    answers = "each answer lies in its fold" if folded else "the answers stand open"
    return (
        f'<div class="quiz" role="group" aria-label="{escape(label)}" data-quiz="{escape(state)}" '
        f'data-choices="{_json(choices)}" data-groups="{_json(groups or {})}" '
        f'data-show-all="{escape(show_all)}">\n<p class="quiz-elsewhere">One votes on the site, in '
        f"a browser that runs its script; here {answers}.</p>\n"
        f'<div class="quiz-questions">\n{inner}\n</div>\n</div>'
    )


def how_little_it_shows(count: int, choices: int) -> str:
    """A sentence on what guessing scores, and on what a perfect score of so many answers would show."""
    low = share_with_interval(count, count)[1]
    return (
        f"Blind guessing is right in 1 of {choices} cases. Even {count} right answers of {count} would "
        f"leave a 95% interval that reaches down to {100 * low:.0f}%."
    )


def _question(question: Question, folded: bool) -> str:
    attributes = f'class="quiz-question" data-question="{escape(question.key)}"'
    if not question.answer:
        return f"<div {attributes}>\n{question.opening}\n{question.revealed}</div>"
    revealed = (
        f'<details class="quiz-answer"><summary>The answer</summary>\n{question.revealed}\n</details>'
        if folded
        else f'<div class="quiz-answer">\n{question.revealed}\n</div>'
    )
    return (
        f'<div {attributes} data-answer="{escape(question.answer)}" '
        f'data-group="{escape(question.group)}" data-title="{escape(question.title)}">\n'
        f"{question.opening}\n{revealed}\n</div>"
    )


def _json(content: Mapping) -> str:
    return escape(json.dumps(dict(content), ensure_ascii=False))
