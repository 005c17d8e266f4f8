"""Checkpoints: exact, safe to read, never half-written."""

import errno
from pathlib import Path

import pytest
import torch
from tiny_store import TinyStore, tiny_run

from lib.basics.errors import BookError
from lib.models import build_model
from lib.training.checkpoint import (
    TrainingState,
    copy_weights,
    load_state,
    load_weights,
    read_weights,
    save_state,
    write_weights,
)
from lib.training.optimiser import build_optimiser


def make(kind="transformer", seed=1):
    torch.manual_seed(seed)
    run, store = tiny_run(kind), TinyStore(20)
    model = build_model(run.model, len(store.vocabulary), 2, 3)
    return model, build_optimiser(model, run.training)


def take_step(model, optimiser, seed=3):
    torch.manual_seed(seed)
    tokens, labels = torch.randint(4, 24, (3, 8)), torch.zeros(3, dtype=torch.long)
    model(tokens, labels, labels)[0].square().mean().backward()
    optimiser.step()
    optimiser.zero_grad()


@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_a_restored_state_goes_on_exactly(tmp_path, kind):
    model, optimiser = make(kind)
    take_step(model, optimiser)
    state = TrainingState(step=1, tokens=24, row_loss=0.1 + 0.2, rows=[{"step": 1, "train_loss": 1 / 3}])
    save_state(tmp_path / "state.safetensors", model, {"x": torch.ones(2)}, state, optimiser)
    other, other_optimiser = make(kind, seed=2)
    restored, best = load_state(tmp_path / "state.safetensors", other, other_optimiser)
    assert restored == state
    assert best["x"].tolist() == [1, 1]
    take_step(model, optimiser)
    take_step(other, other_optimiser)
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, other.state_dict()[name]), name


def test_same_weights_give_the_same_bytes(tmp_path):
    model, _ = make()
    about = {"step": 3, "validation_loss": 0.5, "run": "tiny"}
    hashes = {write_weights(tmp_path / name, copy_weights(model), about) for name in ("a", "b")}
    assert len(hashes) == 1
    weights, read = read_weights(tmp_path / "a")
    assert read == about
    assert all(torch.equal(weights[name], weight) for name, weight in model.state_dict().items())


def test_a_copy_does_not_follow_training():
    model, optimiser = make()
    before = copy_weights(model)
    take_step(model, optimiser)
    assert any(not torch.equal(before[name], weight) for name, weight in model.state_dict().items())


@pytest.mark.parametrize("damage", ["truncated", "foreign", "pickle", "missing"])
def test_a_damaged_or_foreign_file_is_one_sentence(tmp_path, damage):
    model, _ = make()
    path = tmp_path / "model.safetensors"
    write_weights(path, copy_weights(model), {})
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "foreign":
        path.write_bytes(b"GIF89a" * 100)
    elif damage == "pickle":
        torch.save(model.state_dict(), path)
    else:
        path.unlink()
    with pytest.raises(BookError, match=r"model\.safetensors is missing, damaged or of another program"):
        read_weights(path)


def test_another_configuration_is_named():
    model, other = make("lstm")[0], make("transformer")[0]
    with pytest.raises(BookError, match="of another model configuration"):
        load_weights(model, copy_weights(other), Path("somewhere"))


def test_a_full_disk_leaves_the_earlier_state(tmp_path, monkeypatch):
    model, optimiser = make()
    path = tmp_path / "state.safetensors"
    save_state(path, model, {}, TrainingState(step=1), optimiser)
    before = path.read_bytes()

    def full(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(BookError, match="disk is full"):
        save_state(path, model, {}, TrainingState(step=2), optimiser)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
