"""Pieces for a survey, ready to be asked about: composed ones, and for each a real one with the same labels.

Nothing is picked by ear: composed pieces are one seed after the other, real ones are drawn from those held
out. None of them is played in chapter 4, whose readers would recognise it. Both kinds come from tokens, so
that instrument, loudness and timing cannot tell them apart. A third kind, from people's ratings, is there
where a folder of rated pieces is given (:mod:`lib.chapters.survey.rated_arm`).
"""

import sys
from pathlib import Path

import numpy as np

from lib.basics.errors import BookError
from lib.basics.files import make_folder, write_bytes
from lib.chapters.survey.keys import ORIGINS, RATED
from lib.chapters.survey.rated_arm import rated_scores, refuse_in_project
from lib.composing import SamplingSettings, compose_many
from lib.composing.outcomes import held_out_piece, label_pairs
from lib.data.pieces import piece_name
from lib.data.store import TokenStore
from lib.data.tokenizer import decode
from lib.models.base import ConditionalModel
from lib.profiles import Profile
from lib.training import Run

_SEED_SHIFT = 100_000  # away from the seeds of the pieces that chapter 4 plays


def write_survey_pieces(
    profile: Profile,
    store: TokenStore,
    source: Run | ConditionalModel,
    folder: Path,
    count: int = 10,
    rated: Path | None = None,
) -> list[Path]:
    """Write `composed` and `real` below `folder`, one of each for `count` pairs of labels.

    Args:
        profile: says how pieces are drawn (its `generation`) and from which seed.
        store: the data that the model was trained on.
        source: the run, or the network, that composes.
        folder: must not hold such folders yet.
        count: pairs of emotion and genre, each once.
        rated: a folder of rated pieces, of which `count` are written into `rated`; None: no such arm.

    Returns:
        The files written.

    Raises:
        BookError: when the data have fewer pairs, or `folder` holds pieces already; with rated pieces also
            where `folder` could be published.
    """
    if rated is not None:
        refuse_in_project(folder)
    pairs = label_pairs(store)
    if not 2 <= count <= len(pairs):
        raise BookError(
            f"The data have {len(pairs)} pairs of labels with held-out pieces: ask for 2 to "
            f"{len(pairs)} pieces, not {count}."
        )
    targets = {origin: folder / origin for origin in (*ORIGINS, *([RATED] if rated else []))}
    for target in targets.values():
        if target.is_dir() and any(target.iterdir()):
            raise BookError(f"The folder {target} holds files already: give another folder.")
    drawn = list(rated_scores(rated, store.tokenizer, count, profile.seed)) if rated else []
    pairs = label_pairs(store, count)
    draw = SamplingSettings(
        seed=profile.seed + _SEED_SHIFT,
        **profile.generation.model_dump(include={"temperature", "top_k", "top_p", "max_tokens"}),
    )
    composed = compose_many(source, store, pairs, draw)
    written = []
    for (emotion, genre), piece in zip(pairs, composed, strict=True):
        row = _real_piece(store, emotion, genre, draw)
        identifier = str(store.index["identifier"].iloc[row])
        for origin, score, name in (
            ("composed", piece.score, str(piece.seed)),
            ("real", decode(store.tokenizer, store.tokens(row)), identifier),
        ):
            path = make_folder(targets[origin]) / piece_name(emotion, genre, name)
            write_bytes(path, score.dumps_midi())
            written.append(path)
    for original, score, remarks in drawn:
        for remark in remarks:
            print(remark, file=sys.stderr)
        path = make_folder(targets[RATED]) / piece_name(original.emotion, original.genre, original.identifier)
        write_bytes(path, score.dumps_midi())
        written.append(path)
    return written


def _real_piece(store: TokenStore, emotion: str, genre: str, draw: SamplingSettings) -> int:
    """A held-out piece that fits within the limit, drawn; chapter 4's only where there is no other."""
    index, played = store.index, held_out_piece(store, emotion, genre, draw.max_tokens)
    fits = (
        (index["emotion"] == emotion)
        & (index["genre"] == genre)
        & (index["split"] != "train")
        & (index["length"] <= draw.max_tokens)
    ).to_numpy(copy=True)
    fits[played] = False
    rows = np.flatnonzero(fits)
    return int(np.random.default_rng(draw.seed).choice(rows)) if len(rows) else played
