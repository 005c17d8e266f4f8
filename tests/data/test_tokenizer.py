"""The token sets: their size, what a round trip keeps, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.basics.errors import BookError
from lib.data import tokenizer as tokens
from lib.data.note_tables import note_table

BOOK, ORIGINAL = tokens.build_tokenizer("book"), tokens.build_tokenizer("original")
TICKS = 480


def test_the_original_set_has_the_original_size():
    assert len(ORIGINAL) == 486  # the published models' vocabulary
    assert "Tempo" not in tokens.token_types(tokens.vocabulary_of(ORIGINAL))[0]


def test_special_tokens_and_types():
    for tokenizer in (BOOK, ORIGINAL):
        vocabulary = tokens.vocabulary_of(tokenizer)
        assert vocabulary[:3] == ["PAD_None", "BOS_None", "EOS_None"]
        names, type_of_id = tokens.token_types(vocabulary)
        assert len(type_of_id) == len(vocabulary)
        assert [names[number] for number in type_of_id] == [text.split("_")[0] for text in vocabulary]


def test_an_unknown_token_set_is_refused():
    with pytest.raises(BookError, match="'book', 'shorthand' or 'original'"):
        tokens.build_tokenizer("midi")


def simple_score(*meters: tuple[int, int, int], notes=((0, 480, 60),), tempo: float = 120) -> Score:
    score = Score(TICKS)
    for time, numerator, denominator in meters:
        score.time_signatures.append(TimeSignature(time, numerator, denominator))
    score.tempos.append(Tempo(0, tempo))
    track = Track(program=0)
    for time, duration, pitch in notes:
        track.notes.append(Note(time, duration, pitch, 80))
    score.tracks.append(track)
    return score


def test_encoding_begins_with_bos_and_ends_with_eos():
    ids = tokens.encode(BOOK, simple_score((0, 3, 4)))
    assert ids.dtype == np.uint16
    text = [tokens.vocabulary_of(BOOK)[token_id] for token_id in ids]
    assert text[0] == "BOS_None"
    assert text[-1] == "EOS_None"
    assert text[1:6] == ["Bar_None", "TimeSig_3/4", "Position_0", "Tempo_120.0", "Program_0"]


def notes_in_quarters(score: Score) -> list[tuple]:
    table = note_table(score)
    scale = table.ticks_per_quarter
    return sorted(
        zip(
            table.program.tolist(),
            (table.onset / scale).tolist(),
            table.pitch.tolist(),
            (table.duration / scale).tolist(),
            strict=True,
        )
    )


def round_trip(tokenizer, score: Score) -> list[tuple]:
    return notes_in_quarters(tokens.decode(tokenizer, tokens.encode(tokenizer, score)))


@st.composite
def scores(draw, tokenizer):
    """Random scores on the grid of a token set: several meters, programs, drums, simultaneous notes."""
    resolution = tokenizer.config.max_num_pos_per_beat
    meters = st.sampled_from(sorted(tokenizer.time_signatures))
    bars = draw(st.lists(st.tuples(meters, st.integers(1, 3)), min_size=1, max_size=3))
    ticks_per_quarter = resolution * 4  # a beat of a sixteenth still has whole ticks for its positions
    score = Score(ticks_per_quarter)
    programs = draw(st.lists(st.sampled_from([-1, 0, 24, 40, 73]), min_size=1, max_size=3, unique=True))
    tracks = {program: Track(program=max(0, program), is_drum=program == -1) for program in programs}
    durations = [(beat * res + pos, res) for beat, pos, res in tokenizer.durations]
    start = 0
    for (numerator, denominator), count in bars:
        beat = 4 * ticks_per_quarter // denominator
        score.time_signatures.append(TimeSignature(start, numerator, denominator))
        for bar in range(count):
            for _ in range(draw(st.integers(1, 4))):
                position = draw(st.integers(0, numerator * resolution - 1))
                steps, res = draw(st.sampled_from(durations))
                program = draw(st.sampled_from(programs))
                low, high = (27, 88) if program == -1 else (21, 109)
                tracks[program].notes.append(
                    Note(
                        start + bar * numerator * beat + position * beat // resolution,
                        steps * beat // res,
                        draw(st.integers(low, high)),
                        80,
                    )
                )
        start += count * numerator * beat
    for track in tracks.values():
        if len(track.notes):
            track.notes.sort(key=lambda note: (note.time, note.duration, note.pitch))
            score.tracks.append(track)
    return score


@settings(max_examples=60, deadline=None)
@given(scores(BOOK))
def test_a_round_trip_keeps_every_note_in_the_book_set(score):
    assert round_trip(BOOK, score) == notes_in_quarters(score)


@settings(max_examples=30, deadline=None)
@given(scores(ORIGINAL))
def test_a_round_trip_keeps_every_note_in_the_original_set(score):
    assert round_trip(ORIGINAL, score) == notes_in_quarters(score)


def test_a_round_trip_through_a_file(tmp_path):
    score = simple_score((0, 6, 8), notes=[(0, 160, 60), (160, 160, 62), (320, 160, 64), (480, 720, 65)])
    path = tmp_path / "tune.mid"
    tokens.decode(BOOK, tokens.encode(BOOK, score)).dump_midi(path)
    assert notes_in_quarters(Score(path)) == notes_in_quarters(score)


def test_meters_of_a_score():
    # Of two at one tick the last counts; one behind the last note does not matter.
    score = simple_score((0, 4, 4), (0, 3, 4), (1440, 13, 16), (9600, 17, 8))
    sections = tokens.meter_sections(score, 1440)
    assert list(zip(sections.numerator, sections.denominator, strict=True)) == [(3, 4), (13, 16)]
    assert tokens.foreign_meters(BOOK, sections) == ["13/16"]
    assert tokens.foreign_meters(ORIGINAL, tokens.meter_sections(simple_score((0, 2, 2)), 0)) == ["2/2"]
    assert not tokens.foreign_meters(ORIGINAL, tokens.meter_sections(simple_score(), 0))  # MIDI's own 4/4


def test_bars_and_main_meter():
    score = simple_score((0, 1, 4), (480, 3, 4))
    sections = tokens.meter_sections(score, 480 + 2 * 1440)
    assert tokens.count_bars(sections, 480 + 2 * 1440, TICKS) == 4  # the pickup, two bars, the last note's
    assert tokens.main_meter(sections, 480 + 2 * 1440) == "3/4"


@pytest.mark.parametrize(
    ("tokenizer", "meter", "onset", "duration", "moved"),
    [
        (BOOK, (4, 4), 60, 80, 0),
        (BOOK, (4, 4), 30, 240, 1),
        (BOOK, (4, 4), 0, 30, 1),
        (BOOK, (4, 4), 0, 2160, 0),
        (BOOK, (4, 4), 0, 2080, 1),  # over four beats, lengths are coarser
        (BOOK, (6, 8), 30, 240, 0),
        (BOOK, (2, 2), 160, 120, 0),
        (BOOK, (2, 2), 60, 240, 1),
        (ORIGINAL, (4, 4), 160, 240, 1),
        (ORIGINAL, (4, 4), 60, 240, 0),
    ],
)
def test_notes_off_the_grid_are_counted(tokenizer, meter, onset, duration, moved):
    score = simple_score((0, *meter), notes=[(onset, duration, 60)])
    notes = note_table(score)
    assert tokens.count_moved(tokenizer, notes, tokens.meter_sections(score, onset)) == moved
    assert (round_trip(tokenizer, score) == notes_in_quarters(score)) == (not moved)
