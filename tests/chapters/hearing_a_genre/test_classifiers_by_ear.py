"""Classifiers by ear: neighbours move the network as it was written and no other; scores, permuted labels."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import symusic
from simple_scores import score_of

from lib.basics.errors import TooLittleError
from lib.chapters.hearing_a_genre import classifiers, horse, plots
from lib.measures.ear.clips import Clip
from lib.measures.ear.features import NAMES, SEGMENT_FRAMES
from lib.measures.ear.pieces import Heard, answers_to, ear_judges, hear_pieces, judge_by_ear, train_on_pieces
from lib.measures.label_control import NO_LABEL
from lib.measures.sources import real_set
from lib.profiles.profile import EarSettings
from lib.show import apply_style

SMALL = EarSettings(
    hidden_size=8, epochs=4, batch_size=6, learning_rate=0.02, train_per_genre=4, test_per_genre=2, judged=5
)


def heard(count: int, seed: int) -> Heard:
    """Pieces of two genres whose features differ in level, two segments each."""
    generator = np.random.default_rng(seed)
    labels = np.array(["high", "low"] * count, dtype=object)
    features = [
        generator.normal(1 if label == "high" else -1, 1, (2 * SEGMENT_FRAMES, len(NAMES))).astype(np.float32)
        for label in labels
    ]
    clips = [Clip(score_of([60 + place] * 16), 0, 120.0) for place in range(len(labels))]
    return Heard(np.arange(len(labels)), labels, np.arange(len(labels)), clips, features, Counter())


@pytest.fixture
def settings(tiny_profile):
    return tiny_profile.model_copy(update={"ear": SMALL})


@pytest.fixture
def ears(settings, home):
    return classifiers.train_ways(heard(8, 1), settings)


def test_neighbours_move_the_network_as_it_was_written_and_not_the_repaired_one(ears):
    test = heard(4, 2)
    tables = {name: classifiers.with_neighbours(ear, test, 0) for name, ear in ears.items()}
    swings = {name: table.groupby("genre")["probability"].agg(np.ptp).max() for name, table in tables.items()}
    assert swings["across the batch, sorted"] > 1e-3
    assert swings["along time, shuffled"] < 1e-5
    for table in tables.values():
        assert table.groupby("neighbours")["probability"].sum().to_numpy() == pytest.approx(1)
    assert classifiers.clearest_song(ears["across the batch, sorted"], test) in range(8)


def test_an_order_of_songs_changes_no_answer_of_a_network_that_reads_along_time(ears):
    test = heard(4, 2)
    orders = classifiers.test_orders(test, 1)
    assert test.labels[orders["sorted"]].tolist() == ["high"] * 4 + ["low"] * 4
    answers = [
        classifiers.heard_in_order(ears["along time, shuffled"], test, order) for order in orders.values()
    ]
    assert answers[0].tolist() == answers[1].tolist() == test.labels.tolist()
    row = classifiers.score(test, answers[0], "repaired")
    assert (row["right"], row["pieces"]) == (1, 8)


@pytest.mark.parametrize("kind", ["logistic", "trees"])
def test_simple_classifiers_learn_what_means_tell(kind):
    test = heard(4, 2)
    assert classifiers.train_simple(heard(8, 1), kind, 1)(test.features).tolist() == test.labels.tolist()


def test_differences_are_over_the_same_songs():
    test = heard(4, 2)
    wrong = np.where(test.labels == "high", "low", test.labels).astype(object)
    found = classifiers.difference(test, test.labels, wrong)
    assert found.estimate == pytest.approx(0.5)
    assert classifiers.difference(test, wrong, wrong)[:3] == (0, 0, 0)
    outcome = classifiers.claim_outcome(test, test.labels, 0.5)
    assert outcome.value == 0.5
    assert outcome.low <= 0.5 <= outcome.high
    assert outcome.reach == (-0.5, 0.5)


def test_only_genres_on_both_sides_are_compared_and_it_takes_two():
    train, test = heard(4, 1), heard(2, 2)
    third = replace(train, labels=np.where(np.arange(8) < 2, "third", train.labels).astype(object))
    kept, _ = classifiers.comparable(third, test)
    assert set(kept.labels) == {"high", "low"}
    assert len(kept.features) == len(kept.clips) == len(kept.rows) == 6
    with pytest.raises(TooLittleError, match="1 can be heard for 10 seconds both to train and to test"):
        classifiers.comparable(train, test.of_genres(["low"]))


def test_a_genre_without_another_song_has_no_row_of_neighbours(ears):
    alone = heard(1, 2)
    table = classifiers.with_neighbours(ears["along time, shuffled"], alone, 0)
    assert set(table["neighbours"]) == {"low"}
    assert plots.plot_neighbours({"alone": table}, "high").axes


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("genres", [["喜歡 $x^2$", "b" * 60], [f"kind {number}" for number in range(40)]])
def test_long_labels_and_many_leave_the_picture_of_neighbours_its_room(genres):
    apply_style()
    table = pd.DataFrame(
        [{"neighbours": near, "genre": genre, "probability": 0.5} for near in genres for genre in genres]
    )
    figure = plots.plot_neighbours({"as it was written": table, "repaired": table}, genres[1])
    figure.canvas.draw()
    assert figure.axes[0].get_window_extent().width > 100


def test_a_song_that_cannot_be_heard_in_another_way_gets_no_label(home):
    test = heard(1, 2)
    silent = replace(test, clips=[replace(clip, score=symusic.Score(480)) for clip in test.clips])
    who = {"always high": lambda pieces: np.array(["high"] * len(pieces), object)}
    assert set(horse.horse_table(who, silent, 1)["right"]) == {0}
    assert answers_to(who["always high"], [test.features[0], "it is silent"]).tolist() == ["high", NO_LABEL]


def test_where_nothing_sounds_long_enough_the_chapter_says_so(settings, tiny_store, home, monkeypatch):
    monkeypatch.setattr("lib.measures.ear.pieces.LEAST_SECONDS", 1e6)
    nothing = hear_pieces(tiny_store, "train", 2, settings)
    assert len(nothing.labels) == len(nothing.features) == 0
    assert set(nothing.passed_over) == set(tiny_store.genres)
    with pytest.raises(TooLittleError, match=r"needs at least two genres .* given none"):
        ear_judges(tiny_store, settings)
    assert "No test piece can be heard for 10 seconds" in plots.plot_features({}).axes[0].texts[0].get_text()


def test_permuted_labels_are_dealt_anew(settings, home):
    train = heard(8, 1)
    ear = classifiers.train_permuted(train, settings)
    assert ear.labels == ["high", "low"]


def test_the_horse_test_begins_with_the_unchanged_sound(settings, home):
    test = heard(1, 2)
    who = {"always high": lambda pieces: np.array(["high"] * len(pieces), object)}
    table = horse.horse_table(who, test, 1)
    assert table["change"].tolist() == list(horse.CHANGES)
    assert set(table["right"]) == {0.5}
    assert set(table["same"]) == {1.0}


def test_pieces_of_a_store_are_heard_once_a_group_and_judged(settings, tiny_store, home):
    train = hear_pieces(tiny_store, "train", SMALL.train_per_genre, settings)
    assert set(train.labels) == set(tiny_store.genres)
    for genre in tiny_store.genres:
        groups = train.groups[train.labels == genre]
        assert len(set(groups)) == len(groups) <= SMALL.train_per_genre
    assert len(train.some(1).rows) == len(tiny_store.genres)
    pieces = real_set(tiny_store, tiny_store.rows("test"))
    pieces.tokens[0] = np.array([tiny_store.bos_id], np.uint16)
    judged = judge_by_ear(pieces, train_on_pieces(train, settings), tiny_store, settings)
    assert len(judged) == min(SMALL.judged, len(pieces))
    assert set(judged["obtained"]) <= {*tiny_store.genres, NO_LABEL}
    assert ((judged["obtained"] == NO_LABEL) == (judged["reason"] != "")).all()
