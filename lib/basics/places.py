"""Where things lie. Generated folders can be moved away from the checkout with the variable MOOD_HOME."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LIB = PROJECT / "lib"
BOOK = PROJECT / "book"
NOTEBOOKS = PROJECT / "notebooks"
REFERENCE = BOOK / "reference"


def home() -> Path:
    """The folder under which data/, artifacts/ and _build/ are made: MOOD_HOME, or the project itself."""
    return Path(os.environ.get("MOOD_HOME") or PROJECT).resolve()


def data_folder() -> Path:
    """Datasets, each a folder of XMIDI-named files."""
    return home() / "data"


def artifacts_folder() -> Path:
    """Token stores, runs, executed notebooks: everything that a command computed."""
    return home() / "artifacts"


def build_folder() -> Path:
    """The staged book and its site."""
    return home() / "_build"


def shown(path: Path) -> str:
    """A path for messages: relative to the home of generated things where it lies there, else as it is."""
    path = Path(path)
    return str(path.relative_to(home()) if path.is_relative_to(home()) else path)
