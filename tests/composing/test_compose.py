"""Composing: labels to files, and files that say how they were made."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from symusic import Score

from lib.basics.errors import BookError
from lib.composing import SamplingSettings, compose_many, compose_pieces, safe_file_name
from lib.models import build_model
from lib.profiles.profile import ModelSettings

SETTINGS = SamplingSettings(max_tokens=150, seed=11, temperature=1.5)


def network(store, vocabulary_size=None, num_emotions=None):
    torch.manual_seed(1)
    settings = ModelSettings(
        kind="transformer", hidden_size=32, num_layers=1, num_heads=2, tie_embeddings=False
    )
    model = build_model(
        settings,
        vocabulary_size or len(store.vocabulary),
        num_emotions or len(store.emotions),
        len(store.genres),
    ).eval()
    model.output.bias.data[store.eos_id] = 2.0  # so that some pieces end by themselves and some do not
    return model


@pytest.fixture(scope="module")
def pieces(tiny_store):
    return compose_pieces(network(tiny_store), tiny_store, "calm", "pop", SETTINGS, count=8)


def test_pieces_are_whole_and_say_how_they_ended(pieces, tiny_store):
    assert [piece.seed for piece in pieces] == list(range(11, 19))
    for piece in pieces:
        last = tiny_store.vocabulary[piece.tokens[-1]].split("_")[0]
        assert last == ("EOS" if piece.ended else "Duration")
        texts = [tiny_store.vocabulary[token] for token in piece.tokens]
        assert piece.notes == sum(text.startswith("Duration") for text in texts)
        assert piece.bars >= 1
        assert piece.seconds > 0
    assert {piece.ended for piece in pieces} == {True, False}, "one kind of ending was not tested"


def test_each_piece_can_be_composed_again_by_its_seed(pieces, tiny_store):
    again = compose_pieces(network(tiny_store), tiny_store, "calm", "pop", pieces[3].settings)
    assert np.array_equal(again[0].tokens, pieces[3].tokens)


def test_more_pieces_than_a_batch_holds(pieces, tiny_store, monkeypatch):
    monkeypatch.setattr("lib.composing.compose._BATCH", 3)
    again = compose_pieces(network(tiny_store), tiny_store, "calm", "pop", SETTINGS, count=8)
    assert all(np.array_equal(a.tokens, b.tokens) for a, b in zip(again, pieces, strict=True))


def test_labels_of_their_own_for_each_piece(tiny_store):
    labels = [("calm", "folk"), ("lively", "pop"), (None, None)]
    made = compose_many(network(tiny_store), tiny_store, labels, SETTINGS)
    assert [(piece.emotion, piece.genre) for piece in made] == labels
    assert [piece.name for piece in made] == ["calm_folk_11", "lively_pop_12", "any_any_13"]


def test_saved_files_hold_the_piece(pieces, tmp_path):
    piece = pieces[0]
    midi, audio, record = (tmp_path / "made" / f"piece.{suffix}" for suffix in ("mid", "mp3", "json"))
    assert piece.save(midi=midi, audio=audio, record=record) == [midi, audio, record]
    read = Score(midi)
    assert sum(len(track.notes) for track in read.tracks) == piece.notes
    assert audio.stat().st_size > 1000
    told = json.loads(record.read_text())
    assert (told["emotion"], told["genre"], told["seed"]) == ("calm", "pop", 11)
    assert told["sampling"]["temperature"] == 1.5
    assert told["ended_by"] == ("EOS" if piece.ended else "limit")
    assert told["tokens"] == len(piece.tokens)
    assert told["model"]["hidden_size"] == 32
    assert told["versions"]["symusic"].startswith("0.5")
    assert piece.save() == []


def test_an_older_file_survives_a_failed_save(pieces, tmp_path, monkeypatch):
    older = tmp_path / "piece.mid"
    older.write_bytes(b"older")

    def fail(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lib.basics.files.os.replace", fail)
    with pytest.raises(BookError, match="the disk is full"):
        pieces[0].save(midi=older)
    assert older.read_bytes() == b"older"


def test_unknown_labels_name_the_known_ones(tiny_store):
    model = network(tiny_store)
    with pytest.raises(BookError, match=r"no emotion 'livley' .* calm, lively\. Did you mean 'lively'\?$"):
        compose_pieces(model, tiny_store, "livley", "pop", SETTINGS)
    with pytest.raises(BookError, match=r"no genre 'tango' in this data; choose one of: folk, pop\.$"):
        compose_pieces(model, tiny_store, "calm", "tango", SETTINGS)


def test_counts_and_foreign_models_are_refused(tiny_store):
    with pytest.raises(BookError, match="at least 1, not 0"):
        compose_pieces(network(tiny_store), tiny_store, "calm", "pop", SETTINGS, count=0)
    for foreign in (network(tiny_store, vocabulary_size=99), network(tiny_store, num_emotions=9)):
        with pytest.raises(BookError, match="use the data it was trained on"):
            compose_pieces(foreign, tiny_store, "calm", "pop", SETTINGS)


def test_file_names_are_safe():
    assert safe_file_name("major-lively_irish") == "major-lively_irish"
    assert safe_file_name("../../etc/passwd") != safe_file_name("etc-passwd") == "etc-passwd"
    assert safe_file_name("R&B") != safe_file_name("r-b")
    assert safe_file_name("") == safe_file_name("") != ""


@given(st.text())
def test_any_text_makes_a_plain_file_name(text):
    name = safe_file_name(text)
    assert 0 < len(name) <= 80
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert name[0] not in "-_"
