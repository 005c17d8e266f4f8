"""Scores of somebody's files: every note that the second reader counts, whatever had to be repaired."""

import re
from pathlib import Path

import pytest
import wild_files
from symusic import Score

from lib.basics.errors import BookError
from lib.data.files.scores import UnreadableError, UnusableError, count_notes, load_score, read_score
from lib.data.note_tables import note_table


def saved(content: bytes, tmp_path, name: str = "tune.mid"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def notes_of(score: Score) -> list[tuple[int, int, int, int]]:
    return sorted(
        (note.time, note.duration, note.pitch, note.velocity)
        for track in score.tracks
        for note in track.notes
    )


@pytest.mark.parametrize("kind", wild_files.KEPT)
def test_sound_files_are_taken_as_symusic_reads_them(kind, tmp_path):
    path = saved(wild_files.KEPT[kind], tmp_path)
    found = load_score(path)
    assert found.repairs == []
    assert notes_of(found.score) == notes_of(Score(path))
    assert found.score.note_num() == found.events.notes


@pytest.mark.parametrize("kind", wild_files.REPAIRED)
def test_repaired_files_have_all_their_notes(kind, tmp_path):
    found = load_score(saved(wild_files.REPAIRED[kind], tmp_path))
    assert found.repairs
    assert found.score.note_num() == found.events.notes > 0
    again = Score.from_midi(found.score.dumps_midi())  # what was made is a sound score
    assert len(note_table(again)) == found.events.notes


# Their scores can be read; what is wrong with them is seen by who makes tokens.
_SCORES = {
    "no-track",
    "cut-off-early",
    "cut-between-tracks",
    "nonsense-in-a-track",
    "very-low",
    "half-too-high",
    "silent",
}


@pytest.mark.parametrize("kind", sorted({*wild_files.LEFT_OUT} - _SCORES))
def test_what_cannot_be_read_has_a_reason_in_words(kind, tmp_path):
    content, reason = wild_files.LEFT_OUT[kind]
    with pytest.raises((UnreadableError, UnusableError), match=re.escape(reason)) as error:
        load_score(saved(content, tmp_path))
    assert str(error.value).startswith(reason)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", sorted(_SCORES))
def test_what_is_left_of_a_file_is_there(kind, tmp_path):
    path = saved(wild_files.LEFT_OUT[kind][0], tmp_path)
    assert load_score(path).score.note_num() == count_notes(path)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # to the end of the bar, to the next note of the pitch, to the file's own end
        (wild_files.on(60, 480), [(480, 1440)]),
        (wild_files.on(60) + wild_files.on(60, 480) + wild_files.off(60, 240), [(0, 480), (480, 240)]),
        (wild_files.on(60) + wild_files.on(60, 9600) + wild_files.off(60, 240), [(0, 1920), (9600, 240)]),
        (wild_files.on(60) + wild_files.on(60) + wild_files.off(60, 240), [(0, 240), (0, 240)]),
        (wild_files.on(60) + wild_files.off(60, 240) + wild_files.on(60, 240), [(0, 240), (480, 1440)]),
        # of another pitch or channel no end counts
        (wild_files.on(60) + wild_files.off(61, 240) + wild_files.off(60, 0, channel=1), [(0, 1920)]),
    ],
)
def test_where_a_note_without_an_end_ends(events, expected, tmp_path):
    found = load_score(saved(wild_files.midi(wild_files.track(wild_files.HEAD + events)), tmp_path))
    assert [(time, duration) for time, duration, _, _ in notes_of(found.score)] == expected
    assert "notes without an end" in found.repairs


def test_only_notes_without_an_end_are_given_one(tmp_path):
    kind = wild_files.REPAIRED["half-never-ends"]
    found = load_score(saved(kind, tmp_path))
    assert found.ended == 16
    assert set(notes_of(Score.from_midi(kind))) < set(notes_of(found.score))
    assert load_score(saved(wild_files.REPAIRED["three-share-an-end"], tmp_path)).ended == 32


def test_the_bar_of_another_meter(tmp_path):
    head = wild_files.TEMPO + b"\0\xff\x58\4\3\3\x18\x08"  # 3/8
    found = load_score(saved(wild_files.midi(wild_files.track(head + wild_files.on(60, 800))), tmp_path))
    assert notes_of(found.score) == [(800, 640, 60, 90)]


def test_an_instrument_set_in_another_track(tmp_path):
    found = load_score(saved(wild_files.REPAIRED["instrument-in-another-track"], tmp_path))
    assert [track.program for track in found.score.tracks] == [40]
    assert found.repairs == ["instruments set in another track"]
    own = wild_files.midi(
        wild_files.track(wild_files.HEAD + wild_files.program(40, 1)),
        wild_files.track(wild_files.program(70, 1) + wild_files.tune(40, 1)),
    )
    assert load_score(saved(own, tmp_path)).repairs == []


@pytest.mark.parametrize("kind", ["four-tracks", "fast", "overlapping", "no-length"])
def test_through_the_door_comes_the_same_score(kind, tmp_path):
    path = saved(wild_files.KEPT[kind], tmp_path)
    through, direct = read_score(path), Score(path)
    assert notes_of(through) == notes_of(direct)
    assert through.ticks_per_quarter == direct.ticks_per_quarter
    assert [(change.time, change.mspq) for change in through.tempos] == [
        (change.time, change.mspq) for change in direct.tempos
    ]
    assert [(track.program, track.is_drum, track.note_num()) for track in through.tracks] == [
        (track.program, track.is_drum, track.note_num()) for track in direct.tracks
    ]


def test_the_door_gives_one_sentence(tmp_path):
    for kind in ("page", "empty", "overflow", "several-songs"):
        content, reason = wild_files.LEFT_OUT[kind]
        with pytest.raises(BookError, match=rf"cannot be read \({reason}.*; give another one") as error:
            read_score(saved(content, tmp_path, f"{kind}.mid"))
        assert "\n" not in str(error.value)
    with pytest.raises(BookError, match="FileNotFoundError"):
        read_score(tmp_path / "absent.mid")


def test_a_path_from_here(tmp_path, monkeypatch):
    saved(wild_files.KEPT["plain"], tmp_path)
    monkeypatch.chdir(tmp_path)
    assert read_score(Path("tune.mid")).note_num() == 40
