"""Classifiers on genres that differ in what they are said to look at, and on genres that do not differ."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from symusic import Note, Score, TimeSignature, Track

from lib.basics.errors import BookError
from lib.data.tokenizer import encode
from lib.measures.classifier import fit, judge_by_classifier, train_classifier
from lib.measures.label_control import NO_LABEL, agreement
from lib.measures.music.notes import PieceNotes, notes_of_score
from lib.measures.music.piece_features import FEATURES, feature_table, token_table
from lib.measures.sources import PieceSet

GENRES = ("steps", "leaps")


def tune(generator, genre, notes=48):
    """Quarters in 4/4 that move by step or by fifths."""
    moves = generator.choice([-2, 2, 1, -1] if genre == "steps" else [-7, 7, 5, -5], notes)
    score, track, pitch = Score(480), Track(program=0), 66
    score.time_signatures.append(TimeSignature(0, 4, 4))
    for place, move in enumerate(moves):
        pitch = 66 if not 50 < pitch + move < 82 else pitch + int(move)
        track.notes.append(Note(place * 480, 480, pitch, 80))
    score.tracks.append(track)
    return score


@pytest.fixture(scope="module")
def two_genres(tiny_store):
    """A store of 60 tunes of two genres, half of them for training, and of an emotion that means nothing."""
    generator = np.random.default_rng(0)
    labels = [GENRES[number % 2] for number in range(60)]
    tokens = [encode(tiny_store.tokenizer, tune(generator, genre)) for genre in labels]
    index = pd.DataFrame(
        {
            "genre": labels,
            "emotion": generator.choice(["calm", "lively"], 60),
            "split": ["train"] * 30 + ["test"] * 30,
            "group": np.arange(60),
        }
    )
    return SimpleNamespace(
        index=index,
        tokenizer=tiny_store.tokenizer,
        vocabulary=tiny_store.vocabulary,
        type_names=tiny_store.type_names,
        type_of_id=tiny_store.type_of_id,
        tokens=lambda row: tokens[row],
        written_out=lambda row: tokens[row],
        rows=lambda split: np.flatnonzero((index["split"] == split).to_numpy()),
    )


def held_out(store):
    rows = store.rows("test")
    part = store.index.iloc[rows]
    return PieceSet(
        "real",
        [store.tokens(row) for row in rows],
        part["emotion"].tolist(),
        part["genre"].tolist(),
        rows,
        [""] * len(rows),
    )


@pytest.mark.parametrize("sees", ["features", "tokens"])
def test_what_differs_is_recognised_and_what_does_not_is_guessed(two_genres, sees):
    genre = agreement(judge_by_classifier(train_classifier(two_genres, "genre", sees), held_out(two_genres)))
    assert genre.estimate > 0.9
    nothing = agreement(
        judge_by_classifier(train_classifier(two_genres, "emotion", sees), held_out(two_genres))
    )
    assert nothing.low < 0.5 < nothing.high


@pytest.mark.parametrize("sees", ["features", "tokens"])
def test_recognising_again_gives_the_same(two_genres, sees):
    first, second = (train_classifier(two_genres, "genre", sees, seed=3, most_per_label=10) for _ in range(2))
    assert first.trained_on == 20
    tokens = held_out(two_genres).tokens
    assert np.array_equal(first.recognise(tokens), second.recognise(tokens))


@pytest.mark.parametrize("sees", ["features", "tokens"])
def test_a_piece_without_notes_obtains_no_label(two_genres, sees):
    classifier = train_classifier(two_genres, "genre", sees)
    pieces = PieceSet(
        "odd",
        [two_genres.tokens(0)[:1], two_genres.tokens(0)],
        ["calm"] * 2,
        ["steps"] * 2,
        np.arange(2),
        ["", ""],
    )
    judged = judge_by_classifier(classifier, pieces)
    assert judged["obtained"].tolist() == [NO_LABEL, "steps"]
    assert judged["reason"][0]


def test_one_label_cannot_be_learnt(two_genres):
    two_genres.index["only"] = "one"
    with pytest.raises(BookError, match="nothing to recognise"):
        train_classifier(two_genres, "only", "tokens")


def test_features_do_not_depend_on_transposition_except_for_height(two_genres):
    piece = notes_of_score(tune(np.random.default_rng(4), "leaps"))
    higher = PieceNotes(
        piece.onset, piece.duration, piece.pitch + 3, piece.program, piece.bar_starts, piece.ticks_per_quarter
    )
    first, second = feature_table([piece, higher])
    changed = [
        name
        for name, a, b in zip(FEATURES, first, second, strict=True)
        if not np.isclose(a, b, equal_nan=True)
    ]
    assert changed == ["pitch_mean"]
    assert np.isnan(feature_table([piece.of(np.zeros(len(piece), bool))])).all()


def test_runs_of_tokens_are_counted_and_others_ignored():
    ignored = np.array([False, False, True])
    same, other, empty = token_table([np.array([0, 2, 1, 0]), np.array([0, 1, 0]), np.array([2])], ignored)
    assert (same != other).nnz == 0
    assert other.nnz == 2 + 2 + 1  # two tokens, two pairs, one run of three
    assert empty.nnz == 0
    assert np.isclose(np.sqrt(other.multiply(other).sum()), 1)


@pytest.mark.filterwarnings("error")
def test_labels_of_a_single_piece_each_are_still_labels():
    classifier = ExtraTreesClassifier(4, random_state=0)
    fit(classifier, np.arange(40.0)[:, None], np.array([f"mood{number}" for number in range(40)]))
    assert len(classifier.classes_) == 40
