"""Answer files of a survey, read strictly: what cannot be used is named with its file, row and reason.

Two kinds are understood, told apart by their header:

- **the survey page's** files, one a rater, a row a piece heard, with the columns :data:`PAGE_COLUMNS`;
- **Google Forms exports**, a row a rater: a column `Timestamp` (or `時間戳記`), and for every piece three
  columns named `<piece> [emotion]`, `<piece> [genre]`, `<piece> [human]` (or `[情緒]`, `[曲風]`, `[人類]`),
  which is what a multiple-choice grid named by the piece exports. Other columns are not read, but an address
  column (`Email Address`, `Username`, `電子郵件地址`) tells second submissions; addresses are never kept or
  shown.

Separators may be commas, semicolons or tabs; encodings UTF-8, UTF-16 and Big5 (cp950), with or without a byte
order mark. File names and cells are untrusted text.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lib.basics.errors import BookError
from lib.basics.files import hash_of_bytes, read_json
from lib.chapters.survey.scores import QUESTIONS, SCORES

PAGE_COLUMNS = ("survey", "rater", "language", "position", "piece", "presentation", *QUESTIONS,
                "heard_seconds")
ANSWER_COLUMNS = ["file", "row", "survey", "rater", "position", "piece", "presentation", *QUESTIONS]
ORIGINS = ("composed", "real")

_TIMESTAMPS = {"timestamp", "時間戳記", "時間戳"}
_ADDRESSES = {"email address", "email", "username", "電子郵件地址", "電子郵件", "使用者名稱"}
_FORM_QUESTIONS = {"emotion": "emotion", "情緒": "emotion", "genre": "genre", "曲風": "genre",
                   "human": "human", "人類": "human"}
_FORM_COLUMN = re.compile(r"(.+?)\s*\[\s*([^\[\]]+?)\s*\]\s*")
_LARGEST = 20_000_000  # bytes; a file of answers is a thousand times smaller


@dataclass(frozen=True)
class SurveyAnswers:
    """What was read.

    Attributes:
        answers: a row for each piece that a rater heard: :data:`ANSWER_COLUMNS`, scores as Int64, missing
            where not answered; with a key also origin, asked_emotion and asked_genre.
        problems: what was not used: file, row (as a spreadsheet counts, the header being 1; 0: the whole
            file), reason.
        files: a row a file: file, kind, encoding, rows, used.
    """

    answers: pd.DataFrame
    problems: pd.DataFrame
    files: pd.DataFrame


@dataclass(frozen=True)
class _Row:
    file: str
    number: int
    cells: dict[str, str]


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
    if key is not None:
        table = _with_key(table, key, problems)
    if table.empty:
        file, row, reason = problems[0] if problems else (files[0]["file"], 0, "no row is below its header")
        where = f"{file}, row {row}" if row else file
        raise BookError(f"None of the {len(files)} files holds an answer that can be used; the first problem "
                        f"is in {where}: {reason}.")
    used = table.groupby("file")["row"].nunique()
    for file in files:
        file["used"] = int(used.get(file["file"], 0))
    reasons = pd.DataFrame(problems, columns=["file", "row", "reason"])
    return SurveyAnswers(table, reasons, pd.DataFrame(files))


def _read_file(path: Path, name: str, answers: list, problems: list, seen: dict) -> dict[str, object]:
    """Add the answers of one file and what is wrong with it; returns what the file is."""
    about: dict[str, object] = {"file": _shown(name), "kind": "unknown", "encoding": "unknown", "rows": 0}
    try:
        header, rows, about["encoding"] = _read_table(path)
        about |= {"kind": _kind(header), "rows": len(rows)}
    except ValueError as reason:
        problems.append((about["file"], 0, str(reason)))
        return about
    read = _page_row if about["kind"] == "survey page" else _form_row
    for number, cells in rows:
        try:
            if len(cells) != len(header):
                raise ValueError(f"it has {len(cells)} cells, the header has {len(header)}")
            answers += read(_Row(about["file"], number, dict(zip(header, cells, strict=True))), seen)
        except ValueError as reason:
            problems.append((about["file"], number, str(reason)))
    return about


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
    if not isinstance(pieces, dict) or not isinstance(key.get("survey"), str) or not all(
            isinstance(piece, dict) and wanted <= set(piece) and piece["origin"] in ORIGINS
            for piece in pieces.values()):
        raise BookError(f"The file {path} is not the key of a survey: take the .key.json that "
                        "'survey make' wrote beside the page.")
    return key


def _read_table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]], str]:
    """Header, numbered rows that are not empty, and the encoding."""
    if not path.is_file():
        raise ValueError("the file does not exist" if not path.exists() else "it is not a file")
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST // 1_000_000} MB, which no file of answers is")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"it cannot be read ({error.strerror})") from None
    if content.startswith(b"PK"):
        raise ValueError("it is a zip archive or an Excel workbook: unpack it (Google Forms delivers its CSV "
                         "in one), or save the workbook as CSV")
    text, encoding = decode_text(content)
    if not text.strip():
        raise ValueError("it is empty")
    first = next(line for line in text.splitlines() if line.strip())
    separator = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise ValueError(f"it is no CSV file ({error})") from None
    numbered = [(number, [cell.strip() for cell in row]) for number, row in enumerate(rows, start=1)
                if any(cell.strip() for cell in row)]
    return numbered[0][1], numbered[1:], encoding


def decode_text(content: bytes) -> tuple[str, str]:
    """Text and the name of its encoding: UTF-8 or UTF-16, by mark or by trial, then Big5 (cp950).

    Raises:
        ValueError: when none of them fits.
    """
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
                           (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            return _decoded(content, encoding), encoding
    if b"\0" in content:  # UTF-16 without a mark: in mostly Latin text every other byte is zero
        encoding = "utf-16-le" if content[1::2].count(0) >= content[::2].count(0) else "utf-16-be"
        return _decoded(content, encoding), encoding
    for encoding in ("utf-8", "cp950"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise ValueError("its encoding is none of UTF-8, UTF-16 and Big5: save it as UTF-8")


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise ValueError(f"it begins like {encoding.upper()} but is not: save it as UTF-8") from None


def _kind(header: Sequence[str]) -> str:
    """Which format the header belongs to; the reason when it is neither."""
    names = [name.lower() for name in header]
    doubled = sorted({name for name in header if name and header.count(name) > 1})
    if doubled:
        raise ValueError(f"the column '{_shown(doubled[0])}' stands in it twice")
    if set(PAGE_COLUMNS) <= set(header):
        return "survey page"
    forms = [found for found in map(_form_question, header) if found]
    for piece, question in forms:
        if forms.count((piece, question)) > 1:
            raise ValueError(f"it asks '{question}' of '{_shown(piece)}' twice")
    if forms:
        if not _TIMESTAMPS & set(names):
            raise ValueError("the column 'Timestamp' (時間戳記) of a Google Forms export is missing")
        return "Google Forms"
    missing = [name for name in PAGE_COLUMNS if name not in header]
    if len(missing) < len(PAGE_COLUMNS) - 2:
        raise ValueError(f"of the survey page's columns it lacks {', '.join(missing)}")
    raise ValueError("its first row is neither that of the survey page nor that of a Google Forms export "
                     "with columns like 'piece 1 [emotion]'")


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
    if cells["heard_seconds"] and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", cells["heard_seconds"]):
        raise ValueError(f"heard_seconds is '{_shown(cells['heard_seconds'])}', not a number")
    scores = {question: _score(cells[question], question) for question in QUESTIONS}
    if all(score is None for score in scores.values()):
        raise ValueError("none of its questions is answered")
    if cells["heard_seconds"] and float(cells["heard_seconds"]) == 0:
        raise ValueError("it was answered without listening (0 s heard)")
    _once(row, seen, (cells["survey"], cells["rater"], cells["piece"], cells["presentation"]),
          tuple(scores.values()), "this rater's answers to this piece")
    return [{"file": row.file, "row": row.number, "survey": cells["survey"], "rater": cells["rater"],
             "position": int(cells["position"]), "piece": cells["piece"],
             "presentation": int(cells["presentation"]), **scores}]


def _form_row(row: _Row, seen: dict) -> list[dict]:
    pieces: dict[str, dict] = {}
    for column, text in row.cells.items():
        found = _form_question(column)
        if found:
            pieces.setdefault(found[0], dict.fromkeys(QUESTIONS))[found[1]] = _score(text, column)
    answered = {piece: scores for piece, scores in pieces.items()
                if any(score is not None for score in scores.values())}
    if not answered:
        raise ValueError("none of its questions is answered")
    named = {name.lower(): text for name, text in row.cells.items()}
    address = next((named[name].lower() for name in _ADDRESSES if named.get(name)), "")
    time = next(named[name] for name in _TIMESTAMPS if name in named)
    content = repr((time, sorted((piece, sorted(scores.items())) for piece, scores in answered.items())))
    _once(row, seen, ("form", address or content), content,
          "a submission by this person" if address else "the submission")
    rater = f"form-{hash_of_bytes(content.encode())[:16]}"  # without the address, which a hash would betray
    return [{"file": row.file, "row": row.number, "survey": "", "rater": rater, "position": place,
             "piece": piece, "presentation": 1, **scores}
            for place, (piece, scores) in enumerate(answered.items(), start=1)]


def _score(text: str, column: str) -> int | None:
    """A score, or None for an empty cell."""
    if not text:
        return None
    match = re.fullmatch(r"(\d)(?:\.0*)?", text)
    if not match or int(match[1]) not in SCORES:
        raise ValueError(f"the score '{_shown(text)}' in '{_shown(column)}' is not a whole number from "
                         f"{SCORES[0]} to {SCORES[-1]}")
    return int(match[1])


def _once(row: _Row, seen: dict, who: tuple, what: object, meaning: str) -> None:
    if who in seen:
        file, number, earlier = seen[who]
        raise ValueError(f"it repeats {meaning} in {_shown(file)}, row {number}"
                         + ("" if earlier == what else ", with other scores; the first one counts"))
    seen[who] = (row.file, row.number, what)


def _shown(text: str) -> str:
    """Untrusted text for a message: printable and short."""
    plain = "".join(letter if letter.isprintable() else "�" for letter in text)
    return plain if len(plain) <= 60 else plain[:57] + "…"


def _with_key(table: pd.DataFrame, key: dict, problems: list) -> pd.DataFrame:
    """Origins and labels of the pieces; a form may name them by id or by file name."""
    by_name = {**{Path(piece["file"]).stem: piece_id for piece_id, piece in key["pieces"].items()},
               **{piece["file"]: piece_id for piece_id, piece in key["pieces"].items()}}
    kept = []
    for record in table.to_dict("records"):
        piece_id = by_name.get(record["piece"], record["piece"])
        if record["survey"] not in ("", key["survey"]):
            problems.append((record["file"], record["row"], f"it belongs to another survey, "
                             f"'{_shown(record['survey'])}'"))
        elif piece_id not in key["pieces"]:
            problems.append((record["file"], record["row"],
                             f"the key knows no piece '{_shown(record['piece'])}'"))
        else:
            piece = key["pieces"][piece_id]
            kept.append(record | {"piece": piece_id, "origin": piece["origin"],
                                  "asked_emotion": piece["emotion"], "asked_genre": piece["genre"]})
    columns = [*ANSWER_COLUMNS, "origin", "asked_emotion", "asked_genre"]
    return pd.DataFrame(kept, columns=columns).astype(dict.fromkeys(QUESTIONS, "Int64"))
