"""A selector keeps what sounds like the request, and its coefficients are a file that anybody can read."""

from types import SimpleNamespace

import numpy as np
import pytest

from lib.basics.errors import BookError
from lib.data.part import StorePart
from lib.measures.music.notes import NoteReader
from lib.measures.selector import fit_selector, read_selector, selector_features


def as_pieces(store, rows, emotion, genre):
    return [SimpleNamespace(written_out=store.written_out(row), emotion=emotion, genre=genre) for row in rows]


def test_it_knows_the_training_pieces_better_than_chance(short_store):
    selector, rows = fit_selector(short_store), short_store.rows("train")
    features = selector_features(NoteReader(short_store).read([short_store.written_out(row) for row in rows]))
    for judge, target in ((selector.emotion, "emotion"), (selector.genre, "genre")):
        chances = judge.log_probabilities(features)
        assert np.allclose(np.exp(chances).sum(axis=1), 1)
        found = np.array(judge.labels)[chances.argmax(axis=1)]
        assert (found == short_store.index[target].to_numpy()[rows]).mean() > 0.7


def test_it_keeps_the_truest_piece(short_store):
    selector, rows = fit_selector(short_store), short_store.rows("train")[:8]
    pieces = as_pieces(short_store, rows, "calm", "folk")
    kept = selector.choose(pieces, short_store)
    features = selector_features(NoteReader(short_store).read([piece.written_out for piece in pieces]))
    chances = (
        selector.emotion.log_probabilities(features)[:, selector.emotion.labels.index("calm")]
        + selector.genre.log_probabilities(features)[:, selector.genre.labels.index("folk")]
    )
    assert kept is pieces[int(chances.argmax())]
    assert selector.choose(as_pieces(short_store, rows, None, None), short_store).emotion is None


def test_a_piece_without_notes_is_never_the_truest(short_store):
    silent = SimpleNamespace(
        written_out=np.array([short_store.bos_id, short_store.eos_id]), emotion="calm", genre="folk"
    )
    sounding = as_pieces(short_store, [0], "calm", "folk")
    assert fit_selector(short_store).choose([silent, *sounding], short_store) is sounding[0]


def test_one_label_only_is_what_every_piece_has(short_store):
    selector = fit_selector(StorePart(short_store, ("pop",)))
    assert selector.genre.labels == ["folk"]
    assert np.allclose(selector.genre.log_probabilities(np.ones((2, len(selector.genre.mean)))), 0)


def test_it_is_written_and_read(short_store, tmp_path):
    selector, path = fit_selector(short_store), tmp_path / "selector.json"
    selector.save(path)
    again = read_selector(path)
    features = np.random.default_rng(0).normal(size=(5, len(selector.genre.mean)))
    assert np.allclose(
        selector.genre.log_probabilities(features), again.genre.log_probabilities(features), atol=0.05
    )
    path.write_text(path.read_text().replace("pitch_mean", "pitch_median"))
    with pytest.raises(BookError, match="other features"):
        read_selector(path)
    path.write_text("{}")
    with pytest.raises(BookError, match="is damaged"):
        read_selector(path)
