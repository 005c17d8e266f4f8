"""A judge that people have taught: valence and arousal as sums of a piece's features.

The coefficients lie beside this file, in `rated_judge.json`: fitted to the mean ratings of VGMIDI's 200
pieces (L. Ferreira and J. Whitehead, ISMIR 2019) by `python -m lib rated vgmidi FOLDER --judges`; the
appendix on rated emotions measures how far they can be trusted. No piece and no rating is in it.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from symusic import Score

from lib.basics.errors import BookError
from lib.basics.files import read_json
from lib.data.labelling.emotion_features import Hears, NoFeaturesError, emotion_features, names_heard

COEFFICIENTS = Path(__file__).with_name("rated_judge.json")


class Judgement(NamedTuple):
    """What the judge says of one piece.

    Attributes:
        valence, arousal: the mean rating it expects, on the raters' scale from −1 to 1.
        distance: of the piece's features from those it was taught on (Mahalanobis), as a multiple of what
            95 % of those keep from pieces of other series; above 1 it speaks of what it does not know.
    """

    valence: float
    arousal: float
    distance: float


class RatedJudge:
    """Weights for the standardised features of those who hear so much; :func:`read_judge` reads one.

    Attributes:
        hears: 'line', 'score' or 'performance'.
        features: their names, [features].
        mean, scale: of the features it was taught on, [features].
        weights: by dimension, [features].
        intercepts, errors: by dimension; an error is the root mean square on series it was not taught on.
        spread: inverse of the regularised covariance of the standardised features, [features, features].
        usual: the distance that 95 % keep.
        taught_on: data set, commit, hash, pieces, series, ratings.
    """

    def __init__(self, hears: Hears, content: dict, taught_on: dict):
        self.hears, self.taught_on = hears, taught_on
        self.features: list[str] = content["features"]
        self.mean, self.scale = np.array(content["mean"]), np.array(content["scale"])
        self.weights = {name: np.array(content[name]["weights"]) for name in ("valence", "arousal")}
        self.intercepts = {name: float(content[name]["intercept"]) for name in ("valence", "arousal")}
        self.errors = {name: float(content[name]["error"]) for name in ("valence", "arousal")}
        self.spread, self.usual = np.array(content["spread"]), float(content["usual_distance"])

    def judge(self, score: Score) -> Judgement:
        """What it expects people to say of a score.

        Raises:
            NoFeaturesError: for a piece that cannot be measured.
        """
        found = emotion_features(score, self.hears)
        return Judgement(
            *(
                float(column[0])
                for column in self.judge_features(np.array([[found[name] for name in self.features]]))
            )
        )

    def judge_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Valence, arousal and distance, each [pieces], of features [pieces, features]."""
        standard = (features - self.mean) / self.scale
        valence, arousal = (
            self.intercepts[name] + standard @ self.weights[name] for name in ("valence", "arousal")
        )
        return valence, arousal, mahalanobis(standard, self.spread) / self.usual


def mahalanobis(standard: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Distances of standardised features [pieces, features] from the origin, float64 [pieces].

    `spread` is the inverse of their covariance, [features, features].
    """
    return np.sqrt(np.einsum("if,fg,ig->i", standard, spread, standard))


@cache
def read_judge(hears: Hears = "line", path: Path = COEFFICIENTS) -> RatedJudge:
    """The judge that hears so much.

    Raises:
        BookError: when the file is missing, or is not of this form.
    """
    content = read_json(path)
    try:
        judge = RatedJudge(hears, content["judges"][hears], content["taught_on"])
        fits = judge.features == names_heard(hears) and judge.spread.shape == (len(judge.features),) * 2
    except (KeyError, TypeError, ValueError) as error:
        raise BookError(
            f"The coefficients {path.name} are damaged ({type(error).__name__}: {error}): "
            "restore them from the repository."
        ) from error
    if not fits:
        raise BookError(
            f"The coefficients {path.name} are for other features than these: make them again "
            "with 'python -m lib rated vgmidi FOLDER --judges'."
        )
    return judge


def judged_arousal(score: Score) -> float | None:
    """The arousal, −1 to 1, that the judge expects people to state who hear the upper line.

    Rounded, so that a piece on the median is found on it on every machine.
    """
    try:
        return round(read_judge("line").judge(score).arousal, 6)
    except NoFeaturesError:
        return None
