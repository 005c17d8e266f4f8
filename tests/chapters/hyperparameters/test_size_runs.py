"""The design of sizes: both kinds alike in parameters, 24 runs, a factor of 27 within, one recipe."""

import pytest

from lib.chapters.hyperparameters import size_runs
from lib.models import build_model, count_parameters
from lib.profiles import load_profile

VOCABULARY, EMOTIONS, GENRES = 1156, 4, 6  # of the embedded corpus in shorthand


def parameters(trial):
    return count_parameters(build_model(trial.run.model, VOCABULARY, EMOTIONS, GENRES))["total"]


def test_the_design_is_fair_and_within_its_budget():
    profile = load_profile("evidence")
    small, pair = size_runs.small_trials(profile), size_runs.largest_trials(profile)
    assert len(small) + len(pair) == 24
    counts = {kind: set() for kind in size_runs.KINDS}
    for trial in [*small, *pair]:
        counts[trial.run.model.kind].add(parameters(trial))
    lstm, transformer = (sorted(counts[kind]) for kind in size_runs.KINDS)
    assert lstm == pytest.approx(transformer, rel=0.03)
    assert min(lstm[-1], transformer[-1]) / 27 >= max(lstm[0], transformer[0])


def test_every_run_has_the_same_recipe():
    profile = load_profile("evidence")
    trials = [*size_runs.small_trials(profile), *size_runs.largest_trials(profile)]
    recipes = {trial.run.training.model_copy(update={"tokens": 1}).model_dump_json() for trial in trials}
    assert len(recipes) == 1
    assert {trial.run.training.optimiser for trial in trials} == {"muon"}
    assert all(trial.run.threads == 1 for trial in trials)
    costs = [trial.run.training.tokens * trial.run.model.hidden_size**2 for trial in trials[:-2]]
    assert costs == sorted(costs, reverse=True), "the longest first, so that no core waits at the end"
