"""One function decides in which number format networks are trained, and no other place names one."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from lib.basics import precision
from lib.basics.errors import BookError
from lib.basics.places import PROJECT
from lib.basics.precision import MIXED, SINGLE

WEAK = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}


@pytest.fixture(autouse=True)
def afresh():
    def forget():
        precision.decide.cache_clear()
        precision._obstacle.cache_clear()

    forget()
    yield
    forget()


def answer(monkeypatch, *, says=True, avx=True, amx=False, gpus=()):
    """A processor that says this of itself, and GPUs of these capabilities."""
    functions = SimpleNamespace(_is_mkldnn_bf16_supported=lambda: says)
    monkeypatch.setattr(torch.ops, "mkldnn", functions)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(gpus))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(gpus))
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda number: gpus[number])


@pytest.mark.parametrize(
    ("of_device", "trains", "decided"),
    [
        ({}, True, MIXED),
        ({"avx": False, "amx": True}, True, MIXED),
        ({"avx": False}, True, SINGLE),
        ({"says": False}, True, SINGLE),
        ({}, False, SINGLE),
        ({"says": False, "gpus": [(8, 0)]}, False, MIXED),
        ({"gpus": [(9, 0), (7, 5)]}, True, SINGLE),
    ],
)
def test_mixed_only_where_bfloat16_is_multiplied_natively(monkeypatch, of_device, trains, decided):
    answer(monkeypatch, **of_device)
    monkeypatch.setattr(precision, "_lstm_trains", lambda: trains)
    assert precision.decide() == precision.resolve("auto") == decided
    assert decided in precision.describe()
    if decided == SINGLE:
        with pytest.raises(BookError, match=f"^The precision {MIXED} was asked for by name, but [^\n]*$"):
            precision.resolve(MIXED)
    else:
        assert precision.resolve(MIXED) == MIXED
    assert precision.resolve(SINGLE) == SINGLE


@pytest.mark.parametrize("name", ["_is_avx512_bf16_supported", "_is_amx_tile_supported"])
def test_a_function_that_this_torch_lacks_is_a_no(monkeypatch, name):
    answer(monkeypatch, avx=False)
    monkeypatch.delattr(torch.cpu, name)
    assert precision.decide() == SINGLE
    monkeypatch.setattr(torch.ops, "mkldnn", SimpleNamespace())
    precision._obstacle.cache_clear()
    assert not precision._processor_multiplies()


def test_an_lstm_without_a_kernel_is_a_no_and_random_numbers_stay(monkeypatch):
    before = torch.get_rng_state()
    precision._lstm_trains()
    assert torch.equal(torch.get_rng_state(), before)

    def refuse(*inputs):
        raise RuntimeError("could not create a primitive descriptor for the LSTM")

    monkeypatch.setattr(torch.nn.LSTM, "forward", refuse)
    assert not precision._lstm_trains()


def test_another_word_is_answered_with_those_that_serve():
    with pytest.raises(BookError, match=f"no precision '16'; choose one of: auto, {SINGLE}, {MIXED}"):
        precision.resolve("16")


def python(code, **variables):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_decision_follows_what_the_processor_is_allowed():
    """oneDNN's own variable holds it to AVX2: the book must not train in what is then missing."""
    code = """
from lib.profiles import load_profile
from lib.profiles.profile import profile_names
print({load_profile(name).run(run).precision for name in profile_names() for run in ("lstm", "transformer")})
"""
    done = python(code, **WEAK)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{{'{SINGLE}'}}\n"


def test_a_named_precision_that_is_missing_ends_a_command_in_one_sentence():
    done = python(f"from lib.cli import main; main(['bench', 'tokenise', '--precision', '{MIXED}'])", **WEAK)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"Error: The precision {MIXED} was asked for by name, but this processor")


# What was made with it, once.
RECORDS = ("book/evidence/", "book/numbers/", "lib/pretrained/card.json", "lib/pretrained/MODEL_CARD.md")
BY_NAME = {"lib/basics/precision.py", "lib/profiles/evidence.yaml", "lib/pretrained/recipe.yaml"}


def test_no_other_file_names_a_precision():
    kinds = {".py", ".ipynb", ".yaml", ".yml", ".md", ".json", ".html", ".js", ""}
    files = [
        PROJECT / "README.md",
        PROJECT / "Makefile",
        *(
            path
            for folder in ("lib", "notebooks", "book", ".github", ".ci")
            for path in (PROJECT / folder).rglob("*")
            if path.suffix in kinds and path.is_file()
        ),
    ]
    naming = {
        path.relative_to(PROJECT).as_posix()
        for path in files
        if any(name in path.read_text(encoding="utf-8") for name in (SINGLE, MIXED))
    }
    assert {name for name in naming if not name.startswith(RECORDS)} == BY_NAME
