"""Anyone's music: from a folder with a folder of audio for each genre to an ear, its score, sorted songs."""

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from lib.basics.errors import BookError
from lib.basics.files import explain_write_errors, make_folder
from lib.measures.ear.features import request_features
from lib.measures.ear.files import SUFFIXES, AudioFile
from lib.measures.ear.network import Ear, train_ear
from lib.measures.label_control import agreement
from lib.profiles import Profile

FOLDS = 4
"""Each song is judged once, by an ear that was trained without it; fewer where a genre has fewer songs."""


@dataclass(frozen=True)
class Songs:
    """Audio that can be heard.

    Attributes:
        paths: of the files.
        genres: name of the folder that each lies in, text [songs]; empty text for songs to be sorted.
        features: float32 [frames, 33] of each.
        left_out: file (or folder) and reason, of everything that is not heard.
    """

    paths: list[Path]
    genres: np.ndarray
    features: list[np.ndarray]
    left_out: list[tuple[Path, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """What an ear makes of a folder.

    Attributes:
        songs: what it heard.
        obtained: the genre that each song was taken for by an ear trained without it, text [songs].
        right, low, high: share right, mean over genres, with its 95% interval over songs.
        chance: one over the number of genres.
        ear: trained on all songs.
    """

    songs: Songs
    obtained: np.ndarray
    right: float
    low: float
    high: float
    chance: float
    ear: Ear


def read_genres(folder: Path, workers: int = 1) -> Songs:
    """The songs of a folder of genre folders.

    Files that hold the same bytes are heard once. Genres of a single song are left out, since an ear could
    not be judged on them.

    Raises:
        BookError: when the folder does not exist, or fewer than two genres can be heard.
    """
    if not folder.is_dir():
        raise BookError(f"There is no folder {folder}: give one that holds a folder of audio for each genre.")
    inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    loose = [path for path in sorted(folder.iterdir()) if path.is_file() and path.suffix.lower() in SUFFIXES]
    found = [(path, genre.name) for genre in inside for path in _files(genre)]
    songs = _hear([path for path, _ in found], [genre for _, genre in found], workers)
    songs.left_out.extend((path, "it lies in no genre's folder") for path in loose)
    counts = Counter(songs.genres.tolist())
    for genre in inside:
        if counts[genre.name] < 2:
            few = "one song" if counts[genre.name] else "no song"
            songs.left_out.append((genre, f"it has {few} that can be heard, and a genre needs two"))
    kept = [place for place, genre in enumerate(songs.genres) if counts[genre] >= 2]
    if len({songs.genres[place] for place in kept}) < 2:
        raise BookError(
            f"The folder {folder} holds fewer than two genres with two songs each, so there is "
            f"nothing to tell apart; put audio files ({', '.join(SUFFIXES[:5])} …) into a folder "
            f"for each genre.{_reasons(songs.left_out)}"
        )
    return Songs(
        [songs.paths[place] for place in kept],
        songs.genres[kept],
        [songs.features[place] for place in kept],
        songs.left_out,
    )


def read_songs(folder: Path, workers: int = 1) -> Songs:
    """The songs of a folder whose genres are asked for.

    Raises:
        BookError: when the folder does not exist or nothing in it can be heard.
    """
    if not folder.is_dir():
        raise BookError(f"There is no folder {folder}: give the one whose songs are to be listed by genre.")
    paths = _files(folder)
    songs = _hear(paths, [""] * len(paths), workers)
    if not songs.paths:
        raise BookError(f"The folder {folder} holds no audio that can be heard.{_reasons(songs.left_out)}")
    return songs


def judge_folder(songs: Songs, settings: Profile) -> Verdict:
    """Train ears with songs left out in turn, and one on all."""
    smallest = min(Counter(songs.genres.tolist()).values())
    folds = StratifiedKFold(min(FOLDS, smallest), shuffle=True, random_state=settings.seed)
    obtained = np.empty(len(songs.paths), dtype=object)
    for train, test in folds.split(np.zeros(len(songs.paths)), songs.genres.astype(str)):
        ear = train_ear(
            [songs.features[place] for place in train],
            songs.genres[train].tolist(),
            settings.ear,
            settings.seed,
        )
        obtained[test] = ear.recognise([songs.features[place] for place in test])
    share = agreement(
        pd.DataFrame({"asked": songs.genres, "obtained": obtained, "group": np.arange(len(songs.paths))})
    )
    whole = train_ear(songs.features, songs.genres.tolist(), settings.ear, settings.seed)
    return Verdict(
        songs, obtained, share.estimate, share.low, share.high, 1 / len(set(songs.genres.tolist())), whole
    )


def sort_songs(songs: Songs, genres: Sequence[str], into: Path) -> list[tuple[Path, Path]]:
    """Move songs into a folder for each genre; none is overwritten: of two with one name the second gets a
    number.

    Returns:
        Where each was and where it is.

    Raises:
        BookError: when a file cannot be moved; those before it have been.
    """
    moved = []
    for path, genre in zip(songs.paths, genres, strict=True):
        target = make_folder(into / genre) / path.name
        number = 2
        while target.exists():
            target = into / genre / f"{path.stem} {number}{path.suffix}"
            number += 1
        with explain_write_errors(target):
            shutil.move(path, target)
        moved.append((path, target))
    return moved


def _files(folder: Path) -> list[Path]:
    """All files below a folder but hidden ones, sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _hear(paths: Sequence[Path], genres: Sequence[str], workers: int) -> Songs:
    left_out = [
        (path, "its name is not that of an audio file")
        for path in paths
        if path.suffix.lower() not in SUFFIXES
    ]
    named = [
        (AudioFile(path), genre)
        for path, genre in zip(paths, genres, strict=True)
        if path.suffix.lower() in SUFFIXES
    ]
    first: dict[str, Path] = {}
    heard = []
    for file, genre in named:
        if file.key in first:
            left_out.append((file.path, f"it is the same as {first[file.key]}"))
        else:
            first[file.key] = file.path
            heard.append((file, genre))
    features = request_features([file for file, _ in heard], workers)
    left_out += [
        (file.path, reason)
        for (file, _), reason in zip(heard, features, strict=True)
        if isinstance(reason, str)
    ]
    good = [place for place, found in enumerate(features) if not isinstance(found, str)]
    return Songs(
        [heard[place][0].path for place in good],
        np.array([heard[place][1] for place in good], dtype=object),
        [features[place] for place in good],
        left_out,
    )


def _reasons(left_out: Sequence[tuple[Path, str]]) -> str:
    """What was left out, as a further sentence."""
    if not left_out:
        return ""
    shown = "; ".join(f"{path.name}: {reason}" for path, reason in left_out[:5])
    more = f"; and {len(left_out) - 5} more" if len(left_out) > 5 else ""
    return f" Left out: {shown}{more}."
