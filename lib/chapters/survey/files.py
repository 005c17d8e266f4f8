"""Answer files of a survey, read strictly: what cannot be used is named with its file, row and reason.

Two kinds are understood, told apart by their header:

- **the survey page's** files, one a rater, a row a piece heard, with the columns :data:`PAGE_COLUMNS`;
- **Google Forms exports**, a row a rater: a column `Timestamp` (or `時間戳記`), and for every piece three
  columns named `<piece> [emotion]`, `<piece> [genre]`, `<piece> [human]` (or `[情緒]`, `[曲風]`, `[人類]`),
  which is what a multiple-choice grid named by the piece exports. Other columns are not read, but an address
  column (`Email Address`, `Username`, or any whose cells are addresses) tells second submissions; addresses
  are never kept or shown. The time may have any header too, if its cells begin with dates.

What spreadsheets do on the way is undone (:mod:`lib.chapters.survey.csv_files` has encodings, separators and
quotes): a form's last cells that are empty may be missing, numbers may have decimal commas, and with the key
an identifier that was taken for a number is found again. File names and cells are untrusted text.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from pathlib import Path

import pandas as pd

from lib.basics.errors import BookError
from lib.basics.files import hash_of_bytes, read_json
from lib.chapters.survey.csv_files import read_csv_file
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
ORIGINS = ("composed", "real")

_TIMESTAMPS = {"timestamp", "時間戳記", "時間戳"}
_ADDRESSES = {"email address", "email", "username", "電子郵件地址", "電子郵件", "使用者名稱"}
_FORM_QUESTIONS = {
    "emotion": "emotion",
    "情緒": "emotion",
    "genre": "genre",
    "曲風": "genre",
    "human": "human",
    "人類": "human",
}
_FORM_COLUMN = re.compile(r"(.+?)\s*\[\s*([^\[\]]+?)\s*\]\s*")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}\b.*", re.DOTALL)


@dataclass(frozen=True)
class SurveyAnswers:
    """What was read.

    Attributes:
        answers: a row for each piece that a rater heard: :data:`ANSWER_COLUMNS`, scores as Int64, missing
            where not answered; with a key also origin, asked_emotion and asked_genre.
        problems: what was not used: file, row (as a spreadsheet counts, the header being 1; 0: the whole
            file), reason.
        mended: what was used although something had changed it: file, row, what.
        files: a row a file: file, kind, encoding, rows, used.
    """

    answers: pd.DataFrame
    problems: pd.DataFrame
    mended: pd.DataFrame
    files: pd.DataFrame


@dataclass(frozen=True)
class _Row:
    file: str
    number: int
    cells: dict[str, str]
    time: str = ""  # of a form
    address: str = ""  # of a form


def read_answers(paths: Iterable[Path], key: dict | None = None) -> SurveyAnswers:
    """Read files of answers; see the module for their formats.

    Args:
        paths: files, read in the order given. Of two submissions by the same rater the first counts.
        key: from :func:`read_key`; with it, pieces get their origin and requested labels, and rows of another
            survey or of unknown pieces are refused.

    Raises:
        BookError: when no file is given or none holds a row that can be used.
    """
    paths = list(map(Path, paths))
    if not paths:
        raise BookError("No answer files were given: name the CSV files that raters saved.")
    answers: list[dict] = []
    problems: list[tuple[str, int, str]] = []
    seen: dict[tuple, tuple] = {}
    names = [path.name for path in paths]
    names = [str(path) if names.count(path.name) > 1 else path.name for path in paths]
    files = [_read_file(path, name, answers, problems, seen) for path, name in zip(paths, names, strict=True)]
    table = pd.DataFrame(answers, columns=ANSWER_COLUMNS).astype(dict.fromkeys(QUESTIONS, "Int64"))
    mended: list[tuple[str, int, str]] = []
    if key is not None:
        table = _with_key(table, key, problems, mended)
    if table.empty:
        file, row, reason = problems[0] if problems else (files[0]["file"], 0, "no row is below its header")
        where = f"{file}, row {row}" if row else file
        raise BookError(
            f"None of the {len(files)} files holds an answer that can be used; the first problem "
            f"is in {where}: {reason}."
        )
    used = table.groupby("file")["row"].nunique()
    for file in files:
        file["used"] = int(used.get(file["file"], 0))
    reasons = pd.DataFrame(problems, columns=["file", "row", "reason"])
    return SurveyAnswers(
        table, reasons, pd.DataFrame(mended, columns=["file", "row", "what"]), pd.DataFrame(files)
    )


def _read_file(path: Path, name: str, answers: list, problems: list, seen: dict) -> dict[str, object]:
    """Add the answers of one file and what is wrong with it; returns what the file is."""
    about: dict[str, object] = {"file": _shown(name), "kind": "unknown", "encoding": "unknown", "rows": 0}
    try:
        table = read_csv_file(path, _is_known)
        about |= {"kind": _kind(table.header), "encoding": table.encoding, "rows": len(table.rows)}
        is_form = about["kind"] == "Google Forms"
        special = _special_columns(table.header, table.rows) if is_form else {}
    except ValueError as reason:
        problems.append((about["file"], 0, str(reason)))
        return about
    for number, cells in table.rows:
        try:
            cells = _as_wide(cells, len(table.header), may_end_early=is_form)
            named: dict[str, str] = {}
            for name, text in zip(table.header, cells, strict=True):
                named.setdefault(name, text)  # of two, the first
            about_row = {
                kind: next((cells[place] for place in places if cells[place]), "")
                for kind, places in special.items()
            }
            row = _Row(about["file"], number, named, **about_row)
            answers += (_form_row if is_form else _page_row)(row, seen)
        except ValueError as reason:
            problems.append((about["file"], number, str(reason)))
    return about


def _as_wide(cells: list[str], width: int, may_end_early: bool) -> list[str]:
    """The cells of a row, as many as the header has: spreadsheets add empty ones at the end, or cut them."""
    while len(cells) > width and not cells[-1]:
        cells = cells[:-1]
    if may_end_early and len(cells) < width:
        cells = cells + [""] * (width - len(cells))
    if len(cells) != width:
        raise ValueError(f"it has {len(cells)} cells, the header has {width}")
    return cells


def _special_columns(header: list[str], rows: list[tuple[int, list[str]]]) -> dict[str, list[int]]:
    """Places of the columns of a form that hold its time and the address of who sent it, by name or content.

    Raises:
        ValueError: when none holds the time.
    """

    def filled(place: int) -> list[str]:
        return [cells[place] for _, cells in rows if len(cells) > place and cells[place]]

    def find(names: set[str], pattern: re.Pattern) -> list[int]:
        named = [place for place, name in enumerate(header) if name.lower() in names]
        alike = [
            place
            for place, name in enumerate(header)
            if place not in named
            and filled(place)
            and not _form_question(name)
            and all(map(pattern.fullmatch, filled(place)))
        ]
        return named + alike

    found = {"time": find(_TIMESTAMPS, _DATE)[:1], "address": find(_ADDRESSES, _ADDRESS)}
    if not found["time"]:
        raise ValueError("the column 'Timestamp' (時間戳記) of a Google Forms export is missing")
    return found


def read_folder(folder: Path | str) -> SurveyAnswers | None:
    """All CSV files of a folder with the key beside them; None when it holds no CSV file.

    Raises:
        BookError: when the folder is missing, holds several keys, or nothing in it can be used.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise BookError(f"The folder of answers {folder} does not exist: check its path.")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".csv", ".tsv", ".txt"))
    keys = sorted(folder.glob("*.key.json"))
    if len(keys) > 1:
        raise BookError(f"The folder of answers {folder} holds {len(keys)} keys: keep that of one survey.")
    return read_answers(paths, read_key(keys[0]) if keys else None) if paths else None


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
            isinstance(piece, dict) and wanted <= set(piece) and piece["origin"] in ORIGINS
            for piece in pieces.values()
        )
    ):
        raise BookError(
            f"The file {path} is not the key of a survey: take the .key.json that "
            "'survey make' wrote beside the page."
        )
    return key


def _is_known(header: list[str]) -> bool:
    try:
        return bool(_kind(header))
    except ValueError:
        return False


def _kind(header: Sequence[str]) -> str:
    """Which format the header belongs to; the reason when it is neither."""
    missing = [name for name in PAGE_COLUMNS if name not in header]
    if len(missing) < len(PAGE_COLUMNS) - 2:
        if doubled := [name for name in PAGE_COLUMNS if header.count(name) > 1]:
            raise ValueError(f"the column '{doubled[0]}' stands in it twice")
        if missing:
            raise ValueError(f"of the survey page's columns it lacks {', '.join(missing)}")
        return "survey page"
    forms = [found for found in map(_form_question, header) if found]
    for piece, question in forms:
        if forms.count((piece, question)) > 1:
            raise ValueError(f"it asks '{question}' of '{_shown(piece)}' twice")
    if forms:
        return "Google Forms"
    raise ValueError(
        "its first row is neither that of the survey page nor that of a Google Forms export "
        "with columns like 'piece 1 [emotion]'"
    )


def _form_question(column: str) -> tuple[str, str] | None:
    """(piece, question) of a Google Forms column, or None."""
    match = _FORM_COLUMN.fullmatch(column)
    question = _FORM_QUESTIONS.get(match[2].lower()) if match else None
    return (match[1], question) if question else None


def _page_row(row: _Row, seen: dict) -> list[dict]:
    cells = row.cells
    for column in ("survey", "rater", "piece"):
        if not cells[column] or len(cells[column]) > 200 or not cells[column].isprintable():
            raise ValueError(f"it has no valid {column}")
    if cells["presentation"] not in ("1", "2"):
        raise ValueError(f"presentation is '{_shown(cells['presentation'])}', not 1 or 2")
    if not re.fullmatch(r"[0-9]{1,4}", cells["position"]):
        raise ValueError(f"position is '{_shown(cells['position'])}', not a number")
    heard = cells["heard_seconds"].replace(",", ".")
    if heard and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", heard):
        raise ValueError(f"heard_seconds is '{_shown(cells['heard_seconds'])}', not a number")
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


def _form_row(row: _Row, seen: dict) -> list[dict]:
    pieces: dict[str, dict] = {}
    for column, text in row.cells.items():
        found = _form_question(column)
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
            f"the score '{_shown(text)}' in '{_shown(column)}' is not a whole number from "
            f"{SCORES[0]} to {SCORES[-1]}"
        )
    return int(match[1])


def _once(row: _Row, seen: dict, who: tuple, what: object, meaning: str) -> None:
    if who in seen:
        file, number, earlier = seen[who]
        raise ValueError(
            f"it repeats {meaning} in {_shown(file)}, row {number}"
            + ("" if earlier == what else ", with other scores; the first one counts")
        )
    seen[who] = (row.file, row.number, what)


def _shown(text: str) -> str:
    """Untrusted text for a message: printable and short."""
    plain = "".join(letter if letter.isprintable() else "�" for letter in text)
    return plain if len(plain) <= 60 else plain[:57] + "…"


def _with_key(table: pd.DataFrame, key: dict, problems: list, mended: list) -> pd.DataFrame:
    """Origins and labels of the pieces; a form may name them by id or by file name."""
    by_name = {
        **{Path(piece["file"]).stem: piece_id for piece_id, piece in key["pieces"].items()},
        **{piece["file"]: piece_id for piece_id, piece in key["pieces"].items()},
        **{piece_id: piece_id for piece_id in key["pieces"]},
    }
    kept, seen = [], {}
    for record in table.to_dict("records"):
        piece_id = by_name.get(record["piece"]) or _before_spreadsheet(record["piece"], key["pieces"])
        survey = _before_spreadsheet(record["survey"], [key["survey"]]) or record["survey"]
        if survey not in ("", key["survey"]):
            problems.append(
                (record["file"], record["row"], f"it belongs to another survey, '{_shown(survey)}'")
            )
        elif piece_id is None:
            problems.append(
                (record["file"], record["row"], f"the key knows no piece '{_shown(record['piece'])}'")
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
                        f"for a number and made it '{_shown(record['piece'])}'",
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
