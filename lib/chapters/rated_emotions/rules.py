"""Labelling rules against people: the book's own, half by half, and what people's own judges would give.

All are used as on the embedded music: the data set is one collection, and what is compared with a median is
compared within its meter. A piece in a meter of fewer than five pieces has no label and counts as wrong.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib.chapters.rated_emotions.agreement import one_rater_draws
from lib.chapters.rated_emotions.data_sets.ratings import DIMENSIONS, QUADRANTS, RatedSet
from lib.chapters.rated_emotions.measures import (
    DRAWS,
    auc,
    balanced_accuracy,
    group_of,
    guesses_left_out,
    rank_correlation,
    signs_of,
)
from lib.chapters.rated_emotions.teaching import Trial, counts
from lib.data.labelling import labels
from lib.data.labelling.emotion_features import PROFILE
from lib.data.labelling.key_profiles import PROFILES
from lib.measures.statistics import Interval, bootstrap

_COLLECTION = "rated"


def above_median(values: np.ndarray, meters: list[str]) -> np.ndarray:
    """1 above the median of the same meter, else 0, [pieces]; NaN where fewer than five pieces are in it."""
    guess = np.full(len(values), np.nan)
    for meter in set(meters):
        inside = np.array([each == meter for each in meters])
        if inside.sum() >= labels.SMALLEST_GROUP:
            guess[inside] = values[inside] > np.median(values[inside])
    return guess


def mode_guesses(features: pd.DataFrame) -> dict[str, np.ndarray]:
    """1 for an estimated major key, 0 for minor, float64 [pieces], by the name of the key profile."""
    columns = {
        name: "minor" if profile == PROFILE else f"minor, {name}" for profile, name in PROFILES.items()
    }
    return {name: (features[column] < 0).to_numpy(float) for name, column in columns.items()}


def meters_of(rated: RatedSet) -> list[str]:
    """The meter that most of each piece's time is in."""
    return [labels.main_meter(piece.score) for piece in rated.pieces]


def halves_of_the_rule(rated: RatedSet) -> dict[str, np.ndarray]:
    """What `mode-activity` guesses of valence, by the mode, and of arousal, by onsets a beat: [pieces]."""
    evidence = [labels.examine(piece.score, _COLLECTION, labels.onsets_per_beat) for piece in rated.pieces]
    medians = labels.find_medians(evidence)
    mode = [np.nan if each.mode is None else float(each.mode == "major") for each in evidence]
    lively = [labels.activity_label(each.activity, _COLLECTION, each.meter, medians) for each in evidence]
    return {
        "valence": np.array(mode),
        "arousal": np.array([np.nan if each is None else float(each == "lively") for each in lively]),
    }


def halves_of_the_taught(trials: Mapping[str, Trial], meters: list[str]) -> dict[str, np.ndarray]:
    """What judges guess that other series taught, [pieces]: above the median of the same meter."""
    return {dimension: above_median(trial.predicted, meters) for dimension, trial in trials.items()}


def proxy_table(rated: RatedSet, features: pd.DataFrame) -> pd.DataFrame:
    """The rule's two halves, and what could stand in their place without any judge.

    Returns:
        dimension, guess, balanced_accuracy, low, high, of_positive and of_negative (shares guessed right),
        without_label, pieces, series_count, ratings, majority.
    """
    meters, rule = meters_of(rated), halves_of_the_rule(rated)
    guesses = {("valence", "the rule's mode"): rule["valence"]}
    guesses |= {("valence", f"mode, {name}"): guess for name, guess in mode_guesses(features).items()}
    guesses[("valence", "the longer third")] = (features["third"] > 0).to_numpy(float)
    guesses[("arousal", "the rule's activity")] = rule["arousal"]
    guesses[("arousal", "onsets a second above the median")] = above_median(
        features["onsets a second"].to_numpy(), meters
    )
    lines = []
    for (dimension, name), guess in guesses.items():
        signs = signs_of(rated, dimension)
        found, said = balanced_accuracy(guess, signs), guess[signs.places]
        lines.append(
            {
                "dimension": dimension,
                "guess": name,
                "balanced_accuracy": found.estimate,
                "low": found.low,
                "high": found.high,
                "of_positive": float((said[signs.positive] == 1).mean()),
                "of_negative": float((said[~signs.positive] == 0).mean()),
                "without_label": int(np.isnan(said).sum()),
                **counts(signs, rated),
            }
        )
    return pd.DataFrame(lines)


def ingredient_table(rated: RatedSet, features: pd.DataFrame) -> pd.DataFrame:
    """Every feature alone against people's signs and mean ratings.

    Returns:
        dimension, group, ingredient, auc, auc_low, auc_high, balanced_accuracy (its cut and direction taught
        by the other series) with its bounds, rank (Spearman's correlation with the mean rating; NaN without
        ratings) with its bounds, pieces, series_count, ratings, majority.
    """
    series, lines = np.unique(rated.series, return_inverse=True)[1], []
    for at, dimension in enumerate(DIMENSIONS):
        signs = signs_of(rated, dimension)
        for name in features:
            score = features[name].to_numpy()
            line = {"dimension": dimension, "group": group_of(name), "ingredient": name}
            rank = (
                rank_correlation(score, rated.means[:, at], series)
                if rated.rated
                else Interval(*[float("nan")] * 3)
            )
            for column, found in (
                ("auc", auc(score, signs)),
                ("rank", rank),
                ("balanced_accuracy", balanced_accuracy(guesses_left_out(score, signs), signs)),
            ):
                line |= {column: found.estimate, f"{column}_low": found.low, f"{column}_high": found.high}
            lines.append(line | counts(signs, rated))
    return pd.DataFrame(lines)


def rules_table(rated: RatedSet, rules: Mapping[str, Mapping[str, np.ndarray]]) -> pd.DataFrame:
    """Rules side by side, of each half and of the four labels, and differences from the first, same draws.

    Args:
        rated: the set.
        rules: guesses of valence and arousal, [pieces], by the name of the rule; the first is the one in use.

    Returns:
        what ('valence', 'arousal', 'four labels'), rule (a name, or 'NAME minus FIRST'), balanced_accuracy,
        low, high, pieces, series_count, ratings, majority.
    """
    first, lines = next(iter(rules)), []
    for dimension in DIMENSIONS:
        signs = signs_of(rated, dimension)
        for name, halves in rules.items():
            lines.append(
                {
                    "what": dimension,
                    "rule": name,
                    **_as_columns(balanced_accuracy(halves[dimension], signs)),
                    **counts(signs, rated),
                }
            )
        for name in list(rules)[1:]:
            found = balanced_accuracy(rules[name][dimension], signs, rules[first][dimension])
            lines.append(
                {
                    "what": dimension,
                    "rule": f"{name} minus {first}",
                    **_as_columns(found),
                    **counts(signs, rated),
                }
            )
    return pd.DataFrame(lines + _four_labels(rated, rules))


def _four_labels(rated: RatedSet, rules: Mapping[str, Mapping[str, np.ndarray]]) -> list[dict]:
    """The mean over the four labels of the share that a rule gives rightly; chance is one quarter."""
    places = np.array([at for at, piece in enumerate(rated.pieces) if piece.quadrant])
    truth = np.array([list(QUADRANTS).index(rated.pieces[at].signs) for at in places])
    of_label, hits = np.eye(len(QUADRANTS))[truth], []
    for halves in rules.values():
        guess = np.stack([2 * halves[dimension][places] - 1 for dimension in DIMENSIONS], axis=1)
        hits.append(of_label * (guess == rated.signs[places]).all(axis=1)[:, None])

    def shares(sums: np.ndarray) -> np.ndarray:
        # A label that a draw happens to lack has no share in it.
        *right, pieces = np.split(sums, len(rules) + 1, axis=-1)
        means = [np.nanmean(part / pieces, axis=-1) for part in right]
        return np.stack([*means, *(mean - means[0] for mean in means[1:])], axis=-1)

    series = rated.series[places]
    found = bootstrap(np.hstack([*hits, of_label]), series, shares, DRAWS)
    first = next(iter(rules))
    about = {
        "pieces": len(places),
        "series_count": len(np.unique(series)),
        "ratings": sum(
            len(rated.pieces[at].curves.valence) for at in places if rated.pieces[at].curves is not None
        ),
        "majority": float(of_label.mean(axis=0).max()),
    }
    names = [*rules, *(f"{name} minus {first}" for name in list(rules)[1:])]
    return [
        {
            "what": "four labels",
            "rule": name,
            **_as_columns(Interval(*(float(bound[at]) for bound in found))),
            **about,
        }
        for at, name in enumerate(names)
    ]


def _as_columns(found: Interval) -> dict[str, float]:
    return {"balanced_accuracy": found.estimate, "low": found.low, "high": found.high}


def against_one_rater(guess: np.ndarray, rated: RatedSet, dimension: str) -> Interval:
    """Balanced accuracy of a guess [pieces] minus that of one rater, both against the other raters' sign.

    Raters are drawn :data:`lib.chapters.rated_emotions.agreement.SPLITS` times; the mean of the estimates and
    of the bounds.
    """
    found = [
        balanced_accuracy(guess, signs, (said > 0).astype(float))
        for said, signs in one_rater_draws(rated, dimension)
    ]
    return Interval(*(float(bound) for bound in np.mean(found, axis=0)))
