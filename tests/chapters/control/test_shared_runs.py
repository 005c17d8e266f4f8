"""Shared runs against a search by brute force, and on copies that are known."""

from itertools import product

import numpy as np
from hypothesis import given, settings, strategies as st

from lib.chapters.control.shared_runs import shared_runs, steps_of
from lib.measures.music.notes import PieceNotes

STEPS = st.lists(st.integers(0, 2), max_size=24).map(lambda steps: np.array(steps, dtype=np.int64))


def melody(pitches, gaps=24):
    pitches = np.asarray(pitches)
    onset = np.cumsum(np.broadcast_to(gaps, pitches.shape)) - np.broadcast_to(gaps, pitches.shape)[0]
    return PieceNotes(
        onset,
        np.full(len(pitches), 24),
        pitches,
        np.zeros(len(pitches), int),
        np.arange(0, onset.max(initial=0) + 192, 96),
        24,
    )


def longest_at(query, start, others):
    best = 0
    for other in others:
        for place in range(len(other)):
            length = 0
            while (
                start + length < len(query)
                and place + length < len(other)
                and query[start + length] == other[place + length]
            ):
                length += 1
            best = max(best, length)
    return best


@given(st.lists(STEPS, min_size=1, max_size=4), st.lists(STEPS, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_every_longest_run_is_found_where_it_stands(queries, others):
    for query, found in zip(queries, shared_runs(queries, others), strict=True):
        assert found.steps.tolist() == [longest_at(query, start, others) for start in range(len(query))]
        for start, (length, piece, place) in enumerate(
            zip(found.steps, found.piece, found.place, strict=True)
        ):
            if length:
                assert np.array_equal(others[piece][place : place + length], query[start : start + length])


def test_a_run_longer_than_any_power_of_two_on_the_way():
    generator = np.random.default_rng(0)
    other = generator.integers(0, 9, 1000)
    assert shared_runs([other[:777]], [other])[0].steps[0] == 777


def test_transposition_does_not_matter_but_rhythm_does():
    pitches = np.random.default_rng(1).integers(55, 80, 40)
    original = steps_of(melody(pitches))
    assert shared_runs([steps_of(melody(pitches + 5))], [original])[0].steps[0] == 39
    assert shared_runs([steps_of(melody(pitches, gaps=12))], [original])[0].steps.max() == 0


def test_steps_are_the_same_on_any_grid():
    coarse = melody([60, 64, 67])
    fine = PieceNotes(
        coarse.onset * 20, coarse.duration * 20, coarse.pitch, coarse.program, coarse.bar_starts * 20, 480
    )
    assert np.array_equal(steps_of(coarse), steps_of(fine))


def test_different_steps_are_different_numbers():
    made = {
        int(steps_of(melody([60, 60 + interval], gaps=gap))[0])
        for interval, gap in product(range(-12, 13), (0, 6, 24, 48))
    }
    assert len(made) == 25 * 4


def test_pieces_of_one_note_and_of_none():
    nothing = np.zeros(0, np.int64)
    found = shared_runs([nothing, np.array([1, 2])], [nothing, np.array([1, 2, 3])])
    assert len(found[0].steps) == 0
    assert found[1].steps.tolist() == [2, 1]
    assert len(steps_of(melody([60]))) == 0
