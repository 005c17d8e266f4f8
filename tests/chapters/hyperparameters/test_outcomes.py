"""What chapter 5's tables say: outcomes of claims, agreement of fresh and kept runs, gaps."""

import math

import numpy as np
import pandas as pd
import pytest

from lib.chapters.hyperparameters import outcomes as hyperparameters
from lib.chapters.hyperparameters.outcomes import (
    agreement,
    band,
    gap_table,
    is_default,
    outcomes,
    published_outcomes,
    run_sweeps,
    spread_of_repeats,
)
from lib.experiments import designs


def table(default=(1.0, 1.01, 0.99), rate=0.4, deeper=0.9, **more):
    """Results in which everything is known."""
    rows = [("repeats", f"default, seed {number}", loss) for number, loss in enumerate(default, start=1)]
    rows += [("rates", "rate 0.001", 1.0), ("rates", "rate 0.0005", 1.0 - rate)]
    frame = pd.DataFrame(rows, columns=["sweep", "label", "last_validation_loss"])
    depths = pd.DataFrame(
        {
            "sweep": "depths",
            "label": [f"depth {depth}" for depth in (3, 4, 6)],
            "num_layers": [3, 4, 6],
            "last_validation_loss": [1.1, 1.0, deeper],
            "train_loss": [1.0, 0.9, 0.7],
            "validation_loss": [1.1, 1.0, deeper],
        }
    )
    parts = [frame, depths, *(pd.DataFrame(content).assign(sweep=name) for name, content in more.items())]
    return pd.concat(parts, ignore_index=True)


def test_the_published_outcomes_are_those_of_the_published_table():
    found = {number: outcome.value for number, outcome in published_outcomes().items()}
    assert found == pytest.approx(
        {2: 12.0848 - 0.8378, 3: 0.9722 - 0.9163, 4: 0.9811 - 0.9367, 15: 0.9367 - 0.9282}
    )


def test_outcomes_follow_from_the_sweeps_and_are_nan_without_them():
    found = outcomes(table(), 486)
    assert found[2].value == pytest.approx(0.4)
    assert found[4].value == pytest.approx(0.1)
    assert found[4].degrees == 2
    assert found[4].reach == pytest.approx((-math.log(486), math.log(486)))
    assert len(found[4].without_seed) == found[4].seeds == 3
    assert math.isnan(found[3].value)
    assert math.isnan(found[15].value)


def test_a_batch_counts_with_its_best_rate():
    batches = {
        "label": list("abcd"),
        "batch_tokens": [512, 512, 1024, 1024],
        "last_validation_loss": [0.8, 2.0, 0.95, 0.9],
    }
    assert outcomes(table(batches=batches), 486)[3].value == pytest.approx(0.1)


def test_data_and_depth_is_a_difference_of_differences():
    data = {
        "label": list("abcd"),
        "num_layers": [3, 3, 6, 6],
        "data_share": [1.0, 0.125, 1.0, 0.125],
        "last_validation_loss": [1.0, 1.1, 0.9, 1.3],
    }
    found = outcomes(table(data_and_depth=data), 486)[15]
    assert found.value == pytest.approx((1.3 - 0.9) - (1.1 - 1.0))
    assert found.reach == pytest.approx((-0.4, 0.4)), "what an eighth costs the deeper network"
    free = data | {"last_validation_loss": [1.0, 0.99, 0.9, 0.9]}
    assert outcomes(table(data_and_depth=free), 486)[15].reach == (0, 0)
    two = outcomes(table(), 486)[4]
    assert found.high - found.value == pytest.approx((two.high - two.value) * math.sqrt(2))


def test_the_band_holds_the_repeats():
    low, high = band(table())
    assert low < 0.99 < 1.01 < high
    assert math.isnan(band(table(default=(1.0,)))[0])


def test_fresh_and_kept_agree_contradict_or_say_nothing():
    fresh = table(rate=0.4, deeper=0.5)
    found = agreement(fresh, table(rate=-0.4, deeper=0.4)).set_index("setting")["verdict"]
    assert found["depth 6"] == "agree"
    assert found["rate 0.0005"] == "contradict each other"
    assert "depth 4" not in found, "the default itself"
    assert "rate 0.001" not in found
    close = agreement(table(rate=0.02), table(rate=0.4)).set_index("setting")["verdict"]
    assert close["rate 0.0005"] == "no difference in one"
    assert agreement(fresh, None).empty


def test_the_default_under_other_names_is_the_same_run():
    found = table()[lambda lines: is_default(lines)]["label"].tolist()
    assert found == ["rate 0.001", "depth 4"]


def test_gaps_stand_beside_the_quoted_ones():
    found = gap_table(table(), designs.published_sweep())
    assert found["source"].tolist() == ["quoted"] * 3 + ["ours"] * 3
    assert found["label"].tolist()[2] == "depth 12 (quoted)"


def test_a_tiny_profile_runs_its_sweeps(tiny_profile, tiny_store):
    small = tiny_profile.experiments
    training = small.training.model_copy(update={"tokens": 800, "window": 64, "batch_tokens": 256})
    model = small.model.model_copy(update={"hidden_size": 8, "num_heads": 2, "max_length": 64})
    settings = small.model_copy(update={"training": training, "model": model, "fresh": ["repeats", "depths"]})
    profile = tiny_profile.model_copy(update={"experiments": settings})
    results, curves = run_sweeps(profile, tiny_store)
    assert results["sweep"].unique().tolist() == ["repeats", "depths"]
    assert np.isfinite(results.loc[results["sweep"] == "depths", "train_loss"]).all()
    assert results.loc[results["sweep"] == "repeats", "train_loss"].isna().all()
    assert spread_of_repeats(results).runs == 2
    assert set(curves["label"]) == set(results["label"])
    assert max(designs.RATES) < hyperparameters.COLLAPSE_RATE


def test_a_best_rate_at_the_edge_is_told():
    table = pd.DataFrame(
        {
            "sweep": "batches",
            "batch_tokens": [1, 1, 1, 2, 2, 2],
            "learning_rate": [0.1, 0.2, 0.4] * 2,
            "last_validation_loss": [3, 2, 1, 2, 1, 2],
        }
    )
    assert hyperparameters.at_the_edge(table).startswith("For 1 of 2 batch sizes")
    assert "between" in hyperparameters.at_the_edge(table[3:])
    assert hyperparameters.at_the_edge(table.assign(sweep="rates")) == ""
