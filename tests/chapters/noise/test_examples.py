"""Examples of noise: a beginning is shown on which every kind changes something."""

from lib.chapters.noise.examples import examples_of_noise
from lib.experiments import noise


def test_a_piece_is_chosen_on_which_every_kind_shows(tiny_store):
    rows = tiny_store.rows("train")
    table = examples_of_noise(tiny_store, rows, 0.3, 60, seed=1)
    assert table["noise"].tolist() == [noise.IN_WORDS[kind] for kind in noise.KINDS]
    assert (table["share"] > 0).all()
    examples = table.set_index("noise")["example"]
    assert "→" in examples[noise.IN_WORDS["pitch"]]
    assert examples[noise.IN_WORDS["onset"]].count("Position_") == 2
    assert examples[noise.IN_WORDS["dropped"]].endswith("left out")


def test_what_changes_nothing_says_so(tiny_store):
    table = examples_of_noise(tiny_store, tiny_store.rows("train")[:2], 0.0, 60, seed=1)
    assert set(table["example"]) == {"no note of this beginning"}
    assert examples_of_noise(tiny_store, [], 0.3, 60, seed=1).empty
