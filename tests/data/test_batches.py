"""Batches: every token a target exactly once, little padding, the same batch at any time."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from lib.basics.errors import BookError
from lib.data import batches as b
from lib.data.batches import Batches, make_windows


def synthetic_store(lengths: list[list[int]]) -> SimpleNamespace:
    """A store of pieces given as lengths of bars; its tokens count upwards, so that a slip shows."""
    vocabulary = ["PAD_None", "BOS_None", "EOS_None", "Bar_None"]
    vocabulary += [f"Pitch_{pitch}" for pitch in range(21, 110)]
    pieces = []
    for bars in lengths:
        body = [np.r_[3, 4 + np.arange(max(0, length - 1)) % 89] for length in bars]
        pieces.append(np.concatenate([[1], *body, [2]]).astype(np.uint16))
    sizes = np.array([len(piece) for piece in pieces])
    rows, ids = np.arange(len(pieces)), np.concatenate(pieces)
    return SimpleNamespace(
        vocabulary=vocabulary,
        ids=ids,
        bar_lines=np.flatnonzero(ids == 3),
        offsets=np.cumsum(sizes) - sizes,
        lengths=sizes,
        pad_id=0,
        rows=lambda split: rows,
        emotion_ids=rows % 3,
        genre_ids=rows % 2,
        ids_of_type=lambda name: np.array(
            [number for number, text in enumerate(vocabulary) if text.split("_")[0] == name]
        ),
        tokens=lambda row: pieces[row],
        folder=SimpleNamespace(name="synthetic"),
    )


pieces_of_bars = st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=12), min_size=1, max_size=12)


@settings(max_examples=100, deadline=None)
@given(pieces_of_bars, st.integers(1, 60))
def test_windows_cover_every_token_but_bos_once(bars, window):
    store = synthetic_store(bars)
    windows = make_windows(store, "train", window)
    assert windows.length.max() <= window
    for row in range(len(bars)):
        mine = windows.row == row
        assert windows.begin[mine][0] == 1
        np.testing.assert_array_equal(windows.begin[mine][1:], windows.end[mine][:-1])
        assert windows.end[mine][-1] == store.lengths[row]


@settings(max_examples=100, deadline=None)
@given(pieces_of_bars, st.integers(1, 60))
def test_windows_are_cut_at_bar_lines_wherever_a_bar_fits(bars, window):
    store = synthetic_store(bars)
    windows = make_windows(store, "train", window)
    for row, begin, end in zip(windows.row, windows.begin, windows.end, strict=True):
        tokens = store.tokens(row)
        if end == len(tokens) or tokens[end] == 3:
            following = np.flatnonzero(tokens[end + 1 :] == 3)
            if end < len(tokens) and len(following):
                assert end + 1 + following[0] - begin > window  # one bar more would not have fitted
        else:  # cut inside a bar: no bar line lay in reach
            assert end - begin == window
            assert 3 not in tokens[begin + 1 : end + 1]


def test_windows_need_a_positive_size(tiny_store):
    with pytest.raises(BookError, match="at least one"):
        make_windows(tiny_store, "train", 0)


def targets_of(found, store) -> np.ndarray:
    """How often each place of the store's ids was a target, with inputs and targets checked on the way."""
    seen = np.zeros(len(store.ids), int)
    for batch in found:
        rows, begins = batch.rows.tolist(), batch.begins.tolist()
        for tokens, targets, row, begin in zip(
            batch.tokens.numpy(), batch.targets.numpy(), rows, begins, strict=True
        ):
            length = int((targets != store.pad_id).sum())
            piece = store.tokens(row).astype(int)
            np.testing.assert_array_equal(tokens[:length], piece[begin - 1 : begin - 1 + length])
            np.testing.assert_array_equal(targets[:length], piece[begin : begin + length])
            assert (tokens[length:] == store.pad_id).all()
            assert (targets[length:] == store.pad_id).all()
            seen[store.offsets[row] + begin : store.offsets[row] + begin + length] += 1
    return seen


def expected_targets(store, split: str) -> np.ndarray:
    expected = np.zeros(len(store.ids), int)
    for row in store.rows(split):
        expected[store.offsets[row] + 1 : store.offsets[row] + store.lengths[row]] = 1
    return expected


@pytest.mark.parametrize("epoch", [0, 3])
def test_an_epoch_has_every_target_once(tiny_store, epoch):
    batches = Batches(tiny_store, "train", window=64, batch_tokens=512, seed=1)
    found = [batches.batch_at(epoch, number) for number in range(batches.num_batches(epoch))]
    np.testing.assert_array_equal(targets_of(found, tiny_store), expected_targets(tiny_store, "train"))
    assert all(batch.tokens.numel() <= 512 for batch in found)
    assert batches.num_tokens == expected_targets(tiny_store, "train").sum()


def test_labels_belong_to_their_rows(tiny_store):
    batch = Batches(tiny_store, "train", 64, 512, seed=1).batch_at(0, 0)
    for name in ("tokens", "targets", "emotion", "genre", "rows", "begins"):
        assert getattr(batch, name).dtype == torch.int64
    assert batch.emotion.tolist() == [tiny_store.emotion_of(row) for row in batch.rows.tolist()]
    assert batch.genre.tolist() == [tiny_store.genre_of(row) for row in batch.rows.tolist()]


def test_only_first_windows_begin_with_bos_and_only_last_end_with_eos(tiny_store):
    batches = Batches(tiny_store, "train", 64, 512, seed=1)
    for number in range(batches.num_batches(0)):
        batch = batches.batch_at(0, number)
        assert ((batch.tokens[:, 0] == tiny_store.bos_id) == (batch.begins == 1)).all()
        assert not (batch.tokens[:, 1:] == tiny_store.bos_id).any()
        assert not (batch.tokens == tiny_store.eos_id).any()


def test_any_batch_at_any_time(tiny_store):
    batches = Batches(tiny_store, "train", 64, 512, seed=1, transpose=True)
    wanted = [(2, 3), (0, 1), (7, 0), (2, 3)]
    first = [batches.batch_at(*place) for place in wanted]
    fresh = [
        Batches(tiny_store, "train", 64, 512, seed=1, transpose=True).batch_at(*place) for place in wanted
    ]
    for one, other in zip(first, fresh, strict=True):
        assert torch.equal(one.tokens, other.tokens)
        assert torch.equal(one.targets, other.targets)
    other_seed = Batches(tiny_store, "train", 64, 512, seed=2).batch_at(0, 1)
    assert other_seed.rows.tolist() != first[1].rows.tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 512), min_size=1, max_size=400), st.integers(0, 100), st.integers(512, 9000))
def test_batches_stay_within_their_budget(lengths, seed, budget):
    lengths = np.array(lengths)
    order = np.random.default_rng(seed).permutation(len(lengths))
    found = b._cut(order, lengths, budget)
    np.testing.assert_array_equal(np.concatenate(found), order)
    for numbers, following in zip(found, [*found[1:], None], strict=True):
        assert len(numbers) * lengths[numbers].max() <= budget
        if following is not None:  # full, or half full and the next row would be padded
            area = (len(numbers) + 1) * max(lengths[numbers].max(), lengths[following[0]])
            assert area > budget or len(numbers) * lengths[numbers].max() >= budget / 2


@pytest.mark.parametrize("mean_bars", [1, 3, 10, 40])
@pytest.mark.parametrize("window", [128, 256])
def test_padding_is_under_five_percent(window, mean_bars):
    """Many short pieces or few long ones, in at least 40 batches of 16 full rows."""
    generator = np.random.default_rng(0)
    store = synthetic_store(
        [
            list(generator.integers(4, 40, 1 + generator.geometric(1 / (1 + mean_bars))))
            for _ in range(max(300, 6000 // mean_bars))
        ]
    )
    batches = Batches(store, "train", window, batch_tokens=16 * window, seed=0)
    sizes = np.array([batches.batch_at(0, number).tokens.numel() for number in range(batches.num_batches(0))])
    assert 1 - batches.num_tokens / sizes.sum() < 0.05
    assert np.median(sizes) > 0.95 * 16 * window


def test_batches_of_an_epoch_are_shuffled():
    store = synthetic_store([[10] * (1 + number % 30) for number in range(600)])
    batches = Batches(store, "train", window=400, batch_tokens=1600, seed=0)
    lengths = [batches.batch_at(0, number).tokens.shape[1] for number in range(batches.num_batches(0))]
    assert abs(np.corrcoef(lengths, np.arange(len(lengths)))[0, 1]) < 0.3


def test_a_row_that_fits_into_no_batch_is_refused(tiny_store):
    with pytest.raises(BookError, match="not one row"):
        Batches(tiny_store, "train", window=512, batch_tokens=256, seed=0)


def pitches_and_rest(store, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    is_pitch = np.isin(ids, store.ids_of_type("Pitch"))
    return np.array([int(store.vocabulary[token].split("_")[1]) for token in ids[is_pitch]]), ids[~is_pitch]


def test_transposition_moves_pitches_and_nothing_else(tiny_store):
    plain = Batches(tiny_store, "train", 64, 512, seed=1)
    moved = Batches(tiny_store, "train", 64, 512, seed=1, transpose=True)
    shifts = {}
    for epoch in range(4):
        for number in range(plain.num_batches(epoch)):
            one, other = plain.batch_at(epoch, number), moved.batch_at(epoch, number)
            columns = (one.rows, one.targets, other.targets, other.tokens)
            for row, before, after, inputs in zip(*(column.numpy() for column in columns), strict=True):
                old, rest = pitches_and_rest(tiny_store, before)
                new, same = pitches_and_rest(tiny_store, after)
                np.testing.assert_array_equal(rest, same)
                shift = set(new - old)
                assert len(shift) <= 1
                shifts.setdefault((epoch, int(row)), set()).update(shift)
                length = (after != 0).sum()
                np.testing.assert_array_equal(inputs[1:length], after[: length - 1])
    assert all(len(found) == 1 for found in shifts.values())  # one shift a piece and epoch
    values = np.array([found.pop() for found in shifts.values()])
    assert set(values) == set(range(b.LOWEST_SHIFT, b.HIGHEST_SHIFT + 1))


def test_transposition_stays_in_range(tiny_store):
    rows = np.arange(len(tiny_store))

    def shifts(low: int, high: int) -> set[int]:
        store = SimpleNamespace(
            vocabulary=tiny_store.vocabulary,
            ids_of_type=tiny_store.ids_of_type,
            index=tiny_store.index.assign(pitch_low=low, pitch_high=high),
        )
        return {int(shift) for epoch in range(5) for shift in b.shift_of_rows(store, rows, 0, epoch)}

    assert shifts(22, 108) == {-1, 0, 1}
    assert shifts(10, 120) == {0}  # what lies out of range has no tokens, the rest fills it
    assert shifts(-1, -1) == set(range(7))  # nothing but drums: no pitch moves anyway


def test_evaluation_covers_a_split_once_in_a_fixed_order(tiny_store):
    found = list(Batches.evaluation_batches(tiny_store, "validation", 64, 512))
    np.testing.assert_array_equal(targets_of(found, tiny_store), expected_targets(tiny_store, "validation"))
    again = list(Batches.evaluation_batches(tiny_store, "validation", 64, 512))
    assert all(torch.equal(one.tokens, other.tokens) for one, other in zip(found, again, strict=True))


def test_a_part_of_the_evaluation_is_whole_pieces_and_always_the_same(tiny_store):
    found = list(Batches.evaluation_batches(tiny_store, "train", 64, 512, max_tokens=1000))
    seen = targets_of(found, tiny_store)
    assert 1000 <= seen.sum() <= 1000 + tiny_store.lengths.max()
    rows = {row for batch in found for row in batch.rows.tolist()}
    assert seen.sum() == sum(tiny_store.lengths[row] - 1 for row in rows)
    again = Batches.evaluation_batches(tiny_store, "train", 64, 512, max_tokens=1000)
    assert {row for batch in again for row in batch.rows.tolist()} == rows


def test_batches_move_to_a_device(tiny_store):
    batch = Batches(tiny_store, "train", 64, 512, seed=1).batch_at(0, 0)
    assert batch.to("cpu").tokens.equal(batch.tokens)
