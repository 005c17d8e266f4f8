"""Composed pieces are kept by what decides them, and a damaged file is composed again."""

import numpy as np
import pytest
import torch

from lib.basics.errors import BookError
from lib.basics.places import artifacts_folder
from lib.composing import SamplingSettings, compose_many, keep, request_pieces
from lib.models import build_model
from lib.profiles.profile import ModelSettings

SETTINGS = SamplingSettings(max_tokens=60, seed=3)
LABELS = [("calm", "folk"), ("lively", "pop"), ("calm", None)]


@pytest.fixture(scope="module")
def network(tiny_store):
    torch.manual_seed(2)
    settings = ModelSettings(kind="transformer", hidden_size=16, num_layers=1, num_heads=2)
    return build_model(
        settings, len(tiny_store.vocabulary), len(tiny_store.emotions), len(tiny_store.genres)
    ).eval()


@pytest.fixture
def composings(monkeypatch):
    """How often something was really composed."""
    calls = []

    def counted(*arguments):
        calls.append(arguments)
        return compose_many(*arguments)

    monkeypatch.setattr(keep, "compose_many", counted)
    return calls


def kept_files():
    return sorted((artifacts_folder() / "pieces").glob("*.safetensors"))


def test_the_second_request_reads_what_the_first_composed(network, tiny_store, composings):
    first, second = (request_pieces(network, tiny_store, LABELS, SETTINGS, identity="a") for _ in range(2))
    assert len(composings) == 1
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.tokens, other.tokens)
        assert one.record() == other.record()
        assert one.score.dumps_midi() == other.score.dumps_midi()


def test_whatever_decides_the_pieces_makes_another_request(network, tiny_store, composings):
    requests = [
        {},
        {"identity": "b"},
        {"labels": LABELS[:2]},
        {"settings": SETTINGS.model_copy(update={"temperature": 0.9})},
    ]
    for request in requests:
        given = {"labels": LABELS, "settings": SETTINGS, "identity": "a", **request}
        request_pieces(network, tiny_store, **given)
    assert len(composings) == len(requests) == len(kept_files())


@pytest.mark.parametrize("damage", [lambda old: old[:-7], lambda old: b"", lambda old: b"x" * 99])
def test_a_damaged_file_is_composed_again(network, tiny_store, composings, damage):
    first = request_pieces(network, tiny_store, LABELS, SETTINGS, identity="a")
    (path,) = kept_files()
    path.write_bytes(damage(path.read_bytes()))
    again = request_pieces(network, tiny_store, LABELS, SETTINGS, identity="a")
    assert len(composings) == 2
    assert all(np.array_equal(one.tokens, other.tokens) for one, other in zip(first, again, strict=True))
    request_pieces(network, tiny_store, LABELS, SETTINGS, identity="a")
    assert len(composings) == 2


def test_a_model_without_identity_is_refused(network, tiny_store):
    with pytest.raises(BookError, match="give request_pieces an identity"):
        request_pieces(network, tiny_store, LABELS, SETTINGS)
