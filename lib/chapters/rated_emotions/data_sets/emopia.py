"""EMOPIA: clips of pop piano, each with the quadrant that its annotators gave it.

H.-T. Hung and others, *EMOPIA: a multi-modal pop piano dataset*, ISMIR 2021 (CC BY-NC-SA). A clip's name is
its label: `Q1_<video>_<clip>.mid`, where the video has eleven letters, digits, hyphens and underscores.
"""

import re
from pathlib import Path

from lib.basics.files import hash_of_files
from lib.chapters.rated_emotions.data_sets.ratings import (
    QUADRANTS,
    RatedPiece,
    RatedSet,
    check_music,
    need_folder,
    need_pieces,
)
from lib.data.pieces import LeftOut

ADDRESS = "https://annahung31.github.io/EMOPIA/"

_NAME = re.compile(r"Q([1-4])_([A-Za-z0-9_-]{11})_(\d+)")
_SUFFIXES = (".mid", ".midi")


def read_emopia(folder: Path) -> RatedSet:
    """Read an unpacked archive: its folder `midis`, or a folder of clips.

    Clips of one song are one series. Only quadrants are published, no rater's own answers.

    Raises:
        BookError: when the folder is missing or holds no clip.
    """
    folder = Path(folder)
    need_folder(folder, f"unpack EMOPIA ({ADDRESS})")
    inside = folder / "midis" if (folder / "midis").is_dir() else folder
    pieces, left_out, read = [], [], []
    for path in sorted(inside.iterdir()):
        if path.suffix not in _SUFFIXES or not path.is_file():
            continue
        match = _NAME.fullmatch(path.stem)
        if match is None:
            left_out.append(LeftOut(path.name, "name", "not named Q1_<video>_<clip>.mid"))
            continue
        reason = check_music(path)
        if reason:
            left_out.append(LeftOut(path.name, "read", reason))
            continue
        quadrant, video, clip = match.groups()
        # An underscore cannot stand in a label's file name, and "=" is in no video's name.
        identifier = f"{video.replace('_', '=')}={clip}"
        pieces.append(RatedPiece(path, identifier, path.stem, video, list(QUADRANTS)[int(quadrant) - 1]))
        read.append(path)
    about = {"address": ADDRESS, "commit_of_data": None, "sha256_of_data": hash_of_files(read, inside)}
    return need_pieces(RatedSet("EMOPIA", tuple(pieces), tuple(left_out), about), folder)
