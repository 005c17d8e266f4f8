"""The pretrained model as a browser runs it: its weights in 8 bits.

The page `book/compose` composes with a decoder in JavaScript (:mod:`lib.publish.compose_page.page`). What
it does can be done again here, to the token: :func:`quantised` gives the same weights to the book's own
network, in double precision as JavaScript computes; with `generator = "browser"` in the sampling settings the
random numbers are the same, too.
"""

import dataclasses
from copy import deepcopy
from typing import NamedTuple

import numpy as np
import torch

from lib.composing.pretrained import Pretrained


class Rows(NamedTuple):
    """A matrix in 8 bits: row r is `whole[r] * scale[r]`; int8 [rows, columns] and float32 [rows]."""

    whole: np.ndarray
    scale: np.ndarray


def quantise(matrix: np.ndarray) -> Rows:
    """Round each row of a float matrix [rows, columns] to whole numbers from −127 to 127 times a scale.

    A row of zeros keeps them. The largest entry of a row is exact, the error of the others at most half a
    step, 1/254 of it.
    """
    scale = np.abs(matrix).max(axis=1).astype(np.float32) / np.float32(127)
    steps = matrix.astype(np.float64) / np.where(scale > 0, scale, 1)[:, None].astype(np.float64)
    return Rows(np.rint(steps).clip(-127, 127).astype(np.int8), scale)


def quantised(pretrained: Pretrained) -> Pretrained:
    """The model with every matrix rounded as :func:`quantise` does, on the CPU, in double precision.

    Embeddings of labels and positions, which are few, and all vectors stay as they are.
    """
    model = deepcopy(pretrained.model).cpu().double()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if is_quantised(name, weight.dim()):
                rows = quantise(weight.float().numpy())
                weight.copy_(torch.from_numpy(rows.whole.astype(np.float64) * rows.scale[:, None]))
    return dataclasses.replace(pretrained, model=model, hash=f"int8-{pretrained.hash}")


def is_quantised(name: str, dimensions: int) -> bool:
    """Whether a parameter is one of the large matrices; `token_embedding` may be the output layer, too."""
    return dimensions == 2 and (name == "token_embedding.weight" or not name.endswith("embedding.weight"))
