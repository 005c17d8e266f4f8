"""Everything that the appendix shows of a rated data set, as tables; kept in the repository as evidence.

Only derived numbers are kept, with the commit of the data set and the hash of what was read.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.basics.errors import BookError
from lib.chapters.rated_emotions import rules
from lib.chapters.rated_emotions.agreement import agreement_table
from lib.chapters.rated_emotions.curves import example_curves
from lib.chapters.rated_emotions.data_sets.ratings import DIMENSIONS, QUADRANTS, RatedSet
from lib.chapters.rated_emotions.measures import correlation, feature_frame
from lib.chapters.rated_emotions.teaching import (
    Trial,
    calibration,
    coefficients,
    hearing_sets,
    line_features,
    trial_row,
    try_out,
)
from lib.data.labelling.emotion_features import Hears, names_heard
from lib.data.labelling.rated_judge import RatedJudge, read_judge

UPPER_LINE = "the upper line alone"
LEAST_PIECES, LEAST_SERIES = 8, 3


@dataclass(frozen=True)
class Results:
    """Tables by name, and the judges' coefficients for `rated_judge.json`."""

    tables: dict[str, pd.DataFrame]
    judges: dict[Hears, dict]


def compute(rated: RatedSet) -> Results:
    """All tables of a data set with raters' curves; some ten seconds for VGMIDI.

    Args:
        rated: from :func:`lib.chapters.rated_emotions.data_sets.vgmidi.read_vgmidi`.

    Raises:
        BookError: when the pieces are too few, of too few series, or all of one sign.
    """
    _need_enough(rated)
    features, lines = feature_frame(rated), line_features(rated)
    heard = {name: features[columns] for name, columns in hearing_sets().items()} | {UPPER_LINE: lines}
    trials = {
        name: {dimension: try_out(columns.to_numpy(), rated, dimension) for dimension in DIMENSIONS}
        for name, columns in heard.items()
    }
    by_rule = rule_guesses(rated, trials[UPPER_LINE])
    tables = {
        "rated_counts": counts_table(rated),
        "rated_agreement": agreement_table(rated),
        "rated_proxy": rules.proxy_table(rated, features),
        "rated_against_one_rater": one_rater_table(rated, by_rule),
        "rated_ingredients": rules.ingredient_table(rated, features),
        "rated_hearing": pd.DataFrame(
            [
                {
                    "hears": name,
                    "dimension": dimension,
                    "features": heard[name].shape[1],
                    **trial_row(trial, rated, dimension),
                }
                for name, both in trials.items()
                for dimension, trial in both.items()
            ]
        ),
        "rated_calibration": pd.concat(
            [
                calibration(trial, rated, dimension).assign(hears=name, dimension=dimension)
                for name, both in trials.items()
                for dimension, trial in both.items()
            ],
            ignore_index=True,
        ),
        "rated_rules": rules.rules_table(rated, by_rule),
        "rated_curves": example_curves(rated),
    }
    judges = _judges(rated, features, lines, trials)
    tables["rated_judges"] = judges_table(rated, features, lines, judges)
    return Results(tables, judges)


def _need_enough(rated: RatedSet) -> None:
    """Intervals draw whole series, and judges are tried on series that did not teach them."""
    pieces, series = len(rated.pieces), len(set(rated.series))
    if pieces < LEAST_PIECES or series < LEAST_SERIES:
        raise BookError(
            f"The tables need {LEAST_PIECES} pieces of {LEAST_SERIES} series, and {rated.name} has "
            f"{pieces} of {series} here: name a folder with the whole data set."
        )
    for at, dimension in enumerate(DIMENSIONS):
        if not {1, -1} <= set(rated.signs[:, at]):
            raise BookError(
                f"All pieces of {rated.name} have the same sign of {dimension}, so that no rule can be told "
                "from guessing: take the table of labels as it is published."
            )


def rule_guesses(rated: RatedSet, trials: Mapping[str, Trial]) -> dict[str, dict[str, np.ndarray]]:
    """What three rules guess of valence and arousal, [pieces]: the obvious one first.

    'rated' keeps the mode and has judged arousal in place of onsets a beat; 'both judged' has no mode either.
    The judges hear the upper line alone, as on music of one voice.
    """
    rule, judged = rules.halves_of_the_rule(rated), rules.halves_of_the_taught(trials, rules.meters_of(rated))
    return {
        "mode-activity": rule,
        "rated": {"valence": rule["valence"], "arousal": judged["arousal"]},
        "both judged": judged,
    }


def counts_table(rated: RatedSet) -> pd.DataFrame:
    """What is there: pieces of each series and label, ratings; what was left out, by reason."""
    labels = [piece.quadrant for piece in rated.pieces]
    lines = [{"kind": "label", "name": label, "pieces": labels.count(label)} for label in QUADRANTS.values()]
    lines.append({"kind": "label", "name": "parts labelled differently", "pieces": labels.count(None)})
    series, sizes = np.unique(rated.series, return_counts=True)
    lines += [
        {"kind": "series", "name": str(name), "pieces": int(size)}
        for name, size in zip(series, sizes, strict=True)
    ]
    lines.append({"kind": "ratings", "name": "of all pieces", "pieces": rated.ratings})
    panels = [len(piece.curves.valence) for piece in rated.pieces if piece.curves is not None]
    lines += [
        {"kind": "raters", "name": f"of one piece, {which}", "pieces": number}
        for which, number in (("fewest", min(panels)), ("most", max(panels)))
    ]
    reasons = pd.Series([f"{item.stage}: {item.reason}" for item in rated.left_out]).value_counts()
    lines += [
        {"kind": "left out", "name": str(reason), "pieces": int(count)}
        for reason, count in sorted(reasons.items())
    ]
    return pd.DataFrame(lines)


def one_rater_table(rated: RatedSet, halves: Mapping[str, Mapping[str, np.ndarray]]) -> pd.DataFrame:
    """Each rule's halves, guesses [pieces], minus one rater.

    Returns:
        rule, dimension, difference, low, high, pieces, series_count, ratings.
    """
    lines = []
    for name, guesses in halves.items():
        for dimension in DIMENSIONS:
            found = rules.against_one_rater(guesses[dimension], rated, dimension)
            lines.append(
                {
                    "rule": name,
                    "dimension": dimension,
                    "difference": found.estimate,
                    "low": found.low,
                    "high": found.high,
                    "pieces": len(rated.pieces),
                    "series_count": len(np.unique(rated.series)),
                    "ratings": rated.ratings,
                }
            )
    return pd.DataFrame(lines)


def judges_table(
    rated: RatedSet, features: pd.DataFrame, lines: pd.DataFrame, judges: Mapping[Hears, dict]
) -> pd.DataFrame:
    """The judges whose coefficients are kept, beside those that the same pieces teach now.

    They are not the same: the labels rest on the kept ones, which are not taught anew whenever a file is read
    better than before.

    Returns:
        hears, dimension, kept_error, error (on unseen series, then and now), correlation, low, high (of both
        judges' verdicts on the pieces), apart (root mean square of their difference), pieces, series_count,
        ratings.
    """
    lines_of, found = {"line": lines}, []
    for hears, content in judges.items():
        known, taught = read_judge(hears), RatedJudge(hears, content, {})
        heard = lines_of.get(hears, features)[taught.features].to_numpy()
        for at, dimension in enumerate(DIMENSIONS):
            then, now = known.judge_features(heard)[at], taught.judge_features(heard)[at]
            alike = correlation(then, now, rated.series)
            found.append(
                {
                    "hears": hears,
                    "dimension": dimension,
                    "kept_error": known.errors[dimension],
                    "error": taught.errors[dimension],
                    "correlation": alike.estimate,
                    "low": alike.low,
                    "high": alike.high,
                    "apart": float(np.sqrt(np.mean((then - now) ** 2))),
                    "pieces": len(rated.pieces),
                    "series_count": len(np.unique(rated.series)),
                    "ratings": rated.ratings,
                }
            )
    return pd.DataFrame(found)


def _judges(
    rated: RatedSet, features: pd.DataFrame, lines: pd.DataFrame, trials: Mapping[str, Mapping[str, Trial]]
) -> dict[Hears, dict]:
    """The judges of all series: of the upper line, of the notes as written, of all that was played."""
    taught: dict[Hears, tuple[pd.DataFrame, str]] = {
        "line": (lines, UPPER_LINE),
        "score": (features[names_heard("score")], "notes as written"),
        "performance": (features[names_heard("performance")], "all that was played"),
    }
    found: dict[Hears, dict] = {}
    for hears, (columns, trial) in taught.items():
        errors = [
            float(np.sqrt(np.mean((rated.means[:, at] - trials[trial][dimension].predicted) ** 2)))
            for at, dimension in enumerate(DIMENSIONS)
        ]
        found[hears] = coefficients(columns.to_numpy(), rated, hears, errors)
    return found
