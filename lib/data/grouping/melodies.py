"""Which pieces have one melody: the same tune in another rhythm, another harmony, another arrangement.

What is compared is the outer voice, the highest notes of everything but drums, without its absolute pitch. It
is seen in two ways: as intervals from note to note, which neither a dotted rhythm nor doubled note values
change; and, where several voices sound, as intervals from beat to beat, which passing notes do not change. A
reel played as a clog is found in the first, a chorale melody harmonised again in at least one of them.

Single tunes are one where they resemble each other, pieces of several voices already where one contains a
part of the other: resemblance and containment as in A. Broder, *On the Resemblance and Containment of
Documents* (1997). Both are decided by exact counts; shared runs only propose pairs.
"""

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import DisjointSet

from lib.basics.mixing import mix
from lib.basics.progress import Progress
from lib.data.grouping.groups import pairs_of_groups
from lib.data.note_tables import NoteTable

NOTE_RUN, BEAT_RUN = 7, 11
"""Intervals in a run: from note to note, and from beat to beat (twelve beats)."""

RESEMBLANCE = 0.2
"""Melodies whose runs from note to note have at least this Jaccard similarity are one group.

Of the embedded corpus's pairs that nothing else joins, nearly all above 0.3 are one tune under one or two
names ("Connacht Outcry" and "Munster Outcry"); between 0.2 and 0.25 about half only share formulas.
"""

CONTAINMENT = (0.3, 0.25)
"""Pieces of several voices that share so much of the shorter one's runs, in either way, are one group.

Among chorales whose hymns are known by title, all pairs above 0.3 have one melody; below 0.2 most share a
phrase.
"""

LEAST_RUNS = 10
"""A shorter melody counts as one of so many runs: a phrase in common is no tune in common."""

SEVERAL_VOICES = 1.25
"""From so many sounding notes on average, a piece has several voices; a fiddle's double stops are fewer."""

_LEAST_MOVES = 3  # in a run: repeated and long notes are everybody's
_STEPS = 12  # of the grid on which voices are laid over each other, a quarter
_MOST_POSTINGS = 40_000_000  # compared in all; of larger collections a sample of runs, the same in all pieces
_NEIGHBOURS = 8


@dataclass(frozen=True)
class OuterVoice:
    """The highest notes of a piece, drums left aside.

    Attributes:
        notes: MIDI pitches of the notes that are highest when they begin, in their order, int64 [notes].
        beats: the highest MIDI pitch that sounds on each quarter from the first onset on, or sounded last,
            int64 [quarters].
        voices: how many notes sound on average, where any does.
    """

    notes: np.ndarray
    beats: np.ndarray
    voices: float


def outer_voice(notes: NoteTable) -> OuterVoice:
    """The outer voice of a piece; empty where there are only drums."""
    pitched = notes.program >= 0
    if not pitched.any():
        return OuterVoice(np.zeros(0, np.int64), np.zeros(0, np.int64), 0.0)
    scale = _STEPS / notes.ticks_per_quarter
    onset = notes.onset[pitched] - notes.onset[pitched].min()
    begin = np.rint(onset * scale).astype(np.int64)
    end = np.maximum(begin + 1, np.rint((onset + notes.duration[pitched]) * scale).astype(np.int64))
    pitch = notes.pitch[pitched]
    line = np.full(end.max(), -1, np.int64)
    order = np.argsort(pitch, kind="stable")  # higher notes are laid over lower ones
    for start, stop, height in zip(
        begin[order].tolist(), end[order].tolist(), pitch[order].tolist(), strict=True
    ):
        line[start:stop] = height
    highest = line[begin] == pitch
    _, first = np.unique(begin[highest], return_index=True)
    sounding = line >= 0
    last = np.maximum.accumulate(np.where(sounding, np.arange(len(line)), 0))
    return OuterVoice(
        pitch[highest][first], line[last][::_STEPS], float((end - begin).sum() / np.count_nonzero(sounding))
    )


def melody_runs(notes: NoteTable) -> np.ndarray:
    """The distinct runs of a piece's outer voice, uint32 [runs], sorted. The lowest bit tells those from note
    to note (0) and from beat to beat (1); a single voice has only the first."""
    voice = outer_voice(notes)
    found = _runs(voice.notes, NOTE_RUN) & ~np.uint32(1)
    if voice.voices >= SEVERAL_VOICES:
        found = np.concatenate([found, _runs(voice.beats, BEAT_RUN) | np.uint32(1)])
    return np.unique(found)


def _runs(pitches: np.ndarray, length: int) -> np.ndarray:
    """Hashes of the runs of so many intervals, without those that hardly move."""
    if len(pitches) <= length:
        return np.zeros(0, np.uint32)
    windows = np.lib.stride_tricks.sliding_window_view(np.diff(pitches), length)
    moving = np.count_nonzero(windows, axis=1) >= _LEAST_MOVES
    state = np.full(len(windows), length, np.uint64)
    for column in windows.T:
        state = mix(state ^ column.astype(np.int64).view(np.uint64))
    return (state[moving] >> np.uint64(32)).astype(np.uint32)


def is_one_melody(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two pieces have one melody, by their runs, uint32 [runs] each, as :data:`RESEMBLANCE` and
    :data:`CONTAINMENT` say."""
    shorter, both, shared = ([], [], [])
    for view in (0, 1):
        one, other = (runs[(runs & 1) == view] for runs in (first, second))
        shorter.append(min(len(one), len(other)))
        both.append(len(one) + len(other))
        shared.append(len(np.intersect1d(one, other, assume_unique=True)))
    if shared[0] >= RESEMBLANCE * max(LEAST_RUNS, both[0] - shared[0]):
        return True
    # Where both have runs from beat to beat, both have several voices.
    return shorter[1] > 0 and any(
        count >= share * max(LEAST_RUNS, least)
        for share, count, least in zip(CONTAINMENT, shared, shorter, strict=True)
    )


def same_melody(
    runs: np.ndarray, counts: np.ndarray, joined: np.ndarray | None = None
) -> list[tuple[int, int]]:
    """Pairs of pieces with one melody: enough to join all that belong together.

    Runs that several pieces have propose pairs, in crowds only of neighbours, so that time and memory grow
    with the runs and not with the pairs; each pair is then kept or dropped by :func:`is_one_melody`.

    Args:
        runs: the runs of all pieces, one piece behind the other, uint32 [sum of counts]; may lie on disk.
        counts: how many of them each piece has, [pieces].
        joined: group numbers, [pieces]; pieces known to belong together are not compared again.

    Returns:
        (smaller number, larger number), each pair once.
    """
    ends = np.cumsum(counts)
    rate = min(1.0, _MOST_POSTINGS / max(1, len(runs)))
    families, pairs = DisjointSet(range(len(counts))), []
    for first, second in pairs_of_groups(joined) if joined is not None else ():
        families.merge(first, second)
    progress = Progress("melodies", _NEIGHBOURS, unit="rounds")
    postings = _postings(runs, counts, rate)
    from_beats = postings[(postings >> np.uint64(32)) & np.uint64(1) == 1] & np.uint64(0xFFFFFFFF)
    has_beats = np.bincount(from_beats.astype(np.int64), minlength=len(counts)) > 0
    for distance in range(1, _NEIGHBOURS + 1):
        first, second, times = _proposals(postings, distance)
        several = has_beats[first] & has_beats[second]
        shorter, longer = (pick(counts[first], counts[second]) for pick in (np.minimum, np.maximum))
        # A third of what the rule asks for, since not every shared run proposes this very pair.
        least = np.where(several, min(CONTAINMENT) / 2 * shorter, RESEMBLANCE * longer) * rate / 3
        likely = times >= np.maximum(2, least)
        for one, other in zip(first[likely].tolist(), second[likely].tolist(), strict=True):
            if not families.connected(one, other) and is_one_melody(
                *(np.asarray(runs[ends[number] - counts[number] : ends[number]]) for number in (one, other))
            ):
                families.merge(one, other)
                pairs.append((one, other))
        progress.advance()
    progress.finish(f"{len(pairs):,} pairs of {len(counts):,} pieces")
    return sorted(pairs, key=lambda pair: pair[::-1])


def _postings(runs: np.ndarray, counts: np.ndarray, rate: float) -> np.ndarray:
    """(run, piece) in one uint64 each, sorted; of the runs, the share `rate` with the smallest hashes."""
    piece = np.repeat(np.arange(len(counts), dtype=np.uint32), counts)
    if rate < 1:
        chosen = mix(np.asarray(runs).astype(np.uint64)) < np.uint64(int(rate * 2**64))
        runs, piece = runs[chosen], piece[chosen]
    postings = np.asarray(runs).astype(np.uint64) << np.uint64(32) | piece
    postings.sort()
    return postings


def _proposals(postings: np.ndarray, distance: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of pieces that stand so many places apart in the lists of at least two runs, and in how many."""
    run, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    same = postings[:-distance] >> run == postings[distance:] >> run
    pairs = (postings[:-distance][same] << run) | (postings[distance:][same] & low)
    pairs.sort()
    starts = np.flatnonzero(np.diff(pairs, prepend=~pairs[:1]) != 0)
    times = np.diff(np.append(starts, len(pairs)))
    found = pairs[starts[times >= 2]]
    return (found >> run).astype(np.int64), (found & low).astype(np.int64), times[times >= 2]
