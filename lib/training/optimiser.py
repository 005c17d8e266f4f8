"""Adam and AdamW, set up the way the two kinds of run need them."""

import torch
from torch import nn

from lib.profiles.profile import TrainingSettings

# Adam keeps torch's defaults, which the original used. AdamW remembers squared gradients for a shorter while,
# 20 steps instead of 1,000, as is usual for Transformers (GPT-3): the runs here have hundreds to thousands of
# steps.
SECOND_BETA = {"adam": 0.999, "adamw": 0.95}


def build_optimiser(model: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """The optimiser of `settings` for all weights of `model`, in torch's fused form (one kernel a step).

    Weight decay belongs to AdamW (Loshchilov and Hutter 2019) and touches matrices only: embeddings, linear
    and recurrent weights, not biases and norms. Adam has none, as in the original.
    """
    matrices = [parameter for parameter in model.parameters() if parameter.dim() >= 2]
    vectors = [parameter for parameter in model.parameters() if parameter.dim() < 2]
    betas = (0.9, SECOND_BETA[settings.optimiser])
    if settings.optimiser == "adam":
        return torch.optim.Adam(matrices + vectors, lr=settings.learning_rate, betas=betas, fused=True)
    groups = [{"params": matrices, "weight_decay": settings.weight_decay},
              {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=betas, fused=True)
