"""A selector: of several composed pieces it keeps the one that sounds most like what was asked for.

XMusic (Tian et al., 2025) has one. Here two logistic regressions, one of the emotions and one of the genres,
look at features of the notes; they learn from real training pieces, and the labels weigh the same. Whoever
selects does not evaluate: the tables of the book judge emotions by the rule and genres by other classifiers,
and say where pieces were selected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from lib.basics.errors import BookError
from lib.basics.files import read_json, write_json
from lib.composing import Composition
from lib.composing.protocols import Vocabulary
from lib.data import TokenStore
from lib.measures.music.notes import NoteReader, PieceNotes
from lib.measures.music.piece_features import FEATURES, feature_table

_FROM_LAST = tuple(f"pitch_class_from_last_{degree}" for degree in range(12))
_STRENGTH = 0.1  # of the regularisation's inverse: features are many and alike
_ROUNDS = 500


@dataclass(frozen=True)
class LinearJudge:
    """Logistic regression of one label.

    Attributes:
        labels: those that it knows.
        mean, scale: of the features, [features]; a feature that is undefined counts as its mean.
        weights: [labels, features].
        intercepts: [labels].
    """

    labels: list[str]
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    intercepts: np.ndarray

    def log_probabilities(self, features: np.ndarray) -> np.ndarray:
        """The log-probability of each label, [pieces, labels], for features [pieces, features]."""
        standard = np.nan_to_num((features - self.mean) / self.scale)
        scores = standard @ self.weights.T + self.intercepts
        largest = scores.max(axis=1, keepdims=True)
        return scores - largest - np.log(np.exp(scores - largest).sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Selector:
    """Keeps the truest of several pieces; :func:`fit_selector` makes one, :func:`read_selector` reads one."""

    emotion: LinearJudge
    genre: LinearJudge

    def choose(self, pieces: Sequence[Composition], vocabulary: Vocabulary) -> Composition:
        """The piece whose labels, as it was asked for them, are the likeliest; a label None counts nothing.

        Of several, and of pieces without notes, the first.
        """
        notes = NoteReader(vocabulary).read([piece.written_out for piece in pieces])
        features, chances = selector_features(notes), np.zeros(len(pieces))
        for judge, asked in (
            (self.emotion, [piece.emotion for piece in pieces]),
            (self.genre, [piece.genre for piece in pieces]),
        ):
            known = judge.log_probabilities(features)
            chances += [
                known[place, judge.labels.index(label)] if label in judge.labels else 0.0
                for place, label in enumerate(asked)
            ]
        silent = np.array([not len(piece.pitched) for piece in notes])
        return pieces[int(np.where(silent, -np.inf, chances).argmax())]

    def save(self, path: Path) -> None:
        """Write the coefficients as JSON.

        Raises:
            BookError: when the file cannot be written.
        """
        write_json(
            path,
            {"features": [*FEATURES, *_FROM_LAST]}
            | {
                name: {"labels": judge.labels}
                | {
                    part: np.round(getattr(judge, part), 5).tolist()
                    for part in ("mean", "scale", "weights", "intercepts")
                }
                for name, judge in (("emotion", self.emotion), ("genre", self.genre))
            },
        )


def selector_features(pieces: Sequence[PieceNotes]) -> np.ndarray:
    """What a selector sees, [pieces, features]: :mod:`lib.measures.music.piece_features`, and pitch classes
    counted from that of the last, lowest note, which in this music is the tonic more often than the
    commonest is.
    """
    from_last = np.zeros((len(pieces), 12))
    for row, piece in enumerate(pieces):
        pitched = piece.pitched
        if len(pitched):
            last = pitched.pitch[pitched.onset == pitched.onset.max()].min()
            counts = np.bincount((pitched.pitch - last) % 12, pitched.duration, minlength=12)
            from_last[row] = counts / max(1, counts.sum())
    return np.hstack([feature_table(pieces), from_last])


def fit_selector(store: TokenStore) -> Selector:
    """Learn from the real training pieces of a store."""
    rows, reader = store.rows("train"), NoteReader(store)
    features = selector_features([piece for part in reader.read_rows(store, rows.tolist()) for piece in part])
    return Selector(
        *(_fit(features, store.index[target].to_numpy()[rows]) for target in ("emotion", "genre"))
    )


def _fit(features: np.ndarray, labels: np.ndarray) -> LinearJudge:
    names = sorted(set(labels.tolist()))
    if len(names) == 1:  # every piece is what is asked for
        size = features.shape[1]
        return LinearJudge(names, np.zeros(size), np.ones(size), np.zeros((1, size)), np.zeros(1))
    mean, scale = np.nanmean(features, axis=0), np.nanstd(features, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    model = LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=_ROUNDS)
    model.fit(np.nan_to_num((features - mean) / scale), labels)
    weights, intercepts = model.coef_, model.intercept_
    if len(names) == 2:  # scikit-learn keeps one row for two labels
        weights = np.vstack([-weights, weights]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    return LinearJudge(names, mean, scale, weights, intercepts)


def read_selector(path: Path) -> Selector:
    """The selector in a file.

    Raises:
        BookError: when it is missing, damaged, or of other features than these.
    """
    content = read_json(path)
    try:
        if content["features"] != [*FEATURES, *_FROM_LAST]:
            raise ValueError("it is for other features than these")
        judges = [
            LinearJudge(
                [str(label) for label in content[name]["labels"]],
                *(
                    np.array(content[name][part], dtype=float)
                    for part in ("mean", "scale", "weights", "intercepts")
                ),
            )
            for name in ("emotion", "genre")
        ]
        if any(judge.weights.shape != (len(judge.labels), len(judge.mean)) for judge in judges):
            raise ValueError("its sizes do not fit")
    except (KeyError, TypeError, ValueError) as error:
        raise BookError(
            f"The selector {path} is damaged ({error}): restore it from the repository."
        ) from error
    return Selector(*judges)
