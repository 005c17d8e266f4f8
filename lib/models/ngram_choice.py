"""Choosing the n-gram baseline on validation, and keeping it for the next request."""

import io
import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from lib.basics.errors import BookError
from lib.basics.files import atomic_path
from lib.basics.kept import code_hash, kept_path, request_kept
from lib.basics.progress import Progress
from lib.data.store import TokenStore
from lib.models.ngram import NgramModel, context_chain, interpolate
from lib.models.ngram_counts import Context, ContextHashes, Counts, Found, Labels, count_contexts, token_mask
from lib.models.pieces import FlatPieces, flatten_rows

ALL_LABELS: tuple[Labels, ...] = ("none", "genre", "both")
TRAINING_TOKENS, VALIDATION_TOKENS = 20_000_000, 1_000_000
"""Larger sets are sampled by pieces: the counts must fit into memory (about 1 GB for 20 million tokens)."""

_CODE = code_hash(__name__)
_FORMAT = "composing-to-a-mood n-gram 1"


def choose_ngram(
    training: FlatPieces,
    validation: FlatPieces,
    vocabulary_size: int,
    orders: Sequence[int],
    labels: Sequence[Labels] = ALL_LABELS,
    escapes: Sequence[float] = (1.0,),
) -> tuple[NgramModel, pd.DataFrame]:
    """Fit n-gram models on training pieces and choose among them on validation pieces.

    All orders share their counts, so that ten cost little more than the highest alone.

    Args:
        training, validation: pieces.
        vocabulary_size: number of token ids.
        orders: candidates; n looks back at up to n − 1 tokens.
        labels: candidates for what the short contexts know.
        escapes: candidates for the factor on what is left to shorter contexts; 1 is Witten–Bell.

    Returns:
        The best model, and a table of `order`, `labels`, `escape` and validation `nats_per_token`.

    Raises:
        BookError: for an order below 1.
    """
    orders = sorted(set(orders))
    chains = {kind: context_chain(orders[-1], kind) for kind in labels}
    contexts = sorted({context for chain in chains.values() for context in chain})
    progress = Progress("n-gram counts", len(contexts), unit="kinds of context")
    counts = dict(zip(contexts, count_contexts(training, vocabulary_size, contexts, progress), strict=True))
    progress.finish()
    found = _find_all(counts, validation, vocabulary_size)
    rows = []
    for kind, escape in product(labels, escapes):
        loss = _loss_along_chain(chains[kind], found, escape, vocabulary_size, validation)
        rows += [
            {
                "order": order,
                "labels": kind,
                "escape": escape,
                "nats_per_token": loss[len(context_chain(order, kind)) - 1],
            }
            for order in orders
        ]
    table = pd.DataFrame(rows)
    best = table.loc[table["nats_per_token"].idxmin()]
    order, kind = int(best["order"]), best["labels"]
    chosen = [counts[context] for context in context_chain(order, kind)]
    return NgramModel(vocabulary_size, order, kind, float(best["escape"]), chosen), table


def _find_all(
    counts: dict[Context, Counts], pieces: FlatPieces, vocabulary_size: int
) -> dict[Context, tuple[np.ndarray, Found]]:
    """For each kind of context: which tokens have one, and the counts of those."""
    hashes, targets = ContextHashes(pieces, vocabulary_size), pieces.is_target
    found = {}
    for context, counted in counts.items():
        values, whole = hashes.of(context)
        chosen = targets & whole
        found[context] = chosen, counted.find(values[chosen], pieces.tokens[chosen])
    return found


def _loss_along_chain(
    chain: list[Context],
    found: dict[Context, tuple[np.ndarray, Found]],
    escape: float,
    vocabulary_size: int,
    pieces: FlatPieces,
) -> list[float]:
    """Nats per token of the models that end at each link of the chain."""
    probability, losses = np.full(len(pieces), 1 / vocabulary_size), []
    targets = pieces.is_target
    for context in chain:
        chosen, counts = found[context]
        probability[chosen] = interpolate(probability[chosen], counts, escape)
        losses.append(float(-np.log(probability[targets]).mean()))
    return losses


def request_ngram(
    store: TokenStore,
    orders: Sequence[int],
    labels: Sequence[Labels] = ALL_LABELS,
    escapes: Sequence[float] = (1.0,),
    transposed_copies: int = 0,
) -> tuple[NgramModel, pd.DataFrame]:
    """The n-gram baseline of a store: read back if this was asked before, otherwise chosen and kept.

    Args:
        store: fitted on its training set, chosen on its validation set.
        orders, labels, escapes: as for :func:`choose_ngram`.
        transposed_copies: copies of the training set, each transposed as in an epoch of training; 0 for the
            training set as it is.

    Returns:
        As :func:`choose_ngram`.
    """

    def choose() -> tuple[NgramModel, pd.DataFrame]:
        rows = sample_rows(store, "train", TRAINING_TOKENS // max(1, transposed_copies))
        training = flatten_rows(
            store, rows, copies=max(1, transposed_copies), transpose=transposed_copies > 0
        )
        validation = flatten_rows(store, sample_rows(store, "validation", VALIDATION_TOKENS))
        return choose_ngram(training, validation, len(store.vocabulary), orders, labels, escapes)

    inputs = [store.hash, sorted(set(orders)), list(labels), list(escapes), transposed_copies]
    return request_kept(
        kept_path("ngrams", inputs, _CODE, ".safetensors"),
        load_ngram,
        choose,
        lambda path, chosen: save_ngram(path, *chosen),
    )


def sample_rows(store: TokenStore, split: str, most_tokens: int) -> np.ndarray:
    """The pieces of a split, or a fixed random part of them with at most so many tokens; ascending."""
    rows = store.rows(split)
    if store.lengths[rows].sum() <= most_tokens:
        return rows
    shuffled = np.random.default_rng(0).permutation(rows)
    return np.sort(shuffled[np.cumsum(store.lengths[shuffled]) <= most_tokens])


def save_ngram(path: Path, model: NgramModel, table: pd.DataFrame) -> None:
    """Write a model and the table of its choice as safetensors, atomically.

    Raises:
        BookError: when the file cannot be written.
    """
    tensors = {}
    for number, counts in enumerate(model.counts):
        tensors[f"keys.{number}"], tensors[f"ends.{number}"] = counts.keys, counts.ends
    about = {
        "vocabulary_size": model.vocabulary_size,
        "order": model.order,
        "labels": model.labels,
        "escape": model.escape,
    }
    with atomic_path(path) as temporary:
        save_file(
            tensors,
            temporary,
            {"format": _FORMAT, "model": json.dumps(about), "table": table.to_csv(index=False)},
        )


def load_ngram(path: Path) -> tuple[NgramModel, pd.DataFrame]:
    """Read what :func:`save_ngram` wrote.

    Raises:
        BookError: when the file is missing, cut off or something else.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != _FORMAT:
                raise ValueError("another format")
            about = json.loads(metadata["model"])
            mask = token_mask(about["vocabulary_size"])
            counts = [
                Counts(file.get_tensor(f"keys.{number}"), file.get_tensor(f"ends.{number}"), mask)
                for number in range(len(context_chain(about["order"], about["labels"])))
            ]
        return NgramModel(**about, counts=counts), pd.read_csv(io.StringIO(metadata["table"]))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise BookError(
            f"The n-gram model {path} cannot be read ({error}); delete the file and run the command again."
        ) from error
