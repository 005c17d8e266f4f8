"""One file: what the record says, and every kind of file that is refused with its reason."""

import numpy as np
import pytest
from symusic import ControlChange, Note, Score, Tempo, TimeSignature, Track

from lib.data.files.reading import describe, read_piece
from lib.data.files.scores import UnreadableError, UnusableError
from lib.data.pieces import Piece
from lib.data.tokenizer import build_tokenizer

TOKENIZER = build_tokenizer("book")
BEAT = 480


def score(meters=((0, 4, 4),), count: int = 8) -> Score:
    made = Score(BEAT)
    for meter in meters:
        made.time_signatures.append(TimeSignature(*meter))
    made.tempos.append(Tempo(0, 120))
    track = Track(program=0)
    for number in range(count):
        track.notes.append(Note(number * BEAT, BEAT // 2, 60 + number % 12, 80))
    made.tracks.append(track)
    return made


@pytest.fixture
def read(tmp_path):
    def reader(music: "Score | bytes"):
        path = tmp_path / "XMIDI_a_b_c.midi"
        path.write_bytes(music if isinstance(music, bytes) else music.dumps_midi())
        return read_piece(TOKENIZER, Piece(path, "a", "b", "c"))

    return reader


def test_a_record_speaks_of_the_file(read):
    ids, record, found = read(score())
    assert record.length == len(ids)
    assert (record.notes, record.notes_lost, record.bars, record.meter) == (8, 0, 2, "4/4")
    assert record.seconds == 3.75
    assert (record.pitch_low, record.pitch_high, record.repaired) == (60, 67, False)
    assert record.hash_exact == found.exact


@pytest.mark.parametrize("stray", ["tempo", "meter", "pedal"])
def test_a_stray_event_long_after_the_music_adds_nothing(read, stray):
    plain, plain_record, _ = read(score())
    music, late = score(), 100_000 * BEAT  # 14 hours
    if stray == "tempo":
        music.tempos.append(Tempo(late, 90))
    elif stray == "meter":
        music.time_signatures.append(TimeSignature(late, 3, 4))
    else:
        music.tracks[0].controls.append(ControlChange(late, 64, 0))
    ids, record, _ = read(music)
    np.testing.assert_array_equal(ids, plain)
    assert record == plain_record


def test_a_tempo_inside_an_endless_note_adds_nothing(read):
    music = score()
    music.tracks[0].notes.append(Note(8 * BEAT, 300_000 * BEAT, 72, 80))
    music.tempos.append(Tempo(100_000 * BEAT, 90))
    ids, _, _ = read(music)
    assert len(ids) < 60


@pytest.mark.parametrize(
    ("meters", "reason"),
    [
        (((0, 17, 16),), "a meter outside the token set: 17/16"),
        (((0, 4, 4), (2 * BEAT, 13, 4)), "a meter outside the token set: 13/4"),
        (((0, 4, 4), (100, 3, 4), (200, 6, 8), (960, 2, 4)), "meters that change faster than bars"),
    ],
)
def test_no_bar_gets_another_meter(read, meters, reason):
    with pytest.raises(UnusableError, match=reason):
        read(score(meters))


def test_a_meter_behind_the_music_does_not_matter(read):
    assert read(score(((0, 4, 4), (20 * BEAT, 17, 16))))[1].meter == "4/4"


def test_a_change_of_meter_in_mid_bar_is_kept(read):
    ids, record, _ = read(score(((0, 4, 4), (2 * BEAT, 3, 4))))
    assert record.bars == np.isin(ids, TOKENIZER.token_ids_of_type("Bar")).sum() == 3
    assert record.meter == "3/4"


@pytest.mark.parametrize(
    ("music", "stage", "reason"),
    [
        (b"<html>404</html>", "read", "a web page, not MIDI"),
        (b"", "read", "empty: "),
        (score(count=0), "tokens", "no notes"),
    ],
)
def test_reasons_have_a_stage_and_one_line(read, music, stage, reason):
    with pytest.raises(Exception) as error:  # noqa: PT011 the readers raise many types
        read(music)
    found = describe(error.value)
    assert found[0] == stage
    assert found[1].startswith(reason)
    assert "\n" not in found[1]


def test_data_bytes_over_127_are_repaired_and_marked(read):
    content = bytearray(score().dumps_midi())
    place = content.index(bytes([60, 80]), 22)
    content[place + 1] = 200
    _, record, _ = read(bytes(content))
    assert record.repaired


def test_a_file_that_was_cut_off_is_marked_or_refused(read):
    music = score()
    second = Track(program=40)
    second.notes.append(Note(0, BEAT, 50, 80))
    music.tracks.append(second)
    content = music.dumps_midi()
    for end in range(len(content) - 1, 60, -7):
        try:
            assert read(content[:end])[1].repaired, end
        except (UnusableError, UnreadableError):
            continue
    assert not read(content + b"trailing")[1].repaired


def test_a_file_that_was_cut_off_reads_the_same_each_time(read):
    content = score(count=400).dumps_midi()
    for end in range(100, len(content), 97):
        outcomes = set()
        for _ in range(4):
            try:
                outcomes.add(read(content[:end])[1].hash_exact)
            except (UnusableError, UnreadableError) as error:
                outcomes.add(describe(error))
        assert len(outcomes) == 1
