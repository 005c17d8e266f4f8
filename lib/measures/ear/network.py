"""The ear: an LSTM that hears segments of sound, each of which has one vote for a genre.

Shape and training are those of the course's earlier project (spring 2024, group 10): an LSTM, its last step
into a linear layer, Adam, small batches, a majority vote. One switch brings back the fault that its code
has; chapter 10 is about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from lib.basics.errors import TooLittleError
from lib.basics.files import atomic_path, hash_of_bytes
from lib.basics.kept import code_hash, kept_path
from lib.measures.ear.features import NAMES, segments_of
from lib.profiles.profile import EarSettings
from lib.training.devices import reproducible, seed_of

_CODE = code_hash(__name__)


class EarNetwork(nn.Module):
    """Segments [batch, frames, 33] to logits [batch, genres].

    Args:
        settings: its size.
        num_genres: how many genres it tells apart.
        batch_first: True: it reads each segment frame by frame. False: `nn.LSTM` takes the first axis, the
            batch, for time, and reads one segment of the batch after the other.
    """

    def __init__(self, settings: EarSettings, num_genres: int, batch_first: bool = True):
        super().__init__()
        self.recurrent = nn.LSTM(
            len(NAMES), settings.hidden_size, settings.num_layers, batch_first=batch_first
        )
        self.output = nn.Linear(settings.hidden_size, num_genres)

    def forward(self, segments: Tensor) -> Tensor:
        """Logits [batch, genres] of segments [batch, frames, 33]."""
        states, _ = self.recurrent(segments)
        return self.output(states[:, -1])


@dataclass(frozen=True)
class Ear:
    """A trained ear.

    Attributes:
        labels: the genres that it knows, sorted.
        network: in evaluation mode.
        mean, deviation: of each feature over the training set, float32 [33].
        batch_size: segments that it hears at a time; decides something only where it reads across the batch.
    """

    labels: list[str]
    network: EarNetwork
    mean: np.ndarray
    deviation: np.ndarray
    batch_size: int

    def probabilities(self, segments: np.ndarray) -> np.ndarray:
        """Of each genre, float32 [segments, genres], for segments [segments, frames, 33], heard in order."""
        scaled = torch.from_numpy((segments - self.mean) / self.deviation)
        with torch.inference_mode():
            batches = [F.softmax(self.network(part), dim=-1) for part in scaled.split(self.batch_size)]
        return torch.cat(batches).numpy()

    def recognise(self, pieces: Sequence[np.ndarray]) -> np.ndarray:
        """The genre that most segments of a piece vote for, text [pieces]; of several, the more probable one.

        Args:
            pieces: features of each, float32 [frames, 33], of at least one segment.
        """
        cut = [segments_of(piece) for piece in pieces]
        if not cut:
            return np.zeros(0, dtype=object)
        owner = np.repeat(np.arange(len(cut)), [len(segments) for segments in cut])
        return self.majority(self.probabilities(np.concatenate(cut)), owner)

    def majority(self, probabilities: np.ndarray, owner: np.ndarray) -> np.ndarray:
        """The vote of the segments of each piece, text [pieces].

        Args:
            probabilities: float [segments, genres].
            owner: number of the piece that each segment belongs to, every number from 0 on, int64 [segments].
        """
        votes = np.zeros((owner.max() + 1, len(self.labels)))
        np.add.at(votes, (owner, probabilities.argmax(axis=1)), 1)
        shares = np.zeros_like(votes)
        np.add.at(shares, owner, probabilities)
        best = (votes + shares / (1 + shares.sum(axis=1, keepdims=True))).argmax(axis=1)
        return np.array(self.labels, dtype=object)[best]


def train_ear(
    pieces: Sequence[np.ndarray],
    labels: Sequence[str],
    settings: EarSettings,
    seed: int,
    batch_first: bool = True,
    shuffled: bool = True,
) -> Ear:
    """Train an ear, or read back the one that was trained on the same.

    Args:
        pieces: features of each, float32 [frames, 33], of at least one segment.
        labels: the genre of each.
        settings: size, epochs, batch, rate.
        seed: of the first weights and of the order.
        batch_first: see :class:`EarNetwork`.
        shuffled: False: in every epoch genre by genre, piece by piece, as the files lie in their folders.

    Raises:
        TooLittleError: when there are fewer than two genres.
    """
    genres = sorted(set(labels))
    if len(genres) < 2:
        raise TooLittleError(
            f"An ear needs at least two genres to tell apart; it was given {genres[0] if genres else 'none'}."
        )
    order = sorted(range(len(pieces)), key=lambda number: labels[number])
    cut = [segments_of(pieces[number]) for number in order]
    segments = np.concatenate(cut)
    target = np.repeat([genres.index(labels[number]) for number in order], [len(part) for part in cut])
    mean, deviation = segments.mean(axis=(0, 1)), segments.std(axis=(0, 1)) + 1e-6
    network = EarNetwork(settings, len(genres), batch_first)
    about = [
        hash_of_bytes(segments.tobytes()),
        target.tolist(),
        genres,
        settings.model_dump(),
        seed,
        batch_first,
        shuffled,
    ]
    path = kept_path("ear", about, _CODE, ".safetensors")
    try:
        network.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError):
        with reproducible(settings.threads, torch.device("cpu")):
            torch.manual_seed(seed_of(seed, 0))
            network = EarNetwork(settings, len(genres), batch_first)
            scaled = torch.from_numpy((segments - mean) / deviation)
            _train(network, scaled, torch.from_numpy(target), settings, seed, shuffled)
        with atomic_path(path) as temporary:
            save_file(network.state_dict(), temporary)
    return Ear(genres, network.eval(), mean, deviation, settings.batch_size)


def _train(
    network: EarNetwork, segments: Tensor, target: Tensor, settings: EarSettings, seed: int, shuffled: bool
) -> None:
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    for epoch in range(settings.epochs):
        order = torch.arange(len(segments))
        if shuffled:
            generator = torch.Generator().manual_seed(seed_of(seed, 1, epoch))
            order = torch.randperm(len(segments), generator=generator)
        for rows in order.split(settings.batch_size):
            loss = F.cross_entropy(network(segments[rows]), target[rows])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
