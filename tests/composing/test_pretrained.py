"""The model that comes with the book: whole, small, knowing its labels, and as good as its card says."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from lib.basics.errors import BookError
from lib.composing import SamplingSettings, compose_pieces, load_pretrained, request_pieces
from lib.composing.pretrained import CARD, CARD_TEXT, FOLDER, HELD_OUT, TOKENIZER, WEIGHTS
from lib.data.embedded.arrange import arrange
from lib.data.embedded.sources import COLLECTIONS, non_commercial_genres, sources_of
from lib.data.tokenizer import encode
from lib.measures.losses import token_losses


@pytest.fixture(scope="module")
def pretrained():
    return load_pretrained()


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(FOLDER, tmp_path / "pretrained")


class HeldOut:
    """The held-out pieces that the card names, read from music21's corpus anew, as batches need them."""

    def __init__(self, pretrained):
        wanted = pd.read_csv(FOLDER / HELD_OUT).set_index("identifier")
        sources = {
            source.identifier: source
            for collection in COLLECTIONS
            if collection.genre in pretrained.genres
            for source in sources_of(collection)
        }
        self.index = wanted.assign(split="test")
        self.folder, self.vocabulary = FOLDER, pretrained.vocabulary
        self.pad_id = self.vocabulary.index("PAD_None")
        pieces = [
            encode(pretrained.tokenizer, arrange(sources[identifier].read()).score)
            for identifier in wanted.index
        ]
        self.ids, self.lengths = np.concatenate(pieces), np.array([len(piece) for piece in pieces])
        self.offsets = np.cumsum(self.lengths) - self.lengths
        self.emotion_ids = np.array([pretrained.emotions.index(label) for label in wanted["emotion"]])
        self.genre_ids = np.array([pretrained.genres.index(label) for label in wanted["genre"]])

        self.bar_lines = np.flatnonzero(np.isin(self.ids, self.ids_of_type("Bar")))

    def rows(self, split):
        return np.flatnonzero(self.index["split"] == split)

    def ids_of_type(self, name):
        return np.flatnonzero([text.startswith(f"{name}_") for text in self.vocabulary])


@pytest.mark.slow
def test_the_held_out_figure_of_the_card_is_found_again(pretrained):
    store, card = HeldOut(pretrained), pretrained.card["held_out"]["all"]
    assert store.lengths.tolist() == store.index["length"].tolist()
    assert len(store.lengths) == card["pieces"]
    losses = token_losses(pretrained.model, store, "test", pretrained.context_length)
    assert losses.nats_per_token == pytest.approx(card["nats_per_token"], abs=0.002)
    nats = losses.loss.sum(dtype=np.float64)
    assert nats / store.index["notes"].sum() == pytest.approx(card["nats_per_note"], abs=0.01)


def test_it_is_small_and_trained_without_what_must_not_be_passed_on(pretrained):
    assert sum((FOLDER / name).stat().st_size for name in (WEIGHTS, TOKENIZER, HELD_OUT)) <= 8_000_000
    assert not set(pretrained.genres) & set(non_commercial_genres())
    assert 3_000_000 <= pretrained.card["parameters"] <= 4_000_000


def test_the_card_keeps_what_is_promised_of_the_model(pretrained):
    """Below the baseline everywhere; labels are made use of; pieces end, and their parts come again."""
    card = pretrained.card
    assert all(card["below_baseline"][genre]["relative"] <= -0.25 for genre in pretrained.genres)
    assert all(card["label_gain"][label]["nats_per_token_low"] > 0 for label in ("emotion", "genre"))
    real, baseline, *ours, selected = card["composed"]
    assert selected["selected_of"] > 1
    assert selected["label"] > ours[0]["label"]
    assert all(row["ended_low"] >= 0.95 for row in ours), "pieces end by themselves"
    plain = ours[0]
    assert plain["themes"] >= real["themes"] / 2 > baseline["themes"]
    assert plain["aabb_low"] > 1 / 3, "of the tunes"
    assert plain["copied_high"] <= 0, "no longer passages of training pieces than real ones share"
    assert any(row["overlap"] >= 0.75 and row["mode"] >= 0.85 * real["mode"] for row in ours)
    assert card["middles"]["both sides"]["nats_per_note"] < card["middles"]["left to right"]["nats_per_note"]
    text = (FOLDER / CARD_TEXT).read_text(encoding="utf-8")
    assert f"{card['held_out']['all']['nats_per_token']:.3f}" in text


def test_a_piece_is_composed_at_once_and_again_the_same(pretrained):
    draw = SamplingSettings(max_tokens=120, seed=4)
    pieces = [compose_pieces(pretrained, pretrained, "minor-calm", "chorale", draw)[0] for _ in range(2)]
    assert np.array_equal(pieces[0].tokens, pieces[1].tokens)
    assert pieces[0].notes > 5
    assert pieces[0].record()["model"]["run"].startswith("pretrained-")
    (kept,) = request_pieces(pretrained, pretrained, [("minor-calm", "chorale")], draw)
    assert np.array_equal(kept.tokens, pieces[0].tokens)


def test_other_labels_are_answered_with_the_known_ones(pretrained):
    with pytest.raises(BookError, match="no emotion 'angry' in this data; choose one of: major-calm"):
        compose_pieces(pretrained, pretrained, "angry", "irish", SamplingSettings())


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER])
def test_a_changed_file_is_refused(copy, name):
    path = copy / name
    path.write_bytes(path.read_bytes()[:-3] + b"abc")
    with pytest.raises(BookError, match=f"{name} is not the one that its card describes"):
        load_pretrained(copy)


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER, CARD])
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(BookError, match=name):
        load_pretrained(copy)


@pytest.mark.parametrize("change", [{"model": {"kind": "transformer"}}, {"emotions": None}, {"sha256": {}}])
def test_a_card_of_something_else_is_refused(copy, change):
    card = json.loads((copy / CARD).read_text()) | change
    (copy / CARD).write_text(json.dumps(card))
    with pytest.raises(BookError, match="incomplete or damaged"):
        load_pretrained(copy)
