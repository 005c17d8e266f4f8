"""Muon against the decomposition that it replaces, and its other half against torch's AdamW."""

import pytest
import torch
from torch import nn

from lib.training.muon import RATE, Muon, orthogonalise


@pytest.mark.parametrize("shape", [(48, 48), (32, 96), (96, 32)])
def test_all_directions_get_steps_of_about_one_size(shape):
    generator = torch.Generator().manual_seed(3)
    matrix = torch.randn(shape, generator=generator) * torch.logspace(0, -2, shape[1])
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    found = orthogonalise(matrix)
    values = torch.linalg.svdvals(found)
    assert values.max() < 1.3
    assert values[torch.linalg.svdvals(matrix) > 0.02 * matrix.norm()].min() > 0.6
    agreement = (found * (left @ right)).sum() / found.norm() / (left @ right).norm()
    assert agreement > 0.9


def test_blocks_are_matrices_of_their_own():
    weight = nn.Parameter(torch.zeros(6, 4))
    weight.grad = torch.cat([torch.randn(3, 4), 1000 * torch.randn(3, 4)])
    Muon([(weight, 2)], [], [], 1e-3, 0.0, (0.9, 0.95)).step()
    first, second = weight.detach().chunk(2)
    assert 0.5 < first.norm() / second.norm() < 2
    assert weight.abs().max() < 2 * 1e-3 * RATE


def test_the_others_move_as_in_torchs_adamw():
    start = torch.randn(5, 3)
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    mine = Muon([], [ours], [], 1e-2, 0.1, (0.9, 0.95))
    other = torch.optim.AdamW([theirs], lr=1e-2, betas=(0.9, 0.95), weight_decay=0.1)
    for _ in range(7):
        gradient = torch.randn(5, 3)
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        mine.step()
        other.step()
    torch.testing.assert_close(ours, theirs)


def test_what_has_no_gradient_stays():
    weight = nn.Parameter(torch.ones(2, 2))
    Muon([(weight, 1)], [], [], 1e-2, 0.5, (0.9, 0.95)).step()
    assert weight.eq(1).all()
