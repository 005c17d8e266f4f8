"""Duplicate groups: what counts as the same music, and that hashing finds what comparing all pairs finds."""

import numpy as np
import pytest

from lib.data.grouping import duplicates
from lib.data.note_tables import NoteTable

BEAT = 480


def tune(pitches, times=None, durations=None, program=0, ticks=BEAT) -> NoteTable:
    pitches = np.asarray(pitches, np.int64)
    times = np.arange(len(pitches)) * ticks // 2 if times is None else np.asarray(times, np.int64)
    durations = np.full(len(pitches), ticks // 2, np.int64) if durations is None else np.asarray(durations)
    return NoteTable(times, durations, pitches, np.full(len(pitches), program), ticks)


def melody(seed: int, length: int = 80) -> np.ndarray:
    return 60 + np.cumsum(np.random.default_rng(seed).choice([-3, -2, -1, 1, 2, 4], length)) % 24


PITCHES = melody(0)


def test_hashes_see_notes_and_nothing_else():
    first = duplicates.fingerprint(tune(PITCHES))
    same = duplicates.fingerprint(tune(PITCHES, ticks=96))  # another resolution of ticks
    later = duplicates.fingerprint(tune(PITCHES, times=np.arange(80) * 240 + 1920))  # an empty bar in front
    higher = duplicates.fingerprint(tune(PITCHES + 5))
    other = duplicates.fingerprint(tune(np.append(PITCHES[:-1], PITCHES[-1] + 1)))
    assert same.exact == later.exact == first.exact
    assert higher.exact != first.exact
    assert higher.transposed == first.transposed
    assert other.transposed != first.transposed


def test_shingles_ignore_transposition_and_doubled_note_values():
    times = np.cumsum(np.random.default_rng(1).choice([120, 240, 360], 80))
    first = duplicates.shingles(tune(PITCHES, times))
    assert len(first) > 70
    np.testing.assert_array_equal(first, duplicates.shingles(tune(PITCHES - 7, times)))
    np.testing.assert_array_equal(first, duplicates.shingles(tune(PITCHES, 2 * times)))
    assert duplicates.jaccard(first, duplicates.shingles(tune(PITCHES[::-1], times))) < 0.1


def test_shingles_of_short_pieces_and_of_drums():
    assert len(duplicates.shingles(tune([60, 62]))) == 0
    assert len(duplicates.shingles(tune(PITCHES, program=-1))) > 0  # nothing but drums: they count
    both = tune(np.append(PITCHES, PITCHES))
    mixed = NoteTable(
        np.append(np.arange(80), np.arange(80)) * 240, both.duration, both.pitch, np.repeat([0, -1], 80), BEAT
    )
    np.testing.assert_array_equal(duplicates.shingles(mixed), duplicates.shingles(tune(PITCHES)))


def test_the_signature_estimates_similarity():
    varied = PITCHES.copy()
    varied[40] += 1  # one note of a variant spoils the runs through it
    first, second = (duplicates.fingerprint(tune(pitches)) for pitches in (PITCHES, varied))
    exact = duplicates.jaccard(first.shingles, second.shingles)
    assert 0.6 < exact < 0.95
    assert np.mean(first.signature == second.signature) == pytest.approx(exact, abs=0.15)


def variants() -> list[NoteTable]:
    """Forty tunes, each with a variant in which ever more notes differ."""
    found = []
    for number in range(40):
        pitches = melody(number)
        changed = pitches.copy()
        changed[np.random.default_rng(number).choice(80, 1 + number // 2, replace=False)] += 1
        found += [tune(pitches), tune(changed + 3)]
    return found


def test_hashing_finds_what_comparing_all_pairs_finds():
    prints = [duplicates.fingerprint(notes) for notes in variants()]
    sets = [item.shingles for item in prints]
    expected = {
        (i, j)
        for j in range(len(sets))
        for i in range(j)
        if duplicates.jaccard(sets[i], sets[j]) >= duplicates.SIMILARITY
    }
    pairs = duplicates.similar_pairs(np.stack([item.signature for item in prints]), sets.__getitem__)
    found = {(first, second) for first, second, _ in pairs}
    assert found <= expected  # each pair was checked
    assert len(found) >= 0.9 * len(expected)
    assert 5 < len(expected) < 40


def test_pieces_without_shingles_are_not_alike():
    empty = duplicates.fingerprint(tune([60, 64]))
    assert duplicates.similar_pairs(np.stack([empty.signature] * 3), lambda _: empty.shingles) == []


def test_a_chain_shows_in_the_report():
    sets = [np.arange(start, start + 20, dtype=np.uint32) for start in (0, 10, 20, 100, 100)]
    report = duplicates.largest_groups(np.array([0, 0, 0, 1, 1]), sets.__getitem__)
    assert report == [
        {"group": 0, "size": 3, "least": 0.0, "mean": pytest.approx(0.222, abs=1e-3)},
        {"group": 1, "size": 2, "least": 1.0, "mean": 1.0},
    ]
