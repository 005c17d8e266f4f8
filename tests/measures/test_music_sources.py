"""Sources side by side: every slot is filled, with its labels, and composed once."""

import numpy as np
import pytest

from lib.composing import SamplingSettings
from lib.data.tokenizer import decode
from lib.measures import music_sources
from lib.measures.music_sources import (
    OWN_FLOOR,
    REAL,
    SOURCES,
    choose_slots,
    gather_music,
    limit_words,
    real_music,
)
from lib.models import NgramModel
from lib.models.pieces import flatten_rows
from lib.profiles.profile import NotesSettings
from lib.training import request_run

SETTINGS = NotesSettings(pieces=4, with_voices=1)
DRAW = SamplingSettings(max_tokens=60, seed=9)


@pytest.fixture
def gathered(tiny_profile, tiny_store):
    runs = {}
    for name in ("lstm", "transformer"):
        run = tiny_profile.run(name)
        short = run.training.model_copy(update={"tokens": 500, "evaluations": 1})
        runs[name] = request_run(run.model_copy(update={"training": short}), tiny_store, quiet=True)
    pieces = flatten_rows(tiny_store, tiny_store.rows("train"))
    ngram = NgramModel.fit(pieces, len(tiny_store.vocabulary), order=4)
    slots = choose_slots(tiny_store, SETTINGS, 2000, seed=1)
    return slots, lambda: gather_music(tiny_store, slots, runs, ngram, DRAW, memory_bars=1)


def test_slots_have_the_labels_of_their_real_piece(tiny_store):
    slots = choose_slots(tiny_store, SETTINGS, 2000, seed=1)
    assert len({slot.row for slot in slots}) == len(slots)
    held_out = {*tiny_store.rows("test"), *tiny_store.rows("validation")}
    for slot in slots:
        piece = tiny_store.index.iloc[slot.row]
        assert (slot.emotion, slot.genre) == (piece["emotion"], piece["genre"])
        assert slot.row in held_out
    assert choose_slots(tiny_store, SETTINGS, 2000, seed=1) == slots


def test_where_most_pieces_are_too_long_any_is_taken_and_cut(tiny_store, gathered):
    held_out = np.concatenate([tiny_store.rows("test"), tiny_store.rows("validation")])
    shortest = int(tiny_store.lengths[held_out].min())
    assert choose_slots(tiny_store, SETTINGS, shortest - 1, seed=1)
    assert "are cut there" in limit_words(tiny_store, shortest - 1)
    whole = {slot.row for slot in choose_slots(tiny_store, SETTINGS, 2000, seed=1)}
    assert all(tiny_store.lengths[row] <= 2000 for row in whole)
    assert "chosen to fit" in limit_words(tiny_store, 2000)
    slots, gather = gathered
    for music in gather():
        if music.source == REAL:
            row = slots[music.slot].row
            expected = decode(tiny_store.tokenizer, tiny_store.tokens(row)[: DRAW.max_tokens])
            assert music.score.note_num() == expected.note_num()


def test_every_source_fills_every_slot(gathered, monkeypatch):
    slots, gather = gathered
    pieces = gather()
    known = [source for source in (*SOURCES, OWN_FLOOR) if source != "transformer, pretrained"]
    assert list(dict.fromkeys(piece.source for piece in pieces)) == known
    for source in known:
        of_source = [piece for piece in pieces if piece.source == source]
        assert [piece.slot for piece in of_source] == list(range(len(slots)))
        labels = [(piece.emotion, piece.genre) for piece in of_source]
        assert labels == [(slot.emotion, slot.genre) for slot in slots]
        assert all(
            (piece.ended is None) == (source.startswith("real") or source == OWN_FLOOR) for piece in of_source
        )
    groups = {piece.slot: piece.group for piece in pieces if piece.source == "real"}
    assert all(piece.group == groups[piece.slot] for piece in pieces)

    def never(*arguments, **more):
        raise AssertionError("composed again")

    monkeypatch.setattr("lib.composing.keep.compose_many", never)
    again = gather()
    assert [piece.barred.hash() for piece in again] == [piece.barred.hash() for piece in pieces]


def test_real_pieces_are_those_of_the_store(tiny_store):
    rows = tiny_store.rows("test")
    pieces = real_music(tiny_store, rows)
    assert [piece.name for piece in pieces] == tiny_store.index["identifier"].iloc[rows].tolist()
    assert all(len(piece.barred.notes) + piece.barred.drums > 0 for piece in pieces)


def test_a_genre_of_single_lines_has_no_voices(tiny_store):
    assert not music_sources._has_voices(tiny_store, "folk")
