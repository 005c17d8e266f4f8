"""A dataset is a folder of files named XMIDI_<emotion>_<genre>_<id>.midi; this module reads such names,
strictly.

The scheme is that of XMIDI (Tian et al., *XMusic*, IEEE TMM 2025, arXiv 2501.08809). The labels are whatever
the folder holds: no list of emotions or genres is built in.
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from lib.basics.errors import BookError

SCHEME = "XMIDI_<emotion>_<genre>_<id>.midi"
MIDI_SUFFIXES = (".midi", ".mid")
# What the project itself writes beside the pieces; not worth a line in a report.
COMPANIONS = frozenset({"pieces.csv", "left_out.csv", "medians.csv", "manifest.json", "RIGHTS.txt"})

# An underscore would make the name ambiguous; the others mean something in the path of some operating system.
_FORBIDDEN = re.compile(r'[_/\\:*?"<>|]')
_NAME = re.compile(r"XMIDI_([^_]+)_([^_]+)_([^_]+?)\.midi?")


@dataclass(frozen=True)
class Piece:
    """One MIDI file with the labels its name carries; the labels and the identifier are untrusted text."""

    path: Path
    emotion: str
    genre: str
    identifier: str

    @property
    def name(self) -> str:
        """The file's name, unique in its folder."""
        return self.path.name


@dataclass(frozen=True)
class LeftOut:
    """A file or tune that was not used: its name, the stage that refused it ('name', 'meter', …) and why."""

    name: str
    stage: str
    reason: str


def label_problem(text: str) -> str | None:
    """Say why `text` cannot be a label or identifier in a file name, or None if it can.

    Any letters will do, not only Latin ones; underscores, path characters, unprintable characters and outer
    spaces will not.
    """
    if not text:
        return "is empty"
    if _FORBIDDEN.search(text):
        return "contains an underscore or a path character"
    if not text.isprintable():
        return "contains an unprintable character"
    if text != text.strip() or text.strip(".") == "":
        return "begins or ends with a space, or is only dots"
    return None


def piece_name(emotion: str, genre: str, identifier: str) -> str:
    """The file name of a piece, XMIDI_<emotion>_<genre>_<id>.midi.

    Raises:
        BookError: when a part would not be read back as it is.
    """
    for kind, text in (("emotion", emotion), ("genre", genre), ("identifier", identifier)):
        problem = label_problem(text)
        if problem:
            raise BookError(f"The {kind} {text!r} cannot stand in a file name: it {problem}; choose another.")
    return f"XMIDI_{emotion}_{genre}_{identifier}.midi"


def parse_name(name: str) -> tuple[str, str, str] | str:
    """Read a file name: (emotion, genre, identifier), or the reason why it does not fit the scheme.

    Labels come back in Unicode's composed form (NFC), since some file systems decompose letters with accents:
    the same label is the same text everywhere.
    """
    if not name.endswith(MIDI_SUFFIXES):
        return "not a .mid or .midi file"
    match = _NAME.fullmatch(name)
    if not match:
        return f"not named {SCHEME}"
    emotion, genre, identifier = (unicodedata.normalize("NFC", part) for part in match.groups())
    for kind, text in (("emotion", emotion), ("genre", genre), ("identifier", identifier)):
        problem = label_problem(text)
        if problem:
            return f"the {kind} {problem}"
    return emotion, genre, identifier


def read_folder(folder: Path) -> tuple[list[Piece], list[LeftOut]]:
    """List the pieces of a folder, sorted by name, and everything in it that is not one, with the reason.

    Only files directly inside `folder` are read; hidden files and the project's own tables are passed over.

    Raises:
        BookError: when the folder is missing, unreadable, empty, holds no XMIDI name, or only one pair of
            labels.
    """
    folder = Path(folder)
    pieces, left_out = [], []
    for path in _entries(folder):
        if path.name.startswith(".") or path.name in COMPANIONS:
            continue
        if not path.is_file():
            left_out.append(LeftOut(path.name, "name", "not a file; folders inside are not read"))
            continue
        parsed = parse_name(path.name)
        if isinstance(parsed, str):
            left_out.append(LeftOut(path.name, "name", parsed))
        else:
            pieces.append(Piece(path, *parsed))
    if not pieces and not left_out:
        raise BookError(f"The data folder {folder} is empty: give a folder of files named {SCHEME}.")
    if not pieces:
        raise BookError(f"None of the {len(left_out)} entries of the data folder {folder} is named {SCHEME} "
                        f"(the first is {left_out[0].name!r}): rename the files or give another folder.")
    labels = {(piece.emotion, piece.genre) for piece in pieces}
    if len(labels) == 1:
        emotion, genre = labels.pop()
        raise BookError(f"All {len(pieces)} pieces of the data folder {folder} have the same labels, emotion "
                        f"{emotion!r} and genre {genre!r}: composing by label needs at least two of them.")
    return pieces, left_out


def _entries(folder: Path) -> list[Path]:
    """What the folder holds, sorted by name."""
    try:
        return sorted(folder.iterdir(), key=lambda path: path.name)
    except FileNotFoundError:
        raise BookError(f"The data folder {folder} does not exist: check the path given as DATA.") from None
    except NotADirectoryError:
        raise BookError(f"The data folder {folder} is a file: give the folder of the pieces.") from None
    except OSError as error:
        raise BookError(f"The data folder {folder} cannot be read ({error.strerror}): "
                        "check its permissions.") from error
