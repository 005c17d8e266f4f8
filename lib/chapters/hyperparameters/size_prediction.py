"""The largest pair is predicted, the prediction is written down, and only then is the pair trained."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from lib.basics.errors import BookError
from lib.basics.progress import say
from lib.chapters.hyperparameters.size_fit import choose_form, fit_runs, fit_table, predict, worth_of_size
from lib.chapters.hyperparameters.size_runs import (
    DESIGN,
    KINDS,
    Sizes,
    largest_trials,
    small_trials,
    train_trials,
)
from lib.data.store import TokenStore
from lib.experiments.sweeps import Trial
from lib.ledger.evidence import Evidence, evidence_path, keep_evidence, read_evidence
from lib.models import build_model, count_parameters
from lib.profiles import Profile
from lib.training.checkpoint import now
from lib.training.runs import run_folder

PREDICTION = "size_prediction"
WITHOUT, ALL = "without the largest pair", "all"


def run_sizes(
    profile: Profile, store: TokenStore, design: Sizes = DESIGN
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train the smaller networks, predict the largest pair, keep the prediction, train the pair, fit again.

    Returns:
        The runs (of :func:`lib.chapters.hyperparameters.size_runs.train_trials`, and `largest`, whether of
        the pair), and the fits with and without the pair (of
        :func:`lib.chapters.hyperparameters.size_fit.fit_table` and `worth_of_size`).

    Raises:
        BookError: when the pair was trained before a prediction was kept.
    """
    small, pair = small_trials(profile, design), largest_trials(profile, design)
    runs = train_trials(small, store)
    kept = request_prediction(runs, pair, profile, store)
    say(f"size: the largest pair is predicted in {PREDICTION}.csv; it trains now")
    both = pd.concat(
        [runs.assign(largest=False), train_trials(pair, store).assign(largest=True)], ignore_index=True
    )
    form = str(kept.table["form"].iloc[0])
    tables = []
    for which, used in ((WITHOUT, runs), (ALL, both)):
        fits = [fit_runs(used, form, kind) for kind in KINDS]
        tables.append(fit_table(fits, which))
        if which == ALL:
            smallest_pair = both.loc[both["largest"], "parameters"].min()
            tables.append(worth_of_size(fits, float(smallest_pair), float(design.budgets[-1]), which))
    if form != "sum with E":  # whether E can be told at all, beside the form that was chosen
        tables.append(fit_table([fit_runs(both, "sum with E", kind) for kind in KINDS], ALL))
    return both, pd.concat(tables, ignore_index=True)


def request_prediction(
    small: pd.DataFrame, pair: Sequence[Trial], profile: Profile, store: TokenStore
) -> Evidence:
    """The kept prediction of this pair from these runs; made and written now if there is none.

    Raises:
        BookError: when training of the pair has begun without it.
    """
    runs = sorted(Path(folder).name for folder in small["folder"])
    folders = [run_folder(trial.run, trial.data.apply(store)) for trial in pair]
    about = {"predicts": [folder.name for folder in folders], "fitted_to": runs}
    if evidence_path(PREDICTION).is_file():
        kept = read_evidence(PREDICTION)
        if all(kept.about.get(name) == value for name, value in about.items()):
            return kept
    if begun := [folder.name for folder in folders if folder.exists()]:
        raise BookError(
            f"The run {begun[0]} of the largest pair was begun before its loss was predicted, and "
            f"what is known cannot be predicted: restore book/evidence/{PREDICTION}.csv and .json, or move "
            f"the run away."
        )
    form, errors = choose_form(small)
    fits = [fit_runs(small, form, kind) for kind in KINDS]
    asked: dict[str, tuple[float, float]] = {
        trial.run.model.kind: (_parameters(trial, store), trial.run.training.tokens) for trial in pair
    }
    keep_evidence(
        PREDICTION,
        predict(fits, asked, errors),
        profile,
        store,
        part="size",
        written=now(),
        errors_of_forms={name: float(f"{error:.4g}") for name, error in errors.items()},
        **about,
    )
    return read_evidence(PREDICTION)


def _parameters(trial: Trial, store: TokenStore) -> int:
    model = build_model(trial.run.model, len(store.vocabulary), len(store.emotions), len(store.genres))
    return count_parameters(model)["total"]
