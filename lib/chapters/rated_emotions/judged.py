"""What a judge that people taught says of real held-out pieces and of composed ones.

The judge hears the upper line alone and was taught on piano arrangements of game music. Each piece's distance
from those stands beside what is said of it, and the judge's own error beside every table.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lib.chapters.rated_emotions.data_sets.ratings import DIMENSIONS
from lib.composing import SamplingSettings, request_pieces
from lib.composing.compose import Source
from lib.data import TokenStore
from lib.data.labelling.emotion_features import NoFeaturesError, emotion_features
from lib.data.labelling.rated_judge import RatedJudge
from lib.data.tokenizer import decode
from lib.measures.sources import PieceSet, composed_set
from lib.measures.statistics import Interval, bootstrap, bootstrap_mean, seed_interval

_SIDES = (
    {"major": 1, "minor": -1, "positive": 1, "negative": -1},
    {"lively": 1, "calm": -1, "high": 1, "low": -1},
)


def sides(label: str) -> tuple[int, int]:
    """Which side of valence and of arousal a label asks for: 1, −1, or 0 where it names none.

    >>> sides("minor-lively"), sides("angry")
    ((-1, 1), (0, 0))
    """
    first, _, second = label.partition("-")
    return _SIDES[0].get(first, 0), _SIDES[1].get(second, 0)


def judge_pieces(pieces: PieceSet, store: TokenStore, judge: RatedJudge) -> pd.DataFrame:
    """What the judge says of each piece.

    Returns:
        run (the set's name), slot (its place), asked, genre, group, reason (why a piece cannot be judged; its
        numbers are NaN), the judge's features, valence, arousal, distance (above 1: far from what the judge
        was taught on).
    """
    found, reasons = [], []
    for tokens in pieces.tokens:
        try:
            found.append(emotion_features(decode(store.tokenizer, tokens), judge.hears))
            reasons.append("")
        except NoFeaturesError as error:
            found.append(dict.fromkeys(judge.features, float("nan")))
            reasons.append(str(error))
    features = pd.DataFrame(found, columns=judge.features)
    valence, arousal, distance = judge.judge_features(features.to_numpy())
    return (
        pd.DataFrame(
            {
                "run": pieces.name,
                "slot": np.arange(len(pieces)),
                "asked": pieces.emotions,
                "genre": pieces.genres,
                "group": pieces.groups,
                "reason": reasons,
            }
        )
        .join(features)
        .assign(valence=valence, arousal=arousal, distance=distance)
    )


def judge_swapped(
    runs: Mapping[str, Source],
    store: TokenStore,
    judge: RatedJudge,
    genres: Sequence[str],
    draw: SamplingSettings,
) -> pd.DataFrame:
    """Compose the same slots to every emotion label, each with the same seed, and judge them.

    Args:
        runs: what composes, by the name of the run; several training seeds where there are.
        store: for tokenizer and labels.
        judge: who listens.
        genres: a slot each; slot i has the seed `draw.seed` + i whatever is asked for.
        draw: how tokens are drawn.

    Returns:
        The tables of :func:`judge_pieces`, one below the other; `slot` tells which pieces differ in nothing
        but the emotion asked for.
    """
    tables = []
    for name, run in runs.items():
        for emotion in store.emotions:
            labels = [(emotion, genre) for genre in genres]
            made = composed_set(name, request_pieces(run, store, labels, draw), labels)
            tables.append(judge_pieces(made, store, judge))
    return pd.concat(tables, ignore_index=True)


def moved_by_asking(judged: pd.DataFrame) -> pd.DataFrame:
    """How far asking for the other side moves what the judge says, everything else the same.

    Within a slot the mean over labels of one side minus that over the other. With several runs the interval
    is Student's over the runs' means; a single run has one over its slots, which leaves training seeds out.

    Args:
        judged: from :func:`judge_swapped`.

    Returns:
        dimension, difference, low, high, over ('runs' or 'slots'), runs, slots (with both sides, of all
        runs), pieces, without_judgement; no row for a dimension that the labels do not name.
    """
    lines = []
    for at, dimension in enumerate(DIMENSIONS):
        side = judged["asked"].map(lambda label, at=at: sides(label)[at])
        part = judged.assign(side=side)[side != 0]
        means = part.pivot_table(index=["run", "slot"], columns="side", values=dimension, aggfunc="mean")
        if not {1, -1} <= set(means.columns):
            continue
        gaps = (means[1] - means[-1]).dropna()
        by_run = gaps.groupby("run").mean()
        several = len(by_run) > 1
        found = (
            seed_interval(by_run.to_numpy())
            if several
            else bootstrap_mean(gaps.to_numpy(), np.arange(len(gaps)))
            if len(gaps)
            else Interval(*[float("nan")] * 3)
        )
        lines.append(
            {
                "dimension": dimension,
                "difference": found.estimate,
                "low": found.low,
                "high": found.high,
                "over": "runs" if several else "slots",
                "runs": len(by_run),
                "slots": len(gaps),
                "pieces": len(part),
                "without_judgement": int(part[dimension].isna().sum()),
            }
        )
    return pd.DataFrame(lines)


def without_each_run(judged: pd.DataFrame, dimension: str) -> tuple[tuple[float, float], ...]:
    """The interval (low, high) of :func:`moved_by_asking` with each training run left out in turn.

    Args:
        judged: from :func:`judge_swapped`.
        dimension: 'valence' or 'arousal'.

    Returns:
        One pair a run; empty for a single run, or for a dimension that the labels do not name.
    """
    runs = sorted(judged["run"].unique())
    tables = [moved_by_asking(judged[judged["run"] != run]) for run in (runs if len(runs) > 1 else [])]
    return tuple(
        (float(line.low), float(line.high))
        for table in tables
        for line in table.itertuples()
        if line.dimension == dimension
    )


def sides_of_real(judged: pd.DataFrame) -> pd.DataFrame:
    """The same difference between real pieces that have the labels: what a model could reach at most.

    Returns:
        dimension, difference of the means of the two sides, low, high (over duplicate groups), pieces.
    """
    lines = []
    for at, dimension in enumerate(DIMENSIONS):
        side = judged["asked"].map(lambda label, at=at: sides(label)[at]).to_numpy()
        known = (side != 0) & judged[dimension].notna().to_numpy()
        if not {1, -1} <= set(side[known]):
            continue
        value, high = judged[dimension].to_numpy()[known], side[known] > 0
        sums = np.stack([value * high, high, value * ~high, ~high], axis=1)
        found = bootstrap(
            sums, judged["group"].to_numpy()[known], lambda s: s[..., 0] / s[..., 1] - s[..., 2] / s[..., 3]
        )
        lines.append(
            {
                "dimension": dimension,
                "difference": found.estimate,
                "low": found.low,
                "high": found.high,
                "pieces": int(known.sum()),
            }
        )
    return pd.DataFrame(lines)


def by_genre(judged: pd.DataFrame, judge: RatedJudge) -> pd.DataFrame:
    """How far the judge can be trusted on each genre.

    Returns:
        genre, pieces, distance (median), far (share above 1), and of each dimension the mean and the spread
        over the judge's error: below 1, pieces of the genre differ by less than the judge errs.
    """
    lines = []
    columns = [
        "genre",
        "pieces",
        "distance",
        "far",
        *(f"{dimension}{what}" for dimension in DIMENSIONS for what in ("", "_spread")),
    ]
    for genre, part in judged.dropna(subset=["valence"]).groupby("genre"):
        line = {
            "genre": genre,
            "pieces": len(part),
            "distance": part["distance"].median(),
            "far": float((part["distance"] > 1).mean()),
        }
        for dimension in DIMENSIONS:
            line |= {
                dimension: part[dimension].mean(),
                f"{dimension}_spread": part[dimension].std() / judge.errors[dimension],
            }
        lines.append(line)
    return pd.DataFrame(lines, columns=columns)


def feature_shifts(judged: pd.DataFrame, judge: RatedJudge) -> pd.DataFrame:
    """How far each genre's mean lies from what the judge was taught on, in standard deviations of that.

    Returns:
        Features down, genres across.
    """
    standard = (judged[judge.features] - judge.mean) / judge.scale
    return standard.groupby(judged["genre"]).mean().T
