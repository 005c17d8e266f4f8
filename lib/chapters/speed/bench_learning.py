"""Speed of learning: minutes to a named validation loss for three recipes, which train in turns.

The recipes are the original report's, this book's first one and its present one, in networks of equal width
and depth. They read two token sets, so the loss is in nats a note, over the same validation pieces. Time is
that of training alone: evaluations are left out, and the three take turns, so that a busy machine slows all.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from lib.basics.errors import BookError
from lib.basics.precision import autocast, number_format
from lib.chapters.speed.bounds import finish, layer_shapes, matmul_peak
from lib.chapters.speed.rows import Bench, Row, make_row
from lib.data import TokenStore, open_store
from lib.data.tokenizer import TokenSet
from lib.models import flops_per_token
from lib.profiles.profile import ModelSettings, RunSettings, TrainingSettings
from lib.training.devices import make_fabric, reproducible
from lib.training.loop import Training

TURNS = 60  # in which a recipe uses up its limit, each with an evaluation behind it
ORIGINAL, BEFORE, NOW = "original", "before", "now"
WINDOWS: dict[TokenSet, int] = {"book": 1280, "shorthand": 512}  # of tokens, for about as much music
RECIPES = {
    ORIGINAL: "the original's: Adam at a constant rate, post-norm, learned positions, MidiTok's tokens",
    BEFORE: "ours before: AdamW and a cosine, MidiTok's tokens",
    NOW: "ours now: Muon and a cosine, shorthand",
}
ORIGINAL_RATE = 5e-4  # the best constant rate of the original's own sweep
_ROWS = 16  # pieces in a forward pass of an evaluation


@dataclass
class Learner:
    """A recipe at work.

    Attributes:
        training: what steps.
        store: its tokens.
        window: of its rows, in tokens.
        seconds: of training so far.
        loss: nats a note at the last evaluation.
    """

    training: Training
    store: TokenStore
    window: int
    seconds: float = 0.0
    loss: float = float("inf")


def time_to_loss(bench: Bench) -> Row:
    """Train the three recipes in turns until each has the named loss, or its time is over.

    Raises:
        BookError: when the present recipe does not reach it within its time.
    """
    sizes, stores = bench.sizes, {name: open_store(bench.profile, name) for name in WINDOWS}
    rows = judged_pieces(stores, sizes.learning_pieces)
    fabric = make_fabric(bench.precision)
    with reproducible(bench.threads, fabric.device):
        learners = {
            name: Learner(Training(run, stores[token_set], fabric), stores[token_set], WINDOWS[token_set])
            for name, (token_set, run) in recipes(bench).items()
        }
        while waiting := [one for one in learners.values() if not _is_done(one, bench)]:
            for one in waiting:
                _take_turn(one, rows, bench)
            bench.say(", ".join(f"{name} {one.loss:.2f}" for name, one in learners.items()) + " nats a note")
    now = learners[NOW]
    if now.loss > sizes.learning_loss:
        raise BookError(
            f"The present recipe is at {now.loss:.2f} nats a note after {now.seconds:.0f} s, not at "
            f"{sizes.learning_loss}: there is no time to that loss."
        )
    shapes = layer_shapes(sizes.learning, 4096)
    peak = matmul_peak(shapes, number_format(bench.precision), bench.peak_seconds, bench.device)
    network = now.training.network
    bound = now.training.state.tokens * 3 * flops_per_token(network, now.window) / peak
    return make_row(
        "time_to_loss",
        [learners[ORIGINAL].seconds],
        [now.seconds],
        bound,
        "s to loss",
        _note(learners, bench, len(rows)),
        precision=bench.precision,
        loss=sizes.learning_loss,
        pieces=len(rows),
        limit_seconds=sizes.learning_seconds,
        **{
            f"{name}_{what}": value
            for name, one in learners.items()
            for what, value in (
                ("minutes", one.seconds / 60),
                ("reached", one.loss <= sizes.learning_loss),
                ("loss", one.loss),
                ("tokens", one.training.state.tokens),
            )
        },
    )


def recipes(bench: Bench) -> dict[str, tuple[TokenSet, RunSettings]]:
    """The three recipes by name: token set and settings. The original's rate is the best of its own sweep."""
    given, (before, now) = bench.sizes.learning, bench.sizes.learning_budgets
    window, short = WINDOWS["book"], WINDOWS["shorthand"]
    ours = ModelSettings(
        kind="transformer",
        hidden_size=given.hidden_size,
        num_layers=given.num_layers,
        num_heads=given.num_heads,
    )
    published = TrainingSettings(
        tokens=before,
        window=window,
        batch_tokens=4096,
        optimiser="adam",
        learning_rate=ORIGINAL_RATE,
        schedule="constant",
        weight_decay=0.0,
        clip=None,
        label_dropout=0.0,
    )
    adamw = TrainingSettings(tokens=before, window=window, batch_tokens=4096, learning_rate=2e-3)
    muon = TrainingSettings(
        tokens=now, window=short, batch_tokens=4096, learning_rate=2e-3, optimiser="muon", plan_weight=10
    )
    plans: dict[str, tuple[TokenSet, ModelSettings, TrainingSettings]] = {
        ORIGINAL: ("book", given.model_copy(update={"max_length": window}), published),
        BEFORE: ("book", ours, adamw),
        NOW: ("shorthand", ours, muon),
    }
    return {
        name: (
            token_set,
            RunSettings(
                name=f"bench-{name}",
                model=model,
                training=training,
                seed=1,
                threads=bench.threads,
                precision=bench.precision,
            ),
        )
        for name, (token_set, model, training) in plans.items()
    }


def judged_pieces(stores: dict[TokenSet, TokenStore], pieces: int) -> list[str]:
    """Identifiers of validation pieces that fit whole into the window of every token set, at random."""
    fitting = [
        {
            store.index["identifier"].iloc[row]
            for row in store.rows("validation")
            if store.lengths[row] <= WINDOWS[token_set]
        }
        for token_set, store in stores.items()
    ]
    common = sorted(set.intersection(*fitting))
    if not common:
        raise BookError("No validation piece fits whole into the windows of both token sets.")
    return [common[place] for place in np.random.default_rng(0).permutation(len(common))[:pieces]]


@torch.no_grad()
def nats_per_note(model: torch.nn.Module, store: TokenStore, identifiers: list[str], precision) -> float:
    """The loss of whole pieces, over their notes; every token of a piece counts but the first."""
    model.eval()
    device = next(model.parameters()).device
    place_of = {identifier: row for row, identifier in enumerate(store.index["identifier"])}
    rows = sorted((place_of[one] for one in identifiers), key=lambda row: int(store.lengths[row]))
    nats = 0.0
    for start in range(0, len(rows), _ROWS):
        chosen = rows[start : start + _ROWS]
        sequences = [torch.from_numpy(store.tokens(row).astype(np.int64)) for row in chosen]
        tokens = torch.nn.utils.rnn.pad_sequence(sequences, True, store.pad_id).to(device)
        labels = [torch.from_numpy(ids[chosen]).to(device) for ids in (store.emotion_ids, store.genre_ids)]
        with autocast(precision, device):
            logits, _ = model(tokens[:, :-1], *labels)
        nats += float(
            F.cross_entropy(
                logits.float().flatten(0, 1),
                tokens[:, 1:].flatten(),
                ignore_index=store.pad_id,
                reduction="sum",
            )
        )
    model.train()
    return nats / int(store.index["notes"].to_numpy()[rows].sum())


def _is_done(one: Learner, bench: Bench) -> bool:
    return one.loss <= bench.sizes.learning_loss or one.seconds >= bench.sizes.learning_seconds


def _take_turn(one: Learner, rows: list[str], bench: Bench) -> None:
    """Train for a turn, then look at the loss; behind the end of a schedule the rate stays at its lowest."""
    until = one.seconds + bench.sizes.learning_seconds / TURNS
    while one.seconds < until:
        began = time.perf_counter()
        one.training.step()
        finish()
        one.seconds += time.perf_counter() - began
    one.loss = nats_per_note(one.training.network, one.store, rows, bench.precision)


def _note(learners: dict[str, Learner], bench: Bench, pieces: int) -> str:
    target, limit = bench.sizes.learning_loss, bench.sizes.learning_seconds / 60
    told = [
        f"{name} {one.seconds / 60:.1f} min"
        if one.loss <= target
        else f"{name} not within {limit:.0f} min (at {one.loss:.2f})"
        for name, one in learners.items()
    ]
    return (
        f"training time to {target} nats a note on {pieces} whole validation pieces: {', '.join(told)}; "
        "where a recipe did not get there, its time is the limit and the ratio a lower bound"
    )


def learning_lines(rows: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """A kept row of this work as lines of a table: recipe, minutes, tokens, nats a note at its end.

    Args:
        rows: of the bench, as plain data; without this work there is one line that says so.
    """
    row = next((row for row in rows if row["work"] == "time_to_loss"), None)
    if row is None:
        return [{"recipe": "not measured here: the bench takes some 12 minutes for it"}]
    limit = float(str(row["limit_seconds"])) / 60
    return [
        {
            "recipe": text,
            "minutes": f"{row[f'{name}_minutes']:.1f}"
            if row[f"{name}_reached"]
            else f"not within {limit:.0f}",
            "tokens": f"{row[f'{name}_tokens']:,}",
            "nats a note at the end": f"{row[f'{name}_loss']:.2f}",
        }
        for name, text in RECIPES.items()
    ]


def learning_sentence(rows: Sequence[Mapping[str, object]]) -> str:
    """The same in one plain sentence."""
    row = next((row for row in rows if row["work"] == "time_to_loss"), None)
    return "Speed of learning was not measured." if row is None else f"{str(row['note']).capitalize()}."
