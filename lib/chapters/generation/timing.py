"""How long one token takes, with a cache and without, as a piece grows."""

import time
from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
import torch

from lib.composing.sampling import composing_mode
from lib.models.base import ConditionalModel


@torch.inference_mode()
def step_times(
    model: ConditionalModel, tokens: np.ndarray, lengths: Sequence[int], repeats: int = 5
) -> pd.DataFrame:
    """Seconds for the next token after prefixes of a piece: with the state of the prefix at hand, and
    without.

    Without a cache the whole prefix is read again, as in the original report's code. The two ways take turns,
    so that a busy moment of the machine does not hit one of them only; the first turn is thrown away. Both
    run as composing does, a small network on one thread.

    Args:
        model: a network.
        tokens: ids of a piece, [tokens], at least as many as the longest prefix.
        lengths: prefix lengths in tokens, ascending.
        repeats: measurements for each length and way.

    Returns:
        One row a measurement: length, way ('with cache' or 'without') and seconds.
    """
    ids = torch.from_numpy(np.asarray(tokens, dtype=np.int64))[None].to(model.device)
    none = [torch.tensor([number], device=model.device) for number in (model.num_emotions, model.num_genres)]
    found = []
    with composing_mode(model):
        for length, turn in product(lengths, range(repeats + 1)):
            state = model.empty_state(1, length)
            if length > 1:
                _, state = model(ids[:, : length - 1], *none, state)
            for way, read, given in (
                ("with cache", ids[:, length - 1 : length], state),
                ("without", ids[:, :length], None),
            ):
                seconds = _timed(model, read, none, given)
                if turn:
                    found.append({"length": length, "way": way, "seconds": seconds})
    return pd.DataFrame(found)


def _timed(model: ConditionalModel, ids: torch.Tensor, labels: list[torch.Tensor], state) -> float:
    _finish(model)
    start = time.perf_counter()
    model(ids, *labels, state)
    _finish(model)
    return time.perf_counter() - start


def _finish(model: ConditionalModel) -> None:
    if model.device.type == "cuda":  # a GPU works on while Python goes ahead
        torch.cuda.synchronize(model.device)
