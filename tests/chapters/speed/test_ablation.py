"""The ablation: each arm takes back one choice and nothing else, and differences keep their sign."""

import math

import numpy as np
import pandas as pd
import pytest

from lib.basics.errors import BookError
from lib.chapters.speed import ablation
from lib.chapters.speed.ablation import ABLATIONS, BOOK, LSTM, ORIGINAL
from lib.measures.losses import TokenLosses
from lib.models import build_model, count_parameters, flops_per_token
from lib.profiles import load_profile


@pytest.fixture(scope="module")
def whole(tiny_profile):
    """The tiny profile with the evidence's ablation: all ablations, three seeds."""
    evidence = load_profile("evidence")
    return tiny_profile.model_copy(update={"ablation": evidence.ablation, "seeds": evidence.seeds})


def test_each_arm_takes_back_one_change_for_every_seed(whole, tiny_store):
    base = ablation.base_run(whole).model_dump()
    trials = {trial.label: trial.run.model_dump() for trial in ablation.ablation_trials(whole, tiny_store)}
    assert len(trials) == len(load_profile("evidence").seeds) * (1 + len(ABLATIONS) + 2)
    for seed in whole.seeds:
        for arm, changes in {BOOK: {}, **ABLATIONS}.items():
            run = trials[f"{arm}, {seed}"]
            differing = {
                key
                for part in ("model", "training")
                for key in run[part]
                if run[part][key] != base[part][key]
            }
            assert (run["seed"], differing) == (seed, set(changes)), f"{arm} changes more, or less"


def test_all_of_them_together_are_the_recipe_of_the_gpu_profile(whole, tiny_store):
    """The original's recipe is written down twice; the two must be one."""
    trials = {trial.label: trial.run for trial in ablation.ablation_trials(whole, tiny_store)}
    run, original = trials[f"{ORIGINAL}, {whole.seed}"], load_profile("gpu").run("transformer")
    for name in ("norm", "positions", "activation", "tie_embeddings", "initialisation", "dropout"):
        assert getattr(run.model, name) == getattr(original.model, name), name
    for name in ("optimiser", "learning_rate", "schedule", "weight_decay", "clip", "label_dropout"):
        assert getattr(run.training, name) == getattr(original.training, name), name


def test_the_lstm_has_as_many_parameters_and_as_much_compute(whole, tiny_store):
    trials = {trial.label: trial.run for trial in ablation.ablation_trials(whole, tiny_store)}
    book, lstm = trials[f"{BOOK}, {whole.seed}"], trials[f"{LSTM}, {whole.seed}"]
    models = [build_model(run.model, len(tiny_store.vocabulary), 2, 2) for run in (book, lstm)]
    sizes = [count_parameters(model)["total"] for model in models]
    assert sizes[1] == pytest.approx(sizes[0], rel=0.05)
    assert sizes[1] == ablation._lstm_parameters(lstm.model.hidden_size, tiny_store)
    work = [
        run.training.tokens * flops_per_token(model, run.training.window)
        for run, model in zip((book, lstm), models, strict=True)
    ]
    assert work[1] == pytest.approx(work[0], rel=1e-4)
    assert lstm.training.tokens > book.training.tokens


def test_an_unknown_departure_is_named(whole, tiny_store):
    wrong = whole.model_copy(update={"ablation": whole.ablation.model_copy(update={"ablations": ["magic"]})})
    with pytest.raises(BookError, match="asks for an ablation 'magic'; there are: pre-norm"):
        ablation.ablation_trials(wrong, tiny_store)


def some_losses(store, mean: float, seed: int) -> TokenLosses:
    rows = store.rows("test")
    lengths = store.lengths[rows] - 1
    row, place = np.repeat(rows, lengths), np.concatenate([np.arange(1, length + 1) for length in lengths])
    loss = np.random.default_rng(seed).normal(mean, 0.2, len(row))
    return TokenLosses(
        row.astype(np.int32),
        place.astype(np.int32),
        np.zeros(len(row), np.uint16),
        loss.astype(np.float32),
        np.zeros(len(row), bool),
    )


def test_a_worse_arm_has_a_positive_difference_in_nats_a_note(tiny_store):
    losses = {
        BOOK: [some_losses(tiny_store, 1.0, seed) for seed in range(3)],
        "worse": [some_losses(tiny_store, 1.5, seed + 9) for seed in range(3)],
        "gone": [some_losses(tiny_store, 1.5, 5), None, None],
    }
    results = pd.DataFrame(
        {
            "arm": [arm for arm in losses for _ in range(3)],
            "seconds": 1.0,
            "tokens": 5,
            "waiting": 0.01,
            "parameters": 7,
            "status": ["finished"] * 7 + ["diverged"] * 2,
        }
    )
    table = ablation.compare_arms(losses, results, tiny_store).set_index("arm")
    first = losses[BOOK][0]
    per_note = len(first) / tiny_store.index["notes"].to_numpy()[tiny_store.rows("test")].sum()
    assert table.loc["worse", "difference"] == pytest.approx(0.5 * per_note, rel=0.05)
    assert 0 < table.loc["worse", "low"] < table.loc["worse", "difference"] < table.loc["worse", "high"]
    assert math.isnan(table.loc[BOOK, "difference"])
    assert table.loc[BOOK, "nats_per_note"] == pytest.approx(1.0 * per_note, rel=0.05)
    assert math.isnan(table.loc["gone", "nats_per_note"])
    assert math.isnan(table.loc["gone", "difference"])
    assert table["diverged"].tolist() == [0, 0, 2]
    assert (table["pieces"] == len(tiny_store.rows("test"))).all()


@pytest.mark.slow
def test_the_smoke_ablation_runs_whole(tiny_profile, tiny_store):
    table = ablation.run_ablation(tiny_profile, tiny_store, jobs=1)
    assert table["arm"].tolist() == [BOOK, "higher learning rate", LSTM]
    assert table["nats_per_note"].notna().all()
    # A step of networks this tiny takes a millisecond or two, about ten times what a batch does.
    assert table["waiting"].between(0, 0.2).all()
    assert table["difference"].notna().tolist() == [False, True, True]
    assert table["low"].isna().all(), "one seed has no interval over seeds"


def test_a_choice_that_one_seed_would_overturn_is_undecided():
    lines = [("firm", 2.0, 1.9, 2.1, "2.0 2.01 1.99"), ("one seed", 1.1, 0.2, 2.0, "0.7 1.1 1.5")]
    lines += [("worse with it", -2.0, -2.1, -1.9, "-2.0 -2.01 -1.99"), ("alone", np.nan, np.nan, np.nan, 0.3)]
    arms = pd.DataFrame(lines, columns=["arm", "difference", "low", "high", "by_seed"])
    found = ablation.verdicts(arms.assign(error_pieces=0.01, groups=200))
    assert found == ["helps", "undecided", "hurts", "undecided"]
