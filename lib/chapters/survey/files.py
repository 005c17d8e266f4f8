"""Answer files of a survey, read strictly: what cannot be used is named with its file, row and reason.

Two kinds are understood, told apart by their header:

- **the survey page's** files, one a rater, a row a piece heard, with the columns
  `PAGE_COLUMNS` of :mod:`lib.chapters.survey.answer_rows`;
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
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lib.basics.errors import BookError
from lib.chapters.survey.answer_rows import (
    ANSWER_COLUMNS,
    Row,
    form_question,
    form_row,
    kind_of,
    page_row,
    shown_text,
)
from lib.chapters.survey.csv_files import read_csv_file
from lib.chapters.survey.keys import read_key, with_key
from lib.chapters.survey.scores import QUESTIONS

_TIMESTAMPS = {"timestamp", "時間戳記", "時間戳"}
_ADDRESSES = {"email address", "email", "username", "電子郵件地址", "電子郵件", "使用者名稱"}
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}\b.*", re.DOTALL)


@dataclass(frozen=True)
class SurveyAnswers:
    """What was read.

    Attributes:
        answers: a row for each piece that a rater heard: `ANSWER_COLUMNS` of
            :mod:`lib.chapters.survey.answer_rows`, scores as Int64, missing where not answered; with a key
            also origin, asked_emotion and asked_genre.
        problems: what was not used: file, row (as a spreadsheet counts, the header being 1; 0: the whole
            file), reason.
        mended: what was used although something had changed it: file, row, what.
        files: a row a file: file, kind, encoding, rows, used.
    """

    answers: pd.DataFrame
    problems: pd.DataFrame
    mended: pd.DataFrame
    files: pd.DataFrame


def read_answers(paths: Iterable[Path], key: dict | None = None) -> SurveyAnswers:
    """Read files of answers; see the module for their formats.

    Args:
        paths: files, read in the order given. Of two submissions by the same rater the first counts.
        key: from :func:`lib.chapters.survey.keys.read_key`; with it, pieces get their origin and requested
        labels, and rows of another
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
        table = with_key(table, key, problems, mended)
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
    about: dict[str, object] = {"file": shown_text(name), "kind": "unknown", "encoding": "unknown", "rows": 0}
    try:
        table = read_csv_file(path, _is_known)
        about |= {"kind": kind_of(table.header), "encoding": table.encoding, "rows": len(table.rows)}
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
            row = Row(about["file"], number, named, **about_row)
            answers += (form_row if is_form else page_row)(row, seen)
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
            and not form_question(name)
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


def _is_known(header: list[str]) -> bool:
    try:
        return bool(kind_of(header))
    except ValueError:
        return False
