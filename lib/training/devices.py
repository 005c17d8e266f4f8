"""Which devices train, and the settings of torch under which two trainings give the same numbers."""

import contextlib
import logging
import os
from collections.abc import Iterator

import numpy as np
import torch
from lightning_fabric import Fabric

from lib.basics.precision import Precision, refuse_impossible


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
    accelerator = "cuda" if torch.cuda.is_available() else "cpu"
    if torch.distributed.is_torchelastic_launched():
        local, world = int(os.environ["LOCAL_WORLD_SIZE"]), int(os.environ["WORLD_SIZE"])
        fabric = Fabric(accelerator=accelerator, devices=local, num_nodes=world // local, strategy="ddp",
                        precision=precision)
    else:
        fabric = Fabric(accelerator=accelerator, devices=1, precision=precision)
    fabric.launch()
    return fabric


@contextlib.contextmanager
def reproducible(threads: int, device: torch.device) -> Iterator[None]:
    """Fixed threads, deterministic kernels and a random state of its own inside; afterwards as before.

    The number of threads decides how sums are split and so their last digits. Deterministic kernels are asked
    for
    on the CPU only: on a GPU they cost speed, and not all that a network needs exist.
    """
    before = (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(),
              torch.utils.deterministic.fill_uninitialized_memory)
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
