"""A rated data set as a folder of XMIDI-named files, for every command that takes DATA=folder."""

import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

from lib.basics.errors import BookError
from lib.basics.files import explain_write_errors, locked, make_folder, read_json, write_csv, write_json
from lib.basics.places import data_folder, shown
from lib.chapters.rated_emotions.data_sets.ratings import RatedPiece, RatedSet
from lib.data.pieces import LeftOut, label_problem, piece_name

PIECES, LEFT_OUT, MANIFEST = "pieces.csv", "left_out.csv", "manifest.json"
LONGEST = 80
"""Bytes of a label in a file's name, which has room for 255."""

_COLUMNS = [
    "name",
    "identifier",
    "series",
    "title",
    "valence_sign",
    "arousal_sign",
    "valence",
    "arousal",
    "raters",
    "measures",
]


def default_folder(rated: RatedSet) -> Path:
    """Where the folder of a data set is written when nobody says otherwise."""
    return data_folder() / f"{rated.name}-rated"


def write_folder(rated: RatedSet, folder: Path) -> tuple[int, list[LeftOut]]:
    """Write the pieces with their quadrant as emotion and their series as genre, all or nothing.

    Beside them lie `pieces.csv` (means over raters, nothing of a single one), `left_out.csv` (every piece
    and rating not used, with its reason) and `manifest.json` (where it all comes from).

    Returns:
        How many pieces were written, and everything that was left out.

    Raises:
        BookError: when `folder` holds something else, or cannot be written.
    """
    folder = Path(folder)
    make_folder(folder.parent)
    with locked(folder):
        if folder.exists() and any(folder.iterdir()) and not _is_ours(folder):
            raise BookError(f"The folder {shown(folder)} holds something else: name another with --out.")
        with explain_write_errors(folder):
            beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-writing-", dir=folder.parent))
        try:
            rows, left_out = _write_pieces(rated, beside)
            write_csv(beside / PIECES, _COLUMNS, rows)
            write_csv(beside / LEFT_OUT, ["name", "stage", "reason"], map(asdict, left_out))
            write_json(beside / MANIFEST, {"data_set": rated.name, **rated.about, "pieces": len(rows)})
            with explain_write_errors(folder):
                beside.chmod(0o755)
                if folder.exists():
                    shutil.rmtree(folder)
                beside.rename(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return len(rows), left_out


def _is_ours(folder: Path) -> bool:
    """Whether a rated data set was written there before."""
    try:
        return "data_set" in read_json(folder / MANIFEST)
    except (BookError, TypeError):
        return False


def _write_pieces(rated: RatedSet, folder: Path) -> tuple[list[dict], list[LeftOut]]:
    rows, left_out, names = [], list(rated.left_out), set()
    for piece in rated.pieces:
        if piece.quadrant is None:
            left_out.append(LeftOut(piece.path.name, "label", "its parts were labelled differently"))
            continue
        name = piece_name(piece.quadrant, _as_label(piece.series), _as_label(piece.identifier))
        if name in names:
            left_out.append(LeftOut(piece.path.name, "name", "another piece has its labels and identifier"))
            continue
        names.add(name)
        with explain_write_errors(folder / name):
            (folder / name).write_bytes(piece.path.read_bytes())
        rows.append(_row(piece, name))
    return sorted(rows, key=lambda row: row["name"]), left_out


def _row(piece: RatedPiece, name: str) -> dict[str, object]:
    row = {
        "name": name,
        "identifier": piece.identifier,
        "series": piece.series,
        "title": piece.title,
        "valence_sign": piece.signs[0],
        "arousal_sign": piece.signs[1],
    }
    if piece.curves is not None:
        raters, measures = piece.curves.valence.shape
        valence, arousal = piece.means
        row |= {
            "valence": round(valence, 6),
            "arousal": round(arousal, 6),
            "raters": raters,
            "measures": measures,
        }
    return row


def _as_label(text: str) -> str:
    """Untrusted text as a part of a file name: what may not stand there becomes a hyphen, and no part is
    longer than file systems take."""
    kept = "".join("-" if label_problem(f"a{letter}a") else letter for letter in text).strip()
    kept = kept.encode("utf-8")[:LONGEST].decode("utf-8", errors="ignore").strip()
    return kept if kept and label_problem(kept) is None else "unnamed"
