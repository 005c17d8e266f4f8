"""Adam, AdamW and Muon, set up the way the runs need them."""

import torch
from torch import nn

from lib.profiles.profile import TrainingSettings
from lib.training.muon import Muon

# Adam keeps torch's defaults, which the original used. AdamW remembers squared gradients for a shorter while,
# 20 steps instead of 1,000, as is usual for Transformers (GPT-3): the runs here have hundreds to thousands of
# steps.
SECOND_BETA = {"adam": 0.999, "adamw": 0.95, "muon": 0.95}


def build_optimiser(model: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """The optimiser of `settings` for all weights of `model`; Adam in torch's fused form (one kernel a step).

    Weight decay belongs to AdamW (Loshchilov and Hutter 2019) and Muon and touches matrices only: embeddings,
    linear and recurrent weights, not biases and norms. Adam has none, as in the original.
    """
    matrices = {name: parameter for name, parameter in model.named_parameters() if parameter.dim() >= 2}
    vectors = [parameter for parameter in model.parameters() if parameter.dim() < 2]
    betas = (0.9, SECOND_BETA[settings.optimiser])
    if settings.optimiser == "muon":
        hidden = {name: blocks for name in matrices if (blocks := _blocks(name))}
        return Muon(
            [(matrices[name], blocks) for name, blocks in hidden.items()],
            [parameter for name, parameter in matrices.items() if name not in hidden],
            vectors,
            settings.learning_rate,
            settings.weight_decay,
            betas,
        )
    if settings.optimiser == "adam":
        return torch.optim.Adam(list(model.parameters()), lr=settings.learning_rate, betas=betas, fused=True)
    groups = [
        {"params": list(matrices.values()), "weight_decay": settings.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=betas, fused=True)


def _blocks(name: str) -> int:
    """How many matrices a parameter holds one below the other; 0 for embeddings and the output layer."""
    if "query_key_value" in name:
        return 3
    if ".weight_ih" in name or ".weight_hh" in name:
        return 4  # an LSTM's gates
    return 1 if name.startswith("layers.") else 0
