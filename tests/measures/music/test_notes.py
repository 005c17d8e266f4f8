"""Notes read from tokens at once are those that MidiTok's decoder gives, piece by piece."""

import numpy as np
import pytest
from symusic import Note, Score, TimeSignature, Track

from lib.data.tokenizer import decode, encode
from lib.measures.music.notes import DRUMS, NoteReader, notes_of_score


def same_notes(first, second):
    scale = second.ticks_per_quarter / first.ticks_per_quarter
    return (
        np.array_equal(first.onset * scale, second.onset)
        and np.array_equal(first.duration * scale, second.duration)
        and np.array_equal(first.pitch, second.pitch)
        and np.array_equal(first.program, second.program)
    )


def test_all_pieces_of_a_store_have_the_decoders_notes_and_bars(tiny_store):
    rows = np.arange(len(tiny_store.index))
    read = [piece for part in NoteReader(tiny_store).read_rows(tiny_store, rows) for piece in part]
    assert len(read) == len(rows)
    for row, piece in zip(rows, read, strict=True):
        decoded = notes_of_score(decode(tiny_store.tokenizer, tiny_store.tokens(row)))
        assert same_notes(decoded, piece)
        assert np.array_equal(decoded.bar_starts[: len(piece.bar_starts)], piece.bar_starts)
    assert any((piece.program == DRUMS).any() for piece in read)


def test_changing_and_odd_meters(tiny_store):
    score = Score(480)
    track = Track(program=0)
    tick = 0
    for bar, (numerator, denominator) in enumerate([(5, 8), (4, 4), (3, 2), (7, 8), (2, 4)]):
        score.time_signatures.append(TimeSignature(tick, numerator, denominator))
        track.notes.append(Note(tick + 240, 240, 60 + bar, 80))
        tick += 480 * 4 * numerator // denominator
    score.tracks.append(track)
    tokens = encode(tiny_store.tokenizer, score)
    piece = NoteReader(tiny_store).read([tokens])[0]
    assert same_notes(notes_of_score(decode(tiny_store.tokenizer, tokens)), piece)
    assert piece.bar.tolist() == [0, 1, 2, 3, 4]
    assert (np.diff(piece.bar_starts) / piece.ticks_per_quarter).tolist() == [2.5, 4, 6, 3.5, 2]


@pytest.mark.parametrize(
    ("words", "notes"),
    [
        (["BOS_None", "EOS_None"], 0),
        (["BOS_None"], 0),
        (["BOS_None", "Bar_None", "TimeSig_4/4"], 0),  # a bar without notes
        (["BOS_None", "Bar_None", "TimeSig_4/4", "Position_0", "Program_0", "Pitch_60"], 0),  # half a note
        (["BOS_None", "Pitch_60", "Velocity_79", "Duration_1.0.24"], 0),  # no bar to stand in
        (["BOS_None", "Bar_None", "Position_0", "Pitch_60", "Velocity_79", "Duration_1.0.24"], 1),  # 4/4
    ],
)
def test_what_is_no_whole_note_in_a_bar_is_passed_over(tiny_store, words, notes):
    tokens = np.array([tiny_store.vocabulary.index(word) for word in words], dtype=np.uint16)
    whole = tiny_store.tokens(0)
    first, odd, last = NoteReader(tiny_store).read([whole, tokens, whole])
    assert len(odd) == notes
    assert same_notes(first, last), "what stands before a piece changed it"
    assert len(first) > 0


def test_reading_in_parts_gives_the_same(tiny_store, monkeypatch):
    rows = np.arange(20)
    whole = NoteReader(tiny_store).read([tiny_store.tokens(row) for row in rows])
    monkeypatch.setattr("lib.measures.music.notes._TOKENS_AT_A_TIME", 500)
    parts = list(NoteReader(tiny_store).read_rows(tiny_store, rows))
    assert len(parts) > 3
    again = [piece for part in parts for piece in part]
    assert len(again) == len(whole)
    assert all(same_notes(*pair) for pair in zip(whole, again, strict=True))


def test_nothing_to_read(tiny_store):
    assert NoteReader(tiny_store).read([]) == []
