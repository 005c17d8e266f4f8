"""CSV files as people send them: which encoding, which separator, what a broken quote costs.

The encoding is found by charset-normalizer among those in which forms and spreadsheets save; the cells are
split by Python's csv module, with the separator that gives a header that can be understood. Where a quote is
opened and not closed, lines are read one by one, so that a broken one costs itself and not what follows.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LARGEST = 20_000_000  # bytes; a file of answers is a thousand times smaller
_SEPARATORS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"""["']?sep=(.)["']?[,;\t]*(?:\r\n|\r|\n)""", re.IGNORECASE)
# UTF-8, then how Windows and the Mac save for Taiwan, western Europe, mainland China and Japan.
_ENCODINGS = ("utf_8", "cp950", "cp1252", "mac_roman", "gb18030", "cp932")


@dataclass(frozen=True)
class CsvFile:
    """A table as text.

    Attributes:
        header: the cells of the first row, without outer spaces.
        rows: number (as a spreadsheet counts, the header being 1) and cells of every row that is not empty.
        encoding: in which it was read.
    """

    header: list[str]
    rows: list[tuple[int, list[str]]]
    encoding: str


def read_csv_file(path: Path, is_known: Callable[[list[str]], bool]) -> CsvFile:
    """Read one file.

    Args:
        path: untrusted, like its content.
        is_known: whether a header can be understood; decides between separators.

    Raises:
        ValueError: with the reason why it is no such file.
    """
    text, encoding = decode_text(_content(path))
    if not text.strip():
        raise ValueError("it is empty")
    marked = _SEPARATOR_LINE.match(text)  # for Excel, which does not show that line
    text = text[marked.end() :] if marked else text
    tables = [_numbered(text, separator) for separator in ([marked[1]] if marked else _SEPARATORS)]
    tables = [table for table in tables if table]
    if not tables:
        raise ValueError("it is empty")
    table = max(
        tables,
        key=lambda table: (
            is_known(table[0][1]),
            len(table[0][1]) > 1,
            -_unevenness(table),
            len(table[0][1]),
        ),
    )
    return CsvFile(table[0][1], table[1:], encoding)


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise ValueError("the file does not exist" if not path.exists() else "it is not a file")
    if path.stat().st_size > LARGEST:
        raise ValueError(f"it is larger than {LARGEST // 1_000_000} MB, which no file of answers is")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"it cannot be read ({error.strerror})") from None
    if content.startswith(b"PK"):
        raise ValueError(
            "it is a zip archive or an Excel workbook: unpack it (Google Forms delivers its CSV "
            "in one), or save the workbook as CSV"
        )
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise ValueError("it is a workbook of an old Excel: save it as CSV")
    return content


def decode_text(content: bytes) -> tuple[str, str]:
    """Text and the name of its encoding: UTF-8 or UTF-16, by mark or by trial, then the likeliest of some.

    Raises:
        ValueError: when none of them fits.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return _decoded(content, encoding), encoding
    if b"\0" in content:  # UTF-16 without a mark: in mostly Latin text every other byte is zero
        encoding = "utf-16-le" if content[1::2].count(0) >= content[::2].count(0) else "utf-16-be"
        return _decoded(content, encoding), encoding
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes  # here: most files need no guess

        guess = from_bytes(content, cp_isolation=list(_ENCODINGS)).best()
    if guess is None:
        raise ValueError("its encoding is none of UTF-8, UTF-16 and those of spreadsheets: save it as UTF-8")
    return str(guess), guess.encoding


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise ValueError(f"it begins like {encoding.upper()} but is not: save it as UTF-8") from None


def _numbered(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """Number and cells of every row that is not empty."""
    rows = _split(text, separator)
    return [
        (number, [cell.strip() for cell in row])
        for number, row in enumerate(rows, start=1)
        if any(cell.strip() for cell in row)
    ]


def _unevenness(table: list[tuple[int, list[str]]]) -> float:
    """How far the rows are from being as wide as the header, in widths of the header."""
    widths = [len(cells) for _, cells in table]
    return sum(abs(width - widths[0]) for width in widths) / (len(widths) * widths[0])


def _split(text: str, separator: str) -> list[list[str]]:
    lines = io.StringIO(text, newline="").readlines()
    try:
        rows = list(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error:  # a quote that is not closed, or text behind a closed one
        return [_one_line(line, separator) for line in lines]
    # Two quotes that are not closed make a pair, and what lies between looks like one long cell.
    swallowed = any(
        len(_one_line(line, separator)) == len(row) > 1
        for row in rows
        for cell in row
        for line in cell.splitlines()[1:]
    )
    return [_one_line(line, separator) for line in lines] if swallowed else rows


def _one_line(line: str, separator: str) -> list[str]:
    """The cells of one line; with a broken quote, quotes are letters like others."""
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        return [cell.strip().strip('"') for cell in line.strip("\r\n").split(separator)]
