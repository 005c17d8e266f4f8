"""Two networks: tables over seeds, and what is kept of them."""

import numpy as np
import pandas as pd
import pytest

from lib.basics.errors import BookError
from lib.chapters.networks import comparison_runs as networks
from lib.ledger import evidence
from lib.long_runs import evidence as long_runs
from lib.measures.comparison import paired_difference


@pytest.fixture
def profile(tiny_profile):
    """Two arms of a second each, two seeds."""
    entries = {}
    for arm in networks.ARMS:
        entry = tiny_profile.runs[arm]
        model = entry.model.model_copy(update={"hidden_size": 8, "num_layers": 1, "num_heads": 2})
        training = entry.training.model_copy(
            update={"tokens": 1500, "window": 64, "batch_tokens": 512, "evaluations": 1}
        )
        entries[arm] = entry.model_copy(update={"model": model, "training": training})
    seeds = [tiny_profile.seed, tiny_profile.seed + 1]
    return tiny_profile.model_copy(update={"runs": entries, "seeds": seeds, "threads": 1})


def test_the_part_on_networks_is_whole_and_kept(profile, tiny_store, evidence_folder, monkeypatch):
    monkeypatch.setattr(networks, "original_sizes", lambda *_: networks.runs_table({}, {}, tiny_store))
    kept = long_runs.run_evidence(profile, tiny_store, ["networks"])
    assert kept[0] == "networks_runs"
    assert {path.stem for path in evidence_folder.glob("*.csv")} == set(kept)
    runs = evidence.read_evidence("networks_runs").table
    assert runs["arm"].tolist() == ["lstm", "lstm", "transformer", "transformer"]
    assert np.isfinite(runs["macro_nats"]).all()
    differences = evidence.read_evidence("networks_differences").table
    found = networks.kept_outcome(differences, len(tiny_store.vocabulary))
    assert found.seeds == 2
    assert found.low <= found.value <= found.high
    paired = networks.paired_losses(networks.paired_runs(profile, tiny_store), tiny_store)
    fresh = paired_difference(paired["lstm"], paired["transformer"], tiny_store)
    assert found.value == pytest.approx(fresh.estimate, rel=1e-4)
    assert found.seeds == len(found.without_seed)
    over_counting = networks.kept_outcome(differences, len(tiny_store.vocabulary), "ngram minus transformer")
    assert over_counting.seeds == 2
    by_type = differences[~differences["type"].isin(["all", "ngram minus lstm", "ngram minus transformer"])]
    assert by_type["tokens"].sum() == differences.loc[differences["type"] == "all", "tokens"].iloc[0]
    gains = evidence.read_evidence("networks_label_gain").table
    assert gains["arm"].tolist() == list(networks.ARMS)


def test_a_table_without_the_values_of_each_seed_is_named():
    with pytest.raises(BookError, match="has no values by seed: run `make evidence` again"):
        networks.kept_outcome(pd.DataFrame({"type": ["all"], "estimate": [0.1]}), 486)


def test_an_unknown_part_is_named_before_anything_runs(profile, tiny_store, home):
    with pytest.raises(BookError, match="no part 'tea' of the evidence; choose among: sweeps, networks"):
        long_runs.run_evidence(profile, tiny_store, ["tea"])
    assert not (home / "artifacts" / "runs").exists()


def test_restricted_losses_keep_their_tokens_together(profile, tiny_store):
    baseline = networks.ngram_baseline(profile, tiny_store)
    first = networks.restrict([baseline], baseline.place < 5)[0]
    assert first.place.max() == 4
    assert len(first) == (baseline.place < 5).sum()
