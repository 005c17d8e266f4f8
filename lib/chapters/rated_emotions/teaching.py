"""Teaching a judge: ridge regression of mean ratings on features, tried on game series it has not seen.

(A. Hoerl and R. Kennard, *Technometrics*, 1970.) The penalty is chosen within the series that teach, so that
a held-out series decides nothing about its own judge.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.covariance import LedoitWolf
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from lib.chapters.rated_emotions.data_sets.ratings import DIMENSIONS, RatedSet
from lib.chapters.rated_emotions.measures import (
    DRAWS,
    Signs,
    auc,
    balanced_accuracy,
    best_threshold,
    explained,
    signs_of,
    slope,
)
from lib.data.labelling.emotion_features import FEATURES, emotion_features, names_heard
from lib.data.labelling.rated_judge import mahalanobis
from lib.measures.statistics import bootstrap_mean

PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
BINS = 5


class Trial(NamedTuple):
    """What judges said of the series that they were not taught on.

    Attributes:
        predicted: the expected mean rating, [pieces].
        guess: 1 for a positive sign, 0 for a negative, by a cut that the teaching series gave, [pieces].
    """

    predicted: np.ndarray
    guess: np.ndarray


def teach(features: np.ndarray, ratings: np.ndarray) -> Pipeline:
    """Fit a judge of one dimension: a ridge regression, its penalty by leaving out each piece in turn.

    Args:
        features: [pieces, features].
        ratings: the mean rating of each piece, [pieces].
    """
    return make_pipeline(StandardScaler(), RidgeCV(PENALTIES)).fit(features, ratings)


def try_out(features: np.ndarray, rated: RatedSet, dimension: str) -> Trial:
    """Teach on all series but one, judge that one, for each series.

    Args:
        features: [pieces, features].
        rated: the set, with its raters' curves.
        dimension: 'valence' or 'arousal'.
    """
    at = DIMENSIONS.index(dimension)
    ratings, sign, series = rated.means[:, at], rated.signs[:, at], rated.series
    predicted, guess = np.zeros(len(ratings)), np.zeros(len(ratings))
    for taught, asked in LeaveOneGroupOut().split(features, ratings, series):
        judge = teach(features[taught], ratings[taught])
        predicted[asked] = judge.predict(features[asked])
        signed = taught[sign[taught] != 0]
        cut, upwards = best_threshold(judge.predict(features[signed]), sign[signed] > 0)
        guess[asked] = (predicted[asked] > cut) == upwards
    return Trial(predicted, guess)


def trial_row(trial: Trial, rated: RatedSet, dimension: str) -> dict[str, float]:
    """How a trial ended: explained variance, AUC, balanced accuracy with intervals, and the error."""
    signs, ratings = signs_of(rated, dimension), rated.means[:, DIMENSIONS.index(dimension)]
    series = np.unique(rated.series, return_inverse=True)[1]
    row = {"error": float(np.sqrt(np.mean((ratings - trial.predicted) ** 2)))}
    for name, found in (
        ("explained", explained(trial.predicted, ratings, series)),
        ("auc", auc(trial.predicted, signs)),
        ("balanced_accuracy", balanced_accuracy(trial.guess, signs)),
    ):
        row |= {name: found.estimate, f"{name}_low": found.low, f"{name}_high": found.high}
    return row | counts(signs, rated)


def counts(signs: Signs, rated: RatedSet) -> dict[str, object]:
    """What a row of a table rests on: pieces with a sign, their series, ratings, and the majority's share."""
    return {
        "pieces": len(signs.places),
        "series_count": len(np.unique(signs.series)),
        "ratings": sum(
            len(rated.pieces[place].curves.valence)
            for place in signs.places
            if rated.pieces[place].curves is not None
        ),
        "majority": signs.majority,
    }


def calibration(trial: Trial, rated: RatedSet, dimension: str) -> pd.DataFrame:
    """Said against expected, in fifths of the pieces by what was expected; intervals draw whole series.

    Returns:
        expected, said (means), low, high (of what was said), pieces; and, the same in each row, slope,
        slope_low, slope_high: of ratings on expectations, 1 for a judge that neither exaggerates nor plays
        down; series_count and ratings of all fifths.
    """
    ratings, series = rated.means[:, DIMENSIONS.index(dimension)], rated.series
    parts = np.array_split(np.argsort(trial.predicted, kind="stable"), BINS)
    whole = slope(trial.predicted, ratings, series)
    lines = []
    for part in parts:
        said = bootstrap_mean(ratings[part], series[part], DRAWS)
        lines.append(
            {
                "expected": trial.predicted[part].mean(),
                "said": said.estimate,
                "low": said.low,
                "high": said.high,
                "pieces": len(part),
                "slope": whole.estimate,
                "slope_low": whole.low,
                "slope_high": whole.high,
                "series_count": len(np.unique(series)),
                "ratings": rated.ratings,
            }
        )
    return pd.DataFrame(lines)


def line_features(rated: RatedSet) -> pd.DataFrame:
    """The features of the upper lines alone."""
    return pd.DataFrame([emotion_features(piece.score, "line") for piece in rated.pieces])


def coefficients(features: np.ndarray, rated: RatedSet, hears: str, errors: Sequence[float]) -> dict:
    """The judge taught on all series, as plain data for `rated_judge.json`.

    Args:
        features: [pieces, features].
        rated: the set.
        hears: what the judge hears.
        errors: root mean square errors on series not taught on, of valence and arousal.
    """
    series, names = rated.series, names_heard(hears)
    content: dict[str, object] = {"features": names}
    for at, dimension in enumerate(DIMENSIONS):
        pipeline = teach(features, rated.means[:, at])
        scaler, ridge = pipeline[0], pipeline[-1]
        content |= {
            "mean": _plain(scaler.mean_),
            "scale": _plain(scaler.scale_),
            dimension: {
                "intercept": float(ridge.intercept_),
                "weights": _plain(ridge.coef_),
                "penalty": float(ridge.alpha_),
                "error": float(f"{errors[at]:.6g}"),
            },
        }
    standard = (features - np.array(content["mean"])) / np.array(content["scale"])
    spread = np.linalg.inv(LedoitWolf(assume_centered=True).fit(standard).covariance_)
    return content | {
        "spread": [_plain(row) for row in spread],
        "usual_distance": float(np.quantile(_distances_left_out(features, series), 0.95)),
    }


def _distances_left_out(features: np.ndarray, series: np.ndarray) -> np.ndarray:
    """How far each piece lies from the pieces of other series."""
    found = np.zeros(len(features))
    for others, asked in LeaveOneGroupOut().split(features, groups=series):
        scaler = StandardScaler().fit(features[others])
        spread = np.linalg.inv(
            LedoitWolf(assume_centered=True).fit(scaler.transform(features[others])).covariance_
        )
        found[asked] = mahalanobis(scaler.transform(features[asked]), spread)
    return found


def _plain(numbers: np.ndarray) -> list[float]:
    return [float(f"{number:.6g}") for number in numbers]


def hearing_sets() -> dict[str, list[str]]:
    """Features by what a judge may hear, from the rule's own two to all that was played."""
    notes = names_heard("score")
    group = {
        kind: [name for name, (found, _) in FEATURES.items() if found == kind]
        for kind in ("dynamics", "tempo")
    }
    return {
        "mode and onsets a beat": ["minor", "onsets a beat"],
        "notes as written": notes,
        "and dynamics": notes + group["dynamics"],
        "and tempo": notes + group["tempo"],
        "all that was played": names_heard("performance"),
    }
