"""Piano rolls: where notes and bar lines fall, through changes of meter and tempo."""

import numpy as np
import pytest
from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.sound.score_tables import bar_grid, bar_lines, piano_roll


@pytest.fixture
def score() -> Score:
    """Two bars of 3/4, one of 6/8, then 2/4; twice as fast from the third bar on; a drum in the fourth."""
    made = Score(480)
    for change in ((0, 3, 4), (2880, 6, 8), (4320, 2, 4)):
        made.time_signatures.append(TimeSignature(*change))
    made.tempos.append(Tempo(0, 60))
    made.tempos.append(Tempo(2880, 120))
    melody, drums = Track(program=73), Track(program=0, is_drum=True)
    for start, length, pitch in ((0, 480, 60), (1440, 720, 64), (2880, 1440, 67)):
        melody.notes.append(Note(start, length, pitch, 70))
    drums.notes.append(Note(4800, 120, 38, 100))
    made.tracks.append(melody)
    made.tracks.append(drums)
    return made


def test_bar_lines_follow_the_meter(score):
    lines = bar_lines(score)
    assert lines["start_beat"].tolist() == [0, 3, 6, 9]
    assert lines["end_beat"].tolist() == [3, 6, 9, 11]
    assert lines["meter"].tolist() == ["3/4", "3/4", "6/8", "2/4"]
    assert lines["meter_changes"].tolist() == [True, False, True, True]


def test_notes_in_bars_beats_and_seconds(score):
    notes = piano_roll(score)
    assert notes["start_bar"].tolist() == [0, 1, 2, 3.5]
    assert notes["end_bar"].tolist() == [pytest.approx(1 / 3), 1.5, 3, 3.625]
    assert notes["start_beat"].tolist() == [0, 3, 6, 10]
    np.testing.assert_allclose(notes["start_seconds"], [0, 3, 6, 8], atol=1e-4)
    np.testing.assert_allclose(notes["end_seconds"], [1, 4.5, 7.5, 8.125], atol=1e-4)
    assert notes["program"].tolist() == [73, 73, 73, 0]
    assert notes["is_drum"].tolist() == [False, False, False, True]


def test_a_meter_change_inside_a_bar_ends_it_early():
    made = Score(480)
    made.time_signatures.append(TimeSignature(0, 4, 4))
    made.time_signatures.append(TimeSignature(960, 3, 4))
    made.tracks.append(Track())
    made.tracks[0].notes.append(Note(0, 2000, 60, 80))
    assert bar_grid(made).starts.tolist() == [0, 960, 2400]


def test_without_notes_there_is_one_bar_and_an_empty_table():
    assert len(bar_lines(Score(480))) == 1
    assert list(piano_roll(Score(480)).columns) == list(piano_roll(_one_note()).columns)
    assert len(piano_roll(Score(480))) == 0


def test_bars_are_capped():
    far = _one_note(start=10_000_000)
    assert len(bar_grid(far, max_bars=50)) == 50


def _one_note(start: int = 0) -> Score:
    made = Score(480)
    made.tracks.append(Track())
    made.tracks[0].notes.append(Note(start, 480, 60, 80))
    return made
