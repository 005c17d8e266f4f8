"""How fast a run would train on this machine, before its budget is chosen."""

import time
from dataclasses import dataclass

import torch

from lib.data.store import TokenStore
from lib.profiles.profile import RunSettings
from lib.training.devices import make_fabric, reproducible
from lib.training.loop import Training

WARM_UP_STEPS = 2  # the first steps allocate memory, choose kernels and, on a GPU, compile


@dataclass(frozen=True)
class Speed:
    """A measured training speed.

    Attributes:
        tokens_per_second: target tokens a second, without evaluations and checkpoints.
        seconds_per_step: seconds an optimiser step takes.
        data_share: the share of that time in which the step waits for its batches, 0 to 1.
    """

    tokens_per_second: float
    seconds_per_step: float
    data_share: float


def measure_speed(run: RunSettings, store: TokenStore, seconds: float = 10.0) -> Speed:
    """Train for about so many seconds, keep nothing, and report the speed.

    So many seconds times its `tokens_per_second` is the budget that fits the clock, evaluations apart.
    """
    fabric = make_fabric(run.precision)
    with reproducible(run.threads, fabric.device):
        training = Training(run, store, fabric)
        for _ in range(WARM_UP_STEPS):
            training.step()
        _wait(fabric.device)
        state = training.state
        before = state.tokens, state.step, state.seconds["data"]
        began = time.monotonic()
        while time.monotonic() - began < seconds or state.step == before[1]:
            training.step()
        _wait(fabric.device)
        took = time.monotonic() - began
    tokens, steps, data = state.tokens - before[0], state.step - before[1], state.seconds["data"] - before[2]
    return Speed(tokens / took, took / steps, data / took)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
