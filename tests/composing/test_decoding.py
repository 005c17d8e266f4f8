"""Composed pieces, 200 of 200: what is decoded and written is exactly the notes that the tokens name."""

import pytest
import torch
from named_notes import named_notes
from symusic import Score

from lib.composing import Grammar, SamplingSettings, compose_many
from lib.models import build_model
from lib.profiles.profile import ModelSettings

PIECES = 200


def notes_of(score: Score) -> list[list[int]]:
    """[onset, duration, pitch, velocity, program], sorted; drums are program −1."""
    return sorted(
        [note.time, note.duration, note.pitch, note.velocity, -1 if track.is_drum else track.program]
        for track in score.tracks
        for note in track.notes
    )


@pytest.mark.parametrize("kind", ["transformer", "lstm"])
def test_every_composed_piece_decodes_to_exactly_its_notes(tiny_store, kind):
    """An untrained network at a high temperature goes to places that a trained one hardly visits."""
    torch.manual_seed(2)
    settings = ModelSettings(
        kind=kind,
        hidden_size=32,
        num_layers=1,
        num_heads=2,
        positions="rotary" if kind == "transformer" else "none",
    )
    emotions, genres = tiny_store.emotions, tiny_store.genres
    model = build_model(settings, len(tiny_store.vocabulary), len(emotions), len(genres))
    labels = [(emotions[piece % 2], genres[piece // 2 % 2]) for piece in range(PIECES)]
    draw = SamplingSettings(max_tokens=120, temperature=2.0, seed=3)
    grammar, notes, exact = Grammar(tiny_store.tokenizer), 0, 0
    for piece in compose_many(model, tiny_store, labels, draw):
        named = named_notes(grammar, piece.tokens).tolist()
        exact += notes_of(piece.score) == named == notes_of(Score.from_midi(piece.score.dumps_midi()))
        notes += len(named)
    assert exact == PIECES
    assert notes > 10 * PIECES
