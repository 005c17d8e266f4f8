"""The composer of notation and its changes: what each learns, by epoch, and what it composes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from joblib import Parallel, delayed

from lib.basics.errors import TooLittleError
from lib.basics.files import read_json, write_json
from lib.basics.kept import code_hash, kept_path, request_kept
from lib.chapters.notation_composer.network import (
    NotationNetwork,
    continue_windows,
    epochs,
    mean_loss,
    windows_of,
)
from lib.chapters.notation_composer.words import (
    Sounding,
    Vocabulary,
    notes_at_once,
    read_words,
    sounding_notes,
)
from lib.data import TokenStore
from lib.data.tokenizer import decode
from lib.ledger import rules
from lib.measures.statistics import Interval
from lib.models import NgramModel
from lib.models.pieces import flatten
from lib.profiles.profile import NotationSettings
from lib.training.devices import reproducible, seed_of

_CODE = code_hash(__name__)
_ORDERS = (1, 2, 3, 4, 5, 6)


@dataclass(frozen=True)
class Change:
    """One way to build the composer.

    Attributes:
        embedded: words as vectors instead of one number.
        sampled: words drawn instead of the likeliest.
        rests: rests and lengths kept.
        share: of the usual hidden size.
    """

    embedded: bool = False
    sampled: bool = False
    rests: bool = False
    share: float = 1.0


CHANGES = {
    "as it was": Change(),
    "embedding": Change(embedded=True),
    "sampling": Change(sampled=True),
    "rests and lengths": Change(rests=True),
    "all three": Change(True, True, True),
    "half the units": Change(share=0.5),
}
"""The earlier project's way, each change alone, all of them; and its way with half the units."""


@dataclass(frozen=True)
class Tunes:
    """Notes of the tunes that are used: to train, to choose an n-gram's order, to judge."""

    genre: str
    train: list[list[Sounding]]
    validation: list[list[Sounding]]
    test: list[list[Sounding]]


def choose_tunes(store: TokenStore, settings: NotationSettings, seed: int) -> Tunes:
    """Tunes of the genre that has most of them, of each part of the split.

    Where these hold too little to learn from, those of the next genre that holds enough, if there is one.
    """
    by_size = store.index["genre"].value_counts().index
    found = [_tunes_of(by_size[0], store, settings, seed)]
    found += (
        tunes
        for genre in by_size[1:]
        if too_little(found[0], settings)
        and not too_little(tunes := _tunes_of(genre, store, settings, seed), settings)
    )
    return found[-1]


def _tunes_of(genre: str, store: TokenStore, settings: NotationSettings, seed: int) -> Tunes:
    generator, chosen = np.random.default_rng(seed), {}
    for split, wanted in (
        ("train", settings.tunes),
        ("validation", settings.held_out),
        ("test", settings.held_out),
    ):
        rows = store.rows(split)
        rows = rows[store.index["genre"].to_numpy()[rows] == genre]
        chosen[split] = [
            sounding_notes(decode(store.tokenizer, store.tokens(row)))
            for row in generator.permutation(rows)[:wanted]
        ]
    return Tunes(genre, **chosen)


def too_little(tunes: Tunes, settings: NotationSettings) -> str:
    """Why nothing can be learned from these tunes, with the number that it takes; empty where it can."""
    for rests in (False, True):
        train = [word for piece in tunes.train for word in read_words(piece, rests)]
        least = settings.window + settings.pieces
        if len(train) < least:
            return (
                f"The tunes of {tunes.genre} to learn from hold {len(train)} words and it takes {least}: "
                f"{settings.pieces} pieces begin from as many windows of {settings.window} words."
            )
        vocabulary = Vocabulary(tuple(sorted(set(train))))
        for name, pieces in (("choose by", tunes.validation), ("judge by", tunes.test)):
            _, targets = held_out_windows(pieces, vocabulary, rests, settings.window)
            if len(targets) < 2:
                return (
                    f"The tunes of {tunes.genre} to {name} hold {len(targets)} words that training knows "
                    f"behind a window of {settings.window}, and it takes 2."
                )
    return ""


def densest_genre(store: TokenStore, most: int) -> tuple[str, list[list[Sounding]]]:
    """The genre whose notes most often begin together, and test pieces of it (else any)."""
    names, found = store.index["genre"].to_numpy(), {}
    held_out = store.rows("test")
    for genre in store.genres:
        rows = held_out[names[held_out] == genre]
        rows = rows if len(rows) else np.flatnonzero(names == genre)
        found[genre] = [sounding_notes(decode(store.tokenizer, store.tokens(row))) for row in rows[:most]]
    densest = max(found, key=lambda genre: notes_at_once(found[genre]))
    return densest, found[densest]


@dataclass(frozen=True)
class Outcome:
    """What came of one way to build it.

    Attributes:
        history: a row for each epoch looked at: epoch, train, validation, held_out (nats a word of each
            part), distinct (words in a piece), loop (share of pieces that end in one), loop_length (median of
            those; 0 for none).
        pieces: words of the pieces composed at the end.
        held_out: nats that each held-out word costs, float64 [words], after the epoch that the validation set
            chooses.
        vocabulary: number of words.
    """

    history: pd.DataFrame
    pieces: list[list[str]]
    held_out: np.ndarray
    vocabulary: int


def run_changes(tunes: Tunes, settings: NotationSettings, seed: int, workers: int = 1) -> dict[str, Outcome]:
    """Train and compose in every way of :data:`CHANGES`; kept, and read back when asked for again.

    Raises:
        TooLittleError: when the tunes hold too few words.
    """
    if reason := too_little(tunes, settings):
        raise TooLittleError(reason)
    found = Parallel(n_jobs=min(workers, len(CHANGES)))(
        delayed(_run)(tunes, change, settings, seed) for change in CHANGES.values()
    )
    return dict(zip(CHANGES, found, strict=True))


def _run(tunes: Tunes, change: Change, settings: NotationSettings, seed: int) -> Outcome:
    parts = (tunes.train, tunes.validation, tunes.test)
    notes = [[[str(value) for value in note] for note in piece] for part in parts for piece in part]
    path = kept_path("notation", [notes, vars(change), settings.model_dump(), seed], _CODE, ".json")
    return request_kept(path, _read, lambda: _train(tunes, change, settings, seed), _write)


def _read(path: Path) -> Outcome:
    kept = read_json(path)
    return Outcome(
        pd.DataFrame(kept["history"]), kept["pieces"], np.array(kept["held_out"]), kept["vocabulary"]
    )


def _write(path: Path, outcome: Outcome) -> None:
    write_json(
        path,
        {
            "history": outcome.history.to_dict("list"),
            "pieces": outcome.pieces,
            "held_out": outcome.held_out.tolist(),
            "vocabulary": outcome.vocabulary,
        },
    )


def _train(tunes: Tunes, change: Change, settings: NotationSettings, seed: int) -> Outcome:
    with reproducible(1, torch.device("cpu")):
        return _trained(tunes, change, settings, seed)


def _trained(tunes: Tunes, change: Change, settings: NotationSettings, seed: int) -> Outcome:
    train = [word for piece in tunes.train for word in read_words(piece, change.rests)]
    vocabulary = Vocabulary(tuple(sorted(set(train))))
    windows, targets = windows_of(vocabulary.numbers(train), settings.window)
    judged, choosing = (
        held_out_windows(part, vocabulary, change.rests, settings.window)
        for part in (tunes.test, tunes.validation)
    )
    torch.manual_seed(seed_of(seed, 0))
    hidden_size = round(settings.hidden_size * change.share)
    network = NotationNetwork(len(vocabulary), hidden_size, settings.num_layers, change.embedded)
    generator = np.random.default_rng(seed)
    starts = windows[torch.from_numpy(generator.choice(len(windows), settings.pieces, replace=False))]
    rows, costs, composed = [], [], np.zeros((0, 0), np.int64)
    for epoch in epochs(network, windows, targets, settings, seed):
        if epoch in looked_at(settings.epochs):
            composed = continue_windows(network, starts, settings.length, change.sampled, seed)
            loops = np.array([loop_length(piece) for piece in composed.tolist()])
            costs.append(mean_loss(network, *judged))
            rows.append(
                {
                    "epoch": epoch,
                    "train": float(mean_loss(network, windows, targets).mean()),
                    "validation": float(mean_loss(network, *choosing).mean()),
                    "held_out": float(costs[-1].mean()),
                    "distinct": float(np.mean([len(set(piece)) for piece in composed.tolist()])),
                    "loop": float((loops > 0).mean()),
                    "loop_length": float(np.median(loops[loops > 0])) if loops.any() else 0.0,
                }
            )
    words = [[vocabulary.words[number] for number in piece] for piece in composed.tolist()]
    best = int(np.argmin([row["validation"] for row in rows]))
    return Outcome(pd.DataFrame(rows), words, costs[best], len(vocabulary) - 1)


def looked_at(count: int) -> list[int]:
    """Epochs at which pieces are composed: 1, 2, 4, … and the last."""
    return sorted({2**power for power in range(count.bit_length()) if 2**power <= count} | {count})


def held_out_windows(
    pieces: Sequence[Sequence[Sounding]], vocabulary: Vocabulary, rests: bool, window: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Windows [windows, window] of held-out pieces and the word after each [windows], if training had it."""
    numbers = vocabulary.numbers([word for piece in pieces for word in read_words(piece, rests)])
    windows, targets = windows_of(numbers, window)
    known = targets != vocabulary.unknown
    return windows[known], targets[known]


def loop_length(words: Sequence[object]) -> int:
    """How many words a piece repeats at its end, three times at least without a change; 0 if it does not.

    >>> loop_length([5, 1, 2, 1, 2, 1, 2]), loop_length([1, 2, 3, 4])
    (2, 0)
    """
    for length in range(1, len(words) // 3 + 1):
        tail = words[-3 * length :]
        if all(tail[place] == tail[place - length] for place in range(length, len(tail))):
            return length
    return 0


def ngram_losses(tunes: Tunes, settings: NotationSettings, rests: bool) -> tuple[int, np.ndarray]:
    """An n-gram on the same words, its order chosen on the validation set.

    Returns:
        The order, and nats that each held-out word costs, float64 [words], of those that the networks are
        judged on.
    """
    read = {
        part: [word for piece in getattr(tunes, part) for word in read_words(piece, rests)]
        for part in ("train", "validation", "test")
    }
    vocabulary = Vocabulary(tuple(sorted(set(read["train"]))))
    flat = {part: flatten([vocabulary.numbers(words)], [0], [0]) for part, words in read.items()}

    def costs(model: NgramModel, part: str) -> np.ndarray:
        nats = -model.log_probabilities_of(flat[part])[settings.window - 1 :]
        return nats[flat[part].tokens[settings.window :] != vocabulary.unknown]

    models = {order: NgramModel.fit(flat["train"], len(vocabulary), order) for order in _ORDERS}
    best = min(_ORDERS, key=lambda order: costs(models[order], "validation").mean())
    return best, costs(models[best], "test")


def outcome_rows(outcomes: Mapping[str, Outcome]) -> pd.DataFrame:
    """A row for each way.

    Returns:
        change, words; after the last epoch train, held_out, distinct, loop, loop_length; and best, the
        held-out loss after best_epoch, which the validation set chose.
    """
    rows = []
    for name, outcome in outcomes.items():
        last = outcome.history.iloc[-1]
        chosen = outcome.history.iloc[int(outcome.history["validation"].argmin())]
        rows.append(
            {
                "change": name,
                "words": outcome.vocabulary,
                "train": last["train"],
                "held_out": last["held_out"],
                "best": float(outcome.held_out.mean()),
                "best_epoch": int(chosen["epoch"]),
                "distinct": last["distinct"],
                "loop": last["loop"],
                "loop_length": last["loop_length"],
            }
        )
    return pd.DataFrame(
        rows,
        columns=[
            "change",
            "words",
            "train",
            "held_out",
            "best",
            "best_epoch",
            "distinct",
            "loop",
            "loop_length",
        ],
    )


def claim_outcome(fewer: Interval, by_all: float, length: int) -> rules.Outcome:
    """Distinct words of pieces by half the units minus those by all, as the ledger takes it: one seed.

    Args:
        fewer: the difference.
        by_all: words of a piece by all units, on average; half of them can give 1 at least.
        length: of a piece; half of the units can give so many words at most.
    """
    reach = None if math.isnan(by_all) else (1 - by_all, length - by_all)
    return rules.Outcome(float(fewer.estimate), float(fewer.low), float(fewer.high), seeds=1, reach=reach)
