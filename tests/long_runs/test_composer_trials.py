"""Trials of what each change to the composer is worth: a row a step, behind one of real pieces."""

import numpy as np

from lib.long_runs import composer_trials
from lib.profiles.profile import ModelSettings


def test_every_step_is_trained_and_measured(tiny_profile, monkeypatch):
    tiny = composer_trials._BASE.model_copy(
        update={"tokens": 2_000, "window": 200, "batch_tokens": 800, "evaluations": 1}
    )
    steps = [
        (name, token_set, {**changes, "window": 200}) for name, token_set, changes in composer_trials.STEPS
    ]
    monkeypatch.setattr(composer_trials, "_BASE", tiny)
    monkeypatch.setattr(
        composer_trials,
        "_MODEL",
        ModelSettings(kind="transformer", hidden_size=16, num_layers=1, num_heads=2),
    )
    monkeypatch.setattr(composer_trials, "STEPS", steps)
    monkeypatch.setattr(composer_trials, "PIECES", 4)
    table = composer_trials.run_composer_trials(tiny_profile)
    assert table["step"].tolist() == ["real pieces", *(name for name, _, _ in steps)]
    assert table["token_set"].tolist()[1:] == ["book", *["shorthand"] * 4]
    trials = table.iloc[1:]
    assert (trials["tokens"] >= 2_000).all()
    assert (trials["nats_per_note_low"] <= trials["nats_per_note"]).all()
    assert trials["ended"].between(0, 1).all()
    assert trials["pieces"].nunique() == 1, "the same validation pieces"
    assert np.isfinite(table["themes"].iloc[0])
