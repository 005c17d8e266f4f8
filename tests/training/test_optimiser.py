"""Which weights decay, and with which numbers Adam runs."""

import pytest
import torch
from tiny_store import TinyStore, tiny_run

from lib.models import build_model
from lib.training.optimiser import build_optimiser


def make(**training):
    run, store = tiny_run(**training), TinyStore(20)
    model = build_model(run.model, len(store.vocabulary), 2, 3)
    return model, build_optimiser(model, run.training)


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_only_matrices_decay(kind):
    model, optimiser = make(optimiser=kind, weight_decay=0.3)
    decaying = [group for group in optimiser.param_groups if group["weight_decay"]]
    decayed = {id(weight) for group in decaying for weight in group["params"]}
    for name, weight in model.named_parameters():
        assert (id(weight) in decayed) == (weight.dim() >= 2), name
    assert sum(len(group["params"]) for group in optimiser.param_groups) == len(list(model.parameters()))


def test_adam_is_the_originals():
    _, optimiser = make(optimiser="adam", weight_decay=0.3, learning_rate=1e-4)
    assert isinstance(optimiser, torch.optim.Adam)
    assert not isinstance(optimiser, torch.optim.AdamW)
    (group,) = optimiser.param_groups
    assert (group["lr"], group["betas"], group["weight_decay"], group["eps"]) == (1e-4, (0.9, 0.999), 0, 1e-8)


def test_muon_moves_what_lies_between_embeddings_and_output():
    model, optimiser = make(optimiser="muon")
    names = {id(weight): name for name, weight in model.named_parameters()}
    hidden = optimiser.param_groups[0]
    found = {
        names[id(weight)]: blocks for weight, blocks in zip(hidden["params"], hidden["blocks"], strict=True)
    }
    assert found
    assert all(name.startswith("layers.") for name in found)
    assert {blocks for name, blocks in found.items() if "query_key_value" in name} <= {3}
