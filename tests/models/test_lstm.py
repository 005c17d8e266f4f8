"""The LSTM against torch's own module, and its state."""

import pytest
import torch
from reading_in_parts import assert_reads_in_parts
from torch import nn

from lib.basics.errors import BookError
from lib.models import build_model, count_parameters
from lib.profiles.profile import ModelSettings

VOCABULARY, EMOTIONS, GENRES = 23, 4, 3


def make(**options):
    torch.manual_seed(7)
    shape = {"kind": "lstm", "hidden_size": 16, "num_layers": 2, "positions": "none", "max_length": 32}
    return build_model(ModelSettings(**{**shape, **options}), VOCABULARY, EMOTIONS, GENRES).eval()


def example(batch_size=3, length=20):
    generator = torch.Generator().manual_seed(11)
    tokens = torch.randint(0, VOCABULARY, (batch_size, length), generator=generator)
    return tokens, torch.arange(batch_size) % (EMOTIONS + 1), torch.arange(batch_size) % (GENRES + 1)


def test_equals_torchs_lstm_over_summed_embeddings():
    model = make(positions="learned", tie_embeddings=False, initialisation="torch")
    theirs = nn.LSTM(16, 16, num_layers=2, batch_first=True)
    theirs.load_state_dict(model.layers.state_dict())
    tokens, emotion, genre = example()
    with torch.no_grad():
        summed = (
            model.token_embedding(tokens)
            + model.position_embedding(torch.arange(20))
            + model.emotion_embedding(emotion)[:, None]
            + model.genre_embedding(genre)[:, None]
        )
        expected = model.output(theirs(summed)[0])
        logits, state = model(tokens, emotion, genre)
    assert state is None
    torch.testing.assert_close(logits, expected, atol=1e-4, rtol=0)


def test_original_size_has_1_44_million_parameters_with_512_positions():
    def count(max_length):
        settings = ModelSettings(
            kind="lstm",
            hidden_size=256,
            num_layers=2,
            positions="learned",
            max_length=max_length,
            tie_embeddings=False,
            initialisation="torch",
        )
        with torch.device("meta"):
            return count_parameters(build_model(settings, 486, 11, 6))

    counts = count(512)
    assert counts["layers"] == 2 * 4 * (256 * 256 + 256 * 256 + 256 + 256)
    assert counts["total"] - 2 * 256 == 1_437_414
    assert round(counts["total"] / 1e6, 2) == 1.44
    assert round(count(1024)["total"] / 1e6, 2) == 1.57


@pytest.mark.parametrize("options", [{}, {"positions": "learned", "tie_embeddings": False}])
def test_state_equals_reading_everything(options):
    assert_reads_in_parts(make(**options), *example(length=24))


def test_keeping_rows_of_the_state_leaves_their_logits():
    model = make()
    tokens, emotion, genre = example(batch_size=4)
    rows = torch.tensor([3, 1])
    with torch.no_grad():
        _, state = model(tokens[:, :10], emotion, genre, model.empty_state(4))
        state = model.keep_rows(state, rows)
        logits, _ = model(tokens[rows, 10:11], emotion[rows], genre[rows], state)
        expected, _ = model(tokens[:, :11], emotion, genre)
    torch.testing.assert_close(logits[:, 0], expected[rows, 10], atol=1e-5, rtol=1e-5)


def test_scaled_start_remembers():
    model = make()
    for name, bias in model.layers.named_parameters():
        if name.startswith("bias"):
            gates = bias.view(4, 16)
            assert torch.equal(gates[1], torch.full((16,), float("ih" in name)))
            assert gates[[0, 2, 3]].abs().max() == 0


def test_learned_positions_end_with_a_sentence():
    model = make(positions="learned")
    tokens, emotion, genre = example(length=30)
    with torch.no_grad():
        _, state = model(tokens, emotion, genre, model.empty_state(3))
        with pytest.raises(BookError, match="learned 32 positions and cannot read a sequence of 33 tokens"):
            model(tokens[:, :3], emotion, genre, state)


def test_rotary_positions_are_refused():
    with pytest.raises(ValueError, match="positions must be 'learned' or 'none'"):
        ModelSettings(kind="lstm", hidden_size=16, num_layers=1, positions="rotary")
