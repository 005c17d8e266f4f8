"""Does the book work on this GPU? One script without network or music: ``python -m lib.long_runs.gpu_check``.

Both of the original's networks, on random tokens: they train with `torch.compile`, stop half-way, and are
taken up again; then they compose a batch of pieces, whose logits are compared with the CPU's.
It prints a table, and as JSON what `book/evidence/` keeps. It needs torch (2.11 or newer), lightning-fabric,
safetensors, pydantic, PyYAML and NumPy, and nothing else of the book's environment.

Where there is no GPU, `--rehearse` runs all of it in miniature on the CPU; that says nothing about a GPU.
"""

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from lib.basics.errors import BookError
from lib.basics.files import write_json
from lib.basics.machine import git_commit, processor_name
from lib.basics.precision import MIXED, SINGLE, Precision, autocast, decide
from lib.basics.progress import say
from lib.chapters.speed.bounds import finish
from lib.chapters.speed.peaks import find_device
from lib.chapters.speed.random_tokens import EMOTIONS, GENRES, RandomTokens
from lib.composing.sampling import SamplingSettings, sample_tokens
from lib.models import build_model, flops_per_token
from lib.models.base import ConditionalModel
from lib.profiles import load_profile
from lib.profiles.profile import ModelSettings, RunSettings, TrainingSettings
from lib.training.checkpoint import copy_weights, now, read_weights
from lib.training.devices import device_at_hand, make_fabric, reproducible
from lib.training.loop import STATE, Training
from lib.training.memory import is_out_of_memory, memory_for

NEEDED = (
    "compile",
    "nn.functional.scaled_dot_product_attention",
    "nn.utils.get_total_norm",
    "distributed.is_torchelastic_launched",
    "random.fork_rng",
    "amp.autocast",
    "OutOfMemoryError",
)
"""Functions of torch that training and composing call and that older versions lack."""

LOGITS_APART = {MIXED: 1e-2, SINGLE: 2e-3}
"""Root mean square of the difference from the CPU's logits, against that of the logits themselves."""

LOSS_APART = 1e-3
"""How far the loss of a training that was taken up may lie from one that was not, against the loss: on a GPU
sums are added in varying order."""

VOCABULARY = [
    "PAD_None",
    "BOS_None",
    "EOS_None",
    "MASK_None",
    "Bar_None",
    *(f"Other_{number}" for number in range(481)),
]  # as many as the original's


@dataclass(frozen=True)
class Sizes:
    """How much work: training steps, rows of a batch, pieces composed at once, tokens of a piece."""

    steps: int
    rows: int
    pieces: int
    tokens: int
    models: dict[str, ModelSettings]


@dataclass
class Report:
    """Rows of (network, what, value, whether it is as it should be; None: a measurement)."""

    rows: list[tuple[str, str, str, bool | None]] = field(default_factory=list)
    numbers: dict[str, dict[str, object]] = field(default_factory=dict)

    def add(self, network: str, what: str, number: object, shown: str, good: bool | None = None) -> None:
        """One more row; `number` goes into the JSON."""
        self.rows.append((network, what, shown, good))
        self.numbers.setdefault(network, {})[what] = number

    @property
    def failures(self) -> list[str]:
        """What is not as it should be."""
        return [f"{network}: {what}" for network, what, _, good in self.rows if good is False]

    def table(self) -> str:
        """Plain text."""
        verdicts = {True: "as it should be", False: "WRONG", None: ""}
        widths = [max(len(row[column]) for row in self.rows) for column in range(3)]
        return "\n".join(
            "  ".join(
                [*(text.ljust(width) for text, width in zip(row[:3], widths, strict=True)), verdicts[row[3]]]
            ).rstrip()
            for row in self.rows
        )


def full_sizes() -> Sizes:
    """200 steps of the original's networks, and 64 pieces."""
    runs = load_profile("gpu").runs
    return Sizes(200, 16, 64, 128, {name: runs[name].model for name in ("lstm", "transformer")})


def rehearsal_sizes() -> Sizes:
    """The same in miniature."""
    small = {"hidden_size": 32, "num_layers": 2, "max_length": 32}
    shrunk = {
        name: model.model_copy(
            update=small | ({"num_heads": 2, "feed_forward_size": 64} if model.kind == "transformer" else {})
        )
        for name, model in full_sizes().models.items()
    }
    return Sizes(6, 4, 4, 24, shrunk)


def check_torch() -> None:
    """Refuse a torch that lacks what the book calls.

    Raises:
        BookError: with the name of the function.
    """
    for name in NEEDED:
        place = torch
        for part in name.split("."):
            place = getattr(place, part, None)
        if place is None:
            raise BookError(
                f"This torch ({torch.__version__}) has no torch.{name}, which the book calls: "
                "install 2.11 or newer."
            )


def check_gpu(rehearse: bool = False, peak: float | None = None) -> tuple[Report, dict[str, object]]:
    """All checks, on both networks.

    Args:
        rehearse: in miniature, on the CPU.
        peak: operations a second that the device could do at best; None: as its maker says, if it is known.

    Returns:
        The report, and everything as plain data.

    Raises:
        BookError: without a GPU; with one that is full or too old; with a torch that lacks a function.
    """
    check_torch()
    device = torch.device("cpu") if rehearse else device_at_hand()
    if not rehearse and device.type != "cuda":
        raise BookError(
            "There is no GPU here that torch can use; --rehearse runs the check in miniature on the CPU."
        )
    precision = SINGLE if rehearse else decide()
    known = None if rehearse else find_device(torch.cuda.get_device_name(device))
    if peak is None and known is not None and precision == MIXED:
        peak = known.peak
    report, sizes, began = Report(), rehearsal_sizes() if rehearse else full_sizes(), time.monotonic()
    for name, model in sizes.models.items():
        say(f"{name}: training {sizes.steps} steps, twice in part")
        with memory_for(f"a batch of {sizes.rows} × {model.max_length:,} tokens, original's {name}", device):
            network = _train(name, model, sizes, precision, peak, report)
        say(f"{name}: composing {sizes.pieces} pieces on {device.type} and CPU")
        with memory_for(f"composing {sizes.pieces} pieces with the original's {name}", device):
            _compose(name, network, sizes, precision, device, report)
    about = {
        "rehearsal": rehearse,
        "precision": precision,
        "peak_flops_per_second": peak,
        "peak_source": known.source if known and peak == known.peak else None,
        **_describe(device),
        "seconds": round(time.monotonic() - began, 1),
        "ended": now(),
    }
    sizes = asdict(replace(sizes, models={})) | {
        "models": {name: model.model_dump() for name, model in sizes.models.items()}
    }
    return report, {**about, "sizes": sizes, "found": report.numbers, "failures": report.failures}


def _train(
    name: str, model: ModelSettings, sizes: Sizes, precision: Precision, peak: float | None, report: Report
) -> ConditionalModel:
    """Train, stop half-way, take up; returns the trained network."""
    window = model.max_length
    recipe = TrainingSettings(
        tokens=10**12,
        window=window,
        batch_tokens=sizes.rows * window,
        optimiser="adam",
        learning_rate=1e-4,
        schedule="constant",
        clip=None,
        label_dropout=0.0,
    )
    run = RunSettings(
        name=name, model=model, training=recipe, seed=1, threads=torch.get_num_threads(), precision=precision
    )
    fabric, store = make_fabric(precision), RandomTokens(window, 8 * sizes.rows, VOCABULARY)
    on_gpu = fabric.device.type == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(fabric.device)
    with reproducible(run.threads, fabric.device), tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        training = Training(run, store, fabric)
        first = _first_step(training)
        _steps(training, sizes.steps // 2 - 1)
        training.save(folder)
        saved = _state_of(training)
        rest = sizes.steps - sizes.steps // 2
        seconds = _steps(training, rest)
        speed = rest * sizes.rows * window / seconds
        again = Training(run, store, fabric)
        again.resume(folder)
        same = _is_same(_state_of(again), saved) and _is_same(saved, read_weights(folder / STATE)[0])
        _steps(again, rest)
        before, after = (float(one.loss_sum) / one.state.row_tokens for one in (training, again))
    apart = abs(after - before) / before
    limit = LOSS_APART if on_gpu else 0.0
    report.add(name, "first step, with compiling, s", first, f"{first:,.1f}")
    report.add(name, "tokens/s", speed, f"{speed:,.0f}")
    share = None if peak is None else speed * 3 * flops_per_token(training.network, window) / peak
    report.add(name, "share of the peak", share, "unknown" if share is None else f"{share:.1%}")
    memory = torch.cuda.max_memory_allocated(fabric.device) / 2**30 if on_gpu else None
    report.add(name, "peak memory, GiB", memory, "unknown" if memory is None else f"{memory:.2f}")
    report.add(name, "mean loss, nats a token", before, f"{before:.4f}", bool(np.isfinite(before)))
    report.add(name, "taken up with the state that was saved", same, "yes" if same else "no", same)
    report.add(name, "loss taken up, relative difference", apart, f"{apart:.1e}", apart <= limit)
    return training.network.eval()


def _first_step(training: Training) -> float:
    """Seconds of the step that compiles.

    Raises:
        BookError: when torch cannot compile here, for want of a C compiler, say.
    """
    try:
        return _steps(training, 1)
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        reason = next((line.strip(" .") for line in str(error).splitlines() if line.strip()), repr(error))
        raise BookError(f"The first training step does not compile or run here: {reason}.") from error


def _steps(training: Training, count: int) -> float:
    """Seconds that so many steps take."""
    finish()
    began = time.perf_counter()
    for _ in range(count):
        training.step()
    finish()
    return time.perf_counter() - began


def _state_of(training: Training) -> dict[str, torch.Tensor]:
    """Weights and moments by the names of the state file."""
    found = {f"model.{name}": tensor for name, tensor in copy_weights(training.network).items()}
    for name, weight in training.network.named_parameters():
        for key, value in training.optimiser.state.get(weight, {}).items():
            found[f"optimiser.{key}.{name}"] = value.detach().to("cpu", copy=True)
    return found


def _is_same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@dataclass
class _Ids:
    """Of a grammar what composing without one needs."""

    kinds: list[str]
    size: int


def _compose(
    name: str,
    network: ConditionalModel,
    sizes: Sizes,
    precision: Precision,
    device: torch.device,
    report: Report,
) -> None:
    """Compose the same pieces on both devices, and read the CPU's pieces on both."""
    ids = _Ids([text.split("_")[0] for text in VOCABULARY], len(VOCABULARY))
    draw = SamplingSettings(max_tokens=sizes.tokens, seed=1, grammar=False)
    labels = [[number % count for number in range(sizes.pieces)] for count in (EMOTIONS, GENRES)]
    on_cpu = build_model(network.settings, ids.size, EMOTIONS, GENRES).eval()
    on_cpu.load_state_dict(copy_weights(network))
    expected = sample_tokens(on_cpu, *labels, draw, ids)
    sample_tokens(network, *labels, draw.model_copy(update={"max_tokens": 4}), ids)  # warms up
    finish()
    began = time.perf_counter()
    made = sample_tokens(network, *labels, draw, ids)
    finish()
    speed = sum(map(len, made)) / (time.perf_counter() - began)
    last = sizes.pieces - 1
    (alone,) = sample_tokens(
        network, *([kind[last]] for kind in labels), draw.model_copy(update={"seed": draw.seed + last}), ids
    )
    report.add(name, "composing, tokens/s", speed, f"{speed:,.0f}")
    equal = sum(np.array_equal(one, other) for one, other in zip(made, expected, strict=True))
    report.add(name, "pieces that are the CPU's to the last token", equal, f"{equal} of {sizes.pieces}")
    report.add(
        name,
        "a piece alone is the one among many",
        bool(np.array_equal(alone, made[last])),
        "yes" if np.array_equal(alone, made[last]) else "no, by rounding",
    )
    width = max(map(len, expected)) - 1
    read = [
        torch.from_numpy(np.stack([np.resize(piece[:-1], width) for piece in expected]).astype(np.int64)),
        *map(torch.tensor, labels),
    ]
    true = _logits(on_cpu, read, SINGLE)
    for format_of_numbers in dict.fromkeys((SINGLE, precision)):
        found = _logits(network, [part.to(device) for part in read], format_of_numbers).cpu()
        apart = float((found - true).square().mean().sqrt() / true.square().mean().sqrt())
        report.add(
            name,
            f"logits beside the CPU's, {format_of_numbers}",
            apart,
            f"{apart:.1e}",
            apart <= LOGITS_APART[format_of_numbers],
        )


@torch.no_grad()
def _logits(network: ConditionalModel, read: list[torch.Tensor], precision: Precision) -> torch.Tensor:
    with autocast(precision, network.device):
        return network(*read)[0].float()


def _describe(device: torch.device) -> dict[str, object]:
    found = {
        "processor": processor_name(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "commit": git_commit("lib"),
        "device": "CPU",
        "capability": None,
        "memory_bytes": None,
        "cuda": torch.version.cuda,
    }
    if device.type == "cuda":
        about = torch.cuda.get_device_properties(device)
        found |= {
            "device": about.name,
            "capability": f"{about.major}.{about.minor}",
            "memory_bytes": about.total_memory,
        }
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table and the JSON; the status is 1 when something is not as it should be."""
    parser = argparse.ArgumentParser(prog="gpu-check", description="Does the book work on this GPU?")
    parser.add_argument("--rehearse", action="store_true", help="in miniature, on the CPU")
    parser.add_argument(
        "--peak",
        type=float,
        metavar="TFLOPS",
        help="what the device could do at best, in 10¹² operations a second",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the JSON here")
    asked = parser.parse_args(arguments)
    try:
        report, found = check_gpu(asked.rehearse, asked.peak and asked.peak * 1e12)
        if asked.json:
            write_json(asked.json, found)
    except BookError as error:
        raise SystemExit(f"Error: {error}") from None
    remark = "; a rehearsal, which says nothing about a GPU" if asked.rehearse else ""
    head = (
        f"{found['device']}, torch {found['torch']}, Python {found['python']}, {found['precision']}, "
        f"{found['seconds']:g} s{remark}"
    )
    print(head, report.table(), json.dumps(found, ensure_ascii=False), sep="\n\n")
    if report.failures:
        raise SystemExit(f"Error: {len(report.failures)} not as it should be: {'; '.join(report.failures)}.")


if __name__ == "__main__":
    main()
