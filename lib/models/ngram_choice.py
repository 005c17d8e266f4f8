"""Choosing the n-gram baseline on validation, and keeping it for the next request."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
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
from lib.models.ngram import NgramModel, Smoothing, context_chain, interpolate
from lib.models.ngram_counts import (
    Context,
    ContextHashes,
    Counts,
    Labels,
    Pairs,
    count_contexts,
    count_variety,
    token_mask,
)
from lib.models.pieces import FlatPieces, flatten_rows

LABELS: tuple[Labels, ...] = ("both",)
"""What the baseline knows unless asked otherwise: what the networks are told."""

ESCAPES = (1.0, 4.0, 16.0)
TRAINING_TOKENS, VALIDATION_TOKENS = 20_000_000, 1_000_000
"""Larger sets are sampled by pieces: the counts must fit into memory (about 1 GB for 20 million tokens)."""

_CODE = code_hash(__name__)
_FORMAT = "composing-to-a-mood n-gram 2"


def choose_ngram(
    training: FlatPieces,
    validation: FlatPieces,
    vocabulary_size: int,
    orders: Sequence[int],
    labels: Sequence[Labels] = LABELS,
    escapes: Sequence[float] = ESCAPES,
) -> tuple[NgramModel, pd.DataFrame]:
    """Fit n-gram models on training pieces and choose among them on validation pieces.

    All orders share their counts, so that ten cost little more than the highest alone.

    Args:
        training, validation: pieces.
        vocabulary_size: number of token ids.
        orders: candidates; n looks back at up to n − 1 tokens.
        labels: candidates for what the short contexts know.
        escapes: candidates for Witten and Bell's factor on what is left to shorter contexts; modified
            Kneser–Ney, which has none, is always a candidate.

    Returns:
        The best model, and a table of `smoothing`, `order`, `labels`, `escape` and `nats_per_token` on
        validation.

    Raises:
        BookError: for an order below 1.
    """
    orders = sorted(set(orders))
    chains = {kind: context_chain(orders[-1], kind) for kind in labels}
    contexts = sorted({context for chain in chains.values() for context in chain})
    progress = Progress(
        "n-gram counts", len(contexts) + sum(map(len, chains.values())), unit="kinds of context"
    )
    counts = dict(zip(contexts, count_contexts(training, vocabulary_size, contexts, progress), strict=True))
    varieties: dict[tuple[Context, Context], Counts] = {}
    rows, models = [], {}
    for kind, chain in chains.items():
        plain = [counts[context] for context in chain]
        varied = count_variety(training, vocabulary_size, chain, progress, varieties)
        lengths = [len(context_chain(order, kind)) for order in orders]
        longest = [replace(one, discounted=True) for one in plain]
        losses = _losses_along_chain(
            chain, plain, [*varied, longest[-1]], longest, validation, vocabulary_size, escapes
        )
        at_ends = losses[[length - 1 for length in lengths]].T
        for escape, found in zip(escapes, at_ends, strict=False):
            rows += _rows("witten-bell", kind, escape, orders, found)
        rows += _rows("kneser-ney", kind, 1.0, orders, at_ends[-1])
        for order, length in zip(orders, lengths, strict=True):
            models["witten-bell", kind, order] = plain[:length]
            models["kneser-ney", kind, order] = [*varied[: length - 1], longest[length - 1]]
    progress.finish()
    table = pd.DataFrame(rows)
    best = table.loc[table["nats_per_token"].idxmin()]
    chosen = models[best["smoothing"], best["labels"], best["order"]]
    return NgramModel(
        vocabulary_size, int(best["order"]), best["labels"], best["smoothing"], float(best["escape"]), chosen
    ), table


def _rows(
    smoothing: Smoothing, labels: Labels, escape: float, orders: Sequence[int], losses: Sequence[float]
) -> list[dict]:
    about = {"smoothing": smoothing, "labels": labels, "escape": escape}
    return [
        {**about, "order": order, "nats_per_token": loss} for order, loss in zip(orders, losses, strict=True)
    ]


def _losses_along_chain(
    chain: Sequence[Context],
    plain: Sequence[Counts],
    varied: Sequence[Counts],
    longest: Sequence[Counts],
    pieces: FlatPieces,
    vocabulary_size: int,
    escapes: Sequence[float],
) -> np.ndarray:
    """Nats per token of the models that end at each link of a chain, float64 [links, escapes + 1].

    The columns are those of Witten and Bell's rule with each factor, and of modified Kneser–Ney.

    Args:
        chain: kinds of contexts.
        plain: the counts of each for Witten and Bell's rule.
        varied: for Kneser and Ney's, where a longer one follows.
        longest: for Kneser and Ney's, where it is the longest.
        pieces: those that are judged.
        vocabulary_size: number of token ids.
        escapes: the factors on what is left to shorter contexts.
    """
    hashes, targets, losses = ContextHashes(pieces, vocabulary_size), pieces.is_target, []
    probability = np.full((len(escapes) + 1, len(pieces)), 1 / vocabulary_size)
    for context, counts, inner, outer in zip(chain, plain, varied, longest, strict=True):
        values, whole = hashes.of(context)
        chosen = np.flatnonzero(targets & whole)
        asked = Pairs.of(values[chosen], pieces.tokens[chosen])
        shorter, found = probability[:, chosen], counts.find(asked)
        for row, escape in enumerate(escapes):
            probability[row, chosen] = interpolate(shorter[row], found, escape)
        probability[-1, chosen] = interpolate(shorter[-1], outer.find(asked))
        losses.append(-np.log(probability[:, targets]).mean(axis=1))
        probability[-1, chosen] = interpolate(shorter[-1], inner.find(asked))
    return np.array(losses)


def is_within_grid(table: pd.DataFrame) -> bool:
    """Whether the best order and, by Witten and Bell's rule, the best factor have worse ones on either side.

    Args:
        table: from :func:`choose_ngram`.
    """
    best = table.loc[table["nats_per_token"].idxmin()]
    free = ["order"] if best["smoothing"] == "kneser-ney" else ["order", "escape"]
    own = table[table["smoothing"] == best["smoothing"]]
    return all(own[name].min() < best[name] < own[name].max() for name in free)


def rule_words(smoothing: Smoothing, escape: float) -> str:
    """The rule's name in tables and sentences.

    >>> rule_words("witten-bell", 4.0), rule_words("kneser-ney", 1.0)
    ('Witten–Bell, ε = 4', 'modified Kneser–Ney')
    """
    return "modified Kneser–Ney" if smoothing == "kneser-ney" else f"Witten–Bell, ε = {escape:g}"


def request_ngram(
    store: TokenStore,
    orders: Sequence[int],
    labels: Sequence[Labels] = LABELS,
    escapes: Sequence[float] = ESCAPES,
) -> tuple[NgramModel, pd.DataFrame]:
    """The n-gram baseline of a store: read back if this was asked before, otherwise chosen and kept.

    Args:
        store: fitted on its training set, chosen on its validation set.
        orders, labels, escapes: as for :func:`choose_ngram`.

    Returns:
        As :func:`choose_ngram`.
    """

    def choose() -> tuple[NgramModel, pd.DataFrame]:
        training = flatten_rows(store, sample_rows(store, "train", TRAINING_TOKENS))
        validation = flatten_rows(store, sample_rows(store, "validation", VALIDATION_TOKENS))
        return choose_ngram(training, validation, len(store.vocabulary), orders, labels, escapes)

    inputs = [store.hash, sorted(set(orders)), list(labels), list(escapes)]
    return request_kept(
        kept_path("ngrams", inputs, _CODE, ".safetensors"),
        load_ngram,
        choose,
        lambda path, chosen: save_ngram(path, *chosen),
    )


def sample_rows(store: TokenStore, split: str, most_tokens: int) -> np.ndarray:
    """Rows [pieces] of a split, or of a fixed random part of it with at most so many tokens; ascending."""
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
        "smoothing": model.smoothing,
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
            discounted = about["smoothing"] == "kneser-ney"
            counts = [
                Counts(file.get_tensor(f"keys.{number}"), file.get_tensor(f"ends.{number}"), mask, discounted)
                for number in range(len(context_chain(about["order"], about["labels"])))
            ]
        return NgramModel(**about, counts=counts), pd.read_csv(io.StringIO(metadata["table"]))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise BookError(
            f"The n-gram model {path} cannot be read ({error}); delete the file and run the command again."
        ) from error
