"""Shuffled bars: the same bars, none lost, in another order, whatever the meters."""

from collections import Counter

import numpy as np
import pytest
from music_examples import aabb, line, score_of
from symusic import Score

from lib.measures.music.piece import barred_notes
from lib.measures.music.shuffled_bars import shuffle_bars


def bars_of(score: Score) -> Counter:
    """The content of each bar: its meter, and position, length and pitch of its notes."""
    music = barred_notes(score)
    notes, bar = music.notes, music.notes.bar
    return Counter(
        (
            int(music.numerators[number]),
            int(music.denominators[number]),
            tuple(
                (
                    int(notes.onset[note] - notes.bar_starts[number]),
                    int(notes.duration[note]),
                    int(notes.pitch[note]),
                )
                for note in np.flatnonzero(bar == number)
            ),
        )
        for number in range(music.bars)
    )


@pytest.mark.parametrize(
    "score",
    [
        score_of(aabb(4)),
        score_of(line(range(60, 85), 1.0), ((0, 5, 8),)),
        score_of(line(range(60, 96), 1.0), ((0, 4, 4), (12, 3, 4), (21, 5, 4))),
    ],
    ids=["4/4", "5/8", "changing meters"],
)
def test_every_bar_is_still_there(score):
    shuffled = shuffle_bars(score, seed=1)
    assert bars_of(shuffled) == bars_of(score)
    assert bars_of(shuffle_bars(score, seed=1)) == bars_of(shuffled)
    first = [(note.time, note.pitch) for note in shuffled.tracks[0].notes]
    assert first != [(note.time, note.pitch) for note in score.tracks[0].notes]


def test_programs_and_drums_stay_apart():
    score = score_of(aabb(4))
    score.tracks.append(score_of([(float(bar) * 4, 1.0, 36) for bar in range(16)], is_drum=True).tracks[0])
    shuffled = shuffle_bars(score, seed=2)
    assert [(track.is_drum, len(track.notes)) for track in shuffled.tracks] == [
        (track.is_drum, len(track.notes)) for track in score.tracks
    ]


def test_a_single_bar_stays():
    score = score_of([(0, 4, 60)])
    assert bars_of(shuffle_bars(score, seed=3)) == bars_of(score)
