"""Attention in blocks equals torch's kernel, forward and backward."""

import pytest
import torch
import torch.nn.functional as F

from lib.models import attention
from lib.models.attention import attention_in_blocks, causal_attention


def inputs(length, dtype=torch.float32, requires_grad=True):
    generator = torch.Generator().manual_seed(length)
    # As the model makes them: three views into one projection, not contiguous.
    projected = torch.randn(2, length, 3, 4, 8, generator=generator, dtype=dtype)
    return [tensor.detach().requires_grad_(requires_grad) for tensor in projected.permute(2, 0, 3, 1, 4)]


@pytest.mark.parametrize("length", [1, 7, 127, 128, 129, 300])
def test_equals_torchs_kernel(length):
    ours, theirs = inputs(length), inputs(length)
    output, expected = attention_in_blocks(*ours), F.scaled_dot_product_attention(*theirs, is_causal=True)
    torch.testing.assert_close(output, expected, atol=1e-5, rtol=1e-5)
    weight = torch.randn(expected.shape, generator=torch.Generator().manual_seed(1))
    (output * weight).sum().backward()
    (expected * weight).sum().backward()
    for our, their in zip(ours, theirs, strict=True):
        torch.testing.assert_close(our.grad, their.grad, atol=1e-5, rtol=1e-4)


def test_gradients_are_the_derivatives(monkeypatch):
    monkeypatch.setattr(attention, "BLOCK", 3)
    small = [tensor[:, :2, :, :3].double().detach().requires_grad_() for tensor in inputs(5)]
    torch.autograd.gradcheck(attention_in_blocks, small)


def test_bfloat16_is_near_float32():
    ours, theirs = inputs(300), inputs(300)
    exact, rounded = causal_attention(*theirs), causal_attention(*[tensor.bfloat16() for tensor in ours])
    assert rounded.dtype == torch.bfloat16
    assert (exact - rounded).abs().max() < 0.05
    exact.square().sum().backward()
    rounded.float().square().sum().backward()
    for our, their in zip(ours, theirs, strict=True):
        assert (our.grad - their.grad).norm() < 0.02 * their.grad.norm()


@pytest.mark.parametrize(
    ("dtype", "dropout", "in_blocks"),
    [(torch.float32, 0.0, False), (torch.float32, 0.1, True), (torch.bfloat16, 0.0, True)],
)
def test_blocks_are_taken_only_where_torchs_kernel_is_slow(monkeypatch, dtype, dropout, in_blocks):
    taken = []
    monkeypatch.setattr(attention, "attention_in_blocks", lambda *given: taken.append(given))
    causal_attention(*inputs(9, dtype), dropout)
    assert bool(taken) == in_blocks


def test_dropout_keeps_the_mean_and_its_gradient_the_mask(monkeypatch):
    monkeypatch.setattr(attention, "BLOCK", 4)
    queries, keys, _ = inputs(10)
    values = torch.ones(2, 4, 10, 8, requires_grad=True)
    torch.manual_seed(0)
    outputs = torch.stack([causal_attention(queries, keys, values, 0.3) for _ in range(400)])
    torch.testing.assert_close(outputs.mean(0), torch.ones_like(outputs[0]), atol=0.15, rtol=0)
    assert outputs.std(0).min() > 0.1

    def seeded(*tensors):
        torch.manual_seed(3)
        return causal_attention(*tensors, 0.3)

    small = [tensor[:, :2, :6, :3].double().detach().requires_grad_() for tensor in inputs(10)]
    torch.autograd.gradcheck(seeded, small)
