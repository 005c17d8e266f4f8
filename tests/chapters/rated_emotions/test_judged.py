"""What the judge says of pieces, and how far asking moves it."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from symusic import Note, Score, TimeSignature, Track

from lib.chapters.rated_emotions.judged import (
    by_genre,
    feature_shifts,
    judge_pieces,
    judge_swapped,
    moved_by_asking,
    sides,
    sides_of_real,
    without_each_run,
)
from lib.composing import SamplingSettings
from lib.data.labelling.rated_judge import read_judge
from lib.data.tokenizer import encode
from lib.measures.sources import PieceSet


@pytest.fixture(scope="module")
def judge():
    return read_judge("line")


def tune(store, minor: bool, step: int):
    score, track = Score(480), Track(program=0)
    score.time_signatures.append(TimeSignature(0, 4, 4))
    third = 63 if minor else 64
    for place, pitch in enumerate([60, third, 67, 72, 67, third, 62, 60] * 4):
        track.notes.append(Note(place * step, step, pitch, 80))
    score.tracks.append(track)
    return encode(store.tokenizer, score)


def a_set(tokens, emotions, name="real"):
    count = len(tokens)
    return PieceSet(name, tokens, emotions, ["folk"] * count, np.arange(count), [""] * count)


def test_sides_of_labels():
    assert sides("minor-lively") == (-1, 1)
    assert sides("positive-low") == (1, -1)
    assert sides("angry") == (0, 0)


def test_mode_and_pace_are_heard_and_what_is_no_piece_has_a_reason(tiny_store, judge):
    labels = ["major-lively", "minor-calm", "major-calm"]
    tokens = [tune(tiny_store, False, 120), tune(tiny_store, True, 960), tiny_store.tokens(0)[:3]]
    said = judge_pieces(a_set(tokens, labels), tiny_store, judge)
    assert said["valence"][0] > said["valence"][1]
    assert said["arousal"][0] > said["arousal"][1]
    assert np.isnan(said["valence"][2])
    assert "onsets" in said["reason"][2]
    assert set(judge.features) <= set(said)
    table = by_genre(said, judge)
    assert table["pieces"].tolist() == [2]
    assert feature_shifts(said, judge).shape == (len(judge.features), 1)
    nobody = by_genre(said.iloc[2:], judge)
    assert nobody.columns.tolist() == table.columns.tolist()
    assert nobody["arousal_spread"].empty


def judged(differences, runs, slots=6):
    """Pieces whose judged valence differs by the given amount in each run, and a little noise."""
    generator, lines = np.random.default_rng(0), []
    for run in range(runs):
        for slot in range(slots):
            base = generator.normal(0, 0.3)
            for label, side in (("major-calm", 1), ("minor-calm", -1)):
                lines.append(
                    {
                        "run": f"seed {run}",
                        "slot": slot,
                        "asked": label,
                        "group": slot,
                        "valence": base + side * differences[run] / 2,
                        "arousal": base,
                    }
                )
    return pd.DataFrame(lines)


def test_pairs_of_one_seed_are_compared_and_the_interval_is_over_runs_or_slots():
    one = moved_by_asking(judged([0.1], 1)).set_index("dimension").loc["valence"]
    assert one["difference"] == pytest.approx(0.1)
    assert (one["over"], one["runs"], one["slots"], one["pieces"]) == ("slots", 1, 6, 12)
    five = moved_by_asking(judged([0.0, 0.1, 0.2, 0.1, 0.1], 5)).set_index("dimension").loc["valence"]
    assert (five["over"], five["runs"], five["slots"]) == ("runs", 5, 30)
    assert five["difference"] == pytest.approx(0.1)
    assert five["low"] < 0.1 < five["high"]
    assert five["high"] - five["low"] > 0.1, "five runs leave four degrees of freedom"


def test_each_training_run_is_left_out_in_turn():
    table = judged([0.1, 0.1, 0.12, 0.11, -0.3], 5)
    without = without_each_run(table, "valence")
    assert len(without) == 5
    last = moved_by_asking(table[table["run"] != sorted(table["run"].unique())[-1]])
    last = last.set_index("dimension").loc["valence"]
    assert without[-1] == (last["low"], last["high"])
    assert without_each_run(judged([0.1], 1), "valence") == ()


def test_labels_without_sides_give_no_row():
    table = judged([0.1], 1).assign(asked="angry")
    assert moved_by_asking(table).empty
    assert sides_of_real(table).empty


def test_real_pieces_give_the_most_that_asking_could_move():
    found = sides_of_real(judged([0.2], 1, slots=40)).set_index("dimension").loc["valence"]
    assert found["difference"] == pytest.approx(0.2)
    assert found["pieces"] == 80


def test_the_same_slots_are_composed_to_every_label(tiny_store, judge, monkeypatch):
    asked = []

    def request(run, store, labels, draw):
        asked.append((run, labels, draw.seed))
        tokens = tune(tiny_store, False, 480)
        return [
            SimpleNamespace(written_out=tokens, emotion=emotion, genre=genre, seed=draw.seed + at)
            for at, (emotion, genre) in enumerate(labels)
        ]

    monkeypatch.setattr("lib.chapters.rated_emotions.judged.request_pieces", request)
    table = judge_swapped(
        {"seed 1": "a", "seed 2": "b"},
        tiny_store,
        judge,
        ["folk", "pop"],
        SamplingSettings(seed=7, max_tokens=64),
    )
    assert len(table) == 2 * 2 * len(tiny_store.emotions)
    assert {seed for _, _, seed in asked} == {7}
    assert set(table["run"]) == {"seed 1", "seed 2"}
    assert table["slot"].tolist() == [0, 1] * (2 * len(tiny_store.emotions))
