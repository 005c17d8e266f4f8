"""The key to a survey page: which piece is which, found again where a spreadsheet changed an identifier."""

from collections.abc import Iterable
from decimal import Context, Decimal, InvalidOperation
from pathlib import Path

import pandas as pd

from lib.basics.errors import BookError
from lib.basics.files import read_json
from lib.chapters.survey.answer_rows import ANSWER_COLUMNS, shown_text
from lib.chapters.survey.scores import QUESTIONS

ORIGINS = ("composed", "real")
"""What every survey has."""
RATED = "rated"
"""A third kind, where there are rated pieces (:mod:`lib.chapters.survey.rated_arm`)."""


def read_key(path: Path) -> dict:
    """The key that was written with a survey page: survey, and pieces by opaque id.

    Raises:
        BookError: when it is missing or not such a key.
    """
    key = read_json(Path(path))
    pieces = key.get("pieces") if isinstance(key, dict) else None
    wanted = {"origin", "emotion", "genre", "file"}
    if (
        not isinstance(pieces, dict)
        or not isinstance(key.get("survey"), str)
        or not all(
            isinstance(piece, dict) and wanted <= set(piece) and piece["origin"] in (*ORIGINS, RATED)
            for piece in pieces.values()
        )
    ):
        raise BookError(
            f"The file {path} is not the key of a survey: take the .key.json that "
            "'survey make' wrote beside the page."
        )
    return key


def with_key(table: pd.DataFrame, key: dict, problems: list, mended: list) -> pd.DataFrame:
    """Origins and labels of the pieces; a form may name them by id or by file name."""
    by_name = {
        **{Path(piece["file"]).stem: piece_id for piece_id, piece in key["pieces"].items()},
        **{piece["file"]: piece_id for piece_id, piece in key["pieces"].items()},
        **{piece_id: piece_id for piece_id in key["pieces"]},
    }
    kept: list[dict] = []
    seen: dict[tuple, dict] = {}
    for record in table.to_dict("records"):
        piece_id = by_name.get(record["piece"]) or _before_spreadsheet(record["piece"], key["pieces"])
        survey = _before_spreadsheet(record["survey"], [key["survey"]]) or record["survey"]
        if survey not in ("", key["survey"]):
            problems.append(
                (record["file"], record["row"], f"it belongs to another survey, '{shown_text(survey)}'")
            )
        elif piece_id is None:
            problems.append(
                (record["file"], record["row"], f"the key knows no piece '{shown_text(record['piece'])}'")
            )
        else:
            who = survey, record["rater"], piece_id, record["presentation"]
            first = seen.setdefault(who, record)
            if record["piece"] not in by_name:
                mended.append(
                    (
                        record["file"],
                        record["row"],
                        f"a spreadsheet took the piece '{piece_id}' "
                        f"for a number and made it '{shown_text(record['piece'])}'",
                    )
                )
            if first is not record:  # the first had the identifier in its other form
                problems.append(
                    (
                        record["file"],
                        record["row"],
                        f"it repeats this rater's answers to this "
                        f"piece in {first['file']}, row {first['row']}",
                    )
                )
                continue
            piece = key["pieces"][piece_id]
            kept.append(
                record
                | {
                    "piece": piece_id,
                    "origin": piece["origin"],
                    "asked_emotion": piece["emotion"],
                    "asked_genre": piece["genre"],
                }
            )
    columns = [*ANSWER_COLUMNS, "origin", "asked_emotion", "asked_genre"]
    return pd.DataFrame(kept, columns=columns).astype(dict.fromkeys(QUESTIONS, "Int64"))


def _before_spreadsheet(text: str, known: Iterable[str]) -> str | None:
    """The one of `known` that a spreadsheet writes as `text`, having taken it for a number; None if unclear.

    >>> _before_spreadsheet("1.234E+570", ["1234e567", "00123456"])
    '1234e567'
    """
    shown = _number(text)
    if shown is None:
        return None
    rounding = Context(prec=len(shown.as_tuple().digits))
    found = [
        name for name in known if (number := _number(name)) is not None and rounding.plus(number) == shown
    ]
    return found[0] if len(found) == 1 else None


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
