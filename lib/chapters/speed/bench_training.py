"""The works of the bench that train a network, and the one that turns files into tokens."""

from collections.abc import Sequence

import torch
from joblib import Parallel, delayed

from lib.basics.errors import BookError
from lib.basics.machine import core_count
from lib.basics.precision import MIXED, SINGLE, number_format
from lib.chapters.speed.bounds import layer_shapes, matmul_peak, timed
from lib.chapters.speed.plain import PlainTransformer, plain_loss, plain_step
from lib.chapters.speed.random_tokens import EMOTIONS, GENRES, RandomTokens
from lib.chapters.speed.rows import Bench, Row, in_turns, make_row
from lib.data.files.reading import read_piece
from lib.data.pieces import Piece, read_folder
from lib.data.store import dataset_folder
from lib.data.tokenizer import TokenSet, build_tokenizer
from lib.models import count_parameters, flops_per_token
from lib.profiles.profile import ModelSettings, RunSettings, TrainingSettings
from lib.training.devices import make_fabric, reproducible
from lib.training.loop import Training

LARGEST_DIFFERENCE = {SINGLE: 1e-4, MIXED: 2e-2}  # of the two ways' first losses, nats a token


def train_original_size(bench: Bench) -> Row:
    """Training steps of the original's network: hidden size 512, 12 layers, windows of 1,024 tokens."""
    return _train("train_original_size", bench.sizes.original, bench.sizes.rows[0], bench)


def train_experiment_size(bench: Bench) -> Row:
    """Training steps of the network of the original's experiments: hidden size 256, 8 layers, 512 tokens."""
    return _train("train_experiment_size", bench.sizes.experiment, bench.sizes.rows[1], bench)


def _train(work: str, model: ModelSettings, rows: int, bench: Bench) -> Row:
    """Whole steps on the same batches: forward, backward, update; ours is the book's own training loop."""
    window = model.max_length
    recipe = TrainingSettings(
        tokens=10**12,
        window=window,
        batch_tokens=rows * window,
        optimiser="adam",
        learning_rate=1e-4,
        schedule="constant",
        clip=None,
        label_dropout=0.0,
    )
    run = RunSettings(
        name="bench", model=model, training=recipe, seed=1, threads=bench.threads, precision=bench.precision
    )
    fabric = make_fabric(bench.precision)
    with reproducible(bench.threads, fabric.device):
        training = Training(run, RandomTokens(window), fabric)
    store, state = training.store, training.state
    plain = PlainTransformer(model, len(store.vocabulary), EMOTIONS, GENRES)
    plain = plain.to(bench.device).take_weights(training.network)
    optimiser = torch.optim.Adam(plain.parameters(), lr=recipe.learning_rate)
    losses: list[float] = []

    def plain_turn() -> float:
        epoch, number = state.epoch, state.batch  # the batch that ours takes next
        if number >= training.batches.num_batches(epoch):
            epoch, number = epoch + 1, 0
        batch = training.batches.batch_at(epoch, number).to(bench.device)

        def step() -> None:
            loss = plain_loss(
                plain, batch.tokens, batch.targets, batch.emotion, batch.genre, store.pad_id, bench.precision
            )
            losses.append(float(loss.detach()))
            plain_step(plain, optimiser, loss)

        return rows * window / timed(step)

    def ours_turn() -> float:
        with reproducible(bench.threads, fabric.device):
            return rows * window / timed(training.step)

    plain_turn(), ours_turn()
    difference = abs(losses[0] - float(training.loss_sum) / state.tokens)
    if not difference <= LARGEST_DIFFERENCE[bench.precision]:
        raise BookError(
            f"In {work} both ways start with the same weights, but their first losses differ by "
            f"{difference:.4f} nats a token: they do not compute the same thing."
        )
    found = in_turns(plain_turn, ours_turn, bench.sizes.seconds, warm_up=False)
    peak = matmul_peak(
        layer_shapes(model, rows * window), number_format(bench.precision), bench.peak_seconds, bench.device
    )
    flops = 3 * flops_per_token(training.network, window)
    return make_row(
        work,
        *found,
        peak / flops,
        "tokens/s",
        "the same network, weights and batches; whole steps, no padding; ours is the book's loop",
        precision=bench.precision,
        parameters=count_parameters(training.network)["total"],
        batch=f"{rows} × {window:,}",
        loss_difference=difference,
        matmul_flops_per_second=peak,
        flops_per_token=flops,
        data_share=state.seconds["data"] / max(1e-9, sum(rows * window / speed for speed in found[1])),
    )


def tokenise(bench: Bench) -> Row:
    """Files a second that become tokens: in one process, and in as many as there are cores."""
    folder = dataset_folder(bench.profile)
    pieces = read_folder(folder)[0][: bench.sizes.files]
    token_set, processes = bench.profile.data.token_set, max(2, core_count())
    parts = [pieces[number :: 4 * processes] for number in range(4 * processes)]

    def alone() -> float:
        return usable / timed(lambda: [_read(part, token_set) for part in parts])

    def together() -> float:
        return usable / timed(lambda: list(pool(delayed(_read)(part, token_set) for part in parts)))

    with Parallel(n_jobs=processes, backend="loky") as pool:
        usable = sum(pool(delayed(_read)(part, token_set) for part in parts))
        plain, ours = in_turns(alone, together, bench.sizes.seconds)
    return make_row(
        "tokenise",
        plain,
        ours,
        processes * max(plain),
        "files/s",
        f"the same work in 1 process and in {processes}, which run already; the bound is linear in processes",
        processes=processes,
        files=usable,
        token_set=token_set,
    )


def _read(pieces: Sequence[Piece], token_set: TokenSet) -> int:
    """Read, tokenise and fingerprint; returns how many files could be used, for others are passed over."""
    tokenizer, done = build_tokenizer(token_set), 0
    for piece in pieces:
        try:
            read_piece(tokenizer, piece)
        except Exception:  # readers raise many types; building a store notes the reason, here time counts
            continue
        done += 1
    return done
