"""Where the time of a training step goes, by kind of operation: the original's way and ours, same network."""

from collections.abc import Callable

import pandas as pd
import torch
from torch.profiler import ProfilerActivity, profile

from lib.basics.precision import Precision
from lib.chapters.speed.plain import PlainTransformer, plain_loss, plain_step
from lib.chapters.speed.random_tokens import EMOTIONS, GENRES, RandomTokens
from lib.profiles.profile import ModelSettings, RunSettings, TrainingSettings
from lib.training.devices import make_fabric, reproducible
from lib.training.loop import Training

#: Kinds of operation, each with what the names of torch's operators begin with; the first that fits counts.
KINDS: dict[str, tuple[str, ...]] = {
    "matrix products": (
        "aten::addmm",
        "aten::mm",
        "aten::bmm",
        "aten::baddbmm",
        "aten::linear",
        "aten::mkldnn",
        "aten::matmul",
    ),
    "attention kernel": ("aten::_scaled_dot_product", "aten::scaled_dot_product"),
    "softmax and loss": (
        "aten::_softmax",
        "aten::softmax",
        "aten::_log_softmax",
        "aten::log_softmax",
        "aten::nll_loss",
        "aten::cross_entropy",
    ),
    "norms": ("aten::native_layer_norm", "aten::layer_norm"),
    "copies and number formats": (
        "aten::copy_",
        "aten::_to_copy",
        "aten::to",
        "aten::cat",
        "aten::clone",
        "aten::contiguous",
        "aten::fill_",
        "aten::zero_",
        "aten::empty",
        "aten::zeros",
        "aten::index_select",
        "aten::embedding",
    ),
    "optimiser": (
        "aten::_fused_adam",
        "Optimizer",
        "aten::_foreach",
        "aten::lerp",
        "aten::addcmul",
        "aten::addcdiv",
        "aten::sqrt",
    ),
    "sums and products by element": (
        "aten::add",
        "aten::mul",
        "aten::div",
        "aten::sub",
        "aten::sum",
        "aten::relu",
        "aten::threshold",
        "aten::clamp",
        "aten::square",
        "aten::neg",
        "aten::pow",
    ),
}
OTHER = "everything else"


def kind_of(operator: str) -> str:
    """The kind of an operator of torch.

    >>> kind_of("aten::addmm")
    'matrix products'
    """
    for kind, beginnings in KINDS.items():
        if operator.startswith(beginnings):
            return kind
    return OTHER


def time_shares(
    model: ModelSettings, rows: int, precision: Precision, threads: int, steps: int = 3
) -> pd.DataFrame:
    """Seconds of a training step by kind of operation, both ways on the same batches.

    Args:
        model: the original's kind of network; windows fill its positions.
        rows: windows in a batch.
        precision: a decided one, see :mod:`lib.basics.precision`.
        threads: of torch.
        steps: how many are looked at; one before them warms up.

    Returns:
        way ('plain' or 'ours'), kind, seconds (a step), share (of the way's step).
    """
    window = model.max_length
    recipe = TrainingSettings(
        tokens=10**12,
        window=window,
        batch_tokens=rows * window,
        optimiser="adam",
        schedule="constant",
        clip=None,
        label_dropout=0.0,
    )
    run = RunSettings(
        name="shares", model=model, training=recipe, seed=1, threads=threads, precision=precision
    )
    fabric = make_fabric(precision)
    with reproducible(threads, fabric.device):
        training = Training(run, RandomTokens(window), fabric)
        ours = _by_kind(training.step, steps)
        plain = PlainTransformer(model, len(training.store.vocabulary), EMOTIONS, GENRES).to(fabric.device)
        optimiser = torch.optim.Adam(plain.parameters(), lr=recipe.learning_rate)
        batch = training.batches.batch_at(0, 0).to(fabric.device)

        def step() -> None:
            loss = plain_loss(
                plain,
                batch.tokens,
                batch.targets,
                batch.emotion,
                batch.genre,
                training.store.pad_id,
                precision,
            )
            plain_step(plain, optimiser, loss)

        theirs = _by_kind(step, steps)
    return pd.concat([theirs.assign(way="plain"), ours.assign(way="ours")], ignore_index=True)


def _by_kind(step: Callable[[], None], steps: int) -> pd.DataFrame:
    step()
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if torch.cuda.is_available() else [])]
    with profile(activities=activities) as found:
        for _ in range(steps):
            step()
    seconds = dict.fromkeys([*KINDS, OTHER], 0.0)
    for event in found.key_averages():
        on_device = event.self_device_time_total if torch.cuda.is_available() else event.self_cpu_time_total
        seconds[kind_of(event.key)] += on_device / 1e6 / steps
    whole = sum(seconds.values())
    return pd.DataFrame(
        [{"kind": kind, "seconds": value, "share": value / whole} for kind, value in seconds.items()]
    )
