"""The pretrained model's pieces in chapter 4: what its card says, and bars that are written again."""

import pytest

from lib.chapters.generation.pretrained_pieces import bars_again, card_table, play_bars_again
from lib.composing import SamplingSettings, compose_pieces
from lib.composing.counted import NgramComposer
from lib.composing.pretrained import Pretrained
from lib.models import NgramModel
from lib.models.pieces import flatten_rows
from lib.sound.score_tables import bar_grid

DRAW = SamplingSettings(max_tokens=1024, seed=4)


def as_pretrained(store):
    pieces = flatten_rows(store, store.rows("train"))
    model = NgramModel.fit(pieces, len(store.vocabulary), order=5)
    return Pretrained(
        NgramComposer(model, store),
        {"composed": []},
        store.emotions,
        store.genres,
        store.tokenizer,
        store.hash,
    )


@pytest.fixture(scope="module")
def pretrained(short_store):
    return as_pretrained(short_store)


def bars_of(score):
    grid = bar_grid(score)
    notes = sorted((note.time, note.pitch) for track in score.tracks for note in track.notes)
    return [
        [note for note in notes if start <= note[0] < end]
        for start, end in zip(grid.starts, grid.starts[1:], strict=False)
    ]


def test_a_piece_keeps_all_bars_but_those_written_again(pretrained):
    draw = DRAW.model_copy(update={"bars": 12})
    pieces = compose_pieces(pretrained, pretrained, "calm", "pop", draw, count=6)
    piece, again = bars_again(pretrained, pieces, 5, 8, DRAW)
    assert piece in pieces
    before, after = bars_of(piece.score), bars_of(again.score)
    assert len(before) == len(after)
    assert before[:4] + before[8:] == after[:4] + after[8:]
    assert before[4:8] != after[4:8]
    html = play_bars_again((piece, again), 5, 8).data
    assert html.count("<audio") == 2
    assert "bars 5 to 8 written again" in html


def test_where_no_piece_has_such_bars_it_is_said(pretrained, tiny_store):
    short = compose_pieces(
        pretrained, pretrained, "calm", "pop", DRAW.model_copy(update={"bars": 3}), count=2
    )
    assert bars_again(pretrained, short, 5, 8, DRAW) is None
    book = as_pretrained(tiny_store)
    assert bars_again(book, compose_pieces(book, book, "calm", "pop", DRAW), 2, 3, DRAW) is None
    assert "None of these pieces is whole" in play_bars_again(None, 5, 8).data


def test_the_card_is_told_as_a_table(pretrained):
    rows = [
        {
            "source": "real, held out",
            "guidance": None,
            "pieces": 7,
            "themes": 0.5,
            "themes_low": 0.4,
            "themes_high": 0.6,
        },
        {
            "source": "model",
            "guidance": 1.0,
            "pieces": 5,
            "themes": 0.3,
            "themes_low": 0.2,
            "themes_high": 0.4,
        },
    ]
    pretrained.card["composed"] = rows
    html = card_table(pretrained).data
    assert "5 pieces for each guidance" in html
    assert "0.30 [0.20" in html
