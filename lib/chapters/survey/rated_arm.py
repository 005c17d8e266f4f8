"""A third kind of piece: real music whose emotion label comes from people's ratings, not from a rule.

It is drawn from a folder that ``python -m lib rated vgmidi`` wrote. Nobody has licensed that music for
publication, so a survey with it exists only where somebody built it: :func:`refuse_in_project` keeps its
pieces and its page out of the repository and out of the site.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import symusic
from miditok import REMI

from lib.basics.errors import BookError
from lib.basics.files import read_json
from lib.basics.places import PROJECT, build_folder, data_folder
from lib.data.files.companions import read_companion
from lib.data.files.reading import read_piece
from lib.data.files.scores import UnreadableError, UnusableError
from lib.data.pieces import Piece, parse_name
from lib.data.tokenizer import decode

GENRE = "game"
"""What listeners are asked about as the genre: the series that stands there else would name the game."""

FELT = {
    "major-lively": "positive-high",
    "minor-lively": "negative-high",
    "minor-calm": "negative-low",
    "major-calm": "positive-low",
}
"""What the rule's labels stand for, as signs of valence and arousal (appendix 3)."""


def refuse_in_project(path: Path) -> None:
    """Refuse a place from which rated music could be committed or published.

    Raises:
        BookError: for a place in the project or in the built site, unless it lies below the data folder.
    """
    place = Path(path).resolve()
    published = any(place.is_relative_to(folder) for folder in (PROJECT, build_folder()))
    if published and not place.is_relative_to(data_folder()):
        raise BookError(
            f"{path} lies where it could be committed or published, and the licence of rated pieces is not "
            "known: write a survey with them outside of the project, or below its data folder."
        )


def rated_scores(
    folder: Path, tokenizer: REMI, count: int, seed: int
) -> Iterator[tuple[Piece, symusic.Score, list[str]]]:
    """Rated pieces as the token set spells them, evenly over the labels and from many series.

    Args:
        folder: as ``python -m lib rated`` writes it.
        tokenizer: of the other pieces; instrument, loudness and timing come out alike.
        count: how many.
        seed: of the draw.

    Yields:
        The piece with its label, its notes, and sentences on what was drawn before it and could not be used.

    Raises:
        BookError: for another folder, or one with too few pieces that can be used.
    """
    left = _draw_order(folder, seed)
    emotions = sorted({piece.emotion for piece, _ in left})
    heard: Counter[str] = Counter()
    for number in range(count):
        emotion, remarks = emotions[number % len(emotions)], []
        while True:
            usable = [entry for entry in left if entry[0].emotion == emotion]
            if not usable:
                raise BookError(
                    f"The folder of rated pieces {folder} has too few pieces of {emotion} for {count} in "
                    "all: ask for fewer with --count."
                )
            piece, series = entry = min(usable, key=lambda entry: heard[entry[1]])
            left.remove(entry)
            try:
                ids = read_piece(tokenizer, piece)[0]
            except (UnreadableError, UnusableError) as reason:
                remarks.append(f"not used: {piece.name}: {reason}")
                continue
            heard[series] += 1
            yield piece, decode(tokenizer, ids), remarks
            break


def _draw_order(folder: Path, seed: int) -> list[tuple[Piece, str]]:
    """The pieces of a rated folder with their series, in random order."""
    folder = Path(folder)
    table = read_companion(folder, "pieces.csv", ("name", "series", "valence_sign", "arousal_sign"))
    manifest = read_json(folder / "manifest.json") if table is not None else None
    if table is None or not isinstance(manifest, dict) or "data_set" not in manifest:
        raise BookError(
            f"{folder} holds no rated pieces: 'python -m lib rated vgmidi CLONE' writes a folder of them."
        )
    found = []
    for row in table.sort_values("name").itertuples():
        parsed = parse_name(Path(row.name).name)
        if not isinstance(parsed, str):
            found.append((Piece(folder / Path(row.name).name, parsed[0], GENRE, parsed[2]), row.series))
    if not found:
        raise BookError(f"The folder of rated pieces {folder} names no piece: write it again.")
    return [found[place] for place in np.random.default_rng(seed).permutation(len(found))]
