"""The earlier project's network at a small size: LSTM layers, then dense ones, one word after a window."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.profiles.profile import NotationSettings
from lib.training.devices import seed_of

_DROPOUT = 0.3


class NotationNetwork(nn.Module):
    """Windows of word numbers [batch, window] to logits [batch, words] of the word after each.

    Args:
        num_words: size of the vocabulary.
        hidden_size: of every layer.
        num_layers: of the LSTM.
        embedded: True: each word has a vector that is learned. False: its number, divided by that of all
            words, is the one input, as in the earlier project.
    """

    def __init__(self, num_words: int, hidden_size: int, num_layers: int, embedded: bool):
        super().__init__()
        self.num_words = num_words
        self.embedding = nn.Embedding(num_words, hidden_size) if embedded else None
        self.recurrent = nn.LSTM(
            hidden_size if embedded else 1,
            hidden_size,
            num_layers,
            batch_first=True,
            dropout=_DROPOUT if num_layers > 1 else 0.0,
        )
        self.output = nn.Sequential(
            nn.BatchNorm1d(hidden_size),
            nn.Dropout(_DROPOUT),
            nn.Linear(hidden_size, hidden_size),
            nn.ReLU(),
            nn.BatchNorm1d(hidden_size),
            nn.Dropout(_DROPOUT),
            nn.Linear(hidden_size, num_words),
        )

    def forward(self, windows: Tensor) -> Tensor:
        """Logits [batch, words] of windows of word numbers, int64 [batch, window]."""
        if self.embedding is None:
            inputs = (windows / self.num_words).unsqueeze(-1)
        else:
            inputs = self.embedding(windows)
        states, _ = self.recurrent(inputs)
        return self.output(states[:, -1])


def windows_of(numbers: np.ndarray, window: int) -> tuple[Tensor, Tensor]:
    """All windows of a sequence [windows, window] and the word after each [windows]; of a short one, none."""
    if len(numbers) <= window:
        return torch.zeros(0, window, dtype=torch.long), torch.zeros(0, dtype=torch.long)
    views = np.lib.stride_tricks.sliding_window_view(numbers, window + 1)
    return torch.from_numpy(views[:, :-1].copy()), torch.from_numpy(views[:, -1].copy())


def epochs(
    network: NotationNetwork, windows: Tensor, targets: Tensor, settings: NotationSettings, seed: int
) -> Iterator[int]:
    """Train by RMSprop in shuffled batches; yields the number of each epoch when it is done.

    Args:
        network: on the device of the data.
        windows, targets: from :func:`windows_of`: word numbers, int64 [windows, window] and [windows].
        settings: batch size, learning rate, epochs.
        seed: of the order of the windows.
    """
    optimiser = torch.optim.RMSprop(network.parameters(), lr=settings.learning_rate)
    for epoch in range(1, settings.epochs + 1):
        network.train()
        generator = torch.Generator().manual_seed(seed_of(seed, epoch))
        for rows in torch.randperm(len(windows), generator=generator).split(settings.batch_size):
            if len(rows) < 2:
                continue  # batch norm needs two
            loss = F.cross_entropy(network(windows[rows]), targets[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        network.eval()
        yield epoch


@torch.inference_mode()
def mean_loss(network: NotationNetwork, windows: Tensor, targets: Tensor) -> np.ndarray:
    """Nats that each target [windows] costs behind its window [windows, window], float64 [windows].

    The network is in evaluation mode.
    """
    parts = zip(windows.split(1024), targets.split(1024), strict=True)
    losses = [F.cross_entropy(network(part), target, reduction="none") for part, target in parts]
    return torch.cat(losses).double().numpy()


@torch.inference_mode()
def continue_windows(
    network: NotationNetwork, starts: Tensor, length: int, sampled: bool, seed: int
) -> np.ndarray:
    """Words after each start, int64 [starts, length]: the likeliest each time, or drawn.

    Args:
        network: in evaluation mode.
        starts: windows to begin from, int64 [starts, window]; they are no part of the answer.
        length: words wanted.
        sampled: draw; False: take the likeliest (arg max), so that the same start always goes on alike.
        seed: of the draws.
    """
    generator, past = torch.Generator().manual_seed(seed), starts
    for _ in range(length):
        logits = network(past[:, -starts.shape[1] :])
        logits[:, -1] = -torch.inf  # no word stands behind the number for unknown ones
        chosen = (
            torch.multinomial(F.softmax(logits, -1), 1, generator=generator)
            if sampled
            else logits.argmax(-1, keepdim=True)
        )
        past = torch.cat([past, chosen], 1)
    return past[:, starts.shape[1] :].numpy()
