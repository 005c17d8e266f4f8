"""What a split by file does to a validation loss: the same pieces judged with and without their copies in
training."""

import numpy as np
import pandas as pd

from lib.basics.errors import TooLittleError
from lib.basics.files import hash_of_json
from lib.data import TokenStore
from lib.measures.losses import judged_rows
from lib.measures.statistics import bootstrap
from lib.models import request_ngram
from lib.models.pieces import flatten_rows

HELD_OUT = 0.2
"""The original's share of held-out files."""


class Resplit(TokenStore):
    """A token store with another split; nothing is written. Rows and labels keep their numbers.

    Args:
        whole: the store.
        train, validation: rows of the two parts; the others are in none.
        name: enters the hash with the rows.
    """

    def __init__(self, whole: TokenStore, train: np.ndarray, validation: np.ndarray, name: str):
        super().__init__(whole.folder)
        parts = np.full(len(self.index), "none", dtype=object)
        parts[train], parts[validation] = "train", "validation"
        self.index = self.index.assign(split=parts)
        self.hash = hash_of_json([whole.hash, name, train.tolist(), validation.tolist()])


def split_naively(store: TokenStore, seed: int = 0) -> tuple[Resplit, Resplit]:
    """Two splits of one store with the same held-out pieces: by file as it comes, and with all copies gone.

    From the training set of the second, every piece is taken that shares a duplicate group with a held-out
    one. The first loses as many tokens in pieces that have no copy among the held-out, drawn at random, so
    that both train on the same amount.

    Args:
        store: the tokens, with duplicate groups.
        seed: of the naive split and of the drawing.

    Returns:
        (with copies, without copies).

    Raises:
        TooLittleError: when the data hold no copies, or too few other pieces.
    """
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(store))
    count = round(HELD_OUT * len(store))
    held, train = np.sort(order[:count]), order[count:]
    group = store.index["group"].to_numpy()
    is_copy = np.isin(group[train], group[held])
    copies, others = train[is_copy], train[~is_copy]
    if not len(copies):
        raise TooLittleError(
            f"{store.folder.name} has no copies that a naive split could leak: "
            "it takes one at least on either side of it."
        )
    spent = np.cumsum(store.lengths[others])
    number = int(np.searchsorted(spent, store.lengths[copies].sum())) + 1
    if number >= len(others):
        raise TooLittleError(
            f"{store.folder.name} has too few pieces without copies to compare with: it "
            f"takes more than the {number} that weigh as much as the copies."
        )
    return (
        Resplit(store, np.sort(np.concatenate([copies, others[number:]])), held, "with copies"),
        Resplit(store, np.sort(others), held, "without copies"),
    )


def leaked_rows(split: Resplit) -> np.ndarray:
    """Rows [pieces] of held-out pieces that have a member of their duplicate group in training, ascending."""
    group, held = split.index["group"].to_numpy(), split.rows("validation")
    return held[np.isin(group[held], group[split.rows("train")])]


def leak_effect(split: Resplit, row: np.ndarray, leaky: np.ndarray, clean: np.ndarray) -> pd.DataFrame:
    """What copies in training do to the loss of held-out pieces.

    The pieces without a copy are the control: nothing was taken from or given to them, so a difference there
    is no leak.

    Args:
        split: the one with copies.
        row: the row in the store of each held-out token's piece, [tokens].
        leaky, clean: nats of each token under the same model, trained on the first and the second split of
            :func:`split_naively`, [tokens].

    Returns:
        A row for pieces with a copy, without one, and all: `pieces`, `groups`, `tokens`, `leaky` and `clean`
        (nats a token), `gain` = clean − leaky with `low` and `high` (95%).
    """
    size = len(split)
    sums = np.stack(
        [np.bincount(row, leaky, size), np.bincount(row, clean, size), np.bincount(row, minlength=size)],
        axis=1,
    )
    judged, leaked = np.unique(row), leaked_rows(split)
    kinds = {
        "a copy in training": judged[np.isin(judged, leaked)],
        "no copy in training": judged[~np.isin(judged, leaked)],
        "all held out": judged,
    }
    group = split.index["group"].to_numpy()
    rows = []
    for name, chosen in kinds.items():
        if not len(chosen):
            rows.append({"pieces held out": name, "pieces": 0, "groups": 0, "tokens": 0})
            continue
        found = bootstrap(sums[chosen], group[chosen], _gain)
        total = sums[chosen].sum(axis=0)
        rows.append(
            {
                "pieces held out": name,
                "pieces": len(chosen),
                "groups": len(np.unique(group[chosen])),
                "tokens": int(total[2]),
                "leaky": total[0] / total[2],
                "clean": total[1] / total[2],
                "gain": found.estimate,
                "low": found.low,
                "high": found.high,
            }
        )
    return pd.DataFrame(rows)


def _gain(total: np.ndarray) -> np.ndarray:
    """Nats a token that copies in training save, from summed columns leaky, clean, tokens."""
    return (total[..., 1] - total[..., 0]) / total[..., 2]


def request_ngram_leak(store: TokenStore, order: int, seed: int = 0) -> pd.DataFrame:
    """:func:`leak_effect` for an n-gram model: it memorises best, and is counted in seconds."""
    splits = split_naively(store, seed)
    held = flatten_rows(store, judged_rows(splits[0], "validation"))
    models = [request_ngram(split, [order])[0] for split in splits]
    return leak_effect(
        splits[0], held.piece[held.is_target], *(-model.log_probabilities_of(held) for model in models)
    )
