"""Choosing on validation, keeping, reading back."""

import numpy as np
import pytest

from lib.basics.errors import BookError
from lib.models.ngram import NgramModel
from lib.models.ngram_choice import choose_ngram, is_within_grid, load_ngram, save_ngram
from lib.models.pieces import flatten

VOCABULARY = 6


def second_order_pieces(seed, count=60, length=30):
    """Each token follows from the two before it, with some noise: the best order is 3."""
    generator = np.random.default_rng(seed)
    pieces = []
    for _ in range(count):
        tokens = list(generator.integers(0, VOCABULARY, 2))
        for _ in range(length):
            rule = (2 * tokens[-1] + 3 * tokens[-2] + 1) % VOCABULARY
            tokens.append(rule if generator.random() < 0.8 else generator.integers(0, VOCABULARY))
        pieces.append(np.array(tokens))
    return flatten(pieces, [0] * count, np.arange(count) % 2)


@pytest.fixture(scope="module")
def chosen():
    return choose_ngram(
        second_order_pieces(1),
        second_order_pieces(2),
        VOCABULARY,
        [6, 1, 2, 3],
        labels=("none", "genre", "both"),
        escapes=(1.0, 2.0),
    )


def test_finds_the_order_that_made_the_data(chosen):
    model, table = chosen
    assert model.order == 3
    assert len(table) == 4 * 3 * 3
    best = table.loc[table["nats_per_token"].idxmin()]
    assert (best["order"], best["labels"], best["smoothing"], best["escape"]) == (
        model.order,
        model.labels,
        model.smoothing,
        model.escape,
    )


def test_table_holds_what_each_model_alone_would_lose(chosen):
    _, table = chosen
    training, validation = second_order_pieces(1), second_order_pieces(2)
    for row in table.sample(9, random_state=1).itertuples():
        alone = NgramModel.fit(training, VOCABULARY, row.order, row.labels, row.escape, row.smoothing)
        assert -alone.log_probabilities_of(validation).mean() == pytest.approx(row.nats_per_token, abs=1e-9)


def test_saved_and_read_back(chosen, tmp_path):
    model, table = chosen
    save_ngram(tmp_path / "model.safetensors", model, table)
    again, same_table = load_ngram(tmp_path / "model.safetensors")
    validation = second_order_pieces(2)
    assert np.array_equal(model.log_probabilities_of(validation), again.log_probabilities_of(validation))
    assert same_table["nats_per_token"].tolist() == pytest.approx(table["nats_per_token"].tolist())


@pytest.mark.parametrize("content", [b"", b"not a model", None], ids=["empty", "foreign", "cut off"])
def test_a_damaged_file_is_named(chosen, tmp_path, content):
    path = tmp_path / "model.safetensors"
    save_ngram(path, *chosen)
    path.write_bytes(path.read_bytes()[:-10] if content is None else content)
    with pytest.raises(BookError, match=r"model.safetensors cannot be read .*delete the file"):
        load_ngram(path)


def test_a_best_order_at_the_edge_of_the_grid_is_told(chosen):
    _, table = chosen
    assert is_within_grid(table)
    assert not is_within_grid(table[table["order"] >= 3])
    assert not is_within_grid(table[table["order"] <= 3])
