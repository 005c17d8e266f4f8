"""Time to quality: how long until ours has the validation loss at which the original's recipe ends."""

import math
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from lib.basics.errors import BookError
from lib.basics.precision import Precision, autocast, number_format
from lib.basics.progress import Progress
from lib.chapters.speed.bounds import finish, layer_shapes, matmul_peak
from lib.chapters.speed.plain import PlainTransformer, plain_loss, plain_step
from lib.chapters.speed.rows import Bench, Row, make_row
from lib.data import TokenStore, open_store
from lib.data.batches import Batches
from lib.models import flops_per_token
from lib.profiles.profile import ModelSettings, RunSettings, TrainingSettings
from lib.training.devices import make_fabric, reproducible
from lib.training.loop import Training

BATCH = 16  # windows: the smaller of the original's two scripts
PEAK_RATE = 1e-4  # the original's, for Adam under OneCycleLR
VALIDATION_TOKENS = 100_000
LOOKS = 30  # evaluations of ours over its budget


def time_to_quality(bench: Bench) -> Row:
    """Train the original's recipe to its end, then ours until it has the same validation loss.

    Both losses are of the same thing, the first window of each held-out piece, which is what the original
    evaluates. Evaluations do not count as time in either way.
    """
    store, sizes = open_store(bench.profile), bench.sizes
    window = sizes.quality.max_length
    target, plain_seconds, seen, plain_parameters = _train_plain(bench, store)
    bench.say(f"the original's recipe ends at {target:.4f} nats after {seen:,} tokens, {plain_seconds:.0f} s")
    training, seconds, loss = _train_ours(bench, store, target)
    tokens = training.state.tokens
    if loss > target:
        raise BookError(
            f"Ours is at {loss:.3f} nats a token after {tokens:,} tokens and {seconds:.0f} s, "
            f"not at the {target:.3f} of the original's recipe: there is no time to quality."
        )
    peak = matmul_peak(
        layer_shapes(sizes.quality, 4096), number_format(bench.precision), bench.peak_seconds, bench.device
    )
    bound = tokens * 3 * flops_per_token(training.network, window) / peak
    parameters = sum(weight.numel() for weight in training.network.parameters())
    note = (
        f"wall time to {target:.3f} nats a token on the first {window} tokens of held-out pieces; same "
        "data, precision and shape; the bound: the matrix products of ours at the measured peak"
    )
    return make_row(
        "time_to_quality",
        [plain_seconds],
        [seconds],
        bound,
        "s to quality",
        note,
        precision=bench.precision,
        loss=target,
        our_loss=loss,
        plain_tokens=seen,
        our_tokens=tokens,
        plain_parameters=plain_parameters,
        our_parameters=parameters,
    )


def our_settings(settings: ModelSettings) -> ModelSettings:
    """The book's network of the same shape."""
    return ModelSettings(
        kind="transformer",
        hidden_size=settings.hidden_size,
        num_layers=settings.num_layers,
        num_heads=settings.num_heads,
        feed_forward_size=settings.feed_forward_size,
        max_length=settings.max_length,
    )


def padded_windows(store: TokenStore, window: int) -> torch.Tensor:
    """The first ids of each training piece, PAD behind shorter ones: int64[pieces, window + 1]."""
    rows = store.rows("train")
    found = np.full((len(rows), window + 1), store.pad_id, dtype=np.int64)
    for number, row in enumerate(rows):
        tokens = store.tokens(row)[: window + 1]
        found[number, : len(tokens)] = tokens
    return torch.from_numpy(found)


@torch.no_grad()
def first_window_loss(model: nn.Module, store: TokenStore, window: int, precision: Precision) -> float:
    """Nats a token over the first windows of held-out pieces, always the same random part of them."""
    model.eval()
    nats, count, device = 0.0, 0, next(model.parameters()).device
    for batch in Batches.evaluation_batches(store, "validation", window, 16 * window, VALIDATION_TOKENS):
        first, batch = batch.begins == 1, batch.to(device)
        if first.any():
            with autocast(precision, device):
                logits = model(batch.tokens[first], batch.emotion[first], batch.genre[first])
            logits = logits[0] if isinstance(logits, tuple) else logits
            targets = batch.targets[first]
            nats += float(
                F.cross_entropy(
                    logits.flatten(0, 1).float(),
                    targets.flatten(),
                    ignore_index=store.pad_id,
                    reduction="sum",
                )
            )
            count += int((targets != store.pad_id).sum())
    model.train()
    return nats / count


def _train_plain(bench: Bench, store: TokenStore) -> tuple[float, float, int, int]:
    """Loss, seconds, tokens and parameters of the original's recipe."""
    settings, budget = bench.sizes.quality, bench.sizes.quality_tokens
    data = padded_windows(store, settings.max_length)
    labels = [
        torch.from_numpy(ids[store.rows("train")]).to(bench.device)
        for ids in (store.emotion_ids, store.genre_ids)
    ]
    torch.manual_seed(1)
    model = PlainTransformer(settings, len(store.vocabulary), len(store.emotions), len(store.genres))
    model = model.to(bench.device)
    sizes, order, total = (data[:, 1:] != store.pad_id).sum(dim=1), [], 0
    while total < budget:  # epochs of shuffled batches, until the budget is full
        for rows in torch.randperm(len(data)).split(BATCH):
            if total < budget:
                order.append(rows)
                total += int(sizes[rows].sum())
    optimiser = torch.optim.Adam(model.parameters(), lr=PEAK_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK_RATE, total_steps=len(order))
    progress, began = Progress("the original's recipe", total, unit="tokens"), time.perf_counter()
    for rows in order:
        window, emotion, genre = data[rows].to(bench.device), labels[0][rows], labels[1][rows]
        loss = plain_loss(model, window[:, :-1], window[:, 1:], emotion, genre, store.pad_id, bench.precision)
        plain_step(model, optimiser, loss)
        schedule.step()
        progress.advance(int(sizes[rows].sum()))
    finish()
    took = time.perf_counter() - began
    loss = first_window_loss(model, store, settings.max_length, bench.precision)
    return loss, took, total, sum(weight.numel() for weight in model.parameters())


def _train_ours(bench: Bench, store: TokenStore, target: float) -> tuple[Training, float, float]:
    """The training when it has reached the loss, or seen as many tokens; the seconds, the loss.

    Behind the end of its schedule the rate stays at its lowest.
    """
    window, budget = bench.sizes.quality.max_length, bench.sizes.quality_budget
    recipe = TrainingSettings(tokens=budget, window=window, batch_tokens=8 * window, learning_rate=2e-3)
    run = RunSettings(
        name="bench",
        model=our_settings(bench.sizes.quality),
        training=recipe,
        seed=1,
        threads=bench.threads,
        precision=bench.precision,
    )
    fabric = make_fabric(bench.precision)
    seconds, next_look, loss = 0.0, budget / LOOKS, math.inf
    with reproducible(bench.threads, fabric.device):
        training = Training(run, store, fabric)
        progress = Progress("ours", budget, unit="tokens")
        while loss > target and training.state.tokens < bench.sizes.quality_tokens:
            before, began = training.state.tokens, time.perf_counter()
            training.step()
            finish()
            seconds += time.perf_counter() - began
            progress.advance(training.state.tokens - before)
            if training.state.tokens >= next_look:
                next_look += budget / LOOKS
                loss = first_window_loss(training.network, store, window, bench.precision)
    return training, seconds, loss
