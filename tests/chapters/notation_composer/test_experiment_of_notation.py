"""The composer of notation: windows, loops, kept results, and the n-gram on the same words."""

import numpy as np
import pytest
import torch

from lib.basics.errors import TooLittleError
from lib.chapters.notation_composer import experiment
from lib.chapters.notation_composer.network import NotationNetwork, continue_windows, windows_of
from lib.measures.statistics import Interval
from lib.profiles import load_profile
from lib.profiles.profile import NotationSettings

SMALL = NotationSettings(
    tunes=6, held_out=4, window=4, hidden_size=8, num_layers=1, epochs=2, pieces=3, length=12
)


@pytest.fixture
def tunes(tiny_store):
    return experiment.choose_tunes(tiny_store, SMALL, 1)


def test_windows_are_followed_by_their_words():
    windows, targets = windows_of(np.arange(6), 3)
    assert windows.tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    assert targets.tolist() == [3, 4, 5]
    windows, targets = windows_of(np.arange(3), 3)
    assert (windows.shape, targets.shape) == ((0, 3), (0,))


@pytest.mark.parametrize(
    ("words", "length"),
    [([1] * 9, 1), ([7, 7, 7, 1, 2, 1, 2, 1, 2], 2), ([1, 2, 3, 4, 5, 6], 0), ([1, 1], 0), ([], 0)],
)
def test_a_loop_is_three_repeats_at_the_end(words, length):
    assert experiment.loop_length(words) == length


def test_the_likeliest_word_always_ends_in_a_loop_and_drawing_need_not():
    torch.manual_seed(0)
    network = NotationNetwork(4, 8, 1, embedded=True).eval()
    starts = torch.tensor([[0, 1], [2, 0]])
    likeliest = continue_windows(network, starts, 60, sampled=False, seed=1)
    assert all(experiment.loop_length(piece) for piece in likeliest.tolist())
    again = continue_windows(network, starts, 60, sampled=False, seed=2)
    assert (likeliest == again).all()
    drawn = continue_windows(network, starts, 60, sampled=True, seed=1)
    assert (drawn != continue_windows(network, starts, 60, sampled=True, seed=2)).any()
    assert drawn.max() < 3, "the number for unknown words is never composed"


@pytest.mark.parametrize("embedded", [False, True])
def test_both_inputs_give_logits_for_every_word(embedded):
    network = NotationNetwork(5, 8, 2, embedded).eval()
    assert network(torch.zeros(3, 4, dtype=torch.long)).shape == (3, 5)


def test_every_change_is_trained_composed_and_kept(tunes, home):
    first = experiment.run_changes(tunes, SMALL, 1)
    assert list(first) == list(experiment.CHANGES)
    assert first["as it was"].history["epoch"].tolist() == [1, 2]
    assert all(len(piece) == SMALL.length for outcome in first.values() for piece in outcome.pieces)
    # Sampling changes no weight.
    np.testing.assert_array_equal(first["sampling"].held_out, first["as it was"].held_out)
    files = sorted((home / "artifacts" / "notation").iterdir())
    assert len(files) == len(experiment.CHANGES)
    before = [path.stat().st_mtime_ns for path in files]
    second = experiment.run_changes(tunes, SMALL, 1)
    assert [path.stat().st_mtime_ns for path in files] == before
    assert second["all three"].pieces == first["all three"].pieces
    table = experiment.outcome_rows(second)
    assert table["change"].tolist() == list(experiment.CHANGES)


def test_the_ngram_is_judged_on_the_words_that_the_networks_are(tunes):
    words = [word for piece in tunes.train for word in experiment.read_words(piece, False)]
    vocabulary = experiment.Vocabulary(tuple(sorted(set(words))))
    _, targets = experiment.held_out_windows(tunes.test, vocabulary, False, SMALL.window)
    order, costs = experiment.ngram_losses(tunes, SMALL, rests=False)
    assert order >= 1
    assert len(costs) == len(targets)
    assert (costs > 0).all()


def test_too_few_words_are_said_with_the_number_that_it_takes(tiny_store):
    wide = SMALL.model_copy(update={"window": 100_000})
    tunes = experiment.choose_tunes(tiny_store, wide, 1)
    assert tunes.genre == tiny_store.index["genre"].value_counts().index[0]
    with pytest.raises(TooLittleError, match=r"to learn from hold \d+ words and it takes 100003: 3 pieces"):
        experiment.run_changes(tunes, wide, 1)
    assert experiment.outcome_rows({}).columns.tolist()[:2] == ["change", "words"]


def test_no_pitch_and_no_known_word_are_said(tunes):
    silent = experiment.Tunes("drums", [[]], [[]], [[]])
    assert "hold 0 words and it takes 7" in experiment.too_little(silent, SMALL)
    strange = [[(onset + 1000, length * 7, pitch) for onset, length, pitch in piece] for piece in tunes.test]
    reason = experiment.too_little(experiment.Tunes("folk", tunes.train, tunes.validation, strange), SMALL)
    assert "to judge by hold 0 words that training knows behind a window of 4, and it takes 2." in reason
    assert not experiment.too_little(tunes, SMALL)


def test_a_chord_is_one_word_however_many_notes_it_has(tunes):
    chords = [
        [(onset, length, pitch + third) for onset, length, pitch in piece[:3] for third in (0, 4, 7)]
        for piece in tunes.train[:1]
    ]
    assert "hold 3 words" in experiment.too_little(experiment.Tunes("folk", chords, chords, chords), SMALL)


def test_tunes_are_of_the_commonest_genre_that_holds_enough(tiny_store, monkeypatch):
    commonest, following = tiny_store.index["genre"].value_counts().index[:2]
    monkeypatch.setattr(experiment, "too_little", lambda tunes, _: "few" if tunes.genre == commonest else "")
    assert experiment.choose_tunes(tiny_store, SMALL, 1).genre == following


def test_the_densest_genre_is_found(tiny_store):
    genre, pieces = experiment.densest_genre(tiny_store, 3)
    assert genre in tiny_store.genres
    assert 1 <= len(pieces) <= 3


def test_epochs_looked_at_double_and_the_last_is_among_them():
    assert experiment.looked_at(24) == [1, 2, 4, 8, 16, 24]
    assert experiment.looked_at(1) == [1]


def test_the_ledger_gets_one_seed():
    outcome = experiment.claim_outcome(Interval(np.float64(-1), -2, 0), 3.5, 32)
    assert (outcome.value, outcome.low, outcome.high, outcome.seeds) == (-1, -2, 0, 1)
    assert outcome.reach == (-2.5, 28.5)
    assert experiment.claim_outcome(Interval(*[np.nan] * 3), np.nan, 32).reach is None


def test_profiles_name_their_own_sizes():
    assert load_profile("smoke").notation.epochs < load_profile("laptop").notation.epochs
