"""The model that comes with the book: weights, tokenizer, labels and model card under `lib/pretrained/`.

It composes within seconds of a fresh clone, before anything was trained. `make pretrained` trains it again
(:mod:`lib.long_runs.pretraining`); its card says on what, how well it does on music held out, and what it
cannot do.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import torch
from miditok import REMI

from lib.basics.errors import BookError
from lib.basics.files import hash_of_bytes, read_json
from lib.basics.places import LIB
from lib.data.tokenizer import vocabulary_of
from lib.models import build_model
from lib.models.network import Network
from lib.profiles.profile import ModelSettings
from lib.training.checkpoint import load_weights, read_weights
from lib.training.devices import device_at_hand
from lib.training.memory import memory_for

FOLDER = LIB / "pretrained"
WEIGHTS, TOKENIZER, CARD, CARD_TEXT = "model.safetensors", "tokenizer.json", "card.json", "MODEL_CARD.md"
RECIPE, HELD_OUT, SEEN, SELECTOR = "recipe.yaml", "held_out.csv", "seen.csv", "selector.json"


@dataclass(frozen=True)
class Pretrained:
    """A model with all that composing needs; it takes the place of a run and of a token store alike.

    Attributes:
        model: the network, on the GPU if there is one, in evaluation mode.
        card: what card.json holds.
        emotions, genres: the labels that it knows, by number.
        tokenizer: what its ids mean.
        hash: of the weights; pieces are kept under it.
    """

    model: Network
    card: dict[str, Any]
    emotions: list[str]
    genres: list[str]
    tokenizer: REMI
    hash: str

    @cached_property
    def vocabulary(self) -> list[str]:
        """The text of each token, by id."""
        return vocabulary_of(self.tokenizer)

    @cached_property
    def eos_id(self) -> int:
        """The token that ends a piece."""
        return self.vocabulary.index("EOS_None")

    @property
    def context_length(self) -> int:
        """Context length in tokens, in training; it composes no longer pieces."""
        return self.model.settings.max_length


def load_pretrained(folder: Path = FOLDER) -> Pretrained:
    """Read the weights and everything beside them.

    Raises:
        BookError: when a file is missing, cut off, or belongs to other weights; when the GPU is full or too
            old.
    """
    folder = Path(folder)
    remedy = "restore the folder from the repository, or train it again with `make pretrained`"
    card: Any = read_json(folder / CARD)
    try:
        settings = ModelSettings.model_validate(card["model"])
        emotions, genres = list(card["emotions"]), list(card["genres"])
        size, expected = int(card["vocabulary_size"]), card["sha256"]
        for name in (WEIGHTS, TOKENIZER):
            if hash_of_bytes((folder / name).read_bytes()) != expected[name]:
                raise BookError(f"The file {folder / name} is not the one that its card describes: {remedy}.")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BookError(
            f"The pretrained model in {folder} is incomplete or damaged ({error}): {remedy}."
        ) from error
    with torch.random.fork_rng(devices=[]):  # fresh weights are drawn only to be overwritten
        model = build_model(settings, size, len(emotions), len(genres))
    weights, _ = read_weights(folder / WEIGHTS)
    load_weights(model, {name: tensor.float() for name, tensor in weights.items()}, folder / WEIGHTS)
    tokenizer = REMI(params=folder / TOKENIZER)
    if len(vocabulary_of(tokenizer)) != size:
        raise BookError(
            f"The tokenizer in {folder} gives {len(vocabulary_of(tokenizer))} tokens with this "
            f"version of miditok, the weights know {size}: install the locked versions."
        )
    device = device_at_hand()
    with memory_for("the pretrained model", device):
        model = model.to(device).eval()
    return Pretrained(cast(Network, model), card, emotions, genres, tokenizer, expected[WEIGHTS])
