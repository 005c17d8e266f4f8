"""Judges and their scores on music whose labels are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from symusic import Note, Score, TimeSignature, Track

from lib.basics.errors import BookError
from lib.data.labelling.label_schemes import SCHEMES, LabelRule
from lib.data.tokenizer import encode
from lib.measures import label_control as control
from lib.measures.label_control import NO_LABEL, agreement, agreement_table, confusion, judge_by_rule
from lib.measures.sources import PieceSet, composed_set, matched_rows, real_set

RULE = LabelRule(SCHEMES["mode-activity"], {("folk", "4/4"): 1.5})
MAJOR, MINOR = [60, 64, 67, 72, 69, 65, 67, 60], [60, 63, 67, 72, 68, 65, 67, 60]


def tune(store, scale, step, meter=(4, 4), drums=False):
    """A turn on the tonic triad and back, four times, a note every `step` quarters."""
    score, track = Score(480), Track(program=0, is_drum=drums)
    score.time_signatures.append(TimeSignature(0, *meter))
    for place, pitch in enumerate((scale + scale[::-1]) * 4):
        track.notes.append(Note(int(place * step * 480), int(step * 480), pitch, 80))
    score.tracks.append(track)
    return encode(store.tokenizer, score)


def as_set(tokens, emotions, genre="folk", name="known"):
    return PieceSet(name, tokens, emotions, [genre] * len(tokens), np.arange(len(tokens)), [""] * len(tokens))


def test_the_rule_hears_mode_and_activity(tiny_store):
    tokens = [tune(tiny_store, scale, step) for scale in (MAJOR, MINOR) for step in (0.5, 1)]
    expected = ["major-lively", "major-calm", "minor-lively", "minor-calm"]
    judged = judge_by_rule(as_set(tokens, expected), tiny_store, RULE)
    assert judged["obtained"].tolist() == expected
    assert agreement(judged).estimate == 1
    wrong = judge_by_rule(as_set(tokens, expected[::-1]), tiny_store, RULE)
    assert agreement(wrong).estimate == 0
    halves = control.halves(
        judge_by_rule(as_set(tokens, [expected[1], expected[0], *expected[2:]]), tiny_store, RULE)
    )
    assert agreement(halves["mode"]).estimate == 1
    assert agreement(halves["activity"]).estimate == 0.5


def test_what_the_rule_cannot_judge_has_a_reason(tiny_store):
    tokens = [
        tune(tiny_store, MAJOR, 1, meter=(5, 8)),
        tune(tiny_store, MAJOR, 1, drums=True),
        tiny_store.tokens(0)[:1],
        tune(tiny_store, MAJOR, 1),
    ]
    judged = judge_by_rule(as_set(tokens, ["major-calm"] * 4), tiny_store, RULE)
    assert judged["obtained"].tolist() == [NO_LABEL, NO_LABEL, NO_LABEL, "major-calm"]
    assert "5/8" in judged["reason"][0]
    assert judged["reason"].tolist()[1:] == [control.NO_PITCHES] * 2 + [""]
    assert agreement_table([judged])["without_label"].tolist() == [3]
    assert control.reasons([judged])["pieces"].tolist() == [1, 2]
    assert control.halves(judged)["mode"]["obtained"].tolist() == ["major", NO_LABEL, NO_LABEL, "major"]
    assert NO_LABEL in confusion(judged, ["major-calm", "minor-calm"]).columns


def judged_table(asked, obtained, groups=None):
    return pd.DataFrame(
        {
            "source": "x",
            "asked": asked,
            "obtained": obtained,
            "reason": "",
            "group": np.arange(len(asked)) if groups is None else groups,
        }
    )


def test_every_label_counts_the_same():
    # Nine of ten commoners right, none of two others: the mean of 0.9 and 0.
    judged = judged_table(["a"] * 10 + ["b"] * 2, ["a"] * 9 + ["b"] + ["a"] * 2)
    assert agreement(judged).estimate == pytest.approx(0.45)
    assert control.baseline_of(judged) == 0.5


def test_a_constant_answer_scores_the_baseline():
    asked = ["a", "b", "c", "d"] * 8
    always_b = agreement(judged_table(asked, ["b"] * 32))
    assert always_b.estimate == control.baseline_of(judged_table(asked, asked))


def test_none_of_few_is_not_none_for_sure():
    share = agreement(judged_table(["a", "b"] * 4, ["b", "a"] * 4))
    assert share.estimate == share.low == 0
    assert 0.2 < share.high < 0.5


def test_confusion_has_rows_that_sum_to_one():
    table = confusion(judged_table(["a", "a", "b"], ["a", "b", "b"]), ["a", "b", "c"])
    assert table.to_numpy().tolist() == [[0.5, 0.5, 0], [0, 1, 0]]


def test_given_labels_are_not_taken_for_ruled_ones(tiny_store):
    assert not control.is_ruled(tiny_store, replace(RULE, medians={}))
    assert not control.is_ruled(tiny_store, RULE)  # its emotions are calm and lively


def test_matched_rows_have_the_labels_asked_for(tiny_store):
    labels = [("calm", "folk")] * 2 + [("lively", "pop")]
    rows = matched_rows(tiny_store, labels, "train", 2, seed=0)
    found = real_set(tiny_store, rows)
    assert (
        sorted(zip(found.emotions, found.genres, strict=True))
        == [("calm", "folk")] * 4 + [("lively", "pop")] * 2
    )
    assert np.array_equal(rows, matched_rows(tiny_store, labels, "train", 2, seed=0))
    with pytest.raises(BookError, match="labels asked for"):
        matched_rows(tiny_store, [("calm", "opera")], "train", 2, seed=0)


def test_pieces_without_labels_cannot_be_held_against_a_request():
    class Piece:
        emotion, genre, seed, written_out = None, None, 1, np.zeros(1)

    with pytest.raises(BookError, match="without labels"):
        composed_set("transformer", [Piece()])
    assert composed_set("transformer", [Piece()], asked=[("calm", "folk")]).emotions == ["calm"]
