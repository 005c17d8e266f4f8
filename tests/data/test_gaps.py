"""Bars that are missing and follow at the end: put back, the piece is what it was."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.basics.errors import BookError
from lib.composing.grammar import Grammar
from lib.data.batches import Batches
from lib.data.shorthand import gaps
from lib.data.shorthand.bars import words_of
from lib.data.tokenizer import build_tokenizer, decode, encode, vocabulary_of, write_out

TOKENIZER = build_tokenizer("shorthand")
VOCABULARY = vocabulary_of(TOKENIZER)
WORDS = words_of(tuple(VOCABULARY))
QUARTER = 24


def piece(bars, programs=(0,), meters=None):
    """A score of 4/4 from bars of (place in quarters, length in quarters, pitch), the programs in turn."""
    score = Score(QUARTER)
    for bar, meter in (meters or {0: (4, 4)}).items():
        score.time_signatures.append(TimeSignature(4 * QUARTER * bar, *meter))
    score.tempos.append(Tempo(0, 120))
    tracks = [Track(program=program) for program in programs]
    for number, bar in enumerate(bars):
        for turn, (place, length, pitch) in enumerate(bar):
            tracks[(number + turn) % len(tracks)].notes.append(
                Note(
                    round((4 * number + place) * QUARTER),
                    round(length * QUARTER),
                    pitch,
                    64 + 4 * (number % 3),
                )
            )
    score.tracks.extend(tracks)
    return score


A, B, C, D = [(0, 1, 60), (2, 1, 64)], [(0, 2, 67)], [(1, 1, 62), (3, 1, 65)], [(0, 4, 72)]
TUNE = piece([A, B, A, C, A, B, A, D])


def texts(ids):
    return [VOCABULARY[token] for token in ids]


def test_the_missing_bars_follow():
    ids = encode(TOKENIZER, TUNE)
    found = texts(gaps.with_gap(WORDS, ids, 4, 5))
    plan = texts(ids)[:5]
    assert found[:5] == plan
    assert found.count("Gap_2") == found.count("Fill_None") == 1
    bars = [text.split("_")[0] for text in found if text.split("_")[0] in ("Bar", "Again", "Gap", "Fill")]
    assert bars.index("Gap") == 3
    assert bars.index("Fill") == 3 + 1 + 3
    assert len(bars) == 8 + 2
    assert found[-1] == "EOS_None"


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_put_back_it_is_the_piece(data):
    bars = data.draw(st.lists(st.sampled_from([A, B, C, D, []]), min_size=3, max_size=20))
    score = piece([A, *bars, B], programs=data.draw(st.sampled_from([(0,), (0, 40)])))
    ids = encode(TOKENIZER, score)
    first = data.draw(st.integers(2, len(bars) + 1))
    last = data.draw(st.integers(first, min(len(bars) + 2, first + 7)))
    moved = gaps.with_gap(WORDS, ids, first, last)
    assert np.array_equal(write_out(TOKENIZER, moved), write_out(TOKENIZER, ids))
    assert decode(TOKENIZER, moved).dumps_midi() == decode(TOKENIZER, ids).dumps_midi()


def test_the_rules_of_composing_allow_what_follows_in_a_gap():
    grammar = Grammar(TOKENIZER)
    moved = gaps.with_gap(WORDS, encode(TOKENIZER, TUNE), 3, 6)
    state, row = grammar.start(), np.zeros(grammar.size, dtype=bool)
    asked = False
    for token in moved[1:].tolist():
        state.write_allowed(row)
        if VOCABULARY[token].startswith(("Gap", "Fill")):
            assert not row[token], "asked, never composed"
        else:
            assert row[token], (VOCABULARY[token], asked)
        asked = asked or VOCABULARY[token].startswith("Fill")
        state.advance(token)


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        (0, 2, "There are no bars 0 to 2"),
        (5, 4, "There are no bars 5 to 4"),
        (1, 8, "are all of the piece"),
        (1, 3, "The first bar tells meter and tempo"),
        (7, 9, "The piece has 8 bars, so bars 7 to 9 cannot"),
    ],
)
def test_bars_that_cannot_be_missing_are_told_why(first, last, reason):
    with pytest.raises(BookError, match=reason):
        gaps.with_gap(WORDS, encode(TOKENIZER, TUNE), first, last)


def test_a_gap_is_refused_where_something_crosses_its_lines():
    long = encode(TOKENIZER, piece([A] * 20))
    with pytest.raises(BookError, match="9 bars are too many"):
        gaps.with_gap(WORDS, long, 4, 12)
    tied = encode(TOKENIZER, piece([A, [(3, 2, 60)], B, C]))
    for first, last in ((3, 3), (2, 2)):
        with pytest.raises(BookError, match="A note sounds across the beginning of bar 3"):
            gaps.with_gap(WORDS, tied, first, last)
    changing = encode(TOKENIZER, piece([A, B, A, B], meters={0: (4, 4), 2: (2, 2)}))
    with pytest.raises(BookError, match="The meter changes at or within bars 2 to 3"):
        gaps.with_gap(WORDS, changing, 2, 3)


def test_a_sequence_without_a_whole_gap_is_written_out_as_it_stands():
    moved = gaps.with_gap(WORDS, encode(TOKENIZER, TUNE), 3, 4)
    before = moved[: texts(moved).index("Fill_None")]
    assert texts(write_out(TOKENIZER, before)).count("Bar_None") == 6


def test_some_rows_of_training_have_gaps(short_store):
    arguments = {"split": "train", "window": 400, "batch_tokens": 4000, "seed": 3, "transpose": True}
    plain, gapped = Batches(short_store, **arguments), Batches(short_store, **arguments, gap_share=0.5)
    gap_ids = short_store.ids_of_type("Gap")
    with_gaps = rows = 0
    for index in range(gapped.num_batches(0)):
        batch, usual = gapped.batch_at(0, index), plain.batch_at(0, index)
        has_gap = np.isin(batch.tokens.numpy(), gap_ids).any(1)
        with_gaps, rows = with_gaps + has_gap.sum(), rows + len(has_gap)
        assert np.array_equal(batch.rows, usual.rows)
        for moved, row, begins in zip(
            batch.targets.numpy()[has_gap],
            batch.rows.numpy()[has_gap],
            batch.begins.numpy()[has_gap],
            strict=True,
        ):
            assert begins == 1
            assert (moved != short_store.pad_id).sum() + 1 <= 401
            ended = moved[moved != short_store.pad_id]
            assert ended[-1] == short_store.eos_id
            assert (
                short_store.written_out(row).size
                == write_out(short_store.tokenizer, np.array([short_store.bos_id, *ended])).size
            )
        again = gapped.batch_at(0, index)
        assert np.array_equal(batch.tokens, again.tokens)
    assert 0.3 < with_gaps / rows < 0.7


def test_gaps_need_shorthand(tiny_store):
    with pytest.raises(BookError, match="token set 'shorthand' only"):
        Batches(tiny_store, "train", 128, 1024, seed=0, gap_share=0.1)
