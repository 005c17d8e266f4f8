"""Two processes (gloo, DDP) train to the losses of one, since the global batch stays the same."""

import multiprocessing
import os
import socket

import pandas as pd
import pytest
from tiny_store import TinyStore, tiny_run

from lib.training import run_folder

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tiny_store", "lib.training.runs"])


def train_in(home, run, rank: int, world_size: int, port: int) -> None:
    """Request the run as one of several processes, with the variables that torchrun sets."""
    from lib.training import request_run

    os.environ["MOOD_HOME"] = str(home)
    if world_size > 1:
        os.environ |= {
            "TORCHELASTIC_RUN_ID": "test",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "GROUP_RANK": "0",
            "WORLD_SIZE": str(world_size),
            "LOCAL_WORLD_SIZE": str(world_size),
        }
    assert request_run(run, TinyStore(), quiet=True).status == "finished"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_two_processes_train_to_the_losses_of_one(tmp_path, monkeypatch, kind):
    run = tiny_run(kind, dropout=0.0, accumulate=2, batch_tokens=120, tokens=4_000)
    metrics = {}
    for world_size in (1, 2):
        home, port = tmp_path / str(world_size), free_port()
        group = [
            processes.Process(target=train_in, args=(home, run, rank, world_size, port))
            for rank in range(world_size)
        ]
        for process in group:
            process.start()
        for process in group:
            process.join(60)
            assert process.exitcode == 0
        monkeypatch.setenv("MOOD_HOME", str(home))
        metrics[world_size] = pd.read_csv(run_folder(run, TinyStore()) / "metrics.csv")
    pd.testing.assert_frame_equal(metrics[1], metrics[2], rtol=1e-5, atol=1e-5)
