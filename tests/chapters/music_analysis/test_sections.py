"""Sections: AABB is AABB, shuffled it is not; boundaries lie where something new begins."""

import numpy as np
import pytest
from music_examples import aabb, joined, line, music, phrase, score_of

from lib.chapters.music_analysis import sections
from lib.measures.music.piece import UnmeasurableError, barred_notes
from lib.measures.music.shuffled_bars import shuffle_bars


@pytest.mark.parametrize("bars", [4, 8])
def test_aabb_is_found(bars):
    piece = music(aabb(bars))
    assert sections.form(piece, bars) == "AABB"
    assert sections.is_aabb(piece) == 1
    assert sections.in_fours(piece) == 1


def test_a_pickup_does_not_hide_the_form():
    notes = [(3.0, 1.0, 69), *((start + 4, length, pitch) for start, length, pitch in aabb(4))]
    piece = music(notes)
    assert piece.first_full_bar == 1
    assert sections.form(piece, 4) == "AABB"
    assert sections.is_aabb(piece) == 1


def test_other_forms_are_other_letters():
    one, two, three = phrase(1), phrase(2), phrase(3)
    assert sections.form(music(joined(one, two, one, three))) == "ABAC"
    assert sections.is_aabb(music(joined(one, two, one, three))) == 0
    assert sections.is_aabb(music(joined(one, one, one, one))) == 0
    assert sections.share_of_returning_phrases(music(joined(one, two, one, three))) == pytest.approx(1 / 3)


def test_a_small_change_is_the_same_phrase():
    one = phrase(1)
    varied = [*one[:-1], (one[-1][0], one[-1][1], one[-1][2] - 2)]
    assert sections.form(music(joined(one, varied, phrase(2), phrase(2)))) == "AABB"


def test_shuffled_bars_are_no_form():
    score = score_of(aabb(8))
    assert [sections.is_aabb(barred_notes(shuffle_bars(score, seed))) for seed in range(5)] == [0] * 5


def test_similarity_of_bars_by_hand():
    same, rhythm, other = line([60, 62, 64, 65]), line([67, 69, 71, 72], start=4), [(8.0, 4.0, 50)]
    found = sections.bar_similarity(music([*same, *rhythm, *other]))
    assert found[0, 0] == 1
    assert found[0, 1] == 0.5
    assert found[0, 2] == pytest.approx(0.5 * 2 / 5)


def test_a_boundary_lies_where_something_new_begins():
    even = [(bar * 4.0 + beat, 1.0, 60 + beat) for bar in range(8) for beat in range(4)]
    long = [(32 + bar * 4.0, 4.0, 72) for bar in range(8)]
    piece = music([*even, *long])
    assert sections.main_boundary(piece) == 8
    assert sections.largest_novelty(piece) > 0.7
    same = music([(beat * 1.0, 1.0, 60 + beat % 4) for beat in range(64)])
    assert sections.largest_novelty(same) == pytest.approx(0)


def test_curves_show_where_notes_are():
    dense, thin = line([60] * 64, 0.25), line([72] * 8, 2.0, 16)
    piece = music([*dense, *thin])
    curve = sections.density_curve(piece)
    assert np.mean(curve) == pytest.approx(1)
    assert curve[0] > 1.5 > 1 > curve[-1] == sections.closing_density(piece)
    register = sections.register_curve(piece)
    assert register[-1] - register[0] == 12


def test_loudness_needs_dynamics():
    assert sections.has_dynamics([np.array([80, 81])])
    assert not sections.has_dynamics([np.array([80, 80]), np.array([90]), np.array([])])
    with pytest.raises(UnmeasurableError, match="loudness is not in these data"):
        sections.need_dynamics([np.array([80, 80])])


def test_short_pieces_say_so():
    piece = music(line([60, 62, 64, 65]))
    for measure, words in (
        (sections.largest_novelty, "1 bar, at least 8"),
        (sections.form, "at least 8"),
        (sections.is_aabb, "at least 16"),
        (sections.density_curve, "at least 4"),
        (sections.in_fours, "at least 4"),
    ):
        with pytest.raises(UnmeasurableError, match=words):
            measure(piece)


def test_an_example_shows_what_the_text_says():
    """Novelty is highest in the middle, where the second part begins."""
    one, other = line([62, 66, 69, 66] * 16), line([74, 71, 67, 71] * 16, 1.0, 64.0)
    piece = music([*one, *other])
    assert sections.shows_its_form(piece) == sections.novelty(piece)[16] > 0.3
    assert sections.shows_its_form(music(aabb(8))) == 0, "AABB, but novelty is higher elsewhere"
    assert sections.shows_its_form(music(joined(*(phrase(seed) for seed in range(4))))) == 0
    assert sections.shows_its_form(music(line([60, 62]))) == 0
