"""What the runs of a profile will cost, told before any of them starts: operations, memory, hours.

Operations are counted (:func:`lib.models.interface.flops_per_token`), memory is that of the very network,
and hours follow from a device's peak and the share of it that trainings of this kind have reached. Both are
figures of others, named in the output; for the machine at hand the peak is measured.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from lib.basics.machine import core_count, processor_name
from lib.basics.precision import MIXED, Precision, autocast, number_format
from lib.chapters.speed.bounds import layer_shapes, matmul_peak
from lib.chapters.speed.peaks import KNOWN, Device
from lib.data.tokenizer import build_tokenizer
from lib.models import build_model, count_parameters, flops_per_token
from lib.models.base import ConditionalModel
from lib.profiles import Profile
from lib.profiles.profile import RunSettings

GIB = 2**30
LABELS = 11, 6  # XMIDI's emotions and genres; other labels change the parameters by a few rows
COMPOSED_AT_ONCE = 64
LENGTHS = 16, 32, 48  # tokens; they tell what grows with the length from what stays and what grows faster


DEVICES = [device for device in KNOWN if device.name in ("NVIDIA L4", "NVIDIA A100 SXM", "NVIDIA H100 SXM")]

#: Shares of the peak that trainings of small GPTs have reached, and whose.
UTILISATIONS = (
    (0.37, "nanoGPT (transformer_sizing.ipynb), GPT-2 of 124 M parameters on one A100"),
    (0.52, "TinyLlama, 24,000 tokens/s at 1.1 B parameters on one A100, causal attention counted as here"),
)


@dataclass(frozen=True)
class Cost:
    """What one run asks for.

    Attributes:
        parameters: trainable numbers.
        flops: operations a token in training: three times the forward pass.
        tokens: the budget.
        weights, optimiser, activations: bytes while training, with the weights their gradients and, in mixed
            precision, their copies in bfloat16; activations of one batch, without what a fused attention
            kernel never stores.
        cache: bytes of the composing state for 64 pieces of `window` tokens in fp32.
    """

    parameters: int
    flops: int
    tokens: int
    weights: float
    optimiser: float
    activations: float
    cache: float

    @property
    def training_memory(self) -> float:
        """Bytes for a training step, apart from what torch itself keeps."""
        return self.weights + self.optimiser + self.activations

    def hours(self, peak: float, utilisation: float) -> float:
        """Hours for the budget on one device."""
        return self.tokens * self.flops / (peak * utilisation) / 3600


def cost_of(run: RunSettings, vocabulary_size: int) -> Cost:
    """Count what a run asks for; a few dozen tokens go through the network once, on the CPU."""
    training, model = run.training, build_model(run.model, vocabulary_size, *LABELS)
    parameters = count_parameters(model)["total"]
    state = model.empty_state(1, 1)
    width = sum(tensor.numel() * tensor.element_size() for tensor in _tensors(state))
    grows = run.model.kind == "transformer"
    weights = (10.0 if run.precision == MIXED else 8.0) * parameters
    return Cost(
        parameters,
        3 * flops_per_token(model, training.window),
        training.tokens,
        weights,
        8.0 * parameters,
        activation_bytes(model, run.precision) * training.batch_tokens,
        float(width * COMPOSED_AT_ONCE * (training.window if grows else 1)),
    )


def activation_bytes(model: ConditionalModel, precision: Precision) -> float:
    """Bytes a token that the backward pass needs of the forward pass, the loss included.

    Counted by torch's own hooks at three lengths; only what grows in proportion is counted. What stays are
    copies of the weights in another number format; what grows with the square are attention weights, which a
    fused kernel computes again instead of storing them.
    """
    saved = [_saved_bytes(model, length, precision) for length in LENGTHS]
    _, proportional, _ = np.polyfit(LENGTHS, saved, 2)
    return float(proportional)


def describe_costs(profile: Profile, peak_seconds: float = 1.0) -> list[str]:
    """Lines of plain text: each run of the profile, and where the figures come from."""
    vocabulary_size = len(build_tokenizer(profile.data.token_set))
    costs = {name: cost_of(profile.run(name), vocabulary_size) for name in profile.runs}
    devices = [*DEVICES, *_measured(profile, peak_seconds)]
    lines = [
        line
        for name, cost in costs.items()
        for line in _describe(profile.run(name), cost, len(profile.seeds))
    ]
    shares = " to ".join(f"{share:.0%}" for share, _ in UTILISATIONS)
    for name, cost in costs.items():
        remark = (
            ""
            if profile.runs[name].model.kind == "transformer"
            else (" (an LSTM, whose steps wait for each other, takes longer)")
        )
        lines.append(
            f"hours     {name}, one seed on one device, at {shares} of its peak{remark}: "
            + "; ".join(_hours(device, cost) for device in devices)
        )
    lines += [
        f"source    {device.name}, {device.peak / 1e12:,.4g} TFLOP/s: {device.source}" for device in devices
    ]
    return lines + [f"source    {share:.0%} of the peak: {who}" for share, who in UTILISATIONS]


def _describe(run: RunSettings, cost: Cost, seeds: int) -> list[str]:
    training, passes = run.training, run.training.max_passes
    limit = f", or {passes} passes over the training set if that is less" if passes else ""
    return [
        f"cost      {run.name}: {cost.parameters:,} parameters; {cost.flops / 1e6:,.1f} million operations "
        f"(FLOPs) a token in training, {cost.tokens:,} tokens{limit}; seeds: {seeds}",
        f"memory    {run.name}: weights and gradients {_size(cost.weights)}, optimiser "
        f"{_size(cost.optimiser)}, activations {_size(cost.activations)} (batch of "
        f"{training.batch_tokens:,} tokens); composing {COMPOSED_AT_ONCE} pieces of {training.window:,} "
        f"tokens: cache {_size(cost.cache)}",
    ]


def _hours(device: Device, cost: Cost) -> str:
    most, least = (cost.hours(device.peak, share) for share, _ in UTILISATIONS)
    fits = "" if cost.training_memory <= device.memory else " (the batch does not fit: raise accumulate)"
    return f"{device.name} {_number(least)} to {_number(most)} h{fits}"


def _measured(profile: Profile, seconds: float) -> list[Device]:
    """The processor at hand, its rate measured at the shapes of the first Transformer; none beside a GPU."""
    networks = [entry.model for entry in profile.runs.values() if entry.model.kind == "transformer"]
    if torch.cuda.is_available() or not networks:
        return []
    peak = matmul_peak(layer_shapes(networks[0], 2048), number_format(profile.precision), seconds)
    source = f"measured just now, {processor_name()}, {core_count()} cores; less while other programs run"
    return [Device(f"this machine in {profile.precision}", peak, float("inf"), source)]


def _saved_bytes(model: ConditionalModel, length: int, precision: Precision) -> int:
    found: dict[int, int] = {}
    own = {weight.data_ptr() for weight in model.parameters()}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            found[storage.data_ptr()] = storage.nbytes()
        return tensor

    tokens = torch.zeros(1, length, dtype=torch.long)
    label = torch.zeros(1, dtype=torch.long)
    with torch.autograd.graph.saved_tensors_hooks(keep, _same), autocast(precision, tokens.device):
        logits, _ = model.train()(tokens, label, label)
        F.cross_entropy(logits.flatten(0, 1).float(), tokens.flatten(), reduction="sum")
    return sum(found.values())


def _same(tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def _tensors(state) -> list[torch.Tensor]:
    values = state if isinstance(state, tuple) else vars(state).values()
    return [value for value in values if isinstance(value, torch.Tensor)]


def _size(count: float) -> str:
    return f"{count / GIB:.2f} GiB" if count >= 0.1 * GIB else f"{count / 2**20:.1f} MiB"


def _number(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 10 else f"{hours:.2g}"
