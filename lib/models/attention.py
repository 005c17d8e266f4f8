"""Causal attention, exact, in the way that is fastest on the device at hand.

torch's own fused kernel serves on a GPU, and on a CPU in float32. In two cases it is slow on a CPU (torch
2.13): in bfloat16, and with dropout, which leaves the fused path. There the queries are taken in blocks, each
against its own past only, with plain matrix products: half the work of a full score matrix, little memory.

A whole training step in blocks takes, of one with the kernel, 0.7 to 0.85 in bfloat16 (AVX512_BF16), 0.6
with dropout, and 1.0 to 1.15 in float32 without (the book's networks and the original's, in turns). In which
format a network is trained, :mod:`lib.basics.precision` has decided; here it shows in the tensors.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

BLOCK = 128  # queries at a time; 64 and 256 are slower


class _BlockwiseAttention(torch.autograd.Function):
    """softmax(QKᵀ / √head_size) V under a causal mask; all tensors [rows, T, head_size].

    With P the softmax of one block of queries and O = P V, the gradients are
    dV += Pᵀ dO,   dP = dO Vᵀ,   dS = P ⊙ (dP − Σ P ⊙ dP),   dQ = dS K / √head_size,
    dK += dSᵀ Q / √head_size.
    """

    @staticmethod
    def forward(ctx, queries: Tensor, keys: Tensor, values: Tensor, dropout: float) -> Tensor:
        scale, output, saved = queries.shape[-1] ** -0.5, torch.empty_like(queries), []
        future = torch.full((BLOCK, BLOCK), float("-inf"), dtype=queries.dtype).triu(diagonal=1)
        for start in range(0, queries.shape[1], BLOCK):
            end = min(start + BLOCK, queries.shape[1])
            scores = (queries[:, start:end] * scale) @ keys[:, :end].transpose(1, 2)
            scores[:, :, start:] += future[: end - start, : end - start]
            weights = scores.softmax(dim=-1)
            kept = torch.rand_like(weights) >= dropout if dropout else None
            used = weights if kept is None else weights * kept / (1 - dropout)
            output[:, start:end] = used @ values[:, :end]
            saved += [weights, kept]
        ctx.save_for_backward(queries, keys, values, *saved)
        ctx.scale, ctx.dropout = scale, dropout
        return output

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        queries, keys, values, *saved = ctx.saved_tensors
        grad_queries, grad_keys, grad_values = map(torch.zeros_like, (queries, keys, values))
        for index, start in enumerate(range(0, queries.shape[1], BLOCK)):
            end = min(start + BLOCK, queries.shape[1])
            weights, kept = saved[2 * index : 2 * index + 2]
            grad_weights = grad[:, start:end] @ values[:, :end].transpose(1, 2)
            used = weights
            if kept is not None:
                used, grad_weights = (tensor * kept / (1 - ctx.dropout) for tensor in (weights, grad_weights))
            inner = (weights * grad_weights).sum(dim=-1, keepdim=True)
            grad_scores = grad_weights.sub_(inner).mul_(weights)
            grad_queries[:, start:end] = grad_scores @ keys[:, :end]
            grad_keys[:, :end] += grad_scores.transpose(1, 2) @ queries[:, start:end]
            grad_values[:, :end] += used.transpose(1, 2) @ grad[:, start:end]
        return grad_queries * ctx.scale, grad_keys * ctx.scale, grad_values, None


def causal_attention(queries: Tensor, keys: Tensor, values: Tensor, dropout: float = 0.0) -> Tensor:
    """Each position's weighted sum of the values up to its own.

    Args:
        queries, keys, values: [B, heads, T, head_size].
        dropout: share of the attention weights set to zero; 0 outside training.

    Returns:
        [B, heads, T, head_size]; the same as torch's `scaled_dot_product_attention` with `is_causal`.
    """
    slow_kernel = queries.device.type == "cpu" and (queries.dtype == torch.bfloat16 or dropout > 0)
    if not slow_kernel:
        return F.scaled_dot_product_attention(queries, keys, values, dropout_p=dropout, is_causal=True)
    return attention_in_blocks(queries, keys, values, dropout)


def attention_in_blocks(queries: Tensor, keys: Tensor, values: Tensor, dropout: float = 0.0) -> Tensor:
    """The same as :func:`causal_attention`, [B, heads, T, head_size], always in blocks."""
    flat = [tensor.flatten(0, 1).contiguous() for tensor in (queries, keys, values)]
    return _BlockwiseAttention.apply(*flat, dropout).view_as(queries)
