"""Training, judging and writing the published model, on the synthetic dataset."""

import numpy as np
import pytest

from lib.basics.errors import BookError
from lib.basics.files import read_json
from lib.composing import SamplingSettings, compose_pieces
from lib.composing.pretrained import (
    CARD,
    CARD_TEXT,
    HELD_OUT,
    SEEN,
    SELECTOR,
    TOKENIZER,
    WEIGHTS,
    load_pretrained,
)
from lib.data.embedded.sources import non_commercial_genres
from lib.data.part import StorePart
from lib.long_runs import composed_pieces
from lib.long_runs.pretraining import make_pretrained, read_recipe, without_seen
from lib.profiles.profile import ModelSettings, RunSettings, TrainingSettings

RUN = RunSettings(
    name="tiny",
    seed=1,
    threads=1,
    precision="32-true",
    model=ModelSettings(kind="transformer", hidden_size=16, num_layers=1, num_heads=2, max_length=128),
    training=TrainingSettings(
        tokens=3_000,
        window=128,
        batch_tokens=512,
        learning_rate=1e-2,
        transpose=True,
        evaluations=2,
        gap_share=0.3,
    ),
)


@pytest.fixture(scope="module")
def made(tiny_profile, tmp_path_factory):
    """The files of a tiny model that knows one of the two genres, and its card."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOOD_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(composed_pieces, "PIECES", 6)
        patch.setattr(composed_pieces, "GUIDANCES", (1.0, 2.0))
        patch.setattr(composed_pieces, "CANDIDATES", 3)
        patch.setattr(composed_pieces, "SELECTED", 6)
        folder = tmp_path_factory.mktemp("published")
        return folder, make_pretrained(tiny_profile, folder, RUN, without=("pop",))


def test_every_file_is_written_and_can_be_used(made):
    folder, card = made
    names = {WEIGHTS, TOKENIZER, HELD_OUT, SEEN, SELECTOR, CARD, CARD_TEXT}
    assert {path.name for path in folder.iterdir()} == names
    loaded = load_pretrained(folder)
    assert (loaded.genres, loaded.emotions) == (["folk"], ["calm", "lively"])
    assert loaded.card == card == read_json(folder / CARD)
    (piece,) = compose_pieces(loaded, loaded, "calm", "folk", SamplingSettings(max_tokens=60, seed=1))
    assert piece.notes


def test_weights_are_those_of_the_run_in_half_precision(made):
    folder, card = made
    loaded = load_pretrained(folder)
    assert all(
        np.array_equal(weight.numpy(), weight.half().float().numpy())
        for weight in loaded.model.state_dict().values()
    )
    assert card["tokens_seen"] >= RUN.training.tokens


def test_the_card_stands_on_held_out_pieces_and_says_how_many(made):
    folder, card = made
    held_out = (folder / HELD_OUT).read_text().splitlines()[1:]
    assert card["held_out"]["all"]["pieces"] == len(held_out) > 0
    assert all(",folk," in line for line in held_out)
    baseline, model = card["baseline"]["all"]["nats_per_token"], card["held_out"]["all"]["nats_per_token"]
    assert card["below_baseline"]["all"]["relative"] == pytest.approx(model / baseline - 1, abs=1e-3)
    assert set(card["label_gain"]) == {"emotion", "genre"}
    assert card["label_gain"]["genre"]["nats_per_token"] == 0  # one genre: dealing it anew changes nothing
    assert [(row["source"], row["guidance"]) for row in card["composed"]] == [
        ("real, held out", None),
        ("n-gram", None),
        ("model", 1.0),
        ("model", 2.0),
        ("model, best of 3", 1.0),
    ]
    assert all(
        0 <= row["ended_low"] <= row["ended"] <= row["ended_high"] <= 1 and row["pieces"] == 6
        for row in card["composed"][1:]
    )
    assert card["middles"]["pieces"] > 0
    text = (folder / CARD_TEXT).read_text(encoding="utf-8")
    assert f"{model:.3f}" in text
    assert f"{card['middles']['notes']:,} notes" in text
    assert "| model | 2.0 | " in text


def test_what_it_has_seen_is_counted_and_left_out(made, tiny_store):
    folder, card = made
    assert card["overlap"]["test"]["seen"] == card["overlap"]["test"]["related"] == 0
    assert "It has seen none of the" in (folder / CARD_TEXT).read_text(encoding="utf-8")
    # As if the split had changed: two test pieces, and their copies, had been in training.
    part = StorePart(tiny_store, ("pop",))
    seen = set(part.index["identifier"].iloc[[*part.rows("train"), *part.rows("test")[:2]]])
    judged, overlap = without_seen(part, seen)
    test = part.index.iloc[part.rows("test")]
    groups = set(part.index["group"][part.index["identifier"].isin(seen)])
    assert overlap["test"]["held_out"] == len(test)
    assert overlap["test"]["seen"] == 2
    assert set(judged.index["identifier"].iloc[judged.rows("test")]) == set(
        test["identifier"][~test["group"].isin(groups)]
    )
    assert set(judged.index["identifier"].iloc[judged.rows("train")]) == seen
    assert judged.hash != part.hash
    with pytest.raises(BookError, match="has seen all test pieces"):
        without_seen(part, set(part.index["identifier"]))


def test_the_recipe_keeps_rights_and_window():
    recipe = read_recipe()
    assert recipe.training.window == recipe.model.max_length
    assert recipe.training.transpose
    assert set(non_commercial_genres()) == {"german", "chinese"}


def test_a_misspelt_recipe_is_refused(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "name: x\nmodel: {kind: transformer, hidden_size: 16, num_layers: 1}\n"
        "training: {tokens: 10, windw: 5}\nseed: 1\nthreads: 1\nprecision: 32-true\n"
    )
    with pytest.raises(BookError, match=r"wrong at 'training\.windw'"):
        read_recipe(path)
