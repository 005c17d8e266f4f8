"""The Transformer against torch's own modules, its cache, its options."""

import pytest
import torch
from reading_in_parts import assert_reads_in_parts
from torch import nn

from lib.basics.errors import BookError
from lib.models import build_model, count_parameters
from lib.profiles.profile import ModelSettings

VOCABULARY, EMOTIONS, GENRES = 23, 4, 3
ORIGINAL = {
    "norm": "post",
    "positions": "learned",
    "activation": "relu",
    "tie_embeddings": False,
    "initialisation": "torch",
}


def make(**options):
    torch.manual_seed(7)
    shape = {"kind": "transformer", "hidden_size": 16, "num_layers": 3, "num_heads": 4, "max_length": 32}
    return build_model(ModelSettings(**{**shape, **options}), VOCABULARY, EMOTIONS, GENRES).eval()


def example(batch_size=3, length=20):
    generator = torch.Generator().manual_seed(11)
    tokens = torch.randint(0, VOCABULARY, (batch_size, length), generator=generator)
    return tokens, torch.arange(batch_size) % (EMOTIONS + 1), torch.arange(batch_size) % (GENRES + 1)


def as_torch_encoder(model, norm_first):
    """torch's own encoder with the weights of `model`."""
    settings = model.settings
    layer = nn.TransformerEncoderLayer(
        settings.hidden_size,
        settings.num_heads,
        settings.feed_forward_size or 4 * settings.hidden_size,
        dropout=0.0,
        activation="relu",
        batch_first=True,
        norm_first=norm_first,
    )
    encoder = nn.TransformerEncoder(layer, settings.num_layers, enable_nested_tensor=False).eval()
    for theirs, ours in zip(encoder.layers, model.layers, strict=True):
        theirs.self_attn.in_proj_weight.data = ours.attention.query_key_value.weight.data.clone()
        theirs.self_attn.in_proj_bias.data = ours.attention.query_key_value.bias.data.clone()
        theirs.self_attn.out_proj.load_state_dict(ours.attention.output.state_dict())
        theirs.linear1.load_state_dict(ours.feed_forward.expand.state_dict())
        theirs.linear2.load_state_dict(ours.feed_forward.output.state_dict())
        theirs.norm1.load_state_dict(ours.attention_norm.state_dict())
        theirs.norm2.load_state_dict(ours.feed_forward_norm.state_dict())
    return encoder


def disturb(model):
    """Move every weight, so that fresh zeros, ones and equal layers cannot hide a mistake."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_equals_torchs_encoder_under_copied_weights(norm):
    model = make(**{**ORIGINAL, "norm": norm}, feed_forward_size=40)
    disturb(model)
    tokens, emotion, genre = example()
    length = tokens.shape[1]
    summed = (
        model.token_embedding(tokens)
        + model.position_embedding(torch.arange(length))
        + model.emotion_embedding(emotion)[:, None]
        + model.genre_embedding(genre)[:, None]
    )
    mask = nn.Transformer.generate_square_subsequent_mask(length)
    with torch.no_grad():
        hidden = as_torch_encoder(model, norm == "pre")(summed, mask=mask)
        expected = model.output(hidden if norm == "post" else model.final_norm(hidden))
        logits, state = model(tokens, emotion, genre)
    assert state is None
    torch.testing.assert_close(logits, expected, atol=1e-4, rtol=0)


def test_original_size_has_38_9_million_parameters():
    settings = ModelSettings(
        kind="transformer",
        hidden_size=512,
        num_layers=12,
        num_heads=16,
        feed_forward_size=2048,
        max_length=1024,
        **ORIGINAL,
    )
    with torch.device("meta"):
        model = build_model(settings, 486, 11, 6)
    counts = count_parameters(model)
    layer = 4 * (512 * 512 + 512) + 2 * 512 * 2048 + 2048 + 512 + 4 * 512
    assert counts["layers"] == 12 * layer
    assert counts["output"] == 513 * 486
    assert counts["embeddings"] == 512 * (486 + 1024 + 11 + 6 + 2)
    without_no_label = counts["total"] - 2 * 512
    assert round(without_no_label / 1e6, 1) == 38.9
    assert round(counts["total"] / 1e6, 1) == 38.9


@pytest.mark.parametrize(
    "options",
    [ORIGINAL, {}, {"positions": "none"}, {"positions": "learned"}],
    ids=["original", "book", "no positions", "learned positions"],
)
def test_cached_equals_uncached(options):
    assert_reads_in_parts(make(**options), *example(length=24))


@pytest.mark.parametrize("options", [ORIGINAL, {}], ids=["original", "book"])
def test_greedy_tokens_are_the_same_with_and_without_cache(options):
    model = make(**options)
    disturb(model)
    prompt, emotion, genre = example(batch_size=2, length=3)
    with torch.no_grad():
        plain = prompt
        for _ in range(25):
            logits, _ = model(plain, emotion, genre)
            plain = torch.cat([plain, logits[:, -1:].argmax(-1)], dim=1)
        state, cached, new = model.empty_state(2), prompt, prompt
        for _ in range(25):
            logits, state = model(new, emotion, genre, state)
            new = logits[:, -1:].argmax(-1)
            cached = torch.cat([cached, new], dim=1)
    assert len(plain.unique()) > 2
    assert torch.equal(plain, cached)


def test_keeping_rows_of_the_cache_leaves_their_logits():
    model = make()
    tokens, emotion, genre = example(batch_size=4)
    rows = torch.tensor([3, 1])
    with torch.no_grad():
        _, state = model(tokens[:, :10], emotion, genre, model.empty_state(4))
        state = model.keep_rows(state, rows)
        logits, _ = model(tokens[rows, 10:11], emotion[rows], genre[rows], state)
        expected, _ = model(tokens[:, :11], emotion, genre)
    torch.testing.assert_close(logits[:, 0], expected[rows, 10], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("options", [ORIGINAL, {}], ids=["original", "book"])
def test_no_token_sees_what_follows(options):
    model = make(**options)
    tokens, emotion, genre = example()
    changed = tokens.clone()
    changed[:, 12:] = (changed[:, 12:] + 1) % VOCABULARY
    with torch.no_grad():
        before, after = model(tokens, emotion, genre)[0], model(changed, emotion, genre)[0]
    torch.testing.assert_close(before[:, :12], after[:, :12], atol=1e-6, rtol=0)
    assert (before[:, 12:] - after[:, 12:]).abs().max() > 1e-3


def test_rotary_scores_depend_on_the_distance_only():
    from lib.models.transformer import rotate, rotation_table

    table = rotation_table(40, 8)
    torch.manual_seed(3)
    query, key = torch.randn(8), torch.randn(8)

    def score(i, j):
        return rotate(query[None], table[:, i : i + 1])[0] @ rotate(key[None], table[:, j : j + 1])[0]

    torch.testing.assert_close(score(5, 2), score(35, 32), atol=1e-5, rtol=1e-5)
    assert (score(5, 2) - score(5, 4)).abs() > 1e-2
    # Position 1 turns the first pair (features 0 and 4) by one radian.
    turned = rotate(torch.eye(8)[:1], table[:, 1:2])[0]
    torch.testing.assert_close(turned[[0, 4]], torch.tensor([0.5403, 0.8415]), atol=1e-4, rtol=0)


def test_labels_matter_and_no_label_is_a_label_of_its_own():
    model = make()
    disturb(model)
    tokens = example(batch_size=1)[0].repeat(2, 1)
    with torch.no_grad():
        logits, _ = model(tokens, torch.tensor([0, EMOTIONS]), torch.tensor([GENRES, GENRES]))
    assert (logits[0] - logits[1]).abs().max() > 1e-3


def test_each_option_changes_the_model():
    tokens, emotion, genre = example()
    variants = [
        {},
        ORIGINAL,
        {"norm": "post"},
        {"positions": "learned"},
        {"positions": "none"},
        {"activation": "gelu"},
        {"activation": "relu"},
        {"tie_embeddings": False},
        {"initialisation": "torch"},
        {"feed_forward_size": 20},
    ]
    with torch.no_grad():
        sums = [
            float(make(**options)(tokens, emotion, genre)[0].double().abs().sum()) for options in variants
        ]
    assert len(set(sums)) == len(variants)


def test_tied_output_is_one_parameter():
    model = make()
    counts = count_parameters(model)
    assert counts["output"] == 0
    assert not any(name.startswith("output") for name in model.state_dict())


def test_learned_positions_end_with_a_sentence():
    model = make(positions="learned")
    with pytest.raises(BookError, match="learned 32 positions and cannot read a sequence of 33 tokens"):
        model(*example(length=33))


def test_rotary_positions_do_not_end():
    model = make()
    with torch.no_grad():
        logits, _ = model(*example(length=80))
    assert logits.shape == (3, 80, VOCABULARY)


def test_a_full_cache_answers_with_a_sentence():
    model = make()
    tokens, emotion, genre = example(length=9)
    with pytest.raises(BookError, match="room for 8 tokens and cannot take 9"):
        model(tokens, emotion, genre, model.empty_state(3, max_length=8))


def test_dropout_acts_in_training_only():
    model = make(dropout=0.5)
    tokens, emotion, genre = example()
    with torch.no_grad():
        torch.testing.assert_close(model(tokens, emotion, genre)[0], model(tokens, emotion, genre)[0])
        model.train()
        first, second = model(tokens, emotion, genre)[0], model(tokens, emotion, genre)[0]
    assert (first - second).abs().max() > 1e-3


def test_attention_dropout_may_be_set_apart():
    only_attention = make(dropout=0.0, attention_dropout=0.5)
    assert {layer.attention.dropout for layer in only_attention.layers} == {0.5}
    assert {layer.feed_forward.dropout.p for layer in only_attention.layers} == {0.0}
    tokens, emotion, genre = example()
    with torch.no_grad():
        calm = only_attention(tokens, emotion, genre)[0]
        first, second = (only_attention.train()(tokens, emotion, genre)[0] for _ in range(2))
        none = make(dropout=0.5, attention_dropout=0.0)
        assert {layer.attention.dropout for layer in none.layers} == {0.0}
    assert (first - second).abs().max() > 1e-3
    assert (first - calm).abs().max() > 1e-3


def test_learns_to_copy_a_short_sequence():
    model = make(hidden_size=32, num_layers=2).train()
    tokens, emotion, genre = example(batch_size=4, length=16)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(60):
        logits, _ = model(tokens[:, :-1], emotion, genre)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.2
