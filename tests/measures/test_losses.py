"""Losses token by token, against losses piece by piece; the deal of labels; what is kept."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from ngram_by_step import log_probabilities, next_distribution

from lib.basics.errors import BookError
from lib.measures import losses as losses_module
from lib.measures.losses import (
    TokenLosses,
    judged_rows,
    load_losses,
    ngram_losses,
    request_losses,
    request_ngram_losses,
    save_losses,
    shuffled_labels,
    token_losses,
)
from lib.models import NgramModel, build_model
from lib.models.pieces import flatten_rows
from lib.profiles.profile import ModelSettings


@pytest.fixture(scope="module")
def model(tiny_store):
    torch.manual_seed(0)
    settings = ModelSettings(kind="transformer", hidden_size=16, num_layers=1, num_heads=2)
    network = build_model(
        settings, len(tiny_store.vocabulary), len(tiny_store.emotions), len(tiny_store.genres)
    )
    for parameter in network.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    return network.eval()


@pytest.fixture(scope="module")
def judged(model, tiny_store):
    return token_losses(model, tiny_store, "validation", window=4096)


def test_every_token_but_bos_is_judged_once_in_order(judged, tiny_store):
    rows = tiny_store.rows("validation")
    assert judged.rows.tolist() == rows.tolist()
    assert judged.token.tolist() == np.concatenate([tiny_store.tokens(row)[1:] for row in rows]).tolist()
    assert judged.place.tolist() == [place for row in rows for place in range(1, tiny_store.lengths[row])]


def test_equals_the_loss_of_each_piece_alone(judged, model, tiny_store):
    for row in tiny_store.rows("validation")[:3]:
        tokens = torch.from_numpy(tiny_store.tokens(row).astype(np.int64))
        labels = torch.tensor([[tiny_store.emotion_of(row)], [tiny_store.genre_of(row)]])
        with torch.no_grad():
            logits = model(tokens[None, :-1], *labels)[0][0]
        expected = F.cross_entropy(logits, tokens[1:], reduction="none")
        mine = judged.row == row
        np.testing.assert_allclose(judged.loss[mine], expected, atol=1e-4)
        assert judged.correct[mine].tolist() == (logits.argmax(-1) == tokens[1:]).tolist()


def test_a_window_shortens_the_past_but_loses_no_token(judged, model, tiny_store):
    cut = token_losses(model, tiny_store, "validation", window=32)
    assert cut.is_of_same_tokens(judged)
    first = judged.place <= 8
    np.testing.assert_allclose(cut.loss[first], judged.loss[first], atol=1e-4)
    assert np.abs(cut.loss - judged.loss).max() > 1e-3


def test_ngram_is_judged_on_the_same_tokens(judged, tiny_store):
    training = flatten_rows(tiny_store, tiny_store.rows("train"))
    ngram = NgramModel.fit(training, len(tiny_store.vocabulary), 4, "genre")
    result = ngram_losses(ngram, tiny_store, judged.rows)
    assert result.is_of_same_tokens(judged)
    row = int(judged.rows[-1])
    labels = tiny_store.emotion_of(row), tiny_store.genre_of(row)
    expected = -log_probabilities(ngram, tiny_store.tokens(row), *labels)
    np.testing.assert_allclose(result.loss[result.row == row], expected, rtol=1e-5)
    likeliest = next_distribution(ngram, tiny_store.tokens(row)[:9], *labels).argmax()
    place = (result.row == row) & (result.place == 9)
    assert result.correct[place].tolist() == [likeliest == tiny_store.tokens(row)[9]]


@pytest.mark.parametrize("kind", ["nothing", "emotion", "genre", "both"])
def test_labels_are_dealt_within_the_split(tiny_store, kind):
    rows, others = tiny_store.rows("train"), tiny_store.rows("validation")
    emotion, genre = shuffled_labels(tiny_store, "train", kind, seed=1)
    before = list(zip(tiny_store.emotion_ids[rows], tiny_store.genre_ids[rows], strict=True))
    after = list(zip(emotion[rows], genre[rows], strict=True))
    assert sorted(before) == sorted(after)
    assert (before != after) == (kind != "nothing")
    assert np.array_equal(emotion[others], tiny_store.emotion_ids[others])
    if kind == "emotion":
        assert np.array_equal(genre, tiny_store.genre_ids)
    if kind == "genre":
        assert np.array_equal(emotion, tiny_store.emotion_ids)


def test_shuffled_labels_reach_the_model(judged, model, tiny_store):
    permuted = token_losses(model, tiny_store, "validation", 4096, shuffled="both", seed=3)
    assert permuted.is_of_same_tokens(judged)
    emotion, genre = shuffled_labels(tiny_store, "validation", "both", 3)
    changed = (emotion != tiny_store.emotion_ids) | (genre != tiny_store.genre_ids)
    for row in judged.rows:
        mine = judged.row == row
        same = np.allclose(permuted.loss[mine], judged.loss[mine], atol=1e-4)
        assert same != changed[row]


def test_a_part_of_the_pieces_is_whole_pieces(model, tiny_store, monkeypatch):
    part = token_losses(model, tiny_store, "train", 32, max_tokens=500)
    assert len(part) == sum(tiny_store.lengths[row] - 1 for row in part.rows)
    assert len(part.rows) < len(tiny_store.rows("train"))
    monkeypatch.setattr(losses_module, "MOST_TOKENS", 500)
    assert judged_rows(tiny_store, "train").tolist() == part.rows.tolist()


def test_a_runs_losses_are_computed_once(model, tiny_store, tmp_path, monkeypatch):
    calls = []
    run = SimpleNamespace(
        folder=tmp_path / "run-1",
        provenance={"sha256": {"model.safetensors": "0"}},
        settings=SimpleNamespace(
            name="one", threads=1, precision="32-true", training=SimpleNamespace(window=64)
        ),
        load_model=lambda: calls.append("load") or model,
    )
    first = request_losses(run, tiny_store, "validation")
    second = request_losses(run, tiny_store, "validation")
    assert len(calls) == 1
    assert np.array_equal(first.loss, second.loss)
    request_losses(run, tiny_store, "validation", shuffled="both")
    assert len(calls) == 2


def test_the_ngrams_losses_are_computed_once(tiny_store, judged, monkeypatch):
    first = request_ngram_losses(tiny_store, [2, 4], "validation")
    assert first.is_of_same_tokens(judged)
    monkeypatch.setattr(losses_module, "request_ngram", None)
    assert np.array_equal(request_ngram_losses(tiny_store, [4, 2], "validation").loss, first.loss)


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "losses.safetensors"
    few = TokenLosses(
        np.zeros(2, np.int32),
        np.arange(1, 3, dtype=np.int32),
        np.ones(2, np.uint16),
        np.ones(2, np.float32),
        np.array([True, False]),
    )
    save_losses(path, few)
    assert load_losses(path).is_of_same_tokens(few)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BookError, match=r"losses.safetensors cannot be read .*delete the file"):
        load_losses(path)
