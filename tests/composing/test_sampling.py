"""Sampling: the same tokens with and without a cache, alone or in company, and clear refusals."""

import numpy as np
import pytest
import torch

from lib.basics.errors import BookError
from lib.composing.grammar import Grammar
from lib.composing.sampling import SamplingSettings, sample_tokens
from lib.data.tokenizer import build_tokenizer
from lib.models import build_model
from lib.profiles.profile import ModelSettings


@pytest.fixture(scope="module")
def grammar():
    return Grammar(build_tokenizer("book"))


@pytest.fixture(scope="module", params=["transformer", "learned", "lstm"])
def model(request, grammar):
    options = {
        "transformer": {"kind": "transformer", "num_heads": 2},
        "learned": {
            "kind": "transformer",
            "num_heads": 2,
            "norm": "post",
            "positions": "learned",
            "max_length": 128,
            "initialisation": "torch",
            "tie_embeddings": False,
        },
        "lstm": {"kind": "lstm", "positions": "none"},
    }[request.param]
    torch.manual_seed(3)
    return build_model(ModelSettings(hidden_size=32, num_layers=2, **options), grammar.size, 3, 2).eval()


def sample(model, rules, count=1, use_cache=True, prompt=None, emotions=None, **values):
    settings = SamplingSettings(**{"max_tokens": 96, "seed": 5} | values)
    emotions = emotions or [piece % 3 for piece in range(count)]
    return sample_tokens(
        model, emotions, [0] * len(emotions), settings, rules, prompt=prompt, use_cache=use_cache
    )


def same(first, second) -> bool:
    return len(first) == len(second) and all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize(
    "values", [{"greedy": True}, {}, {"top_p": 0.8, "temperature": 1.3}, {"guidance": 2.5, "top_k": 20}]
)
def test_with_and_without_state_the_same_tokens(model, grammar, values):
    assert same(sample(model, grammar, 3, **values), sample(model, grammar, 3, use_cache=False, **values))


def test_a_piece_does_not_depend_on_its_neighbours(model, grammar):
    together = sample(model, grammar, 6, guidance=1.5)
    for piece, tokens in enumerate(together):
        assert same([tokens], sample(model, grammar, emotions=[piece % 3], seed=5 + piece, guidance=1.5))


def test_seeds_decide(model, grammar):
    assert same(sample(model, grammar), sample(model, grammar))
    assert not same(sample(model, grammar), sample(model, grammar, seed=6))


def test_labels_reach_the_model(model, grammar):
    assert not same(sample(model, grammar, emotions=[0]), sample(model, grammar, emotions=[2]))
    plain, none = (sample(model, grammar, emotions=[e], guidance=g) for e, g in ((3, 1.0), (0, 0.0)))
    genre_free = sample_tokens(model, [3], [2], SamplingSettings(max_tokens=96, seed=5), grammar)
    assert same(none, genre_free), "guidance 0 is the model without labels"
    assert not same(plain, none), "the genre still counted there"


def test_sequences_keep_the_rules_and_stop_by_themselves(model, grammar):
    end = grammar.kinds.index("EOS")
    pieces = sample(model, grammar, 24, temperature=3.0, max_tokens=120)
    lengths = {len(tokens) for tokens in pieces}
    for tokens in pieces:
        assert tokens.dtype == np.uint16
        assert grammar.violation(tokens) is None
        assert end not in tokens[:-1]
        assert tokens[-1] == end or len(tokens) == 120
    assert len(lengths) > 1, "all ran into the limit: nothing was tested"


def test_without_grammar_rules_break(model, grammar):
    pieces = sample(model, grammar, 4, temperature=3.0, grammar=False)
    assert any(grammar.violation(tokens) is not None for tokens in pieces)


def test_a_prompt_is_kept_and_continued(model, grammar):
    prompt = sample(model, grammar)[0][:40]
    for use_cache in (True, False):
        pieces = sample(model, grammar, 2, prompt=prompt, use_cache=use_cache, seed=9)
        assert all(np.array_equal(tokens[:40], prompt) for tokens in pieces)
        assert all(grammar.violation(tokens) is None and len(tokens) > 40 for tokens in pieces)
    first, second = (sample(model, grammar, 2, prompt=prompt, use_cache=cached) for cached in (True, False))
    assert same(first, second)


def test_the_model_keeps_its_mode_and_torch_its_threads(model, grammar):
    model.train()
    torch.set_num_threads(2)
    try:
        sample(model, grammar, max_tokens=8)
        assert model.training
        assert torch.get_num_threads() == 2
    finally:
        model.eval()
        torch.set_num_threads(1)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"temperature": 0}, "temperature = 0 is impossible"),
        ({"temperature": float("nan")}, "temperature"),
        ({"temperature": float("inf")}, "temperature"),
        ({"top_p": 0}, "top_p = 0 is"),
        ({"top_p": 1.2}, "less than or equal"),
        ({"top_k": 0}, "top_k"),
        ({"guidance": -1}, "guidance"),
        ({"max_tokens": 1}, "max_tokens"),
        ({"seed": -1}, "seed"),
        ({"temprature": 1}, "no sampling value 'temprature'; there are: temperature"),
    ],
)
def test_impossible_values_are_named(value, words):
    with pytest.raises(BookError, match=words):
        SamplingSettings(**value)


def test_wrong_prompts_and_counts_are_explained(model, grammar):
    prompt = sample(model, grammar)[0]
    with pytest.raises(BookError, match="takes 50 tokens and leaves no room within max_tokens = 50"):
        sample(model, grammar, prompt=prompt[:50], max_tokens=50)
    with pytest.raises(BookError, match="begin with the token BOS"):
        sample(model, grammar, prompt=prompt[1:9])
    with pytest.raises(BookError, match="at least one piece"):
        sample_tokens(model, [], [], SamplingSettings(), grammar)
    with pytest.raises(BookError, match="token set"):
        sample_tokens(model, [0], [0], SamplingSettings(), Grammar(build_tokenizer("original")))
    if model.settings.positions == "learned":
        assert len(sample(model, grammar, max_tokens=129)[0]) <= 129
        with pytest.raises(BookError, match="learned 128 positions"):
            sample(model, grammar, max_tokens=130)
