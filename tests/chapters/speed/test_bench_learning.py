"""Time to a named loss: three recipes on the same pieces, and what is said of one that does not get there."""

import pytest

from lib.basics.errors import BookError
from lib.basics.precision import SINGLE
from lib.chapters.speed import bench_learning
from lib.chapters.speed.rows import SIZES, Bench
from lib.data import open_store


def bench_of(profile, **sizes):
    return Bench(SIZES["tiny"].model_copy(update=sizes), profile, SINGLE, threads=1)


def test_the_three_recipes_are_what_their_names_say(tiny_profile):
    found = bench_learning.recipes(bench_of(tiny_profile))
    assert [token_set for token_set, _ in found.values()] == ["book", "book", "shorthand"]
    assert [run.training.optimiser for _, run in found.values()] == ["adam", "adamw", "muon"]
    assert [run.model.norm for _, run in found.values()] == ["post", "pre", "pre"]
    original = found[bench_learning.ORIGINAL][1]
    assert (original.training.schedule, original.model.positions) == ("constant", "learned")


def test_all_reach_an_easy_loss_on_the_same_notes(tiny_profile):
    row = bench_learning.time_to_loss(bench_of(tiny_profile, learning_loss=1e4, learning_seconds=1))
    assert all(row.about[f"{name}_reached"] for name in ("original", "before", "now"))
    assert "original 0.0 min, before 0.0 min, now 0.0 min" in row.note
    stores = {name: open_store(tiny_profile, name) for name in bench_learning.WINDOWS}
    judged = bench_learning.judged_pieces(stores, 8)
    notes = {
        name: store.index.set_index("identifier")["notes"].loc[judged].sum() for name, store in stores.items()
    }
    assert len(set(notes.values())) == 1


def test_a_loss_out_of_reach_is_told(tiny_profile):
    with pytest.raises(BookError, match="there is no time to that loss"):
        bench_learning.time_to_loss(bench_of(tiny_profile, learning_loss=0.0, learning_seconds=0.1))


def test_a_kept_row_is_told_and_its_absence_too(tiny_profile):
    assert "not measured" in bench_learning.learning_lines([{"work": "tokenise"}])[0]["recipe"]
    assert "not measured" in bench_learning.learning_sentence([])
    row = {"work": "time_to_loss", "limit_seconds": 300.0, "note": "training time to 4.0 nats"}
    for name, minutes, reached in (("original", 5.0, False), ("before", 3.21, True), ("now", 0.4, True)):
        found = {"minutes": minutes, "reached": reached, "tokens": 1000, "loss": 4.0}
        row |= {f"{name}_{what}": value for what, value in found.items()}
    lines = bench_learning.learning_lines([row])
    assert [line["minutes"] for line in lines] == ["not within 5", "3.2", "0.4"]
    assert bench_learning.learning_sentence([row]) == "Training time to 4.0 nats."
