"""The check of a GPU, rehearsed on the CPU: all of it but torch.compile runs, and it finds what is wrong."""

import itertools
import json
import subprocess
import sys

import pytest
import torch

from lib.basics.errors import BookError
from lib.basics.places import PROJECT
from lib.chapters.speed.peaks import KNOWN, find_device
from lib.chapters.speed.random_tokens import EMOTIONS, GENRES
from lib.long_runs import gpu_check
from lib.models import build_model, count_parameters
from lib.training.loop import Training

ABSENT = [
    "dask",
    "datasketch",
    "joblib",
    "matplotlib",
    "miditok",
    "music21",
    "papermill",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
    "statsmodels",
    "symusic",
    "tokenizers",
    "typer",
    "verovio",
]


def test_the_rehearsal_goes_well_and_says_that_it_is_one(capsys, tmp_path):
    gpu_check.main(["--rehearse", "--json", str(tmp_path / "found.json")])
    head, table, data = capsys.readouterr().out.split("\n\n")
    assert "a rehearsal, which says nothing about a GPU" in head
    assert table.count("taken up with the state that was saved       yes") == 2
    found = json.loads(data)
    assert found == json.loads((tmp_path / "found.json").read_text())
    assert found["rehearsal"] is True
    assert found["failures"] == []
    assert set(found["found"]) == {"lstm", "transformer"}
    assert found["found"]["lstm"]["tokens/s"] > 0


def test_the_networks_are_the_originals():
    sizes = gpu_check.full_sizes()
    assert (sizes.steps, sizes.pieces) == (200, 64)
    with torch.device("meta"):
        networks = {
            name: build_model(model, len(gpu_check.VOCABULARY), EMOTIONS, GENRES)
            for name, model in sizes.models.items()
        }
    counts = {name: count_parameters(network)["total"] for name, network in networks.items()}
    assert {name: round(count / 1e5) for name, count in counts.items()} == {"lstm": 14, "transformer": 389}


def test_another_answer_of_the_device_is_found(monkeypatch, capsys):
    true, factors = gpu_check._logits, itertools.cycle((1.0, 1.02))  # the CPU is asked first
    monkeypatch.setattr(gpu_check, "_logits", lambda *given: true(*given) * next(factors))
    with pytest.raises(SystemExit, match="Error: 2 not as it should be: lstm: logits beside the CPU's, "):
        gpu_check.main(["--rehearse"])
    assert "WRONG" in capsys.readouterr().out


def test_a_training_that_is_not_taken_up_is_found(monkeypatch):
    monkeypatch.setattr(Training, "resume", lambda *_: None)
    monkeypatch.setattr(gpu_check, "_compose", lambda *_: None)
    with pytest.raises(SystemExit, match="taken up with the state"):
        gpu_check.main(["--rehearse"])


def test_without_a_gpu_it_says_so(capsys):
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(SystemExit, match="Error: There is no GPU here that torch can use; --rehearse runs"):
        gpu_check.main([])


def test_a_torch_that_lacks_a_function_is_refused_by_its_name(monkeypatch):
    monkeypatch.delattr(torch.nn.utils, "get_total_norm")
    with pytest.raises(BookError, match=r"no torch\.nn\.utils\.get_total_norm, .*install 2\.11 or newer\."):
        gpu_check.check_gpu(rehearse=True)


def test_a_full_gpu_and_a_missing_compiler_are_sentences(monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(Training, "step", full)
    with pytest.raises(BookError, match=r"memory does not suffice for a batch of 4 × 32 tokens"):
        gpu_check.check_gpu(rehearse=True)

    def without_compiler(*_):
        raise RuntimeError("\nFailed to find C compiler. Please specify via CC environment variable.\n")

    monkeypatch.setattr(Training, "step", without_compiler)
    with pytest.raises(BookError, match=r"does not compile or run here: Failed to find C compiler\. Please"):
        gpu_check.check_gpu(rehearse=True)


def test_it_needs_torch_and_little_else():
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({ABSENT!r})); "
        "from lib.long_runs.gpu_check import main; main(['--rehearse'])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_share_is_of_a_known_peak_or_of_the_one_given():
    report, found = gpu_check.check_gpu(rehearse=True, peak=1e12)
    assert 0 < report.numbers["lstm"]["share of the peak"] < 1
    assert found["peak_flops_per_second"] == 1e12
    assert find_device("NVIDIA H200").peak == 989.5e12
    assert find_device("NVIDIA A100-SXM4-80GB").name == "NVIDIA A100 SXM"
    assert find_device("Another GPU") is None
    names = [name for device in KNOWN for name in device.said]
    assert len(names) == len(set(names))
