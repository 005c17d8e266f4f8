"""Noise: the published function does what the chapter says, and ours changes what it says, no more."""

import math
from itertools import pairwise

import numpy as np
import pytest

from lib.basics.errors import BookError
from lib.data.tokenizer import build_tokenizer, decode, encode, vocabulary_of
from lib.experiments.disturbed import choose_places, continuation_losses, disturbed_losses
from lib.experiments.noise import KINDS, ONSET_STEP, alter, note_starts
from lib.experiments.published_noise import meanings_of_one_less, published_noise, shares_moved
from lib.sound.known_tune import known_tune


class Table:
    """A model that gives every token the same probability, or all of it to one."""

    device = "cpu"

    def __init__(self, size):
        self.size = size

    def __call__(self, tokens, emotion, genre):
        import torch

        return torch.zeros(*tokens.shape, self.size), None


@pytest.fixture(scope="module")
def past(tiny_store):
    row = max(tiny_store.rows("train"), key=lambda row: tiny_store.lengths[row])
    return np.asarray(tiny_store.tokens(row))


def texts(store, ids):
    return [store.vocabulary[token] for token in ids]


def test_the_published_noise_is_a_coin_whatever_its_deviation():
    ids = np.random.default_rng(1).integers(1, 486, 100_000).astype(np.uint16)
    table = shares_moved(ids, [1e-9, 0.1]).set_index("deviation")
    assert table["truncated"][1e-9] == table["truncated"][0.1]
    assert abs(table["truncated"][0.1] - 0.5) < 3 * 0.5 / math.sqrt(len(ids))
    assert (table["by_one"] == table["truncated"]).all()
    assert (table["rounded"] == 0).all()


def test_larger_published_noise_moves_more_and_never_below_zero():
    ids = np.arange(10, dtype=np.uint16)
    moved = published_noise(ids, 5.0, np.random.default_rng(0))
    assert moved.dtype == np.uint16
    assert np.abs(moved.astype(int) - ids).max() > 1
    assert published_noise(np.zeros(50, np.uint16), 0.5, np.random.default_rng(0)).tolist() == [0] * 50


def test_the_original_vocabulary_has_seams():
    table = meanings_of_one_less(vocabulary_of(build_tokenizer("original"))).set_index("type")
    assert table.loc["Bar", "becomes"] == "MASK_None"
    assert table.loc["Pitch", "first_becomes"] == "Bar_None"
    assert table["ids"].sum() == 486


def test_the_known_tune_survives_encoding_and_not_the_published_noise():
    tokenizer = build_tokenizer("original")
    ids = encode(tokenizer, known_tune())
    assert decode(tokenizer, ids).note_num() == known_tune().note_num() == 42
    noisy = ids.copy()
    noisy[1:-1] = published_noise(ids[1:-1], 0.1, np.random.default_rng(0))
    assert decode(tokenizer, noisy).end() < decode(tokenizer, ids).end()


def test_every_note_has_one_start(tiny_store, past):
    starts = note_starts(tiny_store, past)
    assert all(text.startswith("Pitch") for text in texts(tiny_store, past[starts]))
    assert len(starts) == sum(text.startswith("Duration") for text in texts(tiny_store, past))


def test_nothing_changes_at_share_zero(tiny_store, past):
    for kind in KINDS:
        same, changed = alter(tiny_store, past, kind, 0.0, np.random.default_rng(0))
        assert (same == past).all()
        assert changed == 0


@pytest.mark.parametrize("kind", ["pitch", "velocity"])
def test_a_step_is_a_step(tiny_store, past, kind):
    changed, share = alter(tiny_store, past, kind, 1.0, np.random.default_rng(0))
    differing = past != changed
    assert set(np.abs(past[differing].astype(int) - changed[differing])) == {1}
    name = {"pitch": "Pitch_", "velocity": "Velocity_"}[kind]
    assert all(text.startswith(name) for text in texts(tiny_store, past[differing]))
    assert share == pytest.approx(differing.sum() / len(note_starts(tiny_store, past)))


def test_a_substitution_stays_within_its_type(tiny_store, past):
    changed, share = alter(tiny_store, past, "substitution", 0.5, np.random.default_rng(0))
    differing = past != changed
    types = tiny_store.type_of_id
    assert (types[past[differing]] == types[changed[differing]]).all()
    assert share == pytest.approx(differing.sum() / len(note_starts(tiny_store, past)))


def test_onsets_move_by_a_quarter_of_a_beat_and_keep_their_order(tiny_store, past):
    changed, share = alter(tiny_store, past, "onset", 1.0, np.random.default_rng(0))
    before, after = texts(tiny_store, past), texts(tiny_store, changed)
    steps = {
        abs(int(a.split("_")[1]) - int(b.split("_")[1])) for a, b in zip(before, after, strict=True) if a != b
    }
    assert steps == {ONSET_STEP}
    assert 0 < share <= 1
    last = -1
    for text in after:
        if text.startswith("Bar"):
            last = -1
        if text.startswith("Position"):
            assert int(text.split("_")[1]) > last
            last = int(text.split("_")[1])


def test_notes_left_out_leave_no_empty_position(tiny_store, past):
    changed, share = alter(tiny_store, past, "dropped", 0.5, np.random.default_rng(0))
    starts = note_starts(tiny_store, past)
    assert len(note_starts(tiny_store, changed)) == len(starts) - round(share * len(starts))
    after = texts(tiny_store, changed)
    for text, following in pairwise(after):
        assert not (text.startswith("Position") and following.startswith(("Position", "Bar", "EOS")))


def test_an_unknown_noise_is_named(tiny_store, past):
    with pytest.raises(BookError, match="no noise 'rain'; choose one of: pitch"):
        alter(tiny_store, past, "rain", 0.5, np.random.default_rng(0))


def test_a_piece_without_notes_stays_as_it_is(tiny_store):
    ids = np.array([tiny_store.bos_id, tiny_store.eos_id], np.uint16)
    assert alter(tiny_store, ids, "pitch", 1.0, np.random.default_rng(0))[1] == 0


def test_places_are_bar_lines_with_room_on_both_sides(tiny_store):
    rows, places = choose_places(tiny_store, "train", 5, 128, judged=16)
    assert 0 < len(rows) <= 5
    groups = tiny_store.index["group"].to_numpy()[rows]
    assert len(set(groups)) == len(groups)
    for row, place in zip(rows, places, strict=True):
        assert tiny_store.vocabulary[tiny_store.tokens(row)[place]] == "Bar_None"
        assert 16 <= place <= tiny_store.lengths[row] - 16
    with pytest.raises(BookError, match="judge fewer tokens"):
        choose_places(tiny_store, "train", 5, 128, judged=5000)
    rows, places = choose_places(tiny_store, "train", 5, 128, judged=16, anywhere=True)
    found = {
        tiny_store.vocabulary[tiny_store.tokens(row)[place]].split("_")[0]
        for row, place in zip(rows, places, strict=True)
    }
    assert found <= {"Bar", "Position"}


def test_a_model_that_ignores_its_past_loses_nothing(tiny_store):
    rows, places = choose_places(tiny_store, "train", 4, 128, judged=16)
    model = Table(len(tiny_store.vocabulary))
    clean = [tiny_store.tokens(row)[:place] for row, place in zip(rows, places, strict=True)]
    losses = continuation_losses(model, tiny_store, rows, places, clean, 16)
    assert losses == pytest.approx(np.full(len(rows), math.log(len(tiny_store.vocabulary))), rel=1e-5)
    table = disturbed_losses(model, tiny_store, rows, places, [0.5], judged=16)
    assert table["extra"].abs().max() < 1e-5
    assert table["kind"].unique().tolist() == list(KINDS)


class Limited(Table):
    """Reads no more than a window, as a model with learned positions."""

    def __init__(self, size, window):
        super().__init__(size)
        self.window = window

    def __call__(self, tokens, emotion, genre):
        assert tokens.shape[1] <= self.window
        return super().__call__(tokens, emotion, genre)


@pytest.mark.parametrize("room", [0, 3, 12])
@pytest.mark.parametrize("name", ["tiny_store", "short_store"])
def test_a_disturbed_past_and_what_follows_fit_into_the_window(name, room, request):
    store, tried = request.getfixturevalue(name), 0
    for judged in range(8, 60, 2):
        window = 2 * judged - 1 + room  # so narrow that places lie at its edge
        try:
            rows, places = choose_places(store, "train", 50, window, judged, anywhere=True)
        except BookError:
            continue
        # In shorthand a note that is no longer as loud as the one before it takes a token more.
        disturbed_losses(Limited(len(store.vocabulary), window), store, rows, places, [0.9], judged=judged)
        tried += 1
    assert tried
