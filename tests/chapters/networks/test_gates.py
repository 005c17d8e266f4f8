"""Gates summed up: half-lives follow from forget gates, closed gates forget."""

import numpy as np
import pytest
import torch

from lib.chapters.networks.gates import (
    Reading,
    gates_by_type,
    half_life_table,
    half_lives,
    loss_with_closed_gates,
    read_pieces,
)
from lib.models import Gates


@pytest.fixture
def network(untrained):
    return untrained("lstm", hidden_size=8, num_layers=2)


def constant(forget):
    values = np.full((6, 3), forget, np.float32)
    return Gates(values, values, values, values, values, values)


def test_half_life_of_a_constant_gate():
    readings = [Reading(0, np.arange(6), [constant(0.5), constant(0.5**0.125)])]
    first, second = half_lives(readings)
    assert first == pytest.approx(np.ones(3))
    assert second == pytest.approx(np.full(3, 8), rel=1e-5)
    table = half_life_table([first, second], tokens_per_bar=4)
    assert table["longest"].tolist() == pytest.approx([1, 8])
    assert table["share above a bar"].tolist() == [0, 1]


def test_a_closed_gate_has_a_finite_half_life():
    assert np.isfinite(half_lives([Reading(0, np.arange(6), [constant(0.0)])])[0]).all()


def test_pieces_are_read_and_grouped_by_type(network, tiny_store):
    readings = read_pieces(network, tiny_store, [0, 1, 2], longest=50)
    assert [len(reading.tokens) for reading in readings] == [50, 50, 50]
    table = gates_by_type(readings, tiny_store, least=1)
    assert table["tokens"].sum() == 150
    assert set(table["token"]) >= {"BOS", "Bar", "Pitch"}
    assert table["forget"].is_monotonic_increasing
    overall = np.concatenate([reading.layers[-1].forget for reading in readings]).mean()
    assert (table["forget"] * table["tokens"]).sum() / 150 == pytest.approx(overall, rel=1e-4)


def test_closed_gates_change_the_loss_and_leave_the_model_alone(network, tiny_store):
    tokens = tiny_store.tokens(0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    losses = [loss_with_closed_gates(network, tokens, 0, 0, closed) for closed in ([], [1], [0, 1])]
    assert len(set(losses)) == 3
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_closing_the_gate_forgets_the_cell(network, tiny_store):
    """With the forget gate shut, c is only the new content."""
    with torch.no_grad():
        network.layers.bias_ih_l0[8:16] = -100
    gates = read_pieces(network, tiny_store, [0], longest=20)[0].layers[0]
    assert gates.cell == pytest.approx(gates.input * gates.content, abs=1e-6)
