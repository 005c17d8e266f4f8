"""From a network's logits to one token: small pure functions, shown one by one in the chapter on generation.

Each takes logits [..., V] and returns logits of the same shape; −∞ stands for a token that cannot be drawn.
"""

import torch
from torch import Tensor


def guide(conditional: Tensor, unconditional: Tensor, scale: float) -> Tensor:
    """Classifier-free guidance: go from what is said without labels towards what is said with them; both and
    the result are logits of one shape, [B, V].

    A scale of 0 ignores the labels, 1 is the plain conditional network, more exaggerates what the labels
    change. (Ho and Salimans, *Classifier-free diffusion guidance*, 2022.)
    """
    return unconditional + scale * (conditional - unconditional)


def apply_temperature(logits: Tensor, temperature: float) -> Tensor:
    """Divide logits [B, V] by the temperature: below 1 likely tokens get likelier, above 1 all more alike."""
    return logits / temperature


def keep_top_k(logits: Tensor, top_k: int) -> Tensor:
    """Keep the k likeliest tokens (and those equal to the k-th); other logits [B, V] become −∞."""
    if top_k >= logits.shape[-1]:
        return logits
    smallest_kept = logits.topk(top_k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest_kept, -torch.inf)


def keep_top_p(logits: Tensor, top_p: float) -> Tensor:
    """Keep the fewest tokens whose probabilities sum to at least `top_p`; other logits [B, V] become −∞.

    The likeliest always stays.

    (Nucleus sampling: Holtzman et al., *The curious case of neural text degeneration*, 2020.)
    """
    if top_p >= 1:
        return logits
    descending, order = logits.sort(dim=-1, descending=True)
    probabilities = descending.softmax(dim=-1)
    likelier = probabilities.cumsum(dim=-1) - probabilities  # probability of all tokens before this one
    kept = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, likelier < top_p)
    return logits.masked_fill(~kept, -torch.inf)


def sample(logits: Tensor, uniform: Tensor) -> Tensor:
    """Draw one token a row by inverting the cumulative distribution.

    Args:
        logits: [B, V]; a token of −∞ is never drawn.
        uniform: [B], numbers in [0, 1): one for each row, which therefore does not depend on its neighbours.

    Returns:
        Token ids [B].
    """
    cumulative = logits.double().softmax(dim=-1).cumsum(dim=-1)
    threshold = uniform.double().unsqueeze(-1) * cumulative[..., -1:]
    return torch.searchsorted(cumulative, threshold, right=True).squeeze(-1).clamp_(max=logits.shape[-1] - 1)
