"""One row of a survey's answers, from the survey page or from a form: what it says, or why it cannot be used.

The formats are those of :mod:`lib.chapters.survey.files`. Cells are untrusted text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lib.basics.files import hash_of_bytes
from lib.chapters.survey.scores import QUESTIONS, SCORES

PAGE_COLUMNS = (
    "survey",
    "rater",
    "language",
    "position",
    "piece",
    "presentation",
    *QUESTIONS,
    "heard_seconds",
)
ANSWER_COLUMNS = ["file", "row", "survey", "rater", "position", "piece", "presentation", *QUESTIONS]

_FORM_QUESTIONS = {
    "emotion": "emotion",
    "情緒": "emotion",
    "genre": "genre",
    "曲風": "genre",
    "human": "human",
    "人類": "human",
}
_FORM_COLUMN = re.compile(r"(.+?)\s*\[\s*([^\[\]]+?)\s*\]\s*")


@dataclass(frozen=True)
class Row:
    """One row of a file, by the names of its columns."""

    file: str
    number: int
    cells: dict[str, str]
    time: str = ""  # of a form
    address: str = ""  # of a form


def kind_of(header: Sequence[str]) -> str:
    """Which format the header belongs to; the reason when it is neither."""
    missing = [name for name in PAGE_COLUMNS if name not in header]
    if len(missing) < len(PAGE_COLUMNS) - 2:
        if doubled := [name for name in PAGE_COLUMNS if header.count(name) > 1]:
            raise ValueError(f"the column '{doubled[0]}' stands in it twice")
        if missing:
            raise ValueError(f"of the survey page's columns it lacks {', '.join(missing)}")
        return "survey page"
    forms = [found for found in map(form_question, header) if found]
    for piece, question in forms:
        if forms.count((piece, question)) > 1:
            raise ValueError(f"it asks '{question}' of '{shown_text(piece)}' twice")
    if forms:
        return "Google Forms"
    raise ValueError(
        "its first row is neither that of the survey page nor that of a Google Forms export "
        "with columns like 'piece 1 [emotion]'"
    )


def form_question(column: str) -> tuple[str, str] | None:
    """(piece, question) of a Google Forms column, or None."""
    match = _FORM_COLUMN.fullmatch(column)
    if not match or match[2].lower() not in _FORM_QUESTIONS:
        return None
    return match[1], _FORM_QUESTIONS[match[2].lower()]


def page_row(row: Row, seen: dict) -> list[dict]:
    """The answer in a row of the survey page's files, as one record of :data:`ANSWER_COLUMNS`.

    Args:
        row: its cells.
        seen: earlier answers, by who gave them; added to.

    Raises:
        ValueError: with the reason why it cannot be used.
    """
    cells = row.cells
    for column in ("survey", "rater", "piece"):
        if not cells[column] or len(cells[column]) > 200 or not cells[column].isprintable():
            raise ValueError(f"it has no valid {column}")
    if cells["presentation"] not in ("1", "2"):
        raise ValueError(f"presentation is '{shown_text(cells['presentation'])}', not 1 or 2")
    if not re.fullmatch(r"[0-9]{1,4}", cells["position"]):
        raise ValueError(f"position is '{shown_text(cells['position'])}', not a number")
    heard = cells["heard_seconds"].replace(",", ".")
    if heard and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", heard):
        raise ValueError(f"heard_seconds is '{shown_text(cells['heard_seconds'])}', not a number")
    scores = {question: _score(cells[question], question) for question in QUESTIONS}
    if all(score is None for score in scores.values()):
        raise ValueError("none of its questions is answered")
    if heard and float(heard) == 0:
        raise ValueError("it was answered without listening (0 s heard)")
    _once(
        row,
        seen,
        (cells["survey"], cells["rater"], cells["piece"], cells["presentation"]),
        tuple(scores.values()),
        "this rater's answers to this piece",
    )
    return [
        {
            "file": row.file,
            "row": row.number,
            "survey": cells["survey"],
            "rater": cells["rater"],
            "position": int(cells["position"]),
            "piece": cells["piece"],
            "presentation": int(cells["presentation"]),
            **scores,
        }
    ]


def form_row(row: Row, seen: dict) -> list[dict]:
    """The answers in a row of a form, a record for each piece; as :func:`page_row`."""
    pieces: dict[str, dict] = {}
    for column, text in row.cells.items():
        found = form_question(column)
        if found:
            pieces.setdefault(found[0], dict.fromkeys(QUESTIONS))[found[1]] = _score(text, column)
    answered = {
        piece: scores
        for piece, scores in pieces.items()
        if any(score is not None for score in scores.values())
    }
    if not answered:
        raise ValueError("none of its questions is answered")
    address = row.address.lower()
    content = repr((row.time, sorted((piece, sorted(scores.items())) for piece, scores in answered.items())))
    _once(
        row,
        seen,
        ("form", address or content),
        content,
        "a submission by this person" if address else "the submission",
    )
    rater = f"form-{hash_of_bytes(content.encode())[:16]}"  # without the address, which a hash would betray
    return [
        {
            "file": row.file,
            "row": row.number,
            "survey": "",
            "rater": rater,
            "position": place,
            "piece": piece,
            "presentation": 1,
            **scores,
        }
        for place, (piece, scores) in enumerate(answered.items(), start=1)
    ]


def _score(text: str, column: str) -> int | None:
    """A score, or None for an empty cell."""
    if not text:
        return None
    match = re.fullmatch(r"(\d)(?:[.,]0*)?", text)
    if not match or int(match[1]) not in SCORES:
        raise ValueError(
            f"the score '{shown_text(text)}' in '{shown_text(column)}' is not a whole number from "
            f"{SCORES[0]} to {SCORES[-1]}"
        )
    return int(match[1])


def _once(row: Row, seen: dict, who: tuple, what: object, meaning: str) -> None:
    if who in seen:
        file, number, earlier = seen[who]
        raise ValueError(
            f"it repeats {meaning} in {shown_text(file)}, row {number}"
            + ("" if earlier == what else ", with other scores; the first one counts")
        )
    seen[who] = (row.file, row.number, what)


def shown_text(text: str) -> str:
    """Untrusted text for a message: printable and short."""
    plain = "".join(letter if letter.isprintable() else "�" for letter in text)
    return plain if len(plain) <= 60 else plain[:57] + "…"
