"""The loss of every token of a split, under a network or the n-gram model; tables of results stand on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from lib.basics.errors import BookError
from lib.basics.files import atomic_path
from lib.basics.kept import code_hash, kept_path, request_kept
from lib.basics.precision import SINGLE, Precision, autocast
from lib.basics.progress import Progress
from lib.data import Batches, TokenStore
from lib.models import ConditionalModel, NgramModel, request_ngram
from lib.models.pieces import flatten_rows
from lib.training.devices import reproducible
from lib.training.memory import memory_for
from lib.training.runs import Run

Shuffled = Literal["nothing", "emotion", "genre", "both"]

MOST_TOKENS = 5_000_000
"""A larger split is judged on a fixed random part of its pieces."""

BATCH_TOKENS = 8192

_CODE = code_hash(__name__)


@dataclass(frozen=True)
class TokenLosses:
    """What a model lost at each token, in the order of pieces and of places within them; arrays [tokens].

    Attributes:
        row: int32, the piece's row in the store.
        place: int32, the token's place in its piece; BOS has place 0 and is never judged.
        token: uint16, the token's id.
        loss: float32, nats: −ln of the probability that the model gave to the token.
        correct: bool, whether the model thought this token the likeliest.
    """

    row: np.ndarray
    place: np.ndarray
    token: np.ndarray
    loss: np.ndarray
    correct: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    @property
    def rows(self) -> np.ndarray:
        """The rows of the pieces judged, int32 [pieces], ascending."""
        return np.unique(self.row)

    @property
    def nats_per_token(self) -> float:
        """The mean loss over tokens."""
        return float(self.loss.mean(dtype=np.float64))

    def is_of_same_tokens(self, other: "TokenLosses") -> bool:
        """Whether both judged the very same tokens, as a fair comparison needs."""
        return all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in ("row", "place", "token")
        )


def shuffled_labels(
    store: TokenStore, split: str, shuffled: Shuffled, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Emotion and genre numbers of all pieces of a store, [pieces] each, some permuted within a split.

    Emotions are permuted among the pieces of one genre, and genres among those of one emotion, so that
    every pair of labels stays one that occurs; with "both", pairs move as they are.
    """
    emotion, genre = store.emotion_ids.copy(), store.genre_ids.copy()
    generator, rows = np.random.default_rng(seed), store.rows(split)
    if shuffled == "both":
        permuted = generator.permutation(rows)
        emotion[rows], genre[rows] = store.emotion_ids[permuted], store.genre_ids[permuted]
    elif shuffled != "nothing":
        changed, kept = (emotion, genre) if shuffled == "emotion" else (genre, emotion)
        for label in np.unique(kept[rows]):
            same = rows[kept[rows] == label]
            changed[same] = changed[generator.permutation(same)]
    return emotion, genre


@torch.no_grad()
def token_losses(
    model: ConditionalModel,
    store: TokenStore,
    split: str,
    window: int,
    precision: Precision = SINGLE,
    shuffled: Shuffled = "nothing",
    seed: int = 0,
    max_tokens: int | None = MOST_TOKENS,
) -> TokenLosses:
    """The losses of a network, window by window as in training.

    Args:
        model: in evaluation mode, on any device.
        store: the tokens.
        split: validation or test.
        window: targets in a row at most; a window's first tokens are judged with little context.
        precision: as the model was trained.
        shuffled: labels to deal anew among the pieces before they are given to the model.
        seed: of the dealing.
        max_tokens: judge a fixed random part of the pieces with about so many tokens; None for all.

    Raises:
        BookError: when the split is empty.
    """
    emotion, genre = (torch.from_numpy(labels) for labels in shuffled_labels(store, split, shuffled, seed))
    batches = Batches.evaluation_batches(store, split, window, max(BATCH_TOKENS, window), max_tokens)
    total = int(store.lengths[store.rows(split)].sum())
    progress = Progress(f"losses ({split})", min(total, max_tokens or total), unit="tokens")
    parts, device = [], model.device
    for batch in batches:
        judged = batch.targets != store.pad_id
        tokens, targets = batch.tokens.to(device), batch.targets.to(device)
        labels = emotion[batch.rows].to(device), genre[batch.rows].to(device)
        with autocast(precision, device):
            logits, _ = model(tokens, *labels)
        loss = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="none")
        correct = logits.argmax(dim=-1) == targets
        places = batch.begins[:, None] + torch.arange(targets.shape[1])
        rows = batch.rows[:, None].expand_as(places)
        columns = (rows, places, batch.targets, loss.view_as(targets).cpu(), correct.cpu())
        parts.append([column[judged].numpy() for column in columns])
        progress.advance(len(parts[-1][0]))
    row, place, token, loss, correct = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((place, row))
    return TokenLosses(
        row[order].astype(np.int32),
        place[order].astype(np.int32),
        token[order].astype(np.uint16),
        loss[order].astype(np.float32),
        correct[order],
    )


def judged_rows(store: TokenStore, split: str) -> np.ndarray:
    """Rows [pieces] of a split that :func:`token_losses` judges, ascending: all, unless they are too many."""
    batches = Batches.evaluation_batches(store, split, BATCH_TOKENS, BATCH_TOKENS, MOST_TOKENS)
    return np.unique(np.concatenate([batch.rows.numpy() for batch in batches]))


def ngram_losses(model: NgramModel, store: TokenStore, rows: np.ndarray) -> TokenLosses:
    """The losses of an n-gram model on all tokens of some pieces.

    Args:
        model: a fitted model.
        store: the tokens.
        rows: the pieces, as in :attr:`TokenLosses.rows` of a network's losses, [pieces].
    """
    pieces = flatten_rows(store, np.unique(rows))
    targets, predicted = pieces.is_target, model.predictions_of(pieces)
    token = pieces.tokens[targets]
    return TokenLosses(
        pieces.piece[targets],
        pieces.place[targets],
        token,
        -model.log_probabilities_of(pieces).astype(np.float32),
        predicted == token,
    )


def request_losses(run: Run, store: TokenStore, split: str, shuffled: Shuffled = "nothing") -> TokenLosses:
    """The losses of a finished run, computed once and kept under artifacts/losses/.

    Args:
        run: its kept weights, window and precision are used.
        store, split, shuffled: as for :func:`token_losses`.

    Raises:
        BookError: when the run has no weights.
    """

    def compute() -> TokenLosses:
        model = run.load_model()
        with (
            reproducible(run.settings.threads, model.device),
            memory_for(f"the losses of the run '{run.settings.name}'", model.device),
        ):
            return token_losses(
                model, store, split, run.settings.training.window, run.settings.precision, shuffled
            )

    return _kept([run.folder.name, run.provenance["sha256"], store.hash, split, shuffled, 0], compute)


def request_ngram_losses(store: TokenStore, orders: Sequence[int], split: str) -> TokenLosses:
    """The losses of the n-gram baseline, computed once and kept; see
    :func:`lib.models.ngram_choice.request_ngram`."""

    def compute() -> TokenLosses:
        model, _ = request_ngram(store, orders)
        return ngram_losses(model, store, judged_rows(store, split))

    return _kept(["ngram", sorted(set(orders)), store.hash, split], compute)


def _kept(request: list, compute) -> TokenLosses:
    path = kept_path("losses", request, _CODE, ".safetensors")
    return request_kept(path, load_losses, compute, save_losses)


def save_losses(path: Path, losses: TokenLosses) -> None:
    """Write losses as safetensors, atomically.

    Raises:
        BookError: when the file cannot be written.
    """
    with atomic_path(path) as temporary:
        save_file(vars(losses), temporary)


def load_losses(path: Path) -> TokenLosses:
    """Read what :func:`save_losses` wrote.

    Raises:
        BookError: when the file is missing, cut off or something else.
    """
    try:
        return TokenLosses(**load_file(path))
    except (OSError, SafetensorError, TypeError, ValueError) as error:
        raise BookError(
            f"The losses in {path} cannot be read ({error}); delete the file and run the command again."
        ) from error
