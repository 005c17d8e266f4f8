"""What the machine at hand could do at best: rate of its matrix products, bandwidth of its memory.

Both are measured, by torch's own kernels at the shapes of the network in question, and never taken from a
table. The best of many repeats counts, since a bound must not be beaten by a calm moment (Williams, Waterman
and Patterson 2009, *Roofline*).
"""

import time
from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F

from lib.models.base import ConditionalModel
from lib.profiles.profile import ModelSettings

Shape = tuple[int, int, int]

LARGE = 1 << 28  # bytes; several times the last cache of today's processors


def layer_shapes(settings: ModelSettings, tokens: int) -> list[Shape]:
    """The matrix products [rows, inputs] × [inputs, outputs] of one Transformer layer over so many tokens."""
    size = settings.hidden_size
    inner = settings.feed_forward_size or 4 * size
    return [(tokens, size, 3 * size), (tokens, size, size), (tokens, size, inner), (tokens, inner, size)]


def matmul_peak(
    shapes: Iterable[Shape], dtype: torch.dtype, seconds: float = 2.0, device: torch.device | str = "cpu"
) -> float:
    """The best rate that a product of one of these shapes reaches, in floating-point operations a second.

    Args:
        shapes: products as of :func:`layer_shapes`.
        dtype: number format of the factors.
        seconds: time spent on all shapes together.
        device: where.
    """
    shapes = list(shapes)
    best = 0.0
    for rows, inputs, outputs in shapes:
        left, weight = (torch.randn(shape, inputs, device=device).to(dtype) for shape in (rows, outputs))
        fastest = _fastest(lambda left=left, weight=weight: F.linear(left, weight), seconds / len(shapes))
        best = max(best, 2 * rows * inputs * outputs / fastest)
    return best


def memory_bandwidth(seconds: float = 1.0, size: int = LARGE, device: torch.device | str = "cpu") -> float:
    """Bytes a second that a matrix read once gives, by the faster of a sum and a matrix times a vector."""
    matrix, vector = torch.ones(size // 4 // 4096, 4096, device=device), torch.ones(4096, device=device)
    read = matrix.numel() * matrix.element_size()
    return read / min(_fastest(matrix.sum, seconds / 2), _fastest(lambda: matrix @ vector, seconds / 2))


def _fastest(work: Callable[[], object], seconds: float) -> float:
    work()
    found, end = [], time.perf_counter() + seconds
    while not found or time.perf_counter() < end:
        found.append(timed(work))
    return min(found)


def timed(work: Callable[[], object]) -> float:
    """Seconds that a call takes; a GPU, which works on while Python goes ahead, is waited for."""
    finish()
    began = time.perf_counter()
    work()
    finish()
    return time.perf_counter() - began


def finish() -> None:
    """Wait for the GPU, if there is one."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def bytes_a_step(model: ConditionalModel, rows: int, past: float) -> float:
    """Bytes that one step of composing must read: all weights once, and the cache of every row.

    Args:
        model: a Transformer.
        rows: pieces composed at once.
        past: tokens in the cache, on average.
    """
    settings = model.settings
    tables = ("token_embedding", "position_embedding", "emotion_embedding", "genre_embedding")
    weights = sum(
        weight.numel() * weight.element_size()
        for name, weight in model.named_parameters()
        if not name.startswith(tables) or (settings.tie_embeddings and name.startswith(tables[0]))
    )
    width = next(model.parameters()).element_size()
    return weights + rows * past * 2 * settings.num_layers * settings.hidden_size * width
