"""Robustness: variants on disturbed pasts, paired by seed and piece."""

import math

import numpy as np
import pandas as pd
import pytest

from lib.basics.errors import BookError
from lib.chapters.noise.robustness import (
    ALL_KINDS,
    claim_line,
    claim_outcome,
    clean_and_published,
    degradation,
    disturb,
    published_degradations,
    published_function_outcome,
    robustness_differences,
    summaries,
    train_variants,
    training_differences,
)
from lib.experiments import designs
from lib.experiments.noise import KINDS


def disturbed(seeds=3, pieces=40, post=0.1, pre=0.04, noisy=0.02, spread=0.01):
    """Made-up losses in which post-norm pays `post` and pre-norm `pre`."""
    generator, parts = np.random.default_rng(0), []
    for variant, extra in (("post-norm", post), ("pre-norm", pre)):
        for trained_on, factor in (("clean", extra), ("noisy", noisy)):
            for seed in range(seeds):
                for kind in ("pitch", "dropped"):
                    rows = np.arange(pieces)
                    value = factor + generator.normal(0, spread, pieces)
                    parts.append(
                        pd.DataFrame(
                            {
                                "row": rows,
                                "group": rows,
                                "kind": kind,
                                "share": 0.1,
                                "changed": 0.11,
                                "loss": 1.0,
                                "extra": value,
                                "variant": variant,
                                "trained_on": trained_on,
                                "seed": seed,
                            }
                        )
                    )
    return pd.concat(parts, ignore_index=True)


def test_the_published_rises_stay_below_the_entropy_of_a_coin():
    rises = published_degradations(designs.published_noise_results())
    assert rises["base"] == pytest.approx(0.5894)
    assert rises["layer_norm"] == pytest.approx(0.6169)
    assert (rises < math.log(2)).all()


def test_the_difference_of_variants_is_found_with_its_seeds():
    table = robustness_differences(disturbed(), "post-norm", "pre-norm")
    assert table["kind"].tolist() == [ALL_KINDS, "pitch", "dropped"]
    found = claim_outcome(claim_line(table))
    assert found.low < 0.06 < found.high
    assert found.low > 0.05
    assert found.seeds == len(found.without_seed) == 3
    assert all(low < 0.06 < high for low, high in found.without_seed)
    assert claim_line(table)["variant_loses"] == pytest.approx(0.1, abs=0.01)
    alone = claim_outcome(claim_line(robustness_differences(disturbed(seeds=1), "post-norm", "pre-norm")))
    assert (alone.seeds, alone.without_seed) == (1, ())


def test_the_claim_is_decided_where_most_can_be_lost():
    losses = pd.concat([disturbed(), disturbed(post=0.3).assign(share=0.7)])
    line = claim_line(robustness_differences(losses, "post-norm", "pre-norm"))
    assert line["share"] == 0.7
    assert line["value"] == pytest.approx(0.26, abs=0.01)


def test_a_table_of_an_earlier_rule_is_named():
    with pytest.raises(BookError, match="no columns by_seed, kind, share: run `make evidence`"):
        claim_line(pd.DataFrame({"value": [0.0]}))


def test_degradation_has_a_line_for_each_condition():
    table = degradation(disturbed())
    assert len(table) == 2 * 2 * 2
    assert (table["low"] <= table["extra"]).all()
    assert table["seeds"].unique().tolist() == [3]
    clean = table[(table["trained_on"] == "clean") & (table["variant"] == "post-norm")]
    assert clean["extra"].to_numpy() == pytest.approx([0.1, 0.1], abs=0.01)


def test_training_on_noise_is_compared_by_variant():
    lonely = disturbed().assign(variant="only clean").query("trained_on == 'clean'")
    found = training_differences(pd.concat([disturbed(), lonely])).set_index("variant")
    assert list(found.index) == ["post-norm", "pre-norm"]
    assert found.loc["post-norm", "value"] == pytest.approx(0.08, abs=0.01)
    assert found.loc["pre-norm", "low"] > 0


def test_the_summaries_say_what_the_losses_say():
    small = summaries(disturbed())
    once = summaries(disturbed(seeds=1))["noise_claim"]
    assert claim_outcome(claim_line(once)).degrees is None
    assert small["noise_degradation"]["by_seed"].str.split().str.len().unique().tolist() == [3]
    assert set(small) == {"noise_degradation", "noise_training", "noise_claim"}


def test_claim_six_is_a_difference_of_shares():
    moved = pd.DataFrame({"deviation": [1e-9, 0.1], "truncated": [0.5, 0.5]})
    assert published_function_outcome(moved).value == 0


def test_tiny_variants_train_and_are_disturbed(tiny_profile, tiny_store):
    small = tiny_profile.experiments
    training = small.training.model_copy(update={"tokens": 400, "window": 96, "batch_tokens": 256})
    size = {"hidden_size": 8, "num_layers": 1, "num_heads": 2, "max_length": 96}
    model = small.model.model_copy(update=size)
    settings = small.model_copy(update={"training": training, "model": model, "places": 3, "shares": [0.5]})
    profile = tiny_profile.model_copy(update={"experiments": settings})
    runs = train_variants(profile, tiny_store)
    assert runs["trained_on"].tolist() == ["clean", "noisy"] * 3 + ["published"]
    assert runs["attention_dropout"].dropna().tolist() == [0.3, 0.3]
    clean, published = clean_and_published(runs)
    assert clean > 0
    assert published > 0
    table = disturb(runs, profile, tiny_store)
    assert set(table["kind"]) == set(KINDS)
    assert table["variant"].nunique() == 3
    again = disturb(runs, profile, tiny_store)
    assert (table["extra"] == again["extra"]).all(), "the same seeds, the same noise"
