"""Times of single steps: each way measured as often as asked, and the state used is the prefix's."""

import numpy as np
import torch

from lib.chapters.generation.timing import step_times
from lib.models import build_model
from lib.profiles.profile import ModelSettings


def test_every_length_and_way_is_measured():
    torch.manual_seed(0)
    settings = ModelSettings(kind="transformer", hidden_size=16, num_layers=1, num_heads=2)
    model = build_model(settings, 50, 2, 2).eval()
    read = []
    model.register_forward_hook(lambda module, given, result: read.append((given[0].shape[1], result[1])))
    table = step_times(model, np.arange(20) % 50, lengths=[1, 4, 16], repeats=3)
    assert (table.groupby(["length", "way"]).size() == 3).all()
    assert len(table) == 3 * 2 * 3
    assert (table["seconds"] > 0).all()
    # Of each turn at length 16: 15 tokens to fill the state, one with it, 16 without.
    assert [length for length, _ in read[-3:]] == [15, 1, 16]
    assert read[-1][1] is None
