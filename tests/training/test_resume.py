"""Killed at any moment and requested again, a run ends with the bits of a run that was left alone.

Trainings run in processes forked from a server that has imported everything, so that each starts within
milliseconds.
"""

import math
import multiprocessing
import os
import random
import signal
import time

import pytest
from tiny_store import TinyStore, tiny_run

from lib.basics.precision import SINGLE, decide
from lib.training import run_folder
from lib.training.checkpoint import read_weights
from lib.training.loop import STATE

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tiny_store", "lib.training.runs"])


def train_in(home, run, checkpoint_seconds: float = 0.0) -> None:
    """Request the run in a process of its own; checkpoints come after every step, or less often."""
    from lib.training import loop, request_run

    os.environ["MOOD_HOME"] = str(home)
    loop.CHECKPOINT_SECONDS, loop.CHECKPOINT_SHARE = checkpoint_seconds, math.inf
    loop.ROWS = 7  # several steps a row, so that most checkpoints fall between two rows
    request_run(run, TinyStore(), quiet=True)


def train_and_tell(home, run) -> None:
    """Like `train_in`; leaves a line in a file if it trained."""
    from lib.training import runs

    real = runs.train

    def train_and_write(*arguments):
        with open(home / "trainings", "a") as file:
            file.write("trained\n")
        return real(*arguments)

    runs.train = train_and_write
    train_in(home, run)


def die_in(home, run, function_name) -> None:
    """Like `train_in`, but killed when the registry first calls one of its own functions after training."""
    from lib.training import runs

    real = runs.train

    def train_then_set_the_trap(*arguments):
        training = real(*arguments)
        setattr(runs, function_name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        return training

    runs.train = train_then_set_the_trap
    train_in(home, run)


def begin(home, run, target=train_in, *arguments):
    process = processes.Process(target=target, args=(home, run, *arguments))
    process.start()
    return process


def folder_in(home, run, monkeypatch):
    monkeypatch.setenv("MOOD_HOME", str(home))
    return run_folder(run, TinyStore())


def wait_for_progress(path, process) -> None:
    """Return when the file was written (again)."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    deadline = time.monotonic() + 60
    while process.is_alive() and time.monotonic() < deadline:
        if path.exists() and path.stat().st_mtime_ns > before:
            return
        time.sleep(0.002)


def results(folder) -> tuple:
    """All numbers that a run ends with. A run killed after its last step, while its state was being reduced
    to the last weights, keeps the optimiser's moments beside them; only the weights are compared.
    """
    tensors, about = read_weights(folder / STATE)
    weights = {
        name: tensor.numpy().tobytes() for name, tensor in tensors.items() if name.startswith("model.")
    }
    return (
        (folder / "metrics.csv").read_bytes(),
        (folder / "model.safetensors").read_bytes(),
        weights,
        about["tokens"],
    )


@pytest.mark.parametrize("precision", sorted({SINGLE, decide()}))
@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_killed_runs_end_like_uninterrupted_ones(tmp_path, monkeypatch, kind, precision):
    run = tiny_run(kind, precision, accumulate=2, transpose=True, schedule="onecycle", tokens=20_000)
    moments = random.Random(f"{kind} {precision}")
    alone = begin(tmp_path / "alone", run)
    folder = folder_in(tmp_path / "killed", run, monkeypatch)
    kills = 0
    for attempt in range(5):
        process = begin(tmp_path / "killed", run)
        if attempt:  # the first may be hit before it has begun
            wait_for_progress(folder / STATE, process)
        time.sleep(moments.uniform(0, 0.15))
        process.kill()
        process.join()
        kills += process.exitcode == -signal.SIGKILL
    assert kills >= 3, "the run is too short to be killed"
    last = begin(tmp_path / "killed", run)
    last.join()
    alone.join()
    assert (last.exitcode, alone.exitcode) == (0, 0)
    assert results(folder) == results(folder_in(tmp_path / "alone", run, monkeypatch))


@pytest.mark.parametrize("function_name", ["write_weights", "write_json", "save_state"])
def test_killed_while_it_is_completed(tmp_path, monkeypatch, function_name):
    """Before the best weights are written, before the provenance is, and before the state is reduced."""
    run = tiny_run(tokens=2_000)
    killed, alone = begin(tmp_path / "killed", run, die_in, function_name), begin(tmp_path / "alone", run)
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    last = begin(tmp_path / "killed", run)
    last.join()
    alone.join()
    assert (last.exitcode, alone.exitcode) == (0, 0)
    folders = [folder_in(tmp_path / home, run, monkeypatch) for home in ("killed", "alone")]
    assert results(folders[0]) == results(folders[1])
    assert not list(folders[0].parent.glob("*.aside-*"))


def test_ctrl_c_saves_and_the_run_goes_on(tmp_path, monkeypatch):
    run = tiny_run(tokens=20_000)
    folder = folder_in(tmp_path / "stopped", run, monkeypatch)
    process = begin(tmp_path / "stopped", run, train_in, 3600.0)
    wait_for_progress(folder / "metrics.csv", process)
    time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    process.join()
    assert process.exitcode != 0
    assert 0 < read_weights(folder / STATE)[1]["tokens"] < 20_000
    for home in ("stopped", "alone"):
        process = begin(tmp_path / home, run)
        process.join()
        assert process.exitcode == 0
    assert results(folder) == results(folder_in(tmp_path / "alone", run, monkeypatch))


def test_two_processes_with_one_request_train_once(tmp_path, monkeypatch):
    run = tiny_run()
    both = [begin(tmp_path, run, train_and_tell) for _ in range(2)]
    for process in both:
        process.join()
        assert process.exitcode == 0
    assert (tmp_path / "trainings").read_text() == "trained\n"
    assert not list(folder_in(tmp_path, run, monkeypatch).parent.glob("*.aside-*"))
