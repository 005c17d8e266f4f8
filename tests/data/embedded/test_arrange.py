"""One kind of MIDI file, whatever the source."""

import pytest

from lib.data.embedded.arrange import PROGRAM, TEMPO, VELOCITY, Reading, SourceError, arrange


def reading(*notes: tuple[int, int, int]) -> Reading:
    return Reading(list(notes), [0], [(0, 4, 4)])


def test_one_track_one_velocity_one_tempo():
    score = arrange(reading((0, 480, 60), (480, 480, 62))).score
    (track,) = score.tracks
    assert (track.name, track.program, track.is_drum, score.ticks_per_quarter) == ("", PROGRAM, False, 480)
    assert {note.velocity for note in track.notes} == {VELOCITY}
    assert [round(tempo.qpm) for tempo in score.tempos] == [TEMPO]


def test_unisons_are_one_note_and_held_keys_are_struck_again():
    arranged = arrange(reading((0, 480, 60), (0, 960, 60), (480, 480, 60), (0, 1920, 48)))
    assert arranged.merged == 1
    assert [(note.time, note.duration, note.pitch) for note in arranged.score.tracks[0].notes] == [
        (0, 1920, 48),
        (0, 480, 60),
        (480, 480, 60),
    ]


def test_the_same_music_has_the_same_bytes():
    first = arrange(reading((0, 480, 60), (480, 480, 62), (0, 480, 48))).score.dumps_midi()
    second = arrange(reading((0, 480, 48), (0, 480, 60), (480, 480, 62))).score.dumps_midi()
    assert first == second


@pytest.mark.parametrize("source", [Reading([], [0], [(0, 4, 4)]), Reading([(0, 480, 60)], [0], [])])
def test_no_notes_or_no_meter(source):
    with pytest.raises(SourceError):
        arrange(source)
