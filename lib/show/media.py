"""Where a chapter leaves its sound files: beside the notebook, so that a relative link finds them."""

import os
from pathlib import Path
from urllib.parse import quote

from lib.basics.errors import BookError
from lib.basics.files import make_folder
from lib.basics.places import NOTEBOOKS

LINK_FOLDER = "media"  # a chapter links to 'media/<file>'
LISTENING = "application/vnd.composing-to-a-mood.listening+json"
"""The type of a record of pieces to hear in a cell's output; under `media` it names their files."""


def media_folder() -> Path:
    """The folder for audio and MIDI files, created if missing.

    It is the one named by the variable MOOD_MEDIA; without it `media` in the folder where the kernel runs, if
    notebooks lie there, or `notebooks/media` of the project otherwise.

    Raises:
        BookError: when it cannot be created.
    """
    if named := os.environ.get("MOOD_MEDIA"):
        return make_folder(Path(named).expanduser().resolve())
    here = Path.cwd()
    return make_folder((here if any(here.glob("*.ipynb")) else NOTEBOOKS) / LINK_FOLDER)


def media_link(file_name: str) -> str:
    """The relative address of a file in the media folder, safe in an HTML attribute and in a URL.

    Raises:
        BookError: when `file_name` is not a plain file name.
    """
    if Path(file_name).name != file_name or file_name in ("", "..") or "\\" in file_name:
        raise BookError(f"The media file '{file_name}' must be a plain file name: leave its folder out.")
    return f"{LINK_FOLDER}/{quote(file_name, safe='')}"
