"""Shorthand: nothing is lost, what comes again is one token, and the plan says what the piece is."""

import numpy as np
import pytest
from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.data.labelling.rated_judge import judged_arousal
from lib.data.note_tables import note_table
from lib.data.shorthand import tokens, writing
from lib.data.shorthand.bars import words_of
from lib.data.tokenizer import build_tokenizer, decode, encode, spell, vocabulary_of, write_out

TOKENIZER = build_tokenizer("shorthand")
VOCABULARY = vocabulary_of(TOKENIZER)
TICKS = 24


def piece(bars, meter=(4, 4), velocity=80, tempos=((0, 120),)):
    """A score from bars, each a list of (place in quarters, length in quarters, pitch)."""
    score = Score(TICKS)
    score.time_signatures.append(TimeSignature(0, *meter))
    score.tempos.extend(Tempo(round(time * TICKS), tempo) for time, tempo in tempos)
    track, length = Track(program=0), 4 * meter[0] / meter[1]
    for number, bar in enumerate(bars):
        for place, quarters, pitch in bar:
            track.notes.append(
                Note(round((number * length + place) * TICKS), round(quarters * TICKS), pitch, velocity)
            )
    score.tracks.append(track)
    return score


def words(score):
    return [VOCABULARY[token] for token in encode(TOKENIZER, score)]


def repeats(score):
    return [text for text in words(score) if text.startswith("Again")]


A, B, C = [(0, 1, 60), (2, 1, 64)], [(0, 2, 67)], [(1, 1, 62), (3, 1, 65)]


def test_what_stays_is_not_said_again():
    found = words(piece([A, B]))
    assert found[found.index("Bar_None") :] == [
        "Bar_None",
        "TimeSig_4/4",
        "Position_0",
        "Tempo_120.0",
        "Program_0",
        "Pitch_60",
        "Velocity_79",
        "Duration_1.0.24",
        "Position_48",
        "Pitch_64",
        "Duration_1.0.24",
        "Bar_None",
        "Position_0",
        "Pitch_67",
        "Duration_2.0.24",
        "EOS_None",
    ]


def test_a_part_that_comes_again_is_a_row_of_tokens_with_another_ending():
    assert repeats(piece([A, B, C, A, A, B, C, B])) == ["Again_3", "Again_4", "Again_4", "Again_4", "Again_2"]


def test_the_longest_copy_is_named_not_the_nearest():
    assert repeats(piece([A, B, A, C, A, B, A, C])) == ["Again_2", "Again_4", "Again_4", "Again_4", "Again_4"]


@pytest.mark.parametrize(
    "bars",
    [
        [A, [(3, 2, 60)], A, [(3, 2, 60)], A],  # a note sounds across a bar line
        [A, [], A, [], B, []],
        [[(0, 9, 60)], [], [], [(0, 9, 60)], [], []],
    ],
)
def test_nothing_is_lost(bars):
    for score in (piece(bars), piece(bars, tempos=((0, 120), (8, 90))), piece(bars, meter=(6, 8))):
        short, plain = encode(TOKENIZER, score), spell(TOKENIZER, score)
        assert write_out(TOKENIZER, short).tolist() == plain.tolist()
        assert note_table(decode(TOKENIZER, short)).pitch.tolist() == note_table(score).pitch.tolist()


def test_two_programs_and_two_loudnesses_come_again_as_they_were():
    score = piece([A, B, A, B])
    second = Track(program=40)
    second.notes.extend(Note(round(bar * 4 * TICKS), TICKS, 72, 40) for bar in range(4))
    score.tracks.append(second)
    short = encode(TOKENIZER, score)
    assert write_out(TOKENIZER, short).tolist() == spell(TOKENIZER, score).tolist()
    assert [VOCABULARY[token] for token in short][-3:] == ["Again_2", "Left_0", "EOS_None"]


def test_no_copy_where_the_tempo_changed():
    assert repeats(piece([A, A, A], tempos=((0, 120), (4, 90)))) == ["Again_1"]


def test_nonsense_is_written_out_as_far_as_it_says_anything():
    id_of = {text: token for token, text in enumerate(VOCABULARY)}
    for texts in (
        ["Again_3"],
        ["Bar_None", "Again_1"],
        ["Again_1", "Bar_None", "Pitch_60", "Again_1"],
        ["Key_C:major", "Pitch_60", "Duration_1.0.24"],
    ):
        written = write_out(TOKENIZER, np.array([id_of[text] for text in texts]))
        assert not any(VOCABULARY[token].startswith(("Again", "Key")) for token in written)


def test_the_plan():
    tune = piece([A, B, C, A] * 8)
    length, activity, arousal, key = words(tune)[1:5]
    assert (length, activity, key) == ("Length_32", "Activity_0", "Key_C:major")
    assert arousal == f"Arousal_{round(judged_arousal(tune) / 0.02)}"
    assert words(piece([[(0, 1, 60)]] * 97))[1] == "Length_more"
    drums = piece([A, B])
    drums.tracks[0].is_drum = True
    assert words(drums)[3] == "Bar_None", "neither arousal nor key without pitches"


def test_every_fourth_bar_tells_how_many_are_left():
    found = words(piece([A, B, C] * 3))
    places = [place for place, text in enumerate(found) if text.startswith(("Bar_", "Again_"))]
    assert [found[place + 1] for place in places[3::4]] == ["Left_5", "Left_1"]
    assert sum(text.startswith("Left") for text in found) == 2


def test_activity_has_six_steps_to_the_octave():
    steps = [tokens.activity_step(value) for value in (0, 0.5, 1, 2, 4, 8, 100)]
    assert steps == [0, 0, 6, 12, 18, 24, 24]


def test_a_key_is_transposed():
    assert tokens.transposed_key("Key_B:minor", 2) == "Key_C#:minor"
    assert tokens.transposed_key("Key_C:major", -5) == "Key_G:major"
    assert {tokens.transposed_key("Key_C:major", shift) for shift in range(12)} <= set(tokens.EXTRA)


def test_the_tokenizer_remembers_its_shorthand(tmp_path):
    from miditok import REMI

    TOKENIZER.save(tmp_path / "tokenizer.json")
    assert vocabulary_of(REMI(params=tmp_path / "tokenizer.json")) == VOCABULARY


def test_velocities_can_be_said_in_every_note():
    words = words_of(tuple(VOCABULARY))
    short = encode(TOKENIZER, piece([A, B, A, B, C]))
    full = writing.spell_velocities(words, short)
    kinds = [VOCABULARY[token].split("_")[0] for token in full]
    assert all(kinds[place - 1] == "Velocity" for place, kind in enumerate(kinds) if kind == "Duration")
    assert writing.drop_velocities(words, full).tolist() == short.tolist()


def test_every_piece_of_a_folder_is_written_out_as_it_was(tiny_store):
    words = words_of(tuple(VOCABULARY))
    assert tiny_store.vocabulary == VOCABULARY[: len(tiny_store.vocabulary)]
    for row in range(len(tiny_store)):
        plain = tiny_store.tokens(row)
        short = writing.count_down(words, writing.shorten(words, plain))
        assert np.array_equal(writing.write_out(words, short), plain)
