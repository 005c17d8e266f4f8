"""A dataset is a folder of files named XMIDI_<emotion>_<genre>_<id>.midi; this module reads such names,
strictly.

The scheme is that of XMIDI (Tian et al., *XMusic*, IEEE TMM 2025, arXiv 2501.08809). The labels are whatever
the folder holds: no list of emotions or genres is built in.
"""

import contextlib
import os
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from lib.basics.errors import BookError

SCHEME = "XMIDI_<emotion>_<genre>_<id>.midi"
MIDI_SUFFIXES = (".midi", ".mid")
# What the project itself writes beside the pieces; not worth a line in a report.
COMPANIONS = frozenset({"pieces.csv", "left_out.csv", "medians.csv", "manifest.json", "RIGHTS.txt"})

# An underscore would make the name ambiguous; the others mean something in the path of some operating system.
_FORBIDDEN = re.compile(r'[_/\\:*?"<>|]')
_NAME = re.compile(r"XMIDI_([^_]+)_([^_]+)_([^_]+?)\.(?i:midi?)")


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
    """A file or tune that was not used: its name, the stage that refused it ('name', 'meter', …), why, and
    how many notes were counted in it (0 where it is not MIDI, or nobody counted)."""

    name: str
    stage: str
    reason: str
    notes: int = 0


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


def has_midi_suffix(name: str) -> bool:
    """Whether a file name ends as those of MIDI files do, in small or capital letters."""
    return name.lower().endswith(MIDI_SUFFIXES)


def printable(name: str) -> str:
    """A file name as text for a report: bytes that are no UTF-8 and characters that cannot be shown appear as
    `\\xe9` and the like."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )


def parse_name(name: str) -> tuple[str, str, str] | str:
    """Read a file name: (emotion, genre, identifier), or the reason why it does not fit the scheme.

    Labels come back in Unicode's composed form (NFC), since some file systems decompose letters with accents:
    the same label is the same text everywhere.
    """
    if not has_midi_suffix(name):
        return "not a .mid or .midi file"
    try:
        name.encode()
    except UnicodeEncodeError:
        return "a name that is not UTF-8: rename the file"
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

    Only files directly inside `folder` are read; hidden files and tables named as the project's own are
    passed over.

    Raises:
        BookError: when the folder is missing, unreadable, empty, or holds no XMIDI name.
    """
    folder = Path(folder)
    pieces, left_out = [], []
    for path in _entries(folder):
        if path.name.startswith(".") or path.name in COMPANIONS:
            continue
        if not is_file(path):
            left_out.append(LeftOut(printable(path.name), "name", "not a file; folders inside are not read"))
            continue
        parsed = parse_name(path.name)
        if isinstance(parsed, str):
            left_out.append(LeftOut(printable(path.name), "name", parsed))
        else:
            pieces.append(Piece(path, *parsed))
    if not pieces and not left_out:
        raise BookError(f"The data folder {folder} is empty: give a folder of files named {SCHEME}.")
    if not pieces:
        hint = "rename the files or give another folder"
        if deeper := _folder_inside(folder):
            hint = f"but {deeper[1]:,} files in {deeper[0]} are; give that folder"
        raise BookError(
            f"None of the {len(left_out)} entries of the data folder {folder} is named {SCHEME} "
            f"(the first is '{left_out[0].name}'): {hint}."
        )
    return pieces, left_out


def is_file(path: Path) -> bool:
    """Whether a path leads to a file; a link that leads nowhere or in a circle does not."""
    try:
        return path.is_file()
    except OSError:
        return False


def _folder_inside(folder: Path) -> tuple[Path, int] | None:
    """The folder, one or two deeper, that holds most files named as pieces, and how many; None without."""
    found: Counter[Path] = Counter()
    with contextlib.suppress(OSError):
        for pattern in ("*/XMIDI_*", "*/*/XMIDI_*"):
            found.update(
                path.parent for path in folder.glob(pattern) if isinstance(parse_name(path.name), tuple)
            )
    return found.most_common(1)[0] if found else None


def _entries(folder: Path) -> list[Path]:
    """What the folder holds, sorted by name."""
    try:
        return sorted(folder.iterdir(), key=lambda path: path.name)
    except FileNotFoundError:
        raise BookError(f"The data folder {folder} does not exist: check the path given as DATA.") from None
    except NotADirectoryError:
        raise BookError(f"The data folder {folder} is a file: give the folder of the pieces.") from None
    except OSError as error:
        raise BookError(
            f"The data folder {folder} cannot be read ({error.strerror}): check its permissions."
        ) from error
