"""Sweeps: refused as a whole before anything trains, found again, and resumed through the registry."""

import os
import signal
from typing import get_args

import numpy as np
import pytest

from lib.basics.errors import BookError
from lib.chapters.hyperparameters import outcomes as hyperparameters
from lib.experiments import designs, sweeps
from lib.experiments.stores import LEFT_OUT, DataChange, with_fewer_pieces, with_noise
from lib.experiments.sweeps import curves, plan, run_sweep
from lib.profiles import load_profile
from lib.profiles.profile import SweepName, profile_names


@pytest.fixture(scope="module")
def base():
    run = designs.sweep_default(load_profile("smoke"))
    training = run.training.model_copy(update={"tokens": 1500, "window": 64, "batch_tokens": 256})
    model = run.model.model_copy(update={"hidden_size": 8, "num_layers": 1, "num_heads": 2, "max_length": 64})
    return run.model_copy(update={"training": training, "model": model})


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"label": "a", "learning_rat": 1}, "entry 'a' of the sweep has an unknown key 'learning_rat'"),
        ({"label": "a", "learning_rate": -1}, "'a' of the sweep is impossible at 'learning_rate'"),
        ({"label": "a", "num_heads": 3}, "not divisible by num_heads 3"),
        ({"label": "a", "norm": "sideways"}, "impossible at 'norm'"),
        ({"label": "a", "data_share": 0}, "impossible at 'data_share'"),
        ({"label": "a", "noise_share": 0.2}, "say nothing without a noise"),
        ({"label": "a", "batch_tokens": 8}, "not one window of 64 tokens fits into a batch of 8"),
        ({"label": "a", "max_length": 8}, "8 learned positions do not reach over a window of 64"),
        ({"learning_rate": 1e-3}, "Entry 2 of the sweep has no label"),
        ({"label": "default"}, "Two entries of the sweep are called 'default'"),
    ],
)
def test_a_wrong_entry_is_named_before_anything_trains(base, entry, told, home):
    with pytest.raises(BookError, match=told):
        plan(base, [{"label": "default"}, entry])
    assert not (home / "artifacts").exists()


def test_every_sweep_of_every_profile_is_possible():
    for name in profile_names():
        profile = load_profile(name)
        base = designs.sweep_default(profile)
        for sweep in get_args(SweepName):
            assert plan(base, hyperparameters.sweep_entries(sweep, profile))
        assert plan(base, designs.norms(profile))


def test_depths_at_equal_parameters_agree(base):
    from lib.models import build_model, count_parameters

    run = designs.sweep_default(load_profile("laptop"))
    totals = [
        count_parameters(build_model(trial.run.model, 500, 4, 4))["total"]
        for trial in plan(run, designs.depths_at_equal_parameters(run))
    ]
    assert max(totals) / min(totals) < 1.02


def test_runs_are_shared_found_again_and_told_in_one_table(base, tiny_store, capsys):
    trials = plan(
        base,
        [
            {"label": "default"},
            {"label": "fast", "learning_rate": 1e-2},
            {"label": "half", "data_share": 0.5},
        ],
    )
    first = run_sweep(trials, tiny_store)
    assert first["label"].tolist() == ["default", "fast", "half"]
    assert first["learning_rate"].tolist() == [base.training.learning_rate, 1e-2, base.training.learning_rate]
    assert first["folder"].nunique() == 3
    assert (first["status"] == "finished").all()
    capsys.readouterr()
    again = run_sweep(plan(base, [{"label": "other name"}]), tiny_store)
    assert "sweep: run" not in capsys.readouterr().err, "nothing trains twice"
    assert again["folder"].iloc[0] == first["folder"].iloc[0]
    assert set(curves(first)["label"]) == {"default", "fast", "half"}


def test_a_damaged_run_is_moved_aside_and_trained_again(base, tiny_store, capsys):
    trials = plan(base, [{"label": "default"}])
    first = run_sweep(trials, tiny_store)
    (first["folder"].iloc[0] / "model.safetensors").write_bytes(b"half copied")
    again = run_sweep(trials, tiny_store)
    assert again["validation_loss"].iloc[0] == first["validation_loss"].iloc[0]
    assert list(first["folder"].iloc[0].parent.glob("*.aside-1"))


def test_side_by_side_gives_the_same_numbers(base, tiny_store, tmp_path, monkeypatch):
    trials = plan(base, [{"label": "one"}, {"label": "two", "seed": 2}])
    monkeypatch.setattr(sweeps, "_WORTH_PROCESSES", 0)
    parallel = run_sweep(trials, tiny_store, jobs=2)
    monkeypatch.setenv("MOOD_HOME", str(tmp_path / "elsewhere"))
    serial = run_sweep(trials, tiny_store, jobs=1)
    assert parallel["validation_loss"].tolist() == serial["validation_loss"].tolist()


def test_a_process_that_dies_is_one_sentence(base, tiny_store, monkeypatch):
    monkeypatch.setattr(sweeps, "_WORTH_PROCESSES", 0)
    monkeypatch.setattr(sweeps, "_train_here", _die)
    with pytest.raises(BookError, match="died, probably for want of memory"):
        run_sweep(plan(base, [{"label": "a"}, {"label": "b", "seed": 2}]), tiny_store, jobs=2)


def _die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)


def test_fewer_pieces_leave_groups_whole_and_the_rest_alone(tiny_store):
    part = with_fewer_pieces(tiny_store, 0.5)
    assert part.hash != tiny_store.hash
    left = part.index["split"] == LEFT_OUT
    groups = part.index["group"]
    assert not set(groups[left]) & set(groups[part.rows("train")])
    assert (part.rows("validation") == tiny_store.rows("validation")).all()
    assert 0 < len(part.rows("train")) < len(tiny_store.rows("train"))
    smaller = set(with_fewer_pieces(tiny_store, 0.25).rows("train"))
    assert smaller < set(part.rows("train"))
    assert (tiny_store.index["split"] != LEFT_OUT).all(), "the whole store is untouched"


@pytest.mark.parametrize("kind", ["pitch", "published"])
def test_noisy_stores_change_one_part_and_keep_lengths(tiny_store, kind):
    noisy = with_noise(tiny_store, kind, 0.5, ("train",))
    row, other = tiny_store.rows("train")[0], tiny_store.rows("validation")[0]
    assert (noisy.tokens(row) != tiny_store.tokens(row)).any()
    assert (noisy.tokens(other) == tiny_store.tokens(other)).all()
    assert noisy.tokens(row)[[0, -1]].tolist() == [tiny_store.bos_id, tiny_store.eos_id]
    assert noisy.hash != tiny_store.hash
    again = with_noise(tiny_store, kind, 0.5, ("train",))
    assert (again.ids == noisy.ids).all(), "the same seed, the same noise"


def test_no_change_is_the_store_itself(tiny_store):
    assert DataChange().apply(tiny_store) is tiny_store
    both = DataChange(data_share=0.5, noise="pitch", noise_share=1.0).apply(tiny_store)
    assert len(both.rows("train")) < len(tiny_store.rows("train"))
    assert np.any(both.ids != tiny_store.ids)
