"""Muon for the matrices between the layers, AdamW for everything else, as one optimiser.

Muon (K. Jordan et al., 2024) replaces a matrix's averaged gradient G = UΣVᵀ by about UVᵀ: all its directions
get steps of one size, where Adam's are few and large. A polynomial of fifth degree, applied five times, does
that without a decomposition. Its rate does not depend on the loss's scale; here it is ten times Adam's, which
at Adam's usual rates is about the 0.02 of its authors.

torch.optim.Muon computes in bfloat16, which takes longer than the whole step where a processor has none.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

# Jordan's coefficients: they do not end at 1 exactly, but near it after few rounds. A test says how near.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ROUNDS = 5
MOMENTUM = 0.95
RATE = 10.0  # Muon's rate, in Adam's
EPSILON = 1e-8


def orthogonalise(matrix: Tensor) -> Tensor:
    """The nearest matrix of equal singular values, about: [rows, columns] → the same shape, float32.

    Newton's iteration in the form of Schulz; see the module for its source.
    """
    first, third, fifth = COEFFICIENTS
    wide = matrix.float()
    turned = wide.shape[0] > wide.shape[1]
    wide = wide.T if turned else wide
    wide = wide / (wide.norm() + EPSILON)
    for _ in range(ROUNDS):
        square = wide @ wide.T
        mixed = torch.addmm(square, square, square, beta=third, alpha=fifth)
        wide = torch.addmm(wide, mixed, wide, beta=first)
    return wide.T if turned else wide


class Muon(torch.optim.Optimizer):
    """One step moves the matrices of `hidden` by Muon and the `others` by AdamW.

    Args:
        hidden: matrices, each with the number of equal blocks that it holds one below the other (a projection
            to queries, keys and values is three matrices, an LSTM's four).
        others: embeddings; they get weight decay too.
        vectors: biases and norms; they get none.
        learning_rate: AdamW's; Muon's is :data:`RATE` times that, for both fall and rise together.
        weight_decay: decoupled from the gradient, in units of the rate.
        betas: AdamW's.
    """

    def __init__(
        self,
        hidden: Iterable[tuple[nn.Parameter, int]],
        others: Iterable[nn.Parameter],
        vectors: Iterable[nn.Parameter],
        learning_rate: float,
        weight_decay: float,
        betas: tuple[float, float],
    ):
        hidden = list(hidden)
        groups: list[dict[str, Any]] = [
            {
                "params": [matrix for matrix, _ in hidden],
                "blocks": [blocks for _, blocks in hidden],
                "weight_decay": weight_decay,
            },
            {"params": list(others), "blocks": None, "weight_decay": weight_decay},
            {"params": list(vectors), "blocks": None, "weight_decay": 0.0},
        ]
        super().__init__(groups, {"lr": learning_rate, "betas": betas})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step of all parameters that have a gradient."""
        for group in self.param_groups:
            blocks = group["blocks"] or [None] * len(group["params"])
            for parameter, count in zip(group["params"], blocks, strict=True):
                if parameter.grad is None:
                    continue
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                if count is None:
                    self._step_adam(parameter, parameter.grad, group)
                else:
                    self._step_muon(parameter, parameter.grad, group, count)

    def _step_muon(self, parameter: nn.Parameter, gradient: Tensor, group: dict, blocks: int) -> None:
        state = self.state[parameter]
        average = state.setdefault("momentum", torch.zeros_like(parameter))
        average.lerp_(gradient, 1 - MOMENTUM)
        update = gradient.lerp(average, MOMENTUM)  # Nesterov's look ahead
        rows, columns = parameter.shape[0] // blocks, parameter.shape[1]
        # A tall matrix adds more to what it gives than it takes in; √ of the ratio evens that out.
        rate = group["lr"] * RATE * max(1.0, rows / columns) ** 0.5
        for part, moved in zip(update.chunk(blocks), parameter.chunk(blocks), strict=True):
            moved.sub_(orthogonalise(part).to(moved.dtype), alpha=rate)

    def _step_adam(self, parameter: nn.Parameter, gradient: Tensor, group: dict) -> None:
        state, (first, second) = self.state[parameter], group["betas"]
        if not state:
            state |= {
                "step": torch.zeros(()),
                "exp_avg": torch.zeros_like(parameter),
                "exp_avg_sq": torch.zeros_like(parameter),
            }
        state["step"] += 1
        steps = float(state["step"])
        state["exp_avg"].lerp_(gradient, 1 - first)
        state["exp_avg_sq"].mul_(second).addcmul_(gradient, gradient, value=1 - second)
        scale = (state["exp_avg_sq"] / (1 - second**steps)).sqrt_().add_(EPSILON)
        parameter.addcdiv_(state["exp_avg"], scale, value=-group["lr"] / (1 - first**steps))
