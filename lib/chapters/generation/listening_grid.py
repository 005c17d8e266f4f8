"""Emotion × genre × model to hear: the record from which the build makes the page *Listen*.

Nothing is picked by ear. In each cell stands the first piece that a model composed to the two labels,
whatever became of it, beside a held-out real piece of median length. What failed is shown apart as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape

import numpy as np
import symusic
from IPython.display import display

from lib.basics.errors import BookError
from lib.composing import Composition, SamplingSettings, request_pieces
from lib.composing.compose import safe_file_name
from lib.composing.outcomes import held_out_piece, label_pairs
from lib.data.store import TokenStore
from lib.data.tokenizer import decode
from lib.show.media import LISTENING
from lib.show.piano_rolls import roll_data
from lib.show.piece_files import PieceFiles, write_piece_files
from lib.show.words import counted, length_words
from lib.sound.audio import note_seconds
from lib.training import Run

EXCERPT = 30.0
"""Seconds that are heard of each piece; MIDI and MusicXML hold all of it."""

_SEED_SHIFT = 400_000  # away from the seeds of pieces composed elsewhere
_FEW = 1  # percentile of the numbers of notes of real pieces: with fewer, a piece is nearly empty


@dataclass(frozen=True)
class Cell:
    """One piece of the grid, or of what failed.

    Attributes:
        emotion, genre: asked for, or, of a real piece, its own; untrusted text.
        source: 'real', or the name of the model.
        note: its length and origin, a line of untrusted text.
        failed: what is wrong with it, in words; empty for a whole piece.
        seconds: of the whole piece.
        midi, audio, music_xml: names in the media folder; None where there is no such file.
        about_sound: why there is no sound, or what is not heard as written; '' for a whole one.
        roll: from :func:`lib.show.piano_rolls.roll_data`.
    """

    emotion: str
    genre: str
    source: str
    note: str
    failed: str
    seconds: float
    midi: str
    audio: str | None
    music_xml: str | None
    about_sound: str
    roll: str


@dataclass(frozen=True)
class _Piece:
    """A piece before its files exist."""

    stem: str
    emotion: str
    genre: str
    source: str
    note: str
    failed: str
    score: symusic.Score

    def cell(self, files: PieceFiles) -> Cell:
        return Cell(
            self.emotion,
            self.genre,
            self.source,
            self.note,
            self.failed,
            round(note_seconds(self.score), 2),
            files.midi,
            files.audio,
            files.music_xml,
            files.about_sound,
            roll_data(self.score, EXCERPT),
        )


def listening_grid(
    store: TokenStore,
    runs: Mapping[str, Run],
    composed: Mapping[str, Sequence[Composition]],
    draw: SamplingSettings,
    labels: int | None = None,
    calm: str = "",
    workers: int = 1,
) -> None:
    """Write the pieces of the grid to the media folder and leave its record in the cell's output.

    Args:
        store: the data; whatever labels it has.
        runs: the models, by name; each is asked for the pairs of labels that it has not composed for yet.
        composed: pieces that there are already, by model.
        draw: how tokens are drawn.
        labels: pairs of labels at most; None: all that have a piece in training and one held out.
        calm: what the rule behind the labels means by it
            (:class:`lib.data.labelling.label_schemes.LabelScheme`); empty where the labels are given.
        workers: processes that make the files.

    Raises:
        BookError: as :func:`lib.composing.keep.request_pieces`, for data without such a pair, and when a file
            cannot be written.
    """
    pairs = sorted(
        label_pairs(store, labels),
        key=lambda pair: (store.emotions.index(pair[0]), store.genres.index(pair[1])),
    )
    if not pairs:
        raise BookError(
            "No pair of labels has a piece in training and one held out, so there is nothing to "
            "compare by ear: take more data."
        )
    few = int(np.percentile(store.index["notes"], _FEW))
    firsts = {
        name: _first_pieces(store, run, pairs, composed.get(name, ()), draw) for name, run in runs.items()
    }
    grid = [
        piece
        for pair in pairs
        for piece in (
            _real(store, pair, draw.max_tokens),
            *(_composed(name, pieces[pair], few) for name, pieces in firsts.items()),
        )
    ]
    failures = [piece for name in runs for piece in _failures(name, composed.get(name, ()), few)]
    scores = {piece.stem: piece.score for piece in (*grid, *failures)}
    files = write_piece_files(scores, EXCERPT, workers)
    cells, failed = ([piece.cell(files[piece.stem]) for piece in part] for part in (grid, failures))
    record = {
        "calm": calm,
        "emotions": store.emotions,
        "genres": store.genres,
        "excerpt": EXCERPT,
        "few": few,
        "sources": ["real", *runs],
        "cells": [asdict(cell) for cell in cells],
        "failures": [asdict(cell) for cell in failed],
        "media": _media([*cells, *failed]),
    }
    words = (
        f"{len(cells)} pieces for {len(pairs)} pairs of labels, the first {EXCERPT:.0f} s of each, are "
        "on the page Listen of the site."
    )
    display({LISTENING: record, "text/html": f"<p>{escape(words)}</p>", "text/plain": words}, raw=True)


def _media(cells: Sequence[Cell]) -> list[str]:
    named = (name for cell in cells for name in (cell.midi, cell.audio, cell.music_xml))
    return sorted({name for name in named if name})


def _first_pieces(
    store: TokenStore,
    run: Run,
    pairs: Sequence[tuple[str, str]],
    composed: Sequence[Composition],
    draw: SamplingSettings,
) -> dict[tuple[str, str], Composition]:
    """The first piece for each pair; those that are missing are composed."""
    found: dict[tuple[str, str], Composition] = {}
    for piece in composed:
        found.setdefault((piece.emotion, piece.genre), piece)
    missing = [pair for pair in pairs if pair not in found]
    if missing:
        shifted = draw.model_copy(update={"seed": draw.seed + _SEED_SHIFT})
        found |= zip(missing, request_pieces(run, store, missing, shifted), strict=True)
    return found


def _real(store: TokenStore, pair: tuple[str, str], max_tokens: int) -> _Piece:
    row = held_out_piece(store, *pair, max_tokens)
    piece, score = store.index.iloc[row], decode(store.tokenizer, store.tokens(row))
    stem = safe_file_name(f"listen_{pair[0]}_{pair[1]}_real_{piece['identifier']}")
    note = f"held out: {length_words(int(piece['bars']), note_seconds(score))}"
    return _Piece(stem, *pair, "real", note, "", score)


def _composed(model: str, piece: Composition, few: int, place: str = "") -> _Piece:
    """A composed piece; `place` says why it is shown where it was looked for."""
    ending = "" if piece.ended else f"cut off at {piece.settings.max_tokens:,} tokens"
    empty = "" if piece.notes >= few else f"nearly empty: {counted(piece.notes, 'note')}"
    note = f"{length_words(piece.bars, piece.seconds)}, {counted(piece.notes, 'note')}, seed {piece.seed}"
    return _Piece(
        safe_file_name(f"listen_{piece.name}_{model}"),
        piece.emotion,
        piece.genre,
        model,
        f"{place}{note}",
        ", ".join(filter(None, (empty, ending))),
        piece.score,
    )


def _failures(model: str, composed: Sequence[Composition], few: int) -> list[_Piece]:
    """Of all that a model composed: the piece of fewest notes, and the first that was cut off."""
    if not composed:
        return []
    cut = [piece for piece in composed if not piece.ended]
    emptiest = min(composed, key=lambda piece: piece.notes)
    found = [_composed(model, emptiest, few, f"the emptiest of {len(composed):,}: ")]
    if cut and cut[0] is not emptiest:
        place = f"the first of {len(cut):,} of {len(composed):,} that were cut off: "
        found.append(_composed(model, cut[0], few, place))
    return found
