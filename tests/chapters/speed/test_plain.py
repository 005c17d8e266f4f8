"""The original's way, written anew: the same logits and tokens as our network of the same weights."""

import numpy as np
import pytest
import torch

from lib.basics.errors import BookError
from lib.chapters.speed.plain import PlainTransformer, compose_plain
from lib.composing.grammar import Grammar
from lib.composing.sampling import SamplingSettings, sample_tokens
from lib.data.tokenizer import build_tokenizer
from lib.models import build_model, count_parameters
from lib.profiles import load_profile
from lib.profiles.profile import ModelSettings

FAITHFUL = {
    "kind": "transformer",
    "norm": "post",
    "positions": "learned",
    "activation": "relu",
    "tie_embeddings": False,
    "initialisation": "torch",
}


def pair(settings: ModelSettings, vocabulary_size: int, num_emotions: int = 11, num_genres: int = 6):
    """Our network with every weight moved, so that fresh zeros hide nothing; torch's with the same."""
    torch.manual_seed(7)
    ours = build_model(settings, vocabulary_size, num_emotions, num_genres).eval()
    with torch.no_grad():
        for weight in ours.parameters():
            weight.add_(0.02 * torch.randn_like(weight))
    plain = PlainTransformer(settings, vocabulary_size, num_emotions, num_genres).eval()
    return ours, plain.take_weights(ours)


@pytest.mark.slow
def test_the_originals_transformer_at_its_own_size_has_torchs_logits():
    settings = load_profile("gpu").run("transformer").model
    ours, plain = pair(settings, 486)
    assert round(sum(weight.numel() for weight in plain.parameters()) / 1e6, 1) == 38.9
    assert count_parameters(ours)["total"] == sum(weight.numel() for weight in plain.parameters()) + 2 * 512
    tokens = torch.randint(3, 486, (2, 150), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = plain(tokens, torch.tensor([0, 10]), torch.tensor([5, 2]))
        found, _ = ours(tokens, torch.tensor([0, 10]), torch.tensor([5, 2]))
    assert expected.std() > 0.1
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_greedy_composing_gives_the_same_tokens():
    grammar = Grammar(build_tokenizer("original"))
    settings = ModelSettings(**FAITHFUL, hidden_size=32, num_layers=2, num_heads=4, max_length=64)
    ours, plain = pair(settings, grammar.size)
    begin = grammar.kinds.index("BOS")
    expected = list(compose_plain(plain, 3, 2, begin, 60, greedy=True))
    draw = SamplingSettings(max_tokens=60, greedy=True, grammar=False)
    found = sample_tokens(ours, [3], [2], draw, grammar)[0]
    assert len(set(expected)) > 2
    assert np.array_equal(found[1:], expected[: len(found) - 1])


def test_draws_follow_the_seed_and_the_limit():
    settings = ModelSettings(**FAITHFUL, hidden_size=16, num_layers=1, num_heads=2, max_length=32)
    _, plain = pair(settings, 50, 2, 2)
    drawn = [list(compose_plain(plain, 0, 1, 1, 20, temperature=1.2, seed=seed)) for seed in (1, 1, 2)]
    assert len(drawn[0]) == 19
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("option", [{"norm": "pre"}, {"positions": "rotary"}, {"dropout": 0.1}])
def test_other_networks_are_refused(option):
    settings = ModelSettings(**{**FAITHFUL, "hidden_size": 16, "num_layers": 1, "num_heads": 2, **option})
    with pytest.raises(BookError, match="The original's way has post-norm"):
        PlainTransformer(settings, 50, 2, 2)
