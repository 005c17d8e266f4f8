"""One melody: found under another rhythm, another harmony, another key; and the real pieces that need it."""

import itertools

import numpy as np
import pytest

from lib.data.embedded.arrange import arrange
from lib.data.embedded.sources import COLLECTIONS, sources_of
from lib.data.grouping import melodies
from lib.data.note_tables import NoteTable, note_table

BEAT = 480


def notes(*voices, ticks: int = BEAT) -> NoteTable:
    """Voices, each a list of (length in beats, pitch; 0 for a rest)."""
    found = []
    for voice in voices:
        at = 0
        for length, pitch in voice:
            if pitch:
                found.append((round(at * ticks), round(length * ticks), pitch))
            at += length
    onset, duration, pitch = (np.array(column) for column in zip(*sorted(found), strict=True))
    return NoteTable(onset, duration, pitch, np.zeros(len(onset), int), ticks)


def line(seed: int, length: int = 40) -> list[int]:
    return (60 + np.cumsum(np.random.default_rng(seed).choice([-3, -2, -1, 1, 2, 4], length)) % 19).tolist()


def one_melody(first: NoteTable, second: NoteTable) -> bool:
    return melodies.is_one_melody(melodies.melody_runs(first), melodies.melody_runs(second))


def test_the_outer_voice_is_the_highest_that_sounds():
    below = [(2, 48), (2, 64), (2, 50)]
    above = [(1, 72), (1, 0), (1, 0), (1, 60), (2, 74)]
    found = melodies.outer_voice(notes(above, below))
    assert found.notes.tolist() == [72, 64, 74]  # 60 begins below the 64 that is held, 48 and 50 below others
    assert found.beats.tolist() == [72, 48, 64, 64, 74, 74]
    assert found.voices == pytest.approx(10 / 6)


def test_drums_have_no_voice():
    table = notes([(1, 40)] * 20)
    drums = NoteTable(table.onset, table.duration, table.pitch, np.full(20, -1), BEAT)
    assert len(melodies.melody_runs(drums)) == 0


def test_a_reel_is_found_as_a_clog_and_in_another_key():
    reel = [(0.5, pitch) for pitch in line(0)]
    dotted = itertools.cycle([0.75, 0.25])
    clog = [(next(dotted), pitch - 5) for pitch in line(0)]
    assert one_melody(notes(reel), notes(clog))
    assert one_melody(notes(reel), notes([(2 * length, pitch) for length, pitch in reel]))
    assert not one_melody(notes(reel), notes([(0.5, pitch) for pitch in line(1)]))


def test_a_melody_is_found_under_another_harmony_and_with_passing_notes():
    tune = line(2)
    plain = [(1, pitch) for pitch in tune]
    passing = [part for pitch in tune for part in ((0.5, pitch + 3), (0.5, pitch + 4))]
    basses = [[(1, 20 + pitch // 2) for pitch in line(seed)] for seed in (3, 4)]
    assert one_melody(notes(plain, basses[0]), notes(passing, basses[1]))
    assert not one_melody(notes(plain), notes(passing))  # single tunes with other notes are other tunes
    assert not one_melody(notes([(1, pitch) for pitch in line(5)], basses[0]), notes(passing, basses[1]))


def test_a_phrase_in_common_is_no_tune_in_common():
    phrase = line(6, 9)
    first, second = ([(1, pitch) for pitch in phrase + line(seed, 30)] for seed in (7, 8))
    assert not one_melody(notes(first), notes(second))
    assert not one_melody(notes([(1, pitch) for pitch in phrase]), notes(second))


def test_proposals_find_what_comparing_all_pairs_finds():
    pieces = [notes([(0.5, pitch) for pitch in line(seed % 40)[: 40 - seed // 40]]) for seed in range(120)]
    runs = [melodies.melody_runs(piece) for piece in pieces]
    counts = np.array([len(one) for one in runs])
    found = melodies.same_melody(np.concatenate(runs), counts)
    assert all((second - first) % 40 == 0 for first, second in found)
    assert len(found) == 80
    joined = np.arange(120) % 40
    assert melodies.same_melody(np.concatenate(runs), counts, joined) == []


@pytest.mark.parametrize(
    "pair",
    [
        ("bach/bwv245.22.mxl", "bach/bwv377.mxl"),
        ("bach/bwv392.mxl", "bach/bwv393.mxl"),
        ("bach/bwv20.7.mxl", "bach/bwv397.mxl"),
        ("bach/bwv10.7.mxl", "bach/bwv323.mxl"),
        ("ryansMammoth/LeesDoubleClog.abc#1", "ryansMammoth/IrishAmericanReel.abc#1"),
    ],
)
def test_real_pieces_of_one_melody(pair):
    found = {
        source.name: source
        for collection in COLLECTIONS[1:6:4]
        for source in sources_of(collection)
        if source.name in pair
    }
    first, second = (melodies.melody_runs(note_table(arrange(found[name].read()).score)) for name in pair)
    assert melodies.is_one_melody(first, second)
