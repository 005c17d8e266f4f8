"""`torchrun` itself starts two processes, which train to the losses of one."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from tiny_store import TinyStore, tiny_run

from lib.training import open_run, request_run, run_folder

WORKER = Path(__file__).with_name("torchrun_worker.py")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_two_processes_of_torchrun_train_to_the_losses_of_one(tmp_path, monkeypatch, kind):
    homes = {count: tmp_path / str(count) for count in (1, 2)}
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        str(WORKER),
        kind,
    ]
    helpers = str(Path(__file__).parents[1] / "helpers")
    environment = os.environ | {"MOOD_HOME": str(homes[2]), "OMP_NUM_THREADS": "1", "PYTHONPATH": helpers}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    run = tiny_run(kind, dropout=0.0, accumulate=2, batch_tokens=120, tokens=4_000)
    monkeypatch.setenv("MOOD_HOME", str(homes[1]))
    one = request_run(run, TinyStore(), quiet=True)
    monkeypatch.setenv("MOOD_HOME", str(homes[2]))
    two = open_run(run_folder(run, TinyStore()))
    assert (one.provenance["processes"], two.provenance["processes"]) == (1, 2)
    pd.testing.assert_frame_equal(one.metrics, two.metrics, rtol=1e-5, atol=1e-5)
