"""Robustness: variants on disturbed pasts, paired by seed and piece."""

import math

import numpy as np
import pandas as pd
import pytest

from lib.chapters.noise.robustness import (
    clean_and_published,
    degradation,
    disturb,
    kept_outcome,
    published_degradations,
    published_function_outcome,
    robustness_difference,
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
    found = robustness_difference(disturbed(), "post-norm", "pre-norm")
    assert found.low < 0.06 < found.high
    assert found.low > 0.05
    assert found.seeds == 3
    assert robustness_difference(disturbed(seeds=1), "post-norm", "pre-norm").seeds == 1


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
    losses = disturbed()
    small = summaries(losses)
    assert kept_outcome(small["noise_claim"]) == robustness_difference(losses, "post-norm", "pre-norm")
    once = summaries(disturbed(seeds=1))["noise_claim"]
    assert kept_outcome(once).degrees is None
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
