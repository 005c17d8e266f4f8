"""Listening rows: a real piece beside composed ones, files where the links point, labels escaped."""

import re

import pytest

from lib.chapters.generation.listening import listening_rows, outcome_rows
from lib.composing import SamplingSettings, compose_pieces
from lib.composing.outcomes import held_out_piece, original_outcomes, summarise_outcomes
from lib.models import build_model
from lib.profiles.profile import ModelSettings


@pytest.fixture
def media(tmp_path, monkeypatch):
    monkeypatch.setenv("MOOD_MEDIA", str(tmp_path / "media"))
    return tmp_path / "media"


def test_rows_link_files_that_exist(tiny_store, media):
    model = build_model(
        ModelSettings(kind="lstm", hidden_size=16, num_layers=1, positions="none"),
        len(tiny_store.vocabulary),
        len(tiny_store.emotions),
        len(tiny_store.genres),
    ).eval()
    settings = SamplingSettings(max_tokens=40, seed=3)
    pieces = [
        piece
        for emotion in tiny_store.emotions
        for piece in compose_pieces(model, tiny_store, emotion, "pop", settings, count=2)
    ]
    real = {
        (emotion, "pop"): held_out_piece(tiny_store, emotion, "pop", 1000) for emotion in tiny_store.emotions
    }
    html = listening_rows(tiny_store, real, {"lstm": pieces}, per_label=1).data
    links = re.findall(r'(?:src|href)="media/([^"]+)"', html)
    assert all((media / link).is_file() for link in links)
    assert html.count("<audio") == 2 * len(real)
    assert html.index("real, held out") < html.index("LSTM")
    assert len(list(media.glob("*.json"))) == len(real)


def test_quoted_line_is_marked():
    html = outcome_rows(summarise_outcomes(original_outcomes()), 512).data
    assert "(quoted)" in html
    assert "0.00 [0.00,\N{NO-BREAK SPACE}0.43]" in html
    assert "within 512 tokens" in html
