"""VGMIDI: piano arrangements of game music, rated measure by measure by some thirty people each.

L. Ferreira and J. Whitehead, *Learning to generate music with sentiment*, ISMIR 2019. A clone of its
repository has `vgmidi_labelled.csv` (a row a labelled part of a piece, valence and arousal −1 or 1),
`labelled/midi/` (the pieces) and `labelled/annotations/` (each rater's curves). Nothing of it is kept here.
"""

import csv
import io
import subprocess
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path, PurePosixPath

import numpy as np

from lib.basics.errors import BookError
from lib.basics.files import hash_of_files, read_json
from lib.chapters.rated_emotions.data_sets.ratings import (
    DIMENSIONS,
    Curves,
    RatedPiece,
    RatedSet,
    check_music,
    need_folder,
    need_pieces,
)
from lib.data.pieces import LeftOut

ADDRESS = "https://github.com/lucasnfe/vgmidi"
LEAST_RATERS = 5

_TABLE, _MIDI, _CURVES = "vgmidi_labelled.csv", Path("labelled/midi"), Path("labelled/annotations")
_COLUMNS = ("id", "series", "piece", "midi", *DIMENSIONS)


def read_vgmidi(folder: Path) -> RatedSet:
    """Read a clone of the repository, or an unpacked archive of it.

    A piece whose parts were labelled differently keeps its curves and has no sign where they differ.

    Raises:
        BookError: when the folder is something else, or lacks the table, a column, or the raters' curves.
    """
    folder = Path(folder)
    need_folder(folder, f"clone {ADDRESS}")
    if not (folder / _TABLE).is_file():
        raise BookError(
            f"{folder} is no clone of VGMIDI: it has no {_TABLE}. Clone {ADDRESS} and name the "
            "folder that holds this file (EMOPIA is read by 'python -m lib rated emopia')."
        )
    rows, left_out = _read_rows(folder)
    curves, odd = _read_curves(folder)
    left_out += odd
    files = _by_name(folder / _MIDI)
    pieces = []
    for name, parts in rows.items():
        problem = _problem(files.get(name), curves.get(name))
        if problem:
            left_out.append(LeftOut(name, *problem))
            continue
        first = parts[0]
        signs = tuple(first[each] if len({part[each] for part in parts}) == 1 else 0 for each in DIMENSIONS)
        pieces.append(
            RatedPiece(files[name], first["id"], first["piece"], first["series"], signs, curves[name])
        )
    told = {item.name for item in left_out if item.stage == "table"}
    left_out += [
        LeftOut(name, "ratings", "no row in the table of labels")
        for name in files
        if name not in rows and name not in told
    ]
    read = [folder / _TABLE, *files.values(), *sorted((folder / _CURVES).glob("*.json"))]
    about = {
        "address": ADDRESS,
        "commit_of_data": _commit(folder),
        "sha256_of_data": hash_of_files(read, folder),
    }
    return need_pieces(
        RatedSet("VGMIDI", tuple(sorted(pieces, key=lambda piece: piece.identifier)), tuple(left_out), about),
        folder,
    )


def _read_rows(folder: Path) -> tuple[dict[str, list[dict]], list[LeftOut]]:
    """The usable rows of the table by the name of their piece's file."""
    try:
        text = (folder / _TABLE).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BookError(
            f"{folder / _TABLE} is not UTF-8 ({error.reason} at byte {error.start}): take it "
            "from the repository as it is."
        ) from error
    table = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in _COLUMNS if name not in (table.fieldnames or [])]
    if missing:
        raise BookError(
            f"{folder / _TABLE} lacks the columns {', '.join(missing)}; it has: "
            f"{', '.join(table.fieldnames or ['none'])}."
        )
    rows, left_out = defaultdict(list), []
    for row in table:
        if any(row[column] is None for column in _COLUMNS):
            left_out.append(LeftOut(f"line {table.line_num}", "table", "fewer cells than columns"))
            continue
        # labelled/phrases/NAME_0.mid is a part of labelled/midi/NAME.mid.
        name = _composed(PurePosixPath(row["midi"].replace("\\", "/")).stem.rpartition("_")[0])
        wrong = [each for each in DIMENSIONS if row[each].strip() not in ("1", "-1")]
        if wrong or not name:
            reason = f"{wrong[0]} is {row[wrong[0]]!r}, not 1 or -1" if wrong else "no name of a file"
            left_out.append(LeftOut(name or f"line {table.line_num}", "table", reason))
            continue
        rows[name].append({**row, **{each: int(row[each]) for each in DIMENSIONS}})
    return dict(rows), left_out


def _read_curves(folder: Path) -> tuple[dict[str, Curves], list[LeftOut]]:
    """Every piece's curves by the name of its file; ratings that cannot be used are left out, and listed."""
    paths = sorted((folder / _CURVES).glob("*.json"))
    if not paths:
        raise BookError(
            f"{folder / _CURVES} holds no JSON file with the raters' curves: take the folder "
            "'labelled/annotations' of the repository too."
        )
    found, left_out = {}, []
    for path in paths:
        try:
            content = read_json(path)
        except RecursionError:
            content = None  # nested without end: no file of theirs
        if not isinstance(content, dict) or not all(
            isinstance(content.get(key), dict) for key in ("pieces", "annotations")
        ):
            raise BookError(f"{path} lacks 'pieces' and 'annotations': it is no file of VGMIDI's raters.")
        by_piece = defaultdict(list)
        for key, rating in content["annotations"].items():
            by_piece[key.rpartition("_")[0]].append(rating)
        for number, ratings in by_piece.items():
            piece = content["pieces"].get(number)
            name = str(piece.get("midi", "")) if isinstance(piece, dict) else ""
            if not name:
                left_out.append(
                    LeftOut(
                        f"{path.name}: {number}",
                        "ratings",
                        f"{len(ratings)} ratings of a piece that the file does not name",
                    )
                )
                continue
            name = _composed(PurePosixPath(name).stem)
            curves, reasons = _usable(ratings)
            left_out += [
                LeftOut(name, "ratings", f"{count} of {len(ratings)} ratings: {reason}")
                for reason, count in reasons.items()
            ]
            if curves is not None:
                found[name] = curves
    return found, left_out


def _usable(ratings: list) -> tuple[Curves | None, Counter]:
    """The ratings of one piece as arrays, and why others are none; all have the commonest length."""
    reasons, kept = Counter(), []
    for rating in ratings:
        pair = _as_arrays(rating)
        if isinstance(pair, str):
            reasons[pair] += 1
        else:
            kept.append(pair)
    if not kept:
        return None, reasons
    usual = Counter(pair.shape[1] for pair in kept).most_common(1)[0][0]
    reasons += Counter({"another number of measures": sum(pair.shape[1] != usual for pair in kept)})
    stacked = np.array([pair for pair in kept if pair.shape[1] == usual])
    return Curves(stacked[:, 0], stacked[:, 1]), reasons


def _as_arrays(rating: object) -> np.ndarray | str:
    """One rating as float64 [2, measures], or why it is none."""
    try:
        pair = np.array([rating[each] for each in DIMENSIONS], dtype=float)
    except (KeyError, TypeError, ValueError):
        return "not two lists of numbers of one length"
    if pair.ndim != 2 or not pair.size:
        return "not two lists of numbers of one length"
    return pair if (np.abs(pair) <= 1).all() else "values beyond −1 and 1"


def _problem(path: Path | None, curves: Curves | None) -> tuple[str, str] | None:
    """Stage and reason why a piece of the table cannot be used."""
    if path is None:
        return "file", f"no such file in {_MIDI.as_posix()}"
    if curves is None or len(curves.valence) < LEAST_RATERS:
        return "ratings", f"fewer than {LEAST_RATERS} usable ratings"
    reason = check_music(path)
    return ("read", reason) if reason else None


def _by_name(folder: Path) -> dict[str, Path]:
    """MIDI files by name without suffix; some systems decompose letters with accents."""
    return {
        _composed(path.stem): path for path in sorted(folder.glob("*")) if path.suffix in (".mid", ".midi")
    }


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _commit(folder: Path) -> str | None:
    """The commit of the clone; None for a folder that is no clone."""
    if not (folder / ".git").exists():
        return None
    try:
        return subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
