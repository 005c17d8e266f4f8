"""Composing, losses and looks inside leave no tensor behind on the CPU: a pretended GPU gives the same."""

import numpy as np
import pytest
import torch
from pretend_gpu import GPU, pretended_gpu

from lib.basics.errors import BookError
from lib.chapters.generation.next_token import piece_logits
from lib.chapters.generation.timing import step_times
from lib.chapters.networks.context import loss_by_context
from lib.chapters.networks.gates import loss_with_closed_gates
from lib.composing import Grammar, SamplingSettings, compose_many, load_pretrained, sample_tokens
from lib.composing.compose import network_of
from lib.composing.short_memory import ShortMemory
from lib.experiments.disturbed import disturbed_losses
from lib.measures.losses import token_losses
from lib.models import attention_weights, lstm_gates
from lib.training.devices import device_at_hand
from lib.training.memory import memory_for

DRAW = SamplingSettings(max_tokens=48, seed=5, guidance=1.5, top_p=0.95, top_k=60)
LABELS = [("calm", "folk"), ("lively", None), (None, "pop")]


def judged(model, store, kind):
    """Everything that the chapters ask of a network, as arrays."""
    losses = token_losses(model, store, "validation", 64)
    rows, places = store.rows("test")[:2], np.array([40, 30])
    found = {
        "logits": piece_logits(model, store, 0, 60).numpy(),
        "losses": losses.loss,
        "correct": losses.correct,
        "context": loss_by_context(model, store, rows, places, (4, 16)),
        "noise": disturbed_losses(model, store, rows, places, (0.4,), judged=8)["loss"].to_numpy(),
    }
    tokens = store.tokens(0)[:40]
    if kind == "lstm":
        gates = lstm_gates(model, tokens, 0, 1)
        found["gates"] = np.concatenate([value for layer in gates for value in vars(layer).values()])
        found["closed"] = np.array(loss_with_closed_gates(model, tokens, 0, 1, [0]))
    else:
        found["attention"] = attention_weights(model, tokens, 0, 1)
    return found


@pytest.mark.parametrize("kind", ["transformer", "lstm"])
def test_pieces_and_judgements_are_those_of_the_cpu(kind, tiny_store, untrained, monkeypatch):
    model = untrained(kind, num_layers=2)
    pieces = [piece.tokens for piece in compose_many(model, tiny_store, LABELS, DRAW)]
    (short,) = compose_many(ShortMemory(model, tiny_store, 1), tiny_store, LABELS[:1], DRAW)
    expected = judged(model, tiny_store, kind)
    with pretended_gpu(monkeypatch):
        there = untrained(kind, num_layers=2).to(GPU)
        assert there.device == GPU
        for one, other in zip(pieces, compose_many(there, tiny_store, LABELS, DRAW), strict=True):
            assert one.tolist() == other.tokens.tolist()
        (cut,) = compose_many(ShortMemory(there, tiny_store, 1), tiny_store, LABELS[:1], DRAW)
        assert cut.tokens.tolist() == short.tokens.tolist()
        found = judged(there, tiny_store, kind)
        assert len(step_times(there, tiny_store.tokens(0), [4, 8], repeats=1)) == 4
    for name, values in expected.items():
        assert np.allclose(values, found[name], atol=1e-5), name


def test_a_piece_is_made_by_its_own_seed_whatever_its_neighbours(tiny_store, untrained, monkeypatch):
    with pretended_gpu(monkeypatch):
        model, grammar = untrained("transformer").to(GPU), Grammar(tiny_store.tokenizer)
        together = sample_tokens(model, [0, 1, 0, 1], [0, 0, 1, 1], DRAW, grammar)
        (alone,) = sample_tokens(model, [1], [1], DRAW.model_copy(update={"seed": DRAW.seed + 3}), grammar)
    assert alone.tolist() == together[3].tolist()


def test_what_composes_is_on_the_gpu_if_there_is_one(monkeypatch):
    assert network_of(load_pretrained()).device.type == "cpu"
    with pretended_gpu(monkeypatch):
        assert network_of(load_pretrained()).device == GPU


def test_a_tensor_left_behind_would_be_found(monkeypatch):
    with pretended_gpu(monkeypatch):
        there = torch.ones(2, device=GPU)
        with pytest.raises(RuntimeError, match="same device"):
            there + torch.ones(2)
        with pytest.raises(RuntimeError):
            there.numpy()
        assert there.cpu().numpy().tolist() == [1, 1]


def test_a_gpu_too_old_for_torch_is_refused_in_a_sentence(monkeypatch):
    with pretended_gpu(monkeypatch):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda *_: (5, 2))
        sentence = (
            r"a pretended GPU \(compute capability 5\.2\) is too old for torch .*, which begins with "
            r"7\.5: hide it with CUDA_VISIBLE_DEVICES=-1"
        )
        with pytest.raises(BookError, match=sentence):
            device_at_hand()


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        (
            GPU,
            "The GPU's memory does not suffice for 64 pieces: end other programs that use it, or hide the "
            "GPU",
        ),
        (torch.device("cpu"), "This machine's memory does not suffice for 64 pieces: end other programs"),
    ],
)
def test_a_full_device_is_a_sentence(device, sentence):
    with pytest.raises(BookError, match=sentence), memory_for("64 pieces", device):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
    with pytest.raises(RuntimeError, match="another fault"), memory_for("64 pieces", device):
        raise RuntimeError("another fault")
