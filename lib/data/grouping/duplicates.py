"""Which pieces are the same music: exact copies, transposed copies, and variants of one tune.

Variants are found by MinHash and locality-sensitive hashing (Broder 1997; Leskovec, Rajaraman and Ullman,
*Mining of Massive Datasets*, chapter 3) over shingles of successive notes. A shingle holds intervals and the
ratios of the times between onsets, so neither transposition nor a notation in doubled note values hides a
variant. Hashing only proposes pairs; each is kept or dropped by its exact Jaccard similarity.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from datasketch import MinHash, MinHashLSH
from scipy.cluster.hierarchy import DisjointSet

from lib.basics.files import hash_of_bytes
from lib.basics.mixing import GOLDEN, mix
from lib.basics.progress import Progress
from lib.data.grouping.melodies import melody_runs
from lib.data.note_tables import NoteTable

SHINGLE_NOTES = 5
"""Notes in a shingle."""

SIMILARITY = 0.3
"""Pairs of pieces at least this similar (Jaccard) are one group.

Measured on the embedded corpus: between 0.25 and 0.35 pairs are still variants of one tune, mostly under one
title; below 0.2 they share formulas. At 0.3 the largest group holds 16 nursery rhymes on one formula; at 0.25
it is a chain of 34, at 0.2 one of 57. Runs of 4 notes chain over a thousand pieces at 0.2.
"""

NUM_PERMUTATIONS = 128
_HASH_STEPS_PER_QUARTER = 96
_PAIRS_AT_A_TIME = 1 << 18
_REPORTED, _COMPARED = 10, 60  # groups, and pieces of each
_PERMUTATIONS = MinHash(NUM_PERMUTATIONS, seed=1, scheme="affine32").permutations


@dataclass(frozen=True)
class Fingerprint:
    """What of a piece is compared with others.

    `exact` and `transposed` are hashes of the notes as they are, and without their absolute pitch; `shingles`
    the sorted distinct shingles, uint32 [shingles]; `signature` their MinHash values, uint32
    [NUM_PERMUTATIONS]; `melody` the runs of the outer voice, uint32 [runs]
    (:func:`lib.data.grouping.melodies.melody_runs`).
    """

    exact: str
    transposed: str
    shingles: np.ndarray
    signature: np.ndarray
    melody: np.ndarray


def fingerprint(notes: NoteTable) -> Fingerprint:
    """The fingerprint of a piece with at least one note. Velocity, tempo and meter play no part in it."""
    scaled = [
        np.rint(times * (_HASH_STEPS_PER_QUARTER / notes.ticks_per_quarter)).astype("<i8")
        for times in (notes.onset - notes.onset[0], notes.duration)
    ]
    pitched = notes.program >= 0
    lowest = notes.pitch[pitched].min(initial=127)
    relative = np.where(pitched, notes.pitch - lowest, notes.pitch)
    exact, transposed = (
        hash_of_bytes(b"".join(column.astype("<i8").tobytes() for column in (*scaled, pitch, notes.program)))[
            :16
        ]
        for pitch in (notes.pitch, relative)
    )
    found = shingles(notes)
    return Fingerprint(exact, transposed, found, signature(found), melody_runs(notes))


def shingles(notes: NoteTable) -> np.ndarray:
    """The distinct shingles of a piece, uint32 [shingles], sorted: runs of :data:`SHINGLE_NOTES` notes.

    Notes stand in the order of onset, then pitch. Of a run count its intervals in semitones and the times
    between its onsets divided by their greatest common divisor. Drums count only where there is nothing else.
    A piece with fewer notes than a run has none.
    """
    pitched = notes.program >= 0
    kept = pitched if pitched.any() else ~pitched
    onset = np.rint(notes.onset[kept] * (_HASH_STEPS_PER_QUARTER / notes.ticks_per_quarter)).astype(np.int64)
    steps = SHINGLE_NOTES - 1
    if len(onset) <= steps:
        return np.zeros(0, np.uint32)
    windows = np.lib.stride_tricks.sliding_window_view
    intervals = windows(np.diff(notes.pitch[kept]), steps)
    times = windows(np.diff(onset), steps)
    times = times // np.maximum(1, np.gcd.reduce(times, axis=1))[:, None]
    state = np.full(len(intervals), GOLDEN)
    for column in (*intervals.T, *times.T):
        state = mix(state ^ column.astype(np.int64).view(np.uint64))
    return np.unique((state >> np.uint64(32)).astype(np.uint32))


def signature(found: np.ndarray) -> np.ndarray:
    """MinHash values, uint32 [NUM_PERMUTATIONS], of a set of shingles; the maximum for an empty set."""
    sketch = MinHash(NUM_PERMUTATIONS, hashfunc=int, permutations=_PERMUTATIONS, scheme="affine32")
    sketch.update_batch(found.tolist())
    return sketch.hashvalues.astype(np.uint32)


def jaccard(first: np.ndarray, second: np.ndarray) -> float:
    """Jaccard similarity of two sorted arrays [distinct values]: what they share over what either has."""
    shared = len(np.intersect1d(first, second, assume_unique=True))
    return shared / max(1, len(first) + len(second) - shared)


def similar_pairs(
    signatures: np.ndarray, shingles_of: Callable[[int], np.ndarray]
) -> list[tuple[int, int, float]]:
    """Pairs of pieces whose shingles are as similar as :data:`SIMILARITY`, enough to join all that belong
    together; of the embedded corpus's 1,784 such pairs, 3 are missed.

    A pair that earlier ones have joined already is not looked at again, so a family of a thousand variants
    costs about a thousand comparisons, not half a million. Memory grows with the pieces, not with the pairs.

    Args:
        signatures: MinHash values, uint32[pieces, NUM_PERMUTATIONS].
        shingles_of: the shingles of a piece, uint32 [shingles], by its number.

    Returns:
        (smaller number, larger number, similarity), each pair once.
    """
    # Missing a pair costs more than checking one in vain, hence the weight on false negatives.
    index = MinHashLSH(threshold=SIMILARITY, num_perm=NUM_PERMUTATIONS, weights=(0.1, 0.9))
    shortened = (signatures & 0xFF).astype(np.uint8)
    # Of large collections most proposals are chance; the signatures' own estimate sorts them out, at three
    # standard errors, before shingles are read.
    least = SIMILARITY - 3 * np.sqrt(SIMILARITY * (1 - SIMILARITY) / NUM_PERMUTATIONS)
    joined, pairs = DisjointSet(range(len(signatures))), []

    def check(first: np.ndarray, second: np.ndarray) -> None:
        for values in (shortened, signatures):  # the first byte alone rules out most, and faster
            chosen = (values[first] == values[second]).mean(axis=1) >= least
            first, second = first[chosen], second[chosen]
        for one, other in zip(first.tolist(), second.tolist(), strict=True):
            if not joined.connected(one, other):
                similarity = jaccard(shingles_of(one), shingles_of(other))
                if similarity >= SIMILARITY:
                    joined.merge(one, other)
                    pairs.append((min(one, other), max(one, other), similarity))

    # Equal signatures would be proposed by every band, and copies by the thousand fill a bucket.
    usable = np.flatnonzero(signatures.min(axis=1) != signatures.max(axis=1))  # the others are too short
    order, run = _sorted_runs(signatures, usable)
    starts = np.flatnonzero(np.diff(run, prepend=-1))
    check(order[starts[run]], order)
    chosen = np.sort(order[starts])
    progress = Progress("duplicates", index.b, unit="bands")
    for band in range(index.b):
        order, run = _sorted_runs(signatures[:, band * index.r : (band + 1) * index.r], chosen)
        for first, second in _pairs_in_runs(order, run):
            check(first, second)
        progress.advance()
    progress.finish(f"{len(pairs):,} pairs of {len(signatures):,} pieces")
    return sorted(pairs, key=lambda pair: (pair[1], pair[0]))


def _sorted_runs(values: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers `chosen` in an order that puts equal rows of `values` together, smaller numbers first, and
    for each the number of its run of equal rows."""
    rows = np.ascontiguousarray(values[chosen])
    _, run = np.unique(
        rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel(), return_inverse=True
    )
    order = np.argsort(run, kind="stable")
    return chosen[order], run[order]


def _pairs_in_runs(order: np.ndarray, run: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All pairs within runs, some at a time."""
    left = np.flatnonzero(run[1:] == run[:-1])
    distance = 1
    while len(left):
        for start in range(0, len(left), _PAIRS_AT_A_TIME):
            part = left[start : start + _PAIRS_AT_A_TIME]
            yield order[part], order[part + distance]
        distance += 1
        left = left[left + distance < len(run)]
        left = left[run[left] == run[left + distance]]


def largest_groups(groups: np.ndarray, shingles_of: Callable[[int], np.ndarray]) -> list[dict[str, float]]:
    """The ten largest groups, with the similarity inside them, to see whether unlike pieces were chained
    together.

    Args:
        groups: group number of each piece, int64 [pieces].
        shingles_of: the shingles of the piece of a number, from :func:`shingles`.

    Returns:
        For each: `group`, `size`, and over all pairs of its first 60 pieces the least (`least`) and
        the mean (`mean`) Jaccard similarity. A low mean in a large group is a chain.
    """
    sizes = np.bincount(groups)
    report = []
    for number in np.argsort(-sizes, kind="stable")[:_REPORTED]:
        if sizes[number] < 2:
            break
        sets = [shingles_of(int(piece)) for piece in np.flatnonzero(groups == number)[:_COMPARED]]
        inside = [jaccard(sets[i], sets[j]) for i in range(len(sets)) for j in range(i)]
        report.append(
            {
                "group": int(number),
                "size": int(sizes[number]),
                "least": round(float(np.min(inside)), 3),
                "mean": round(float(np.mean(inside)), 3),
            }
        )
    return report
