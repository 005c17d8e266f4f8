"""Which devices train and compose, and settings of torch under which two trainings give the same numbers."""

import contextlib
import logging
import os
import re
from collections.abc import Iterator

import numpy as np
import torch
from lightning_fabric import Fabric

from lib.basics.errors import BookError
from lib.basics.precision import Precision, refuse_impossible


def device_at_hand() -> torch.device:
    """The GPU if there is one, else the CPU: where networks are trained, compose and are judged.

    Raises:
        BookError: for a GPU that the installed torch has no kernels for.
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    capability = torch.cuda.get_device_capability()
    served = [
        (int(major), int(minor))
        for major, minor in re.findall(r"sm_(\d+)(\d)", " ".join(torch.cuda.get_arch_list()))
    ]
    if served and capability < min(served):
        own, oldest = (".".join(map(str, version)) for version in (capability, min(served)))
        raise BookError(
            f"The GPU {torch.cuda.get_device_name()} (compute capability {own}) is too old for "
            f"torch {torch.__version__}, which begins with {oldest}: hide it with "
            "CUDA_VISIBLE_DEVICES=-1, so that the CPU takes its place, or install a torch that "
            "still serves it."
        )
    return torch.device("cuda", torch.cuda.current_device())


def make_fabric(precision: Precision) -> Fabric:
    """Fabric for the devices at hand: one GPU if there is one, else the CPU.

    Started under `torchrun`, every process takes its device, and gradients are averaged over them all (DDP);
    several machines then need one shared folder for the runs.

    Args:
        precision: a decided one, see :mod:`lib.basics.precision`.

    Raises:
        BookError: when this device does not have it.
    """
    refuse_impossible(precision)
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it announces the precision every time
    accelerator = device_at_hand().type
    if torch.distributed.is_torchelastic_launched():
        local, world = int(os.environ["LOCAL_WORLD_SIZE"]), int(os.environ["WORLD_SIZE"])
        fabric = Fabric(
            accelerator=accelerator,
            devices=local,
            num_nodes=world // local,
            strategy="ddp",
            precision=precision,
        )
    else:
        fabric = Fabric(accelerator=accelerator, devices=1, precision=precision)
    fabric.launch()
    return fabric


@contextlib.contextmanager
def reproducible(threads: int, device: torch.device) -> Iterator[None]:
    """Fixed threads, deterministic kernels and a random state of its own inside; afterwards as before.

    The number of threads decides how sums are split and so their last digits. Deterministic kernels are asked
    for on the CPU only: on a GPU they cost speed, and not all that a network needs exist.
    """
    before = (
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.utils.deterministic.fill_uninitialized_memory,
    )
    with torch.random.fork_rng(devices=[device.index or 0] if device.type == "cuda" else []):
        try:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(device.type == "cpu")
            torch.utils.deterministic.fill_uninitialized_memory = False  # a debugging aid that costs time
            yield
        finally:
            torch.set_num_threads(before[0])
            torch.use_deterministic_algorithms(before[1])
            torch.utils.deterministic.fill_uninitialized_memory = before[2]


def seed_of(*parts: int) -> int:
    """A seed for torch from whole numbers such as (seed, step): other numbers give an unrelated seed."""
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> np.uint64(1))
