"""Weights and training states as safetensors files: no pickle, nothing in them is executed.

A state file is the whole truth about an unfinished run: weights, the best weights so far, the optimiser's
moments, and, as JSON in its header, how far the run is and every metrics row until then. It is replaced in
one atomic move, so there is no moment at which a killed process leaves files that contradict each other.
"""

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from lib.basics.errors import BookError
from lib.basics.files import hash_of_bytes, hash_of_json, write_bytes

Weights = dict[str, Tensor]


def now() -> str:
    """Date, time and offset from UTC, to the second."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def run_identity(settings: dict, store_hash: str) -> str:
    """What a run's state is marked with, so that no other run takes it up: a hash over settings and data."""
    return hash_of_json([settings, store_hash])


@dataclass
class TrainingState:
    """How far a run is: all that the next step depends on, apart from weights and the optimiser's moments.

    `seconds` by category: the loop without checkpoints (of which waiting for data, and evaluations), and
    checkpoints. They and `started` never enter the metrics.
    """

    identity: str = ""  # of the run; see :func:`run_identity`
    step: int = 0  # optimiser steps done
    tokens: int = 0  # target tokens seen
    epoch: int = 0
    batch: int = 0  # the next batch of that epoch
    status: str = "training"  # then "finished" or "diverged"
    best_loss: float | None = None  # lowest validation loss, nats/token
    best_step: int | None = None
    row_loss: float = 0.0  # nats since the last metrics row, summed over tokens
    row_norm: float = 0.0  # gradient norms since the last metrics row, summed over steps
    row_tokens: int = 0
    row_steps: int = 0
    rows: list[dict] = field(default_factory=list)  # the metrics so far
    started: str = field(default_factory=now)
    sessions: int = 0  # times that training began or was taken up again
    seconds: dict[str, float] = field(default_factory=dict)

    def spend(self, purpose: str, seconds: float) -> None:
        """Book time on a purpose."""
        self.seconds[purpose] = self.seconds.get(purpose, 0.0) + seconds

    def count_step(self, tokens: int) -> None:
        """Count one optimiser step on so many target tokens."""
        self.step, self.tokens = self.step + 1, self.tokens + tokens
        self.row_steps, self.row_tokens = self.row_steps + 1, self.row_tokens + tokens


def write_weights(path: Path, weights: Weights, about: dict) -> str:
    """Write weights with a JSON description in the header; return the file's SHA-256.

    The same weights and description give the same bytes.
    """
    # One header key only: safetensors writes several in an order that differs between processes.
    content = save(dict(weights), metadata={"about": json.dumps(about)})
    write_bytes(path, content)
    return hash_of_bytes(content)


def read_weights(path: Path) -> tuple[Weights, dict]:
    """Weights (on the CPU) and description from a file of :func:`write_weights`.

    Raises:
        BookError: when the file is missing, truncated, or not of that kind.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {})["about"])
            return {name: file.get_tensor(name) for name in file.keys()}, about  # noqa: SIM118 no mapping
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise BookError(
            f"The checkpoint {path} is missing, damaged or of another program ({error}): "
            f"delete it and train again."
        ) from error


def load_weights(model: nn.Module, weights: Weights, path: Path) -> None:
    """Copy `weights`, which came from `path`, into `model`.

    Raises:
        BookError: when names or shapes differ, that is, the checkpoint is of another configuration.
    """
    own = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    given = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    if own != given:
        differing = sorted(name for name in own.keys() | given.keys() if own.get(name) != given.get(name))
        others = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
        raise BookError(
            f"The checkpoint {path} is of another model configuration (it differs in "
            f"{differing[0]}{others}): load it with the settings it was trained with."
        )
    model.load_state_dict(weights)


def copy_weights(model: nn.Module) -> Weights:
    """The weights as they are now, on the CPU, untouched by further training."""
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in model.state_dict().items()}


def save_state(
    path: Path, model: nn.Module, best: Weights, state: TrainingState, optimiser: torch.optim.Optimizer | None
) -> None:
    """Write the state of a run to `path`; without optimiser and `best` it holds the last weights, no more.

    Raises:
        BookError: when the disk is full or not writable; an earlier state at `path` stays intact.
    """
    tensors = {f"model.{name}": tensor.detach() for name, tensor in model.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in best.items()}
    if optimiser is not None:
        for name, parameter in model.named_parameters():
            for key, value in optimiser.state.get(parameter, {}).items():
                tensors[f"optimiser.{key}.{name}"] = value
    write_weights(path, tensors, dataclasses.asdict(state))


def load_state(
    path: Path, model: nn.Module, optimiser: torch.optim.Optimizer
) -> tuple[TrainingState, Weights]:
    """Restore model and optimiser from a file of :func:`save_state`.

    Returns:
        The state and the best weights so far (empty before the first evaluation).

    Raises:
        BookError: when the file is damaged or of another configuration.
    """
    tensors, about = read_weights(path)
    parts: dict[str, Weights] = {"model": {}, "best": {}, "optimiser": {}}
    for full_name, tensor in tensors.items():
        part, _, name = full_name.partition(".")
        parts.get(part, {})[name] = tensor
    load_weights(model, parts["model"], path)
    try:
        state = TrainingState(**about)
        parameters = dict(model.named_parameters())
        for full_name, value in parts["optimiser"].items():
            key, _, name = full_name.partition(".")
            # A copy, since tensors of a file lie where its header ends, and kernels that add in blocks of the
            # memory's alignment would round otherwise than those of a run that was left alone.
            optimiser.state[parameters[name]][key] = value.to(parameters[name].device, copy=True)
    except (TypeError, KeyError) as error:
        raise BookError(
            f"The checkpoint {path} was written by another version ({error}): delete it and train again."
        ) from error
    return state, parts["best"]
