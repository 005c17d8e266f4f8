"""The decoder of the page book/compose is the book's network: the same logits, masks, random numbers, pieces.

By default few tokens are asked for; MOOD_DECODER=all asks for the tokens of twenty pieces of 500.
"""

import dataclasses
import os

import numpy as np
import pytest
import torch
from browser_engine import BrowserEngine

from lib.composing import Grammar, SamplingSettings, load_pretrained, sample_tokens
from lib.composing.browser.numbers import uniforms
from lib.composing.browser.weights import quantised
from lib.data.tokenizer import build_tokenizer
from lib.models import build_model
from lib.profiles.profile import ModelSettings
from lib.publish.compose_page.model_script import grammar_tables, model_script

ALL = os.environ.get("MOOD_DECODER") == "all"
REQUESTS, STEPS = (20, 500) if ALL else (3, 120)


@pytest.fixture(scope="module")
def pretrained():
    """The book's own network with the weights that the page has."""
    return quantised(load_pretrained())


@pytest.fixture(scope="module")
def engine(browser):
    page = browser.new_page()
    yield BrowserEngine(page, model_script(load_pretrained()))
    page.close()


def composed_here(pretrained, emotion, genre, prompt=None, **sampling):
    settings = SamplingSettings(generator="browser", **sampling)
    return sample_tokens(
        pretrained.model, [emotion], [genre], settings, Grammar(pretrained.tokenizer), prompt=prompt
    )[0][1:].tolist()


def labels(pretrained, number):
    return number % (len(pretrained.emotions) + 1), number // 2 % (len(pretrained.genres) + 1)


def test_the_likeliest_tokens_are_the_same(engine, pretrained):
    for number in range(REQUESTS):
        emotion, genre = labels(pretrained, number)
        made = engine.compose(emotion=emotion, genre=genre, greedy=True, maxTokens=STEPS)
        assert made["tokens"] == composed_here(pretrained, emotion, genre, greedy=True, max_tokens=STEPS)


def test_drawn_pieces_are_replayed_in_python_token_by_token(engine, pretrained):
    for number, guidance in enumerate((1.0, 2.5, 0.0)):
        emotion, genre = labels(pretrained, number)
        chosen = {"temperature": 1.1, "guidance": guidance, "seed": 2**40 + number}
        made = engine.compose(emotion=emotion, genre=genre, topP=0.95, maxTokens=STEPS, **chosen)
        expected = composed_here(pretrained, emotion, genre, top_p=0.95, max_tokens=STEPS, **chosen)
        assert made["tokens"] == expected
        assert len(made["tokens"]) > 20


def test_a_piece_goes_on_from_given_tokens(engine, pretrained):
    start = composed_here(pretrained, 0, 0, seed=5, max_tokens=41)
    made = engine.compose(given=start, seed=6, maxTokens=80)["tokens"]
    prompt = np.array([pretrained.vocabulary.index("BOS_None"), *start])
    assert start + made == composed_here(pretrained, 0, 0, prompt=prompt, seed=6, max_tokens=80)


def test_logits_agree_with_the_network_in_single_precision(engine, pretrained):
    tokens = composed_here(pretrained, 1, 2, seed=3, max_tokens=90)
    for emotion, genre in ((1, 2), (pretrained.model.num_emotions, pretrained.model.num_genres)):
        with torch.inference_mode():
            network = quantised(load_pretrained()).model.float()
            expected, _ = network(torch.tensor([tokens]), torch.tensor([emotion]), torch.tensor([genre]))
        found = np.array(engine.logits(tokens, emotion, genre))
        assert np.abs(found - expected[0].numpy()).max() < 1e-3


@pytest.mark.parametrize(
    "shape",
    [
        {"norm": "post", "positions": "learned", "activation": "relu", "tie_embeddings": False},
        {"positions": "none", "feed_forward_size": 20, "num_heads": 3, "num_layers": 3},
    ],
)
def test_networks_of_other_shapes_are_read_from_their_settings(browser, pretrained, shape):
    settings = ModelSettings(
        **{
            "kind": "transformer",
            "hidden_size": 18,
            "num_layers": 2,
            "num_heads": 2,
            "max_length": 40,
            **shape,
        }
    )
    torch.manual_seed(0)
    model = build_model(settings, len(pretrained.vocabulary), 3, 5).eval()
    other = dataclasses.replace(pretrained, model=model, emotions=list("abc"), genres=list("defgh"))
    page = browser.new_page()
    tokens = composed_here(pretrained, 0, 0, seed=3, max_tokens=40)
    found = np.array(BrowserEngine(page, model_script(other)).logits(tokens, 2, 5))
    page.close()
    with torch.inference_mode():
        expected, _ = quantised(other).model(torch.tensor([tokens]), torch.tensor([2]), torch.tensor([5]))
    assert np.abs(found - expected[0].numpy()).max() < 1e-9


def test_a_look_changes_nothing_and_tells_both_readings(engine, pretrained):
    plain = engine.compose(seed=9, maxTokens=60)["tokens"]
    looked = engine.compose(seed=9, maxTokens=60, looks=[1, 30, 59])
    assert looked["tokens"] == plain
    tokens = [pretrained.vocabulary.index("BOS_None"), *plain]
    for look in looked["looks"]:
        place = look["place"]
        before = torch.tensor([tokens[:place]])
        pairs = ((0, 0), (pretrained.model.num_emotions, pretrained.model.num_genres))
        with torch.inference_mode():
            shares, without = (
                pretrained.model(before, *map(torch.tensor, ([emotion], [genre])))[0][0, -1]
                .softmax(-1)
                .numpy()
                for emotion, genre in pairs
            )
        assert tokens[place] in [each["token"] for each in look["candidates"]]
        for each in look["candidates"]:
            assert each["share"] == pytest.approx(shares[each["token"]], abs=1e-9)
            assert each["without"] == pytest.approx(without[each["token"]], abs=1e-9)
        settings = pretrained.model.settings
        assert len(look["attention"]) == settings.num_layers * settings.num_heads
        for head in look["attention"]:
            assert len(head["weights"]) == place
            assert sum(head["weights"]) == pytest.approx(1, abs=1e-5)


def drawn(grammar, row, generator, by_type):
    """One of the tokens of a row, uniform, or first uniform over their types; the next bar where none is
    left, as behind a note that the rules forbid."""
    options = np.flatnonzero(row)
    if not len(options):
        return grammar.kinds.index("Bar")
    if by_type:
        kind = generator.choice(sorted({grammar.kinds[token] for token in options}))
        options = [token for token in options if grammar.kinds[token] == kind]
    return int(generator.choice(options))


def walks_of(grammar, count, length, seed):
    """Random walks, every second uniform over types, and the row before each of their tokens; now and then a
    note of a real piece's kind that the rules forbid."""
    generator, walks, rows = np.random.default_rng(seed), [], []
    note = [token for token, kind in enumerate(grammar.kinds) if kind in ("Pitch", "Duration", "Velocity")]
    for number in range(count):
        state, walk, row = grammar.start(), [], np.zeros(grammar.size, dtype=bool)
        for _ in range(length):
            state.write_allowed(row)
            rows.append(row.copy())
            token = drawn(grammar, row, generator, by_type=number % 2 == 1)
            if state.meter is not None and state.program is not None and generator.random() < 0.02:
                token = int(generator.choice(note))
            if grammar.kinds[token] == "EOS" and len(walk) < length - 1:
                token = grammar.kinds.index("Bar")
            walk.append(token)
            state.advance(token)
        walks.append(walk)
    return walks, rows


@pytest.mark.parametrize("token_set", ["pretrained", "book", "shorthand", "original"])
def test_the_grammar_allows_the_same_tokens_in_thousands_of_states(engine, token_set):
    tokenizer = load_pretrained().tokenizer if token_set == "pretrained" else build_tokenizer(token_set)
    walks, rows = walks_of(Grammar(tokenizer), 90 if ALL or token_set == "pretrained" else 10, 112, seed=1)
    found = np.array(engine.allowed(grammar_tables(tokenizer), walks)).reshape(len(rows), -1)
    bits = (found[:, :, None] >> np.arange(24)) & 1
    assert np.array_equal(bits.reshape(len(rows), -1)[:, : len(rows[0])].astype(bool), np.array(rows))


def test_random_numbers_are_the_same(engine):
    for seed in (0, 1, 2**32 - 1, 2**32, 2**53 - 1):
        found = engine.evaluate(
            "(seed) => { const next = scope.MoodDraw.randomNumbers(seed);"
            " return Array.from({length: 50}, () => next()); }",
            seed,
        )
        assert found == uniforms(seed, 50).tolist()
