"""Judges that learn from real pieces: which genre, or which given emotion, does a piece sound like?

Two of them look at different things, so that a finding does not hang on one: trees on features of the notes
(extremely randomised trees: Geurts, Ernst and Wehenkel, *Machine Learning*, 2006), and a linear classifier
on runs of tokens (Joachims, *Text categorization with support vector machines*, 1998). Both are trained on
real training pieces only, never on anything composed; the labels weigh the same, for requests are spread
evenly. What they score on real held-out pieces is the reference for composed ones.
"""

import warnings
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.svm import LinearSVC

from lib.basics.errors import BookError
from lib.data import TokenStore
from lib.measures.label_control import NO_LABEL, NO_PITCHES
from lib.measures.music.notes import NoteReader
from lib.measures.music.piece_features import feature_table, token_table
from lib.measures.sources import PieceSet

Sees = Literal["features", "tokens"]

MOST_PER_LABEL = 600
"""Training pieces of each label: more change the reference by less than its interval."""

_TREES = 200
_PENALTY = 0.3
_WITHOUT = ("PAD", "BOS", "EOS", "Velocity", "Program", "Tempo")


class Classifier:
    """A classifier of pieces; :func:`train_classifier` makes one.

    Attributes:
        target: 'emotion' or 'genre'.
        sees: 'features' or 'tokens'.
        labels: those that it knows.
        trained_on: number of real pieces.

    Args:
        store: the data.
        target, sees: see above.
        rows: the pieces to train on.
        seed: of the classifier.
        tokens: what to see of each of them; None: the whole piece.
    """

    def __init__(
        self,
        store: TokenStore,
        target: str,
        sees: Sees,
        rows: np.ndarray,
        seed: int,
        tokens: Sequence[np.ndarray] | None = None,
    ):
        self.target, self.sees, self.trained_on = target, sees, len(rows)
        self.reader = NoteReader(store)
        self._ignored = np.isin(np.array(store.type_names)[store.type_of_id], _WITHOUT)
        labels = store.index[target].to_numpy()[rows]
        self.labels = sorted(set(labels.tolist()))
        if len(self.labels) < 2:
            raise BookError(
                f"All training pieces have the same {target}: there is nothing to recognise; use "
                "a folder with at least two."
            )
        if sees == "features":
            self._classifier = ExtraTreesClassifier(
                _TREES, class_weight="balanced", random_state=seed, n_jobs=1
            )
        else:
            self._classifier = LinearSVC(C=_PENALTY, class_weight="balanced", random_state=seed)
        fit(self._classifier, self._table(tokens or [store.written_out(row) for row in rows]), labels)

    def recognise(self, tokens: Sequence[np.ndarray]) -> np.ndarray:
        """The label of each sequence of ids [tokens]: text [sequences]."""
        return self._classifier.predict(self._table(tokens))

    def _table(self, tokens: Sequence[np.ndarray]):
        if self.sees == "tokens":
            return token_table(tokens, self._ignored)
        # A piece in which something is undefined has 0 there, which no other feature's absence looks like.
        return np.nan_to_num(feature_table(self.reader.read(tokens)))


def fit(classifier: ClassifierMixin, table: np.ndarray, labels: np.ndarray) -> None:
    """Train a classifier of scikit-learn on a table [pieces, features] and labels [pieces].

    It would warn where most labels have one piece or two.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%", UserWarning)
        classifier.fit(table, labels)


def train_classifier(
    store: TokenStore,
    target: str,
    sees: Sees,
    seed: int = 0,
    most_per_label: int = MOST_PER_LABEL,
    only: Sequence[str] = (),
) -> Classifier:
    """Train a classifier on real pieces of the training set.

    Args:
        store: the data.
        target: 'emotion' or 'genre'.
        sees: 'features' of the notes or runs of 'tokens'.
        seed: of the choice of pieces and of the classifier.
        most_per_label: so many pieces of each label at most.
        only: labels to tell apart; none: all.

    Raises:
        BookError: when the training set has only one label.
    """
    rows, generator = store.rows("train"), np.random.default_rng(seed)
    labels = store.index[target].to_numpy()[rows]
    chosen = [
        generator.permutation(rows[labels == label])[:most_per_label] for label in only or np.unique(labels)
    ]
    return Classifier(store, target, sees, np.sort(np.concatenate(chosen)), seed)


def judge_by_classifier(classifier: Classifier, pieces: PieceSet) -> pd.DataFrame:
    """What a classifier takes each piece for.

    Returns:
        One row a piece, as :func:`lib.measures.label_control.judge_by_rule`: source, asked, obtained, reason,
        group. A piece without any note with a pitch is not given to the classifier: it obtains no label.
    """
    heard = np.array([len(piece.pitched) > 0 for piece in pieces.notes(classifier.reader)], dtype=bool)
    obtained = np.full(len(pieces), NO_LABEL, dtype=object)
    if heard.any():
        obtained[heard] = classifier.recognise([pieces.tokens[place] for place in np.flatnonzero(heard)])
    return pd.DataFrame(
        {
            "source": pieces.name,
            "asked": pieces.labels(classifier.target),
            "obtained": obtained,
            "reason": np.where(heard, "", NO_PITCHES),
            "group": pieces.groups,
        }
    )
