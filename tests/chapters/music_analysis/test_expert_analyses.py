"""Analyses by experts: laid on their scores, and compared with what we find."""

import numpy as np
import pytest
from music21 import chord, key, roman

from lib.chapters.music_analysis import agreement, expert_analyses
from lib.chapters.music_analysis.expert_analyses import analysis_files, read_analysis
from lib.measures.music.harmony import chord_at, numeral
from lib.measures.music.keys import EstimatedKey

TONICS = ("C", "D-", "D", "E-", "E", "F", "F#", "G", "A-", "A", "B-", "B")
FILES = {path.stem[-3:]: path for path in analysis_files()}


@pytest.fixture(scope="module")
def analyses():
    """One in the key of its analysis, one a fifth away, and one whose first part is played twice."""
    return {number: read_analysis(FILES[number]) for number in ("006", "014", "015")}


def test_twenty_come_with_music21():
    assert len(FILES) == 20


def test_chords_lie_where_they_sound(analyses):
    plain, transposed, repeated = analyses.values()
    assert (plain.score_name, str(plain.key)) == ("bwv281", "F major")
    assert (transposed.score_name, str(transposed.key)) == ("bwv184.5", "D major")  # written in G
    assert (repeated.score_name, str(repeated.key)) == ("bwv277", "D minor")
    for found in analyses.values():
        assert found.fit > 0.9
        assert (found.chords["end"] > found.chords["onset"]).all()
        last = found.chords.iloc[-1]
        assert last["phrase_ends"]
        assert last["root"] == found.key.tonic
        # the analysis ends with the last bar, in which an inner voice may still move
        assert found.music.notes.onset.max() - 2 * 24 <= last["onset"] <= found.music.notes.onset.max()
    first = repeated.chords["onset"].iloc[0]
    assert first > 16 * 24, "its first part is played twice, and the analysis laid on the second time"


def test_phrases_end_at_double_bars():
    text = "m0 b4 G: I\nm1 V b3 I || b4 IV\nm1var1 V b3 vi ||\nm2 V b2.5 V7 :||\nNote: || here\n"
    assert expert_analyses._phrase_ends(text) == {(1, 3.0), (2, 2.5)}


def test_the_shift_never_falls_and_a_change_has_its_price():
    hits = np.array([[1, 0, 0], [0.6, 0, 1], [1, 0.9, 0], [0, 0, 1]])
    total, path = expert_analyses._cheapest(hits)
    assert path.tolist() == [0, 0, 0, 2]
    assert total == pytest.approx(1 + 0.6 + 1 + 1 - 0.5)


def test_a_missing_score_is_a_reason(tmp_path):
    path = tmp_path / "other.rntxt"
    path.write_text("BWV: 9999\nm1 C: I\n")
    found, left_out = expert_analyses.read_analyses([path])
    assert found == []
    assert left_out.to_dict("records") == [
        {"analysis": "other", "reason": "music21 has no score of it (bwv9999)"}
    ]


def test_an_analysis_of_another_piece_is_refused(tmp_path):
    path = tmp_path / "wrong.rntxt"
    path.write_text(FILES["006"].read_text().replace("BWV: 281", "BWV: 302"))
    with pytest.raises(LookupError, match="of another version"):
        read_analysis(path)


def test_counts_of_agreement(analyses):
    rows = agreement.piece_rows(list(analyses.values()))
    assert rows["chords"].tolist() == [29, 59, 60]
    for question in ("local", "root", "degree"):
        assert (rows[question] <= rows["chords"]).all()
        assert (rows["degree"] <= rows[question]).all()
    assert [len(kinds) for kinds in rows["kinds"]] == rows["cadences"].tolist() == [4, 7, 6]
    table = agreement.agreement_table(rows).set_index("question")
    assert table.loc["key", "asked"] == 3
    assert table.loc["root", "share"] == rows["root"].sum() / rows["chords"].sum()
    assert table.loc["root", "low"] <= table.loc["root", "share"] <= table.loc["root", "high"]
    assert table.loc["degree", "share"] > table.loc["degree", "constant"]


def test_numerals_are_music21s_for_the_chords_of_a_chorale(analyses):
    """The degree of each plain triad and seventh chord, in its expert's key, by romanNumeralFromChord."""
    analysis, same, asked = analyses["006"], 0, 0
    for row in analysis.chords.itertuples():
        found = chord_at(analysis.music, row.onset)
        if found is None or found.root is None:
            continue
        ours = numeral(found, EstimatedKey(row.tonic, row.mode))
        tonic = key.Key(TONICS[row.tonic], row.mode)
        pitches = [found.bass, *(one + 12 for one in found.classes - {found.bass})]
        theirs = roman.romanNumeralFromChord(chord.Chord([60 + pitch for pitch in pitches]), tonic)
        if "/" not in ours:
            asked += 1
            same += ours.rstrip("°ø7+") == theirs.romanNumeralAlone
    assert asked >= 20
    assert same == asked
