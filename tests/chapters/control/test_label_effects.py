"""What labels do: made-up judgements with a known answer, and pieces of one slot under every label."""

import numpy as np
import pandas as pd
import pytest

from lib.chapters.control import label_effects
from lib.composing import SamplingSettings
from lib.composing.counted import NgramComposer
from lib.data.labelling.rated_judge import read_judge
from lib.measures.classifier import train_classifier
from lib.measures.sources import real_set
from lib.models import NgramModel
from lib.models.pieces import flatten_rows


def judged(shares, source="lstm", guidance=1.0, move=0.0):
    """Runs whose pieces obtain the genre in these shares; asking for minor moves `third` by `move`."""
    generator, lines = np.random.default_rng(1), []
    for run, share in enumerate(shares):
        for slot in range(10):
            height = generator.normal()
            for mode in ("major", "minor"):
                for genre in ("irish", "german"):
                    other = "german" if genre == "irish" else "irish"
                    lines.append(
                        {
                            "source": source,
                            "run": str(run),
                            "guidance": guidance,
                            "slot": slot,
                            "emotion": f"{mode}-calm",
                            "genre": genre,
                            "ended": True,
                            "genre by features": genre if slot < share * 10 else other,
                            "third": height + move * (mode == "minor"),
                            "distance": 1.2 if slot < 3 else float("nan") if slot == 3 else 0.5,
                        }
                    )
    return pd.DataFrame(lines)


def test_shares_are_means_over_runs_and_their_interval_is_students():
    table = label_effects.obtained_table(judged([0.5, 0.7, 0.6]), ["genre by features"])
    line = table.set_index("by").loc["genre by features"]
    assert line["agreement"] == pytest.approx(0.6)
    half = 4.3027 * 0.1 / np.sqrt(3)  # Student's, two degrees of freedom
    assert (line["low"], line["high"]) == pytest.approx((0.6 - half, 0.6 + half), abs=1e-4)
    assert (line["runs"], line["pieces"], line["baseline"]) == (3, 120, 0.5)
    assert line["by_run"] == "0.5 0.7 0.6"


def test_a_single_run_has_an_interval_over_its_slots():
    line = label_effects.obtained_table(judged([0.5]), ["genre by features"]).iloc[0]
    assert line["low"] < 0.5 < line["high"]
    assert line["runs"] == 1


def test_the_difference_is_paired_by_run():
    both = pd.concat([judged([0.5, 0.7, 0.6], "transformer"), judged([0.4, 0.6, 0.5], "lstm")])
    (line,) = label_effects.difference_table(both, ["genre by features"], "transformer", "lstm").itertuples()
    assert (line.difference, line.low, line.high) == pytest.approx((0.1, 0.1, 0.1))


def test_an_effect_within_slots_is_found_whatever_the_slots_differ_by():
    table = label_effects.effect_table(judged([0.5, 0.5, 0.5], move=0.3), ["third"], {"third": 2.0})
    (line,) = table.itertuples()
    assert (line.contrast, line.pairs) == ("minor minus major", 60)
    assert (line.difference, line.low, line.high) == pytest.approx((0.15, 0.15, 0.15))
    # Of ten slots, three are far and one cannot be judged.
    assert (line.pieces, line.distance, line.far) == (108, 0.5, pytest.approx(3 / 9))


def test_valence_apart_from_tonality_does_not_hear_the_mode():
    listener = read_judge("line")
    usual = pd.DataFrame([listener.mean, listener.mean], columns=listener.features)
    minor, leaping = usual.copy(), usual.copy()
    minor.loc[1, ["minor", "third"]] += [0.3, -0.5]
    leaping.loc[1, "contrast"] += 0.4
    for features, moves in ((minor, False), (leaping, True)):
        heard = label_effects.heard_in_notes(features, listener)
        assert heard["valence"].diff().iloc[1] != 0
        apart = heard[label_effects.APART].diff().iloc[1]
        assert apart == pytest.approx(heard["valence"].diff().iloc[1] if moves else 0)
    assert set(listener.features) < set(heard)


def test_a_slot_has_the_same_seed_under_every_label(tiny_store):
    pieces = flatten_rows(tiny_store, tiny_store.rows("train"))
    composer = NgramComposer(NgramModel.fit(pieces, len(tiny_store.vocabulary), 4, "both"), tiny_store)
    draw = SamplingSettings(seed=5, max_tokens=60)
    crossed = label_effects.compose_crossed(
        composer, tiny_store, draw, 3, "ngram", "", identity="a test of slots"
    )
    pairs = len(tiny_store.emotions) * len(tiny_store.genres)
    assert len(crossed.pieces) == 3 * pairs
    seeds = [int(title.rsplit(" ", 1)[1]) for title in crossed.pieces.titles]
    assert np.array_equal(np.array(seeds) - 5, crossed.slot)
    judge = {"genre by features": lambda pieces: pd.DataFrame({"obtained": pieces.genres})}
    table = label_effects.judge_crossed(crossed, judge, tiny_store, read_judge("line"))
    assert len(table) == len(crossed.pieces)
    assert {"distance", "third", *label_effects.HEARD} <= set(table)


def test_real_pieces_have_effects_within_genres(tiny_store):
    real = real_set(tiny_store, tiny_store.rows("train"))
    emotions = [f"{'minor' if place % 2 else 'major'}-calm" for place in range(len(real))]
    real = type(real)("real", real.tokens, emotions, real.genres, real.groups, real.titles)
    features = pd.DataFrame({"third": [float(place % 2) for place in range(len(real))], "distance": 0.5})
    table = label_effects.real_effects(real, features, ["third"], {"third": 0.5})
    assert table["difference"].tolist() == pytest.approx([2.0])


def test_a_classifier_of_some_labels_knows_no_others(tiny_store):
    only = tiny_store.genres[:2]
    classifier = train_classifier(tiny_store, "genre", "features", only=only)
    assert classifier.labels == sorted(only)
