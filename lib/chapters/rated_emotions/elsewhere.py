"""The rule and the taught judges on another rated data set than the one that taught them."""

import numpy as np
import pandas as pd

from lib.chapters.rated_emotions.data_sets.ratings import DIMENSIONS, RatedSet
from lib.chapters.rated_emotions.measures import auc, balanced_accuracy, signs_of
from lib.chapters.rated_emotions.rules import halves_of_the_rule
from lib.chapters.rated_emotions.teaching import counts
from lib.data.labelling.emotion_features import emotion_features
from lib.data.labelling.rated_judge import read_judge


def elsewhere_table(rated: RatedSet) -> pd.DataFrame:
    """Signs told by the rule's halves (balanced accuracy) and by each judge (AUC), intervals over series.

    Returns:
        dimension, by, measure, estimate, low, high, far (share of pieces farther from what the judge was
        taught on than 95% of that), pieces, series_count, ratings, majority.
    """
    lines = []
    for dimension, guess in halves_of_the_rule(rated).items():
        signs = signs_of(rated, dimension)
        lines.append(
            {
                "dimension": dimension,
                "by": "mode-activity",
                "measure": "balanced accuracy",
                **balanced_accuracy(guess, signs)._asdict(),
                "far": float("nan"),
                **counts(signs, rated),
            }
        )
    for hears in ("line", "score", "performance"):
        judge = read_judge(hears)
        features = pd.DataFrame([emotion_features(piece.score, hears) for piece in rated.pieces])
        *judged, distance = judge.judge_features(features.to_numpy())
        for dimension, score in zip(DIMENSIONS, judged, strict=True):
            signs = signs_of(rated, dimension)
            lines.append(
                {
                    "dimension": dimension,
                    "by": f"judge, hears the {hears}",
                    "measure": "AUC",
                    **auc(score, signs)._asdict(),
                    "far": float(np.mean(distance > 1)),
                    **counts(signs, rated),
                }
            )
    return pd.DataFrame(lines)
