"""Statistics of music whose answer can be worked out by hand."""

from pathlib import Path

import numpy as np
import pytest
from music21 import corpus

from lib.data.embedded.arrange import arrange
from lib.data.embedded.engraved import read_engraved
from lib.measures.music.notes import DRUMS, PieceNotes, notes_of_score
from lib.measures.music.style import STATISTICS, published_statistics, style_statistics, style_table

QUARTER = 24


def piece(onsets, pitches, durations=1.0, program=0) -> PieceNotes:
    """Times in quarters, bars of 4/4."""
    onset = np.rint(np.asarray(onsets, float) * QUARTER).astype(int)
    duration = np.broadcast_to(np.rint(np.asarray(durations) * QUARTER).astype(int), onset.shape)
    bars = np.arange(int(np.max(onset, initial=0)) // (4 * QUARTER) + 2) * 4 * QUARTER
    return PieceNotes(onset, duration, np.asarray(pitches), np.full(len(onset), program), bars, QUARTER)


MAJOR = [62, 64, 66, 67, 69, 71, 73]  # D major


def test_a_scale_in_d():
    found = style_statistics(piece(np.arange(7), MAJOR))
    assert found["pitch_class_entropy"] == pytest.approx(np.log2(7))
    assert found["scale_consistency"] == 100
    assert found["polyphony"] == 1
    assert found["note_density"] == 1
    assert found["pitch_range"] == 11
    assert found["empty_beat_rate"] == 0
    assert found["ngram_repetition"] == 0


def test_all_twelve_pitches_evenly():
    found = style_statistics(piece(np.arange(48), 60 + np.tile(np.arange(12), 4)))
    assert found["pitch_class_entropy"] == pytest.approx(np.log2(12))
    assert found["scale_consistency"] == pytest.approx(100 * 7 / 12)
    assert found["groove_consistency"] > 95
    # 45 runs of four notes, twelve different ones.
    assert found["ngram_repetition"] == pytest.approx(100 * (1 - 12 / 45))


def test_one_pitch_repeated():
    found = style_statistics(piece(np.arange(16), [60] * 16))
    assert found["pitch_class_entropy"] == 0
    assert found["pitch_range"] == 0


def test_empty_beats_are_counted_from_the_first_sound_to_the_last():
    # Sounds in quarters 3, 4 and 8; 5, 6 and 7 are silent.
    assert style_statistics(piece([3, 4, 8], MAJOR[:3]))["empty_beat_rate"] == pytest.approx(100 * 3 / 6)


def test_grooves():
    same = np.concatenate([4 * bar + np.array([0, 1, 1.5, 3]) for bar in range(4)])
    assert style_statistics(piece(same, [60] * 16, 0.5))["groove_consistency"] == 100
    # Measures that share none of their four onsets differ in 8 of 48 positions.
    moved = np.concatenate([4 * bar + np.array([0, 1, 2, 3]) + 0.25 * (bar % 2) for bar in range(4)])
    assert style_statistics(piece(moved, [60] * 16, 0.25))["groove_consistency"] == pytest.approx(
        100 * (1 - 8 / 48)
    )


def test_chords_and_unisons():
    triads = piece(np.repeat(np.arange(8), 3), [60, 64, 67] * 8)
    assert style_statistics(triads)["polyphony"] == 3
    twice = piece([0, 0], [60, 60])
    assert style_statistics(twice)["polyphony"] == 1, "one pitch struck twice is one pitch"


@pytest.mark.parametrize(
    ("chorale", "entropy", "scale", "groove", "polyphony"),
    [
        ("bach/bwv66.6", 2.9728032648744414, 93.5064935064935, 95.60185185185185, 3.8333333333333335),
        ("bach/bwv253", 2.8776927224731206, 96.27329192546584, 92.91666666666667, 3.9375),
        ("bach/bwv7.7", 3.0038787641796123, 93.85665529010238, 95.05208333333334, 3.918032786885246),
    ],
)
def test_chorales_by_bach_as_muspy_measures_them(chorale, entropy, scale, groove, polyphony):
    """The expected values are MusPy 0.5's for the same notes, on 12 ticks a quarter, measures of 48 ticks."""
    score = arrange(read_engraved(Path(corpus.getWork(chorale)))).score
    found = style_statistics(notes_of_score(score))
    assert found["pitch_class_entropy"] == pytest.approx(entropy)
    assert found["scale_consistency"] == pytest.approx(scale)
    assert found["groove_consistency"] == pytest.approx(groove)
    assert found["polyphony"] == pytest.approx(polyphony)


def test_only_the_first_64_quarters_count():
    long = piece(np.arange(100), [60] * 64 + [61, 62, 63] * 12)
    assert style_statistics(long)["pitch_class_entropy"] == 0
    assert style_statistics(long)["note_density"] == 1


def test_drums_have_no_pitches():
    drums = piece(np.arange(8), [36] * 8, program=DRUMS)
    assert all(np.isnan(value) for value in style_statistics(drums).values())


def test_short_pieces_have_no_numbers_where_none_is_defined():
    found = style_statistics(piece([0], [60]))
    assert np.isnan(found["groove_consistency"])
    assert np.isnan(found["ngram_repetition"])
    assert found["pitch_class_entropy"] == 0
    nothing = style_table([piece([], [])])
    assert nothing.isna().all(axis=None)
    assert list(nothing.columns) == list(STATISTICS)


def test_published_values_name_source_and_grid():
    table = published_statistics()
    assert table["source"].str.len().min() > 0
    assert table["grid"].str.len().min() > 0
    assert set(table.columns) >= {"pitch_class_entropy", "scale_consistency", "groove_consistency"}
