"""Who recognises a genre by ear: the earlier project's network in four ways, simple classifiers, controls."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lib.basics.errors import TooLittleError
from lib.ledger.rules import Outcome
from lib.measures.classifier import fit
from lib.measures.ear.features import segments_of, summaries
from lib.measures.ear.network import Ear, train_ear
from lib.measures.ear.pieces import LEAST_SECONDS, Heard
from lib.measures.label_control import agreement
from lib.measures.statistics import Interval, bootstrap
from lib.profiles import Profile

Recognise = Callable[[Sequence[np.ndarray]], np.ndarray]
"""From features of pieces to a genre for each."""

WAYS = {
    (False, False): "across the batch, sorted",
    (False, True): "across the batch, shuffled",
    (True, False): "along time, sorted",
    (True, True): "along time, shuffled",
}
"""The network's four ways, by (reads along time, trained in shuffled order); the first is as written."""

_PENALTY = 0.1
_TREES = 300


def comparable(train: Heard, test: Heard) -> tuple[Heard, Heard]:
    """The pieces of those genres that are heard both in training and in the test.

    Raises:
        TooLittleError: when these are fewer than two.
    """
    genres = set(train.labels) & set(test.labels)
    if len(genres) < 2:
        raise TooLittleError(
            f"Of the genres of these data {len(genres)} can be heard for {LEAST_SECONDS:.0f} seconds both to "
            "train and to test, and it takes 2 to tell them apart."
        )
    return train.of_genres(genres), test.of_genres(genres)


def train_ways(train: Heard, settings: Profile) -> dict[str, Ear]:
    """The network trained in each of :data:`WAYS`, two at a time; kept."""
    ears = Parallel(n_jobs=min(settings.workers, len(WAYS)))(
        delayed(train_ear)(train.features, train.labels.tolist(), settings.ear, settings.seed, *way)
        for way in WAYS
    )
    return dict(zip(WAYS.values(), ears, strict=True))


def train_permuted(train: Heard, settings: Profile) -> Ear:
    """The repaired network on labels permuted among the pieces: what it scores is what chance scores."""
    permuted = np.random.default_rng(settings.seed).permutation(train.labels)
    return train_ear(train.features, permuted.tolist(), settings.ear, settings.seed)


def train_simple(train: Heard, kind: Literal["logistic", "trees"], seed: int) -> Recognise:
    """A classifier that sees only the mean and the standard deviation of each feature, [66]."""
    if kind == "logistic":
        classifier = make_pipeline(StandardScaler(), LogisticRegression(C=_PENALTY, max_iter=2000))
    else:
        classifier = ExtraTreesClassifier(_TREES, random_state=seed, n_jobs=1)
    fit(classifier, summaries(train.features), train.labels.astype(str))
    return lambda pieces: classifier.predict(summaries(pieces)).astype(object)


def heard_in_order(ear: Ear, heard: Heard, order: np.ndarray) -> np.ndarray:
    """What an ear recognises, text [pieces], when pieces pass in an order, int64 [pieces].

    Answers stand at the pieces' places, whatever the order.
    """
    answers = np.empty(len(order), dtype=object)
    answers[order] = ear.recognise([heard.features[place] for place in order])
    return answers


def test_orders(heard: Heard, seed: int) -> dict[str, np.ndarray]:
    """The indices of test pieces genre by genre, and shuffled: int64 [pieces] each."""
    return {
        "sorted": np.argsort(heard.labels.astype(str), kind="stable"),
        "shuffled": np.random.default_rng(seed).permutation(len(heard.labels)),
    }


def score(heard: Heard, obtained: np.ndarray, name: str) -> dict[str, object]:
    """A row for a table: who, the share right of answers [pieces] (mean over genres), its 95% interval over
    groups, pieces."""
    share = agreement(heard.table(obtained, name))
    return {
        "who": name,
        "right": share.estimate,
        "low": share.low,
        "high": share.high,
        "pieces": len(heard.labels),
    }


def with_neighbours(ear: Ear, heard: Heard, place: int) -> pd.DataFrame:
    """One song in the same batch behind songs of each genre in turn.

    Args:
        ear: any of the four.
        heard: test pieces; the neighbours are others among them.
        place: of the song.

    Returns:
        neighbours, genre, probability: the mean over the song's segments of what the network gives a genre.
        No rows for a genre that has no other song.
    """
    song, rows = segments_of(heard.features[place]), []
    for genre in ear.labels:
        others = [
            segments_of(heard.features[other])
            for other in np.flatnonzero(heard.labels == genre)
            if other != place
        ]
        if not others:
            continue
        before = np.concatenate(others)[: max(1, ear.batch_size - len(song))]
        batch = np.concatenate([before, song])[-ear.batch_size :]
        probabilities = ear.probabilities(batch)[-len(song) :].mean(axis=0)
        rows += [
            {"neighbours": genre, "genre": label, "probability": float(probability)}
            for label, probability in zip(ear.labels, probabilities, strict=True)
        ]
    return pd.DataFrame(rows)


def clearest_song(ear: Ear, heard: Heard) -> int:
    """The test piece whose answer its neighbours move most: the one to show."""
    moved = [
        with_neighbours(ear, heard, place).groupby("genre")["probability"].agg(np.ptp).max()
        for place in range(min(24, len(heard.labels)))
    ]
    return int(np.argmax(moved))


def difference(heard: Heard, first: np.ndarray, second: np.ndarray) -> Interval:
    """Share right of the first answers, text [pieces], minus that of the second: mean over genres, with an
    interval over groups."""
    of_genre = (heard.labels[:, None] == np.unique(heard.labels)[None, :]).astype(float)
    gain = (first == heard.labels).astype(float) - (second == heard.labels).astype(float)
    count = of_genre.shape[1]
    return bootstrap(
        np.hstack([of_genre * gain[:, None], of_genre]),
        heard.groups,
        lambda sums: np.nanmean(sums[..., :count] / sums[..., count:], axis=-1),
    )


def claim_outcome(heard: Heard, answers: np.ndarray, chance: float) -> Outcome:
    """Share of the answers, text [pieces], that is right, above chance, as the ledger takes it: one seed."""
    value, low, high = (float(bound - chance) for bound in agreement(heard.table(answers, "heard")))
    return Outcome(value, low, high, seeds=1, reach=(-chance, 1 - chance))
