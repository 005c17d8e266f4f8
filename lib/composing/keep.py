"""Composed pieces, kept: the same request of the same model composes once.

A request is a file `artifacts/pieces/<hash>.safetensors`. The hash covers the model (a run's folder names its
settings, data and code), the labels and sampling values, and the code that composes; the file
holds ids and which pieces ended by themselves, nothing that is executed.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from lib.basics.errors import BookError
from lib.basics.files import atomic_path
from lib.basics.kept import code_hash, kept_path
from lib.composing.compose import Composition, Source, as_compositions, compose_many
from lib.composing.pretrained import Pretrained
from lib.composing.protocols import Vocabulary
from lib.composing.sampling import SamplingSettings
from lib.training.runs import Run

# Of the code as it was imported, as for runs. How a piece sounds and is engraved decides none of its tokens.
_CODE = code_hash("lib.composing.compose", without=("lib.sound",))


def request_pieces(
    source: Source,
    store: Vocabulary,
    labels: Sequence[tuple[str | None, str | None]],
    settings: SamplingSettings,
    identity: str | None = None,
) -> list[Composition]:
    """One piece for each pair of labels (emotion, genre): read back if asked before, else composed and kept.

    Args:
        source: a trained run, the pretrained model, or a network.
        store: the token store that it was trained on; the pretrained model takes its place itself.
        labels: a pair a piece; None leaves the model free.
        settings: how tokens are drawn; piece i has the seed `settings.seed` + i.
        identity: what tells this model from all others, such as the hash of what it was made from; needed
            for a bare network only.

    Raises:
        BookError: as :func:`lib.composing.compose.compose_many`; also when a bare network has no identity.
    """
    if isinstance(source, Run | Pretrained):
        identity = source.folder.name if isinstance(source, Run) else source.hash
    if not identity:
        raise BookError(
            "Pieces of a model that is no run can only be kept under a name of its own: "
            "give request_pieces an identity."
        )
    labels = [(emotion, genre) for emotion, genre in labels]
    path = _place(identity, store, labels, settings)
    kept = _read(path)
    if kept is None or len(kept) != len(labels):
        pieces = compose_many(source, store, labels, settings)
        _write(path, pieces)
        return pieces
    return as_compositions(source, store, labels, settings, None, kept)


def _place(identity: str, store: Vocabulary, labels: list, settings: SamplingSettings) -> Path:
    inputs = [identity, store.hash, labels, settings.model_dump(mode="json")]
    return kept_path("pieces", inputs, _CODE, ".safetensors")


def _write(path: Path, pieces: list[Composition]) -> None:
    ids = np.concatenate([piece.tokens for piece in pieces]).astype("<u2")
    about = {"lengths": [len(piece.tokens) for piece in pieces], "ended": [piece.ended for piece in pieces]}
    with atomic_path(path) as temporary:
        save_file({"ids": ids}, temporary, {"pieces": json.dumps(about)})


def _read(path: Path) -> list[tuple[np.ndarray, bool]] | None:
    """Ids of each piece and whether it ended; None when the file is missing or damaged."""
    try:
        with safe_open(path, framework="numpy") as file:
            about, ids = json.loads(file.metadata()["pieces"]), file.get_tensor("ids")
        ends = np.cumsum(about["lengths"])
        if len(ends) != len(about["ended"]) or ends[-1] != len(ids):
            return None
        return list(zip(np.split(ids, ends[:-1]), about["ended"], strict=True))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, IndexError):
        return None
