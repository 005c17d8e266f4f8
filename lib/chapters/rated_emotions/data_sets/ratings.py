"""Music whose emotion people have rated: its pieces, what was said of each, what was left out and why."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from symusic import Score

from lib.basics.errors import BookError
from lib.data.files.scores import ask_for_score, read_score
from lib.data.labelling.emotion_features import NoFeaturesError, emotion_features
from lib.data.note_tables import note_table
from lib.data.pieces import LeftOut

DIMENSIONS = ("valence", "arousal")
QUADRANTS = {
    (1, 1): "positive-high",
    (-1, 1): "negative-high",
    (-1, -1): "negative-low",
    (1, -1): "positive-low",
}
"""Signs of valence and arousal to a label, in the order Q1 to Q4."""


@dataclass(frozen=True)
class Curves:
    """What raters said of one piece, measure by measure; float64 [raters, measures], −1 to 1."""

    valence: np.ndarray
    arousal: np.ndarray

    def of(self, dimension: str) -> np.ndarray:
        """The curves of one dimension, float64 [raters, measures]."""
        return {"valence": self.valence, "arousal": self.arousal}[dimension]


@dataclass(frozen=True)
class RatedPiece:
    """A piece with its published labels and, where they are published too, its raters' curves.

    Attributes:
        path: its MIDI file.
        identifier, title, series: as published; untrusted text. The series is what may not be torn apart
            when pieces are drawn again: pieces of one series are by one composer or of one kind.
        signs: of valence and arousal, −1 or 1 each; 0 where its parts were labelled differently.
        curves: of its raters; None where only labels are published.
    """

    path: Path
    identifier: str
    title: str
    series: str
    signs: tuple[int, int]
    curves: Curves | None = None

    @property
    def quadrant(self) -> str | None:
        """Its label, None where a sign is missing."""
        return QUADRANTS.get(self.signs)

    @property
    def means(self) -> tuple[float, float]:
        """Mean valence and arousal over measures and raters; NaN without curves."""
        if self.curves is None:
            return float("nan"), float("nan")
        return float(self.curves.valence.mean()), float(self.curves.arousal.mean())

    @cached_property
    def score(self) -> Score:
        """Its notes."""
        return read_score(self.path)


@dataclass(frozen=True)
class RatedSet:
    """A data set of rated pieces.

    Attributes:
        name: of the data set.
        pieces: those that can be used, by identifier.
        left_out: everything else, with stage and reason.
        about: where it comes from: address, commit_of_data (None outside a git checkout), sha256_of_data (of
            what was read).
    """

    name: str
    pieces: tuple[RatedPiece, ...]
    left_out: tuple[LeftOut, ...]
    about: dict[str, object]

    @property
    def series(self) -> np.ndarray:
        """The series of each piece, [pieces]."""
        return np.array([piece.series for piece in self.pieces])

    @property
    def signs(self) -> np.ndarray:
        """int64 [pieces, 2]: signs of valence and arousal; 0 where there is none."""
        return np.array([piece.signs for piece in self.pieces], dtype=np.int64).reshape(-1, 2)

    @property
    def means(self) -> np.ndarray:
        """float64 [pieces, 2]: mean valence and arousal; NaN without curves."""
        return np.array([piece.means for piece in self.pieces]).reshape(-1, 2)

    @property
    def rated(self) -> bool:
        """Whether the raters' curves are there."""
        return all(piece.curves is not None for piece in self.pieces)

    @property
    def ratings(self) -> int:
        """How many ratings there are: raters summed over pieces."""
        return sum(len(piece.curves.valence) for piece in self.pieces if piece.curves is not None)


def check_music(path: Path) -> str | None:
    """Why a MIDI file cannot be used; None if it can."""
    score = ask_for_score(path)
    if isinstance(score, LeftOut):
        return score.reason
    if not (note_table(score).program >= 0).any():
        return "no notes with a pitch"
    try:
        emotion_features(score)
    except NoFeaturesError as error:
        return str(error)
    return None


def need_folder(folder: Path, how: str) -> None:
    """Refuse a folder that is not there.

    Raises:
        BookError: with `how` to get one, in the imperative.
    """
    if not folder.is_dir():
        raise BookError(f"There is no folder {folder}: {how} and name its folder.")


def need_pieces(rated: RatedSet, folder: Path) -> RatedSet:
    """The set itself, if it has pieces.

    Raises:
        BookError: when nothing in the folder could be used, with the commonest reason.
    """
    if not rated.pieces:
        reasons = [item.reason for item in rated.left_out] or ["it holds no MIDI file"]
        raise BookError(
            f"No piece of {folder} can be used as {rated.name}; most often because: "
            f"{max(set(reasons), key=reasons.count)}."
        )
    return rated
