"""Measures as a list: every piece gets a number or a reason, and is measured once."""

import math

import pytest
from music_examples import aabb, cadence_chords, line, score_of
from symusic import Score

from lib.basics.places import artifacts_folder
from lib.chapters.music_analysis import measures as music_measures
from lib.chapters.music_analysis.measures import MEASURES, measure, measure_pieces
from lib.measures.music.piece import Music, barred_notes


def many_programs() -> Score:
    score = score_of(aabb(4))
    for program in (24, 32, 40, 73):
        score.tracks.append(score_of(line(range(40, 72), 2.0), program=program).tracks[0])
    score.tracks.append(score_of([(float(beat), 0.5, 38) for beat in range(64)], is_drum=True).tracks[0])
    return score


ODD = {
    "one note": score_of([(0, 4, 60)]),
    "no note": score_of([]),
    "nothing at all": Score(480),
    "only drums": score_of([(float(beat), 0.5, 38) for beat in range(64)], is_drum=True),
    "5/8": score_of(aabb(8), ((0, 5, 8),)),
    "changing meters": score_of(aabb(8), ((0, 4, 4), (16, 3, 4), (22, 7, 8), (29, 2, 2))),
    "many programs": many_programs(),
    "one bar": score_of(line([60, 62, 64, 65])),
    "a rest of a hundred bars": score_of([*line([60, 62, 64]), *line([65, 67, 69], 1.0, 400.0)]),
    "one pitch": score_of(line([60] * 64)),
    "chords": score_of(cadence_chords()),
}


@pytest.mark.parametrize("name", ODD)
def test_a_number_or_a_reason(name):
    found = measure(barred_notes(ODD[name]))
    assert set(MEASURES) == set(found["values"]) | (set(found["reasons"]) & set(MEASURES))
    assert all(math.isfinite(value) for value in found["values"].values())
    assert all(reason.strip() and "\n" not in reason for reason in found["reasons"].values())
    for measure_name, value in found["values"].items():
        if not MEASURES[measure_name].unit:
            assert 0 <= value <= 1, measure_name


@pytest.mark.parametrize("name", ["one note", "no note", "nothing at all", "only drums"])
def test_what_cannot_be_measured_has_no_numbers(name):
    assert measure(barred_notes(ODD[name]))["values"] == {}


def test_the_form_survives_an_odd_meter():
    """64 quarters in 5/8 are 26 bars; no wrong AABB is found, and key and themes are those of 4/4."""
    odd, even = measure(barred_notes(ODD["5/8"])), measure(barred_notes(score_of(aabb(8))))
    assert odd["values"]["is_aabb"] == 0
    for name in ("share_in_scale", "closes_on_tonic", "share_recurring"):
        assert odd["values"][name] == pytest.approx(even["values"][name])


def pieces_of(*names) -> list[Music]:
    return [
        Music("real", name, ODD[name], number, number, "calm", "folk") for number, name in enumerate(names)
    ]


def test_pieces_are_measured_once(monkeypatch):
    wanted = pieces_of("chords", "only drums", "chords")
    first = measure_pieces(wanted)
    assert len(list((artifacts_folder() / "measures").glob("*.json"))) == 2
    assert first.values["share_of_chords"].tolist()[::2] == [1, 1]
    assert first.reasons[first.reasons["measure"] == "share_of_chords"]["reason"].tolist() == [
        "only drums, no pitches"
    ]

    def never(music):
        raise AssertionError("measured again")

    monkeypatch.setattr(music_measures, "measure", never)
    again = measure_pieces(wanted)
    assert again.values.equals(first.values)
    assert again.curves == first.curves


def test_a_damaged_result_is_made_again():
    wanted = pieces_of("chords")
    first = measure_pieces(wanted)
    path = next((artifacts_folder() / "measures").glob("*.json"))
    for content in ("{", "[]", '{"values": {}, "curves": {}, "reasons": {}}'):
        path.write_text(content)
        assert measure_pieces(wanted).values.equals(first.values)


def test_parts_keep_their_reasons_and_curves():
    whole = measure_pieces(pieces_of("chords", "only drums", "many programs"))
    part = whole.of(whole.values["name"] != "only drums")
    assert part.values["name"].tolist() == ["chords", "many programs"]
    assert "only drums" not in set(part.reasons["name"])
    assert part.curves == [whole.curves[0], whole.curves[2]]
