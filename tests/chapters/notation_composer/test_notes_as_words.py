"""Notes as words: what the project's way loses, and that the other way loses nothing of a melody."""

from fractions import Fraction

import numpy as np
import pytest
import symusic
from hypothesis import given, strategies as st

from lib.chapters.notation_composer.words import (
    Vocabulary,
    as_score,
    by_sound,
    kept_shares,
    notes_at_once,
    read_words,
    sounding_notes,
    write_notes,
)

Q = Fraction(1)
MELODY = [(0 * Q, Q, 60), (Q, Q / 2, 62), (2 * Q, 2 * Q, 64)]  # half a quarter of rest before the last
CHORD = [(0 * Q, Q, 48), (0 * Q, Q, 64), (0 * Q, Q, 67), (Q, Q, 60)]


def test_a_word_is_a_pitch_with_its_length_and_rests_are_dropped_or_kept():
    assert read_words(MELODY, rests=False) == ["C4 1", "D4 0.5", "E4 2"]
    assert read_words(MELODY, rests=True) == ["C4 1", "D4 0.5", "rest 0.5", "E4 2"]
    assert read_words([], rests=False) == read_words([], rests=True) == []


def test_a_chord_is_its_normal_order_whose_octaves_are_lost():
    assert read_words(CHORD, rests=False) == ["0.4.7 1", "C4 1"]
    assert [pitch for _, _, pitch in write_notes(["0.4.7 1"], rests=False)] == [60, 64, 67]


def test_in_the_projects_way_a_dropped_rest_moves_all_that_follows_and_every_note_lasts_a_quarter():
    back = write_notes(read_words(MELODY, rests=False), rests=False)
    assert [onset for onset, _, _ in back] == [0, 1, Fraction(3, 2)]
    assert {length for _, length, _ in back} == {1}
    shares = kept_shares([MELODY], rests=False)
    assert (shares["pitch"], shares["onset"], shares["length"]) == (1, 2 / 3, 1 / 3)
    assert np.isnan(kept_shares([[]], rests=False)["pitch"]), "of no note no share is left"


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 48), st.integers(36, 96)), min_size=1, max_size=20)
)
def test_with_rests_and_lengths_every_melody_comes_back(steps):
    now, melody = Fraction(0), []
    for rest, length, pitch in steps:
        now += Fraction(rest, 24)
        melody.append((now, Fraction(length, 24), pitch))
        now += Fraction(length, 24)
    assert write_notes(read_words(melody, rests=True), rests=True) == melody


def test_notes_travel_through_a_score_and_drums_are_left_out():
    score = as_score(MELODY)
    drums = symusic.Track("", 0, True)
    drums.notes.append(symusic.Note(0, 480, 36, 80))
    score.tracks.append(drums)
    assert sounding_notes(score) == MELODY
    assert sounding_notes(symusic.Score(480)) == []


def test_words_that_training_did_not_have_share_one_number():
    vocabulary = Vocabulary(("C4 1", "D4 1"))
    assert vocabulary.numbers(["D4 1", "E9 7", "C4 1"]).tolist() == [1, vocabulary.unknown, 0]
    assert len(vocabulary) == 3


@pytest.mark.parametrize(
    ("word", "order"), [("C4 0.5", (0.5, 60)), ("0.4.7 1", (1.0, 60)), ("rest 2", (2.0, 0))]
)
def test_words_sort_by_length_then_pitch(word, order):
    assert by_sound(word) == order


def test_notes_at_once_counts_chords():
    assert notes_at_once([MELODY]) == 1
    assert notes_at_once([CHORD]) == 2
