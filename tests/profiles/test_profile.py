"""Profiles are checked: what is misspelt or impossible is named, with the file."""

from pathlib import Path

import pytest
import yaml

from lib.basics import precision
from lib.basics.errors import BookError
from lib.basics.precision import AUTO, MIXED, SINGLE, resolve
from lib.profiles import load_profile, profile as profile_module, profile_names
from lib.profiles.profile import FOLDER, read_profile


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_loads_and_lists_the_runs_that_the_chapters_ask_for(name):
    profile = load_profile(name)
    assert profile.name == name
    assert profile.run("lstm").model.kind == "lstm"
    assert profile.run("transformer").model.kind == "transformer"


@pytest.mark.parametrize("name", profile_names())
def test_a_loaded_profile_has_decided_its_precision(name):
    """Only the long runs name one, so that a machine of another kind can go on with them."""
    written = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())["precision"]
    assert written == (SINGLE if name == "evidence" else AUTO)
    profile = load_profile(name)
    assert profile.precision == profile.run("lstm").precision == resolve(written)


def test_a_named_precision_that_is_missing_is_refused_with_the_profile(tmp_path, monkeypatch):
    monkeypatch.setattr(precision, "_obstacle", lambda: "this processor is too old")
    monkeypatch.setattr(profile_module, "FOLDER", tmp_path)
    altered(tmp_path, "precision: auto", f"precision: {MIXED}")
    with pytest.raises(BookError, match=f"{MIXED} was asked for by name, but this processor is too old"):
        load_profile("smoke")
    altered(tmp_path, "precision: auto", f"precision: {SINGLE}")
    assert load_profile("smoke").precision == SINGLE


def altered(tmp_path, old, new):
    text = (FOLDER / "smoke.yaml").read_text()
    assert old in text
    path = tmp_path / "smoke.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed:", "sead:", "unknown key 'sead'|wrong at 'seed'"),
        ("temperature: 1.0", "temperature: -1.0", "generation.temperature"),
        ("hidden_size: 64, num_layers: 2", "hidden_size: 63, num_layers: 2", "63 is not divisible"),
        ("kind: lstm", "kind: gru", "runs.lstm.model.kind"),
        ("positions: none", "positions: learned, max_length: 100", "'lstm' learns positions .* 101 tokens"),
        ("window: 256", "windows: 256", "unknown key 'runs.lstm.training.windows'"),
        ("precision: auto", "precision: half", "wrong at 'precision': .*auto"),
        ("threads: 2", "threads: 2\nthreads: 4", "the key 'threads' is given twice"),
    ],
)
def test_a_wrong_key_or_value_is_named_in_one_sentence(tmp_path, old, new, said):
    with pytest.raises(BookError, match=said) as error:
        read_profile(altered(tmp_path, old, new))
    assert "smoke.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_profile_is_answered_with_the_known_ones():
    with pytest.raises(BookError, match="no profile 'laptob'; choose one of: smoke, laptop"):
        load_profile("laptob")


def test_an_unknown_run_is_answered_with_the_known_ones():
    with pytest.raises(BookError, match=r"no run named 'rnn'; it has: .*lstm"):
        load_profile("smoke").run("rnn")


def test_a_data_folder_replaces_the_embedded_corpus(tmp_path):
    assert load_profile("smoke").data.folder is None
    assert load_profile("smoke", tmp_path).data.folder == tmp_path
    assert load_profile("smoke", tmp_path).data.name == tmp_path.name


SIZES = {
    "hidden_size",
    "num_layers",
    "num_heads",
    "feed_forward_size",
    "max_length",
    "tokens",
    "window",
    "batch_tokens",
    "learning_rate",
    "evaluations",
    "evaluation_tokens",
}


def test_the_dry_run_differs_from_the_gpu_profile_in_sizes_alone():
    gpu, dry = load_profile("gpu"), load_profile("gpu-dry")
    assert gpu.seeds == dry.seeds
    assert gpu.experiments.fresh == dry.experiments.fresh
    assert gpu.ablation.ablations == dry.ablation.ablations
    entries = [
        (profile.runs["lstm"], profile.runs["transformer"], profile.experiments) for profile in (gpu, dry)
    ]
    for large, small in zip(*entries, strict=True):
        assert large.model.model_dump(exclude=SIZES) == small.model.model_dump(exclude=SIZES)
        assert large.training.model_dump(exclude=SIZES) == small.training.model_dump(exclude=SIZES)
        assert small.training.tokens < large.training.tokens / 1000


def test_a_folder_that_papermill_takes_for_a_number():
    assert load_profile("smoke", 2024).data.folder == Path("2024").resolve()
    for value in (True, 20.5, None):
        with pytest.raises(BookError, match="'-r data'"):
            load_profile("smoke", value)
