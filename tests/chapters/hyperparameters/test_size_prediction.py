"""The prediction stands on disk before the pair is trained, and cannot be made afterwards."""

from datetime import datetime

import pytest

from lib.basics.errors import BookError
from lib.chapters.hyperparameters import size_fit, size_prediction
from lib.chapters.hyperparameters.size_runs import Sizes
from lib.ledger.evidence import evidence_path, read_evidence
from lib.training.runs import request_run

TINY = Sizes(
    lstm=(4, 8, 12, 16),
    transformer=((4, 2), (8, 2), (12, 2), (16, 2)),
    budgets=(300, 600),
    repeated=((0, 0), (1, 0)),
)


@pytest.fixture
def quick(monkeypatch, tiny_profile):
    """Few draws, and a window as short as the pieces."""
    monkeypatch.setattr(size_fit, "DRAWS", 4)
    monkeypatch.setattr(size_prediction, "choose_form", lambda runs: ("product", {"product": 0.1}))
    entry = tiny_profile.runs["transformer"]
    training = entry.training.model_copy(update={"window": 64, "evaluation_tokens": 500})
    monkeypatch.setattr("lib.chapters.hyperparameters.size_runs.BATCH_TOKENS", 256)
    run = entry.model_copy(update={"training": training})
    return tiny_profile.model_copy(update={"runs": {**tiny_profile.runs, "transformer": run}})


def test_a_prediction_is_kept_first_and_stays(quick, tiny_store, evidence_folder):
    runs, fits = size_prediction.run_sizes(quick, tiny_store, TINY)
    kept = read_evidence(size_prediction.PREDICTION)
    pair = runs[runs["largest"]]
    assert (len(runs), len(pair)) == (2 * 8 + 2, 2)
    written = datetime.fromisoformat(kept.about["written"])
    assert all(written <= datetime.fromisoformat(started) for started in pair["started"])
    assert kept.about["predicts"] == [folder.name for folder in pair["folder"]]
    assert kept.about["commit"]
    assert kept.table["parameters"].iloc[:2].tolist() == pair["parameters"].tolist()
    assert {"size", "kind", "both"} <= set(fits["quantity"])
    before = evidence_path(size_prediction.PREDICTION).read_bytes()
    again, _ = size_prediction.run_sizes(quick, tiny_store, TINY)
    assert evidence_path(size_prediction.PREDICTION).read_bytes() == before
    assert again["loss"].tolist() == runs["loss"].tolist()


def test_a_pair_that_was_begun_is_not_predicted(quick, tiny_store, evidence_folder):
    small, pair = size_prediction.small_trials(quick, TINY), size_prediction.largest_trials(quick, TINY)
    request_run(pair[0].run, tiny_store, quiet=True)
    runs = size_prediction.train_trials(small, tiny_store)
    with pytest.raises(BookError, match="begun before its loss was predicted"):
        size_prediction.request_prediction(runs, pair, quick, tiny_store)
    assert not evidence_path(size_prediction.PREDICTION).exists()
