"""The record of the grid: the first piece of each source for each pair of labels, with its files."""

import json

import pytest

from lib.chapters.generation import listening_grid as module
from lib.chapters.generation.listening_grid import EXCERPT, listening_grid
from lib.composing import SamplingSettings, compose_pieces
from lib.composing.outcomes import held_out_piece, label_pairs
from lib.models import build_model
from lib.profiles.profile import ModelSettings
from lib.show.media import LISTENING
from lib.training import request_run

DRAW = SamplingSettings(max_tokens=60, seed=3)


@pytest.fixture
def media(tmp_path, monkeypatch):
    monkeypatch.setenv("MOOD_MEDIA", str(tmp_path / "media"))
    return tmp_path / "media"


@pytest.fixture(scope="module")
def network(tiny_store):
    return build_model(
        ModelSettings(kind="lstm", hidden_size=16, num_layers=1, positions="none"),
        len(tiny_store.vocabulary),
        len(tiny_store.emotions),
        len(tiny_store.genres),
    ).eval()


@pytest.fixture
def record(tiny_store, network, media, monkeypatch):
    """The record of a grid for which half of the pairs had been composed before; `composed` beside it."""
    shown = []
    monkeypatch.setattr(module, "display", lambda data, raw: shown.append(data))
    asked = []

    def compose(run, store, labels, settings):
        asked.extend(labels)
        return [compose_pieces(network, store, *pair, settings)[0] for pair in labels]

    monkeypatch.setattr(module, "request_pieces", compose)
    pairs = label_pairs(tiny_store)
    composed = [piece for pair in pairs[:2] for piece in compose_pieces(network, tiny_store, *pair, DRAW, 2)]
    listening_grid(tiny_store, {"lstm": None}, {"lstm": composed}, DRAW)
    assert asked == [pair for pair in sorted(pairs) if pair not in pairs[:2]], "only what is missing"
    return shown[0][LISTENING] | {"composed": composed, "shown": shown[0]}


def test_each_pair_has_a_piece_of_each_source(record, tiny_store):
    cells = [(cell["emotion"], cell["genre"], cell["source"]) for cell in record["cells"]]
    assert cells == [
        (*pair, source) for pair in sorted(label_pairs(tiny_store)) for source in ("real", "lstm")
    ]
    assert record["sources"] == ["real", "lstm"]


def test_it_is_the_first_piece_whatever_became_of_it(record):
    first = record["composed"][0]
    cell = next(
        cell
        for cell in record["cells"]
        if cell["source"] == "lstm" and (cell["emotion"], cell["genre"]) == (first.emotion, first.genre)
    )
    assert f"seed {first.seed}" in cell["note"]
    assert ("cut off" in cell["failed"]) == (not first.ended)
    assert ("nearly empty" in cell["failed"]) == (first.notes < record["few"])


def test_the_real_piece_was_held_out(record, tiny_store):
    cell = record["cells"][0]
    row = held_out_piece(tiny_store, cell["emotion"], cell["genre"], DRAW.max_tokens)
    assert tiny_store.index["split"][row] != "train"
    assert str(tiny_store.index["identifier"][row]).lower() in cell["midi"]
    assert cell["failed"] == ""


def test_what_failed_is_the_emptiest_and_the_first_cut_off(record):
    composed = record["composed"]
    emptiest = min(composed, key=lambda piece: piece.notes)
    assert f"seed {emptiest.seed}" in record["failures"][0]["note"]
    assert f"the emptiest of {len(composed)}" in record["failures"][0]["note"]
    cut = [piece for piece in composed if not piece.ended]
    assert len(record["failures"]) == 1 + (cut[0] is not emptiest)


def test_every_file_is_there_and_named_under_media(record, media):
    named = {
        cell[kind]
        for cell in (*record["cells"], *record["failures"])
        for kind in ("midi", "audio", "music_xml")
    } - {None}
    assert named == set(record["media"])
    assert all((media / name).is_file() for name in named)


def test_a_roll_shows_what_is_heard(record):
    for cell in record["cells"]:
        assert json.loads(cell["roll"])["seconds"] == pytest.approx(min(cell["seconds"], EXCERPT), abs=0.02)


def test_the_record_is_plain_json_and_says_where_the_pieces_are(record):
    shown = record["shown"]
    assert json.loads(json.dumps(shown[LISTENING])) == shown[LISTENING]
    assert "page Listen" in shown["text/html"]


def test_runs_of_the_registry_compose_for_it(tiny_store, tiny_profile, media, monkeypatch):
    monkeypatch.setattr(module, "display", lambda data, raw: None)
    run = request_run(tiny_profile.run("lstm"), tiny_store)
    listening_grid(tiny_store, {"lstm": run}, {}, DRAW, labels=1)
    assert len(list(media.glob("listen_*_lstm.mp3"))) == 1
