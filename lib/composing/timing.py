"""How long one token takes, with a state and without, as a piece grows."""

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from lib.models.base import ConditionalModel


@torch.inference_mode()
def step_times(model: ConditionalModel, tokens: np.ndarray, lengths: Sequence[int], repeats: int = 5
               ) -> pd.DataFrame:
    """Seconds for the next token after prefixes of a piece: with the state of the prefix at hand, and
    without.

    Without a state the whole prefix is read again, as in the original report's code. The two ways take turns,
    so that a busy moment of the machine does not hit one of them only; the first turn is thrown away.

    Args:
        model: a network in eval mode.
        tokens: ids of a piece, at least as many as the longest prefix.
        lengths: prefix lengths in tokens, ascending.
        repeats: measurements for each length and way.

    Returns:
        One row a measurement: length, way ('with state' or 'without') and seconds.
    """
    ids = torch.from_numpy(np.asarray(tokens, dtype=np.int64))[None].to(model.device)
    none = [torch.tensor([number], device=model.device) for number in (model.num_emotions, model.num_genres)]
    found = []
    for length in lengths:
        for turn in range(repeats + 1):
            state = model.empty_state(1, length)
            if length > 1:
                _, state = model(ids[:, :length - 1], *none, state)
            for way, given in (("with state", (ids[:, length - 1:length], state)),
                               ("without", (ids[:, :length], None))):
                seconds = _timed(model, given[0], none, given[1])
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
