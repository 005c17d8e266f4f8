"""Label schemes: one by one setting, each with its own measure of activity."""

import json

import pytest
from symusic import Note, Score, TimeSignature, Track

from lib.basics.errors import BookError
from lib.data.labelling.label_schemes import SCHEMES, LabelRule, find_scheme, read_rule, scheme_of
from lib.profiles.profile import DEFAULT_LABELS, DataSettings


def tune(step: int, repeats: int = 4) -> Score:
    """An arpeggio, a note every `step` ticks."""
    score, track = Score(480), Track()
    score.time_signatures.append(TimeSignature(0, 4, 4))
    for place, pitch in enumerate([60, 64, 67, 72, 69, 65, 67, 62] * repeats):
        track.notes.append(Note(place * step, step, pitch, 80))
    score.tracks.append(track)
    return score


def test_every_scheme_says_who_it_is():
    for name, scheme in SCHEMES.items():
        assert scheme.name == name == find_scheme(name).name
        assert scheme.source
        assert scheme.claims
        assert DataSettings(labels=name).labels == name
    assert DataSettings().labels == DEFAULT_LABELS


def test_an_unknown_scheme_is_named_with_the_known_ones():
    with pytest.raises(BookError, match=r"no label scheme 'moods'.*mode-activity, rated"):
        find_scheme("moods")


def test_other_labels_are_another_data_set():
    assert DataSettings().name == "embedded"
    assert DataSettings(labels="mode-activity").name == "embedded-labels-mode-activity"
    for name in SCHEMES:
        assert scheme_of(DataSettings(labels=name).name) == name


@pytest.mark.parametrize("name", SCHEMES)
def test_faster_is_livelier_by_every_scheme(name):
    scheme = SCHEMES[name]
    slow, fast = scheme.measure(tune(960)), scheme.measure(tune(160))
    assert fast > slow
    rule = LabelRule(scheme, {("folk", "4/4"): (slow + fast) / 2})
    assert rule.label(tune(160), "folk") == ("major-lively", "")
    assert rule.label(tune(960), "folk") == ("major-calm", "")
    assert rule.label(tune(160), "pop")[0] is None


def test_what_is_too_short_to_be_judged_has_a_reason():
    rule = LabelRule(SCHEMES["rated"], {("folk", "4/4"): 0.0})
    emotion, reason = rule.label(tune(480, repeats=0), "folk")
    assert emotion is None
    assert reason
    short = tune(480, repeats=1)
    short.tracks[0].notes = short.tracks[0].notes[:5]
    assert rule.label(short, "folk") == (None, "too few notes to measure its activity")


def test_a_rule_is_read_back_with_its_scheme(tmp_path):
    assert not read_rule(tmp_path)
    (tmp_path / "medians.csv").write_text("collection,meter,median_activity\nirish,6/8,2.8125\n")
    (tmp_path / "manifest.json").write_text(json.dumps({"decided_by": {"labels": "rated"}}))
    rule = read_rule(tmp_path)
    assert rule
    assert rule.scheme is SCHEMES["rated"]
    assert rule.medians == {("irish", "6/8"): 2.8125}
    assert list(rule.rows()) == [{"collection": "irish", "meter": "6/8", "median_activity": 2.8125}]
