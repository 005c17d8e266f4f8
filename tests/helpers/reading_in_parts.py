"""A network that reads a sequence in parts, with its state, says what it says of the whole."""

import torch
from torch import Tensor


def assert_reads_in_parts(model, tokens: Tensor, emotion: Tensor, genre: Tensor) -> None:
    """Two longer parts first, then one token at a time, of `tokens` [3, 24]."""
    with torch.no_grad():
        expected, _ = model(tokens, emotion, genre)
        state, found = model.empty_state(3), []
        for start, end in [(0, 7), (7, 12), *((step, step + 1) for step in range(12, 24))]:
            logits, state = model(tokens[:, start:end], emotion, genre, state)
            found.append(logits)
    assert state.length == 24
    torch.testing.assert_close(torch.cat(found, dim=1), expected, atol=1e-5, rtol=1e-5)
