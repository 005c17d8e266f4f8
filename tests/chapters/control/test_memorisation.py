"""A copied training piece is found as a copy; a piece of one's own is not."""

import numpy as np
import pytest

from lib.chapters.control.memorisation import (
    compare_with_real,
    excess_by_genre,
    mean_excess,
    memorisation_table,
    search_training,
)
from lib.chapters.control.shared_bars import nearest_by_bars
from lib.measures.music.notes import DRUMS, NoteReader, PieceNotes
from lib.measures.sources import PieceSet, real_set


def random_piece(seed, notes=64, shift=0, program=0):
    """A melody of quarters in bars of 4/4."""
    pitch = np.random.default_rng(seed).integers(48, 84, notes) + shift
    onset = np.arange(notes) * 24
    bars = np.arange(notes // 4 + 1) * 96
    return PieceNotes(onset, np.full(notes, 24), pitch, np.full(notes, program), bars, 24)


def as_set(name, count):
    return PieceSet(
        name,
        [np.zeros(1, np.uint16)] * count,
        ["calm"] * count,
        ["folk"] * count,
        np.arange(count),
        [f"piece {number}" for number in range(count)],
    )


def test_bars_of_a_copy_a_transposed_copy_and_half_a_copy():
    training = [random_piece(seed) for seed in range(5)]
    mixed = random_piece(9)
    mixed.pitch[:32] = training[3].pitch[:32]  # the first eight of sixteen bars
    copy, transposed, half, own = nearest_by_bars(
        [training[2], random_piece(2, shift=7), mixed, random_piece(99)], training
    )
    assert (copy.share, copy.piece, copy.transposition) == (1, 2, 0)
    assert (transposed.share, transposed.piece, transposed.transposition) == (1, 2, -7)
    assert (half.share, half.piece) == (0.5, 3)
    assert (own.share, own.piece) == (0, -1)


def test_shares_of_the_first_bars():
    original, half = random_piece(0), random_piece(9)
    half.pitch[:32] = original.pitch[:32]  # eight of sixteen bars
    overlap = nearest_by_bars([half], [random_piece(5), original])[0]
    assert overlap.bars == 16
    assert overlap.share_within(8) == 1
    assert overlap.share_within(12) == pytest.approx(8 / 12)
    assert np.isnan(overlap.share_within(0))
    nothing = nearest_by_bars([random_piece(0, program=DRUMS)], [original])[0]
    assert nothing.bars == 0
    assert np.isnan(nothing.share)


def test_bars_that_are_each_transposed_otherwise_are_no_copy():
    original = random_piece(0)
    moved = random_piece(0)
    moved.pitch[:] = original.pitch + np.repeat(np.arange(16) - 8, 4)
    assert nearest_by_bars([moved], [original])[0].share == pytest.approx(1 / 16)


def test_only_the_first_bars_count_and_repeats_count_once_for_the_other_piece():
    long = random_piece(1, notes=4 * 40)
    assert nearest_by_bars([long], [random_piece(1, notes=64)])[0].bars == 16
    repeated = random_piece(3)
    repeated.pitch[:] = np.tile(repeated.pitch[:4], 16)
    assert nearest_by_bars([repeated], [random_piece(3)])[0].share == 1


@pytest.fixture(scope="module")
def searched(tiny_store):
    """Training pieces played back, and real held-out ones of the random store."""
    reader = NoteReader(tiny_store)
    held_out = np.concatenate([tiny_store.rows("validation"), tiny_store.rows("test")])
    sets = [real_set(tiny_store, tiny_store.rows("train")[:6], "copied"), real_set(tiny_store, held_out)]
    notes = [pieces.notes(reader) for pieces in sets]
    found = [search_training(part, tiny_store, reader) for part in notes]
    return sets, notes, found


def test_a_copied_training_piece_is_found_whole(searched, tiny_store):
    _, notes, found = searched
    for piece, match in zip(notes[0], found[0], strict=True):
        assert match.passage.notes == len(piece.pitched)
        assert match.passage.start == match.passage.place == 0
        assert tiny_store.index["split"].iloc[match.passage.row] == "train"
        assert match.overlap.share == 1


def test_copies_stand_out_and_real_pieces_against_themselves_do_not(searched):
    sets, notes, found = searched
    tables = [
        compare_with_real(sets[source], notes[source], found[source], sets[1], notes[1], found[1])
        for source in (0, 1)
    ]
    copied, real = memorisation_table(tables).to_dict("records")
    assert copied["run_excess_low"] > 5
    assert copied["bar_excess_low"] > 0.3
    assert real["run_excess"] == pytest.approx(0, abs=3)
    by_genre = excess_by_genre(tables)
    assert by_genre.loc[by_genre["source"] == "copied", "low"].min() > 5
    assert by_genre["pieces"].sum() == sum(len(comparison.table) for comparison in tables)
    assert tables[0].table["run_rank"].min() > 0.9
    assert tables[1].table["run_rank"].mean() == pytest.approx(0.5, abs=0.1)


def test_a_run_is_cut_to_the_notes_that_count(searched):
    _, notes, found = searched
    match, count = found[0][0], len(notes[0][0].pitched)
    assert match.longest_within(count) == count
    assert match.longest_within(10) == 10
    assert match.longest_within(1) == 0


def test_pieces_without_a_run_have_a_reason_and_no_number(searched, tiny_store):
    sets, notes, found = searched
    odd = [random_piece(0, notes=4).of(np.arange(4) == 0), random_piece(0, notes=8, program=DRUMS)]
    matches = search_training(odd, tiny_store, NoteReader(tiny_store))
    comparison = compare_with_real(as_set("odd", 2), odd, matches, sets[1], notes[1], found[1])
    table = comparison.table
    assert table["reason"].tolist() == ["it has 1 pitched note", "it has no pitched notes"]
    assert table[["run", "run_excess"]].isna().all(axis=None)
    line = memorisation_table([comparison]).iloc[0]
    assert (line["source"], line["pieces"], line["without"]) == ("odd", 0, 2)
    assert np.isnan([line["run_excess"], line["run_excess_low"], line["bar_excess"]]).all()


def test_the_interval_knows_that_real_pieces_are_a_sample_too():
    """Two samples of one distribution: in 95 of 100 draws the interval of their difference should hold 0."""
    held = 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        mine, theirs = generator.normal(size=40), generator.normal(size=12)
        found = mean_excess(mine[:, None] - theirs[None, :], np.arange(40), np.arange(12), draws=200)
        assert found.low <= found.estimate <= found.high
        held += found.low <= 0 <= found.high
    assert held >= 85


def test_pairs_that_are_not_compared_do_not_count():
    differences = np.array([[1.0, np.nan], [np.nan, 3.0], [np.nan, np.nan]])
    found = mean_excess(differences, np.arange(3), np.arange(2))
    assert found.estimate == 2
    assert np.isnan(mean_excess(differences, np.zeros(3), np.arange(2)).low)
