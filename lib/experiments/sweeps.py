"""Sweeps as data: a short list of changes to one default, refused as a whole before anything trains. ::

    SWEEP = [{"label": "default"}, {"label": "again", "seed": 2}, {"label": "fast", "learning_rate": 1e-3}]
    trials = plan(base, SWEEP)
    results = run_sweep(trials, store)

Runs go through the registry (:mod:`lib.training.runs`): one that exists is found, one that was interrupted
goes on, and two sweeps that hold the same settings share the run. Missing runs train side by side, one
process a core or a GPU. On a cluster, enter `joblib.parallel_config("dask")` around the call: its workers
need this package and one shared folder of generated things.
"""

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from pydantic import ValidationError

from lib.basics.errors import BookError
from lib.basics.machine import core_count
from lib.basics.progress import say
from lib.data.store import TokenStore
from lib.experiments.stores import DataChange
from lib.profiles.profile import ModelSettings, RunSettings, TrainingSettings
from lib.training.runs import PROVENANCE, Run, open_run, request_run, run_folder

NAME = "sweep"  # of all runs of sweeps: settings decide which run it is, not the sweep that asked for it

_WORTH_PROCESSES = 500_000  # tokens in all; for fewer, starting processes takes longer than it saves

_PARTS = {"model": ModelSettings, "training": TrainingSettings, "data": DataChange}
_RUN_KEYS = ("seed", "precision")


@dataclass(frozen=True)
class Trial:
    """One entry of a sweep, validated.

    Attributes:
        label: its name in tables and figures.
        run: all that decides its numbers, apart from the data.
        data: how its data differ from the store.
        changes: what the entry changes, by key.
    """

    label: str
    run: RunSettings
    data: DataChange
    changes: Mapping[str, object]


def plan(base: RunSettings, entries: Sequence[Mapping[str, object]]) -> list[Trial]:
    """Validate a sweep; nothing trains.

    Args:
        base: the default that each entry changes.
        entries: mappings with a `label` and any keys of a model's or a training's settings
            (:mod:`lib.profiles.profile`), of :class:`lib.experiments.stores.DataChange`, `seed` or
            `precision`.

    Raises:
        BookError: naming the entry and the key that is unknown, impossible, or given to two entries alike.
    """
    trials: list[Trial] = []
    for number, entry in enumerate(entries, start=1):
        label = str(entry.get("label", "")).strip()
        if not label:
            raise BookError(f"Entry {number} of the sweep has no label: give it one.")
        if label in {trial.label for trial in trials}:
            raise BookError(f"Two entries of the sweep are called '{label}': give each a label of its own.")
        trials.append(_trial(base, label, {key: value for key, value in entry.items() if key != "label"}))
    return trials


def _trial(base: RunSettings, label: str, changes: Mapping[str, object]) -> Trial:
    known = {part: list(settings.model_fields) for part, settings in _PARTS.items()}
    everything = {*_RUN_KEYS, *(key for names in known.values() for key in names)}
    for key in changes:
        if key not in everything:
            raise BookError(
                f"The entry '{label}' of the sweep has an unknown key '{key}': correct or remove "
                f"it. Known: {', '.join(sorted(everything))}."
            )
    chosen = {part: {key: changes[key] for key in names if key in changes} for part, names in known.items()}
    own = {key: changes[key] for key in _RUN_KEYS if key in changes}
    try:
        data = DataChange.model_validate(chosen["data"])
        run = RunSettings.model_validate(
            {
                **base.model_dump(),
                "name": NAME,
                **own,
                "model": {**base.model.model_dump(), **chosen["model"]},
                "training": {**base.training.model_dump(), **chosen["training"]},
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = f"at '{first['loc'][-1]}': " if first["loc"] and isinstance(first["loc"][-1], str) else ""
        raise BookError(
            f"The entry '{label}' of the sweep is impossible {where}"
            f"{first['msg'].removeprefix('Value error, ')}."
        ) from error
    if run.training.batch_tokens < run.training.window:
        raise BookError(
            f"The entry '{label}' of the sweep is impossible: not one window of "
            f"{run.training.window} tokens fits into a batch of {run.training.batch_tokens}."
        )
    if run.model.positions == "learned" and run.model.max_length < run.training.window:
        raise BookError(
            f"The entry '{label}' of the sweep is impossible: {run.model.max_length} learned "
            f"positions do not reach over a window of {run.training.window} tokens."
        )
    return Trial(label, run, data, dict(changes))


def run_sweep(trials: Sequence[Trial], store: TokenStore, jobs: int | None = None) -> pd.DataFrame:
    """Train what is missing, side by side, and return one row a trial.

    Args:
        trials: from :func:`plan`.
        store: the data, as it lies on disk.
        jobs: processes at a time; None: as many as cores divided by a run's threads, or one a GPU.

    Returns:
        label; the keys that any entry changes, with each trial's value; status; parameters, tokens, steps,
        seconds; validation_loss and validation_accuracy (the best evaluation's; NaN for a run that diverged
        before one), last_validation_loss; folder (of the run).

    Raises:
        BookError: when a run cannot be trained, or its process dies; what was trained is kept.
    """
    stores = [trial.data.apply(store) for trial in trials]
    missing = [
        number
        for number, trial in enumerate(trials)
        if not (run_folder(trial.run, stores[number]) / PROVENANCE).is_file()
    ]
    if missing:
        _train([trials[number] for number in missing], store, jobs)
    runs = [
        request_run(trial.run, changed, quiet=True) for trial, changed in zip(trials, stores, strict=True)
    ]
    return pd.DataFrame([_row(trial, run, trials) for trial, run in zip(trials, runs, strict=True)])


def _train(trials: Sequence[Trial], store: TokenStore, jobs: int | None) -> None:
    """Let the registry train each trial, in processes of their own where there is room for several."""
    gpus = torch.cuda.device_count()
    jobs = jobs or gpus or max(1, core_count() // max(trial.run.threads for trial in trials))
    if sum(trial.run.training.tokens for trial in trials) < _WORTH_PROCESSES:
        jobs = 1
    jobs = min(jobs, len(trials))
    if jobs == 1:
        for number, trial in enumerate(trials, start=1):
            say(f"sweep: run {number} of {len(trials)}, {trial.label}")
            request_run(trial.run, trial.data.apply(store), quiet=True)
        return
    # A GPU gets its own list, since a process sees one GPU for its life.
    lists = [list(trials[start::jobs]) for start in range(jobs)] if gpus else [[trial] for trial in trials]
    places = [str(number % gpus) if gpus else None for number in range(len(lists))]
    calls = (
        delayed(_train_here)(store.folder, store.hash, part, gpu)
        for part, gpu in zip(lists, places, strict=True)
    )
    try:
        done = 0
        with warnings.catch_warnings():
            # A worker whose memory has grown is replaced by a fresh one; joblib warns of it.
            warnings.filterwarnings("ignore", "A worker stopped", UserWarning)
            for labels in Parallel(n_jobs=jobs, return_as="generator_unordered")(calls):
                done += len(labels)
                say(f"sweep: {done} of {len(trials)} runs, last {labels[-1]}")
    except TerminatedWorkerError as error:
        raise BookError(
            "A process that trained a run of the sweep died, probably for want of memory: ask "
            "for fewer at a time (jobs=1); finished runs are kept."
        ) from error


@lru_cache(maxsize=1)  # so that a process that trains several runs alters its data once
def _store_here(folder: Path, store_hash: str) -> TokenStore:
    return TokenStore(folder)


def _train_here(folder: Path, store_hash: str, trials: Sequence[Trial], gpu: str | None) -> list[str]:
    """Train some trials in this process; returns their labels."""
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    store = _store_here(folder, store_hash)
    if store.hash != store_hash:
        raise BookError(
            f"The token store {folder} is not the one that the sweep was asked for: a part of a "
            f"store cannot be given to other processes; use jobs=1."
        )
    for trial in trials:
        request_run(trial.run, trial.data.apply(store), quiet=True)
    return [trial.label for trial in trials]


def _row(trial: Trial, run: Run, trials: Sequence[Trial]) -> dict[str, object]:
    """A line of the sweep's table."""
    keys = dict.fromkeys(key for other in trials for key in other.changes)
    run_settings = trial.run
    everything = {
        **trial.data.model_dump(),
        **run_settings.training.model_dump(),
        **run_settings.model.model_dump(),
        **{key: getattr(run_settings, key) for key in _RUN_KEYS},
    }
    evaluated = run.metrics["validation_loss"].dropna()
    best = run.best
    return {
        "label": trial.label,
        **{key: everything[key] for key in keys},
        "status": run.status,
        "parameters": run.parameters,
        "tokens": run.tokens_seen,
        "steps": run.provenance["steps"],
        "seconds": run.provenance["seconds"]["total"],
        "validation_loss": np.nan if best is None else float(best["validation_loss"]),
        "validation_accuracy": np.nan if best is None else float(best["validation_accuracy"]),
        "last_validation_loss": float(evaluated.iloc[-1]) if len(evaluated) else np.nan,
        "folder": run.folder,
    }


def curves(results: pd.DataFrame) -> pd.DataFrame:
    """The learning curves behind a sweep's table: label, status, tokens, train_loss, validation_loss,
    gradient_norm.

    Args:
        results: from :func:`run_sweep`.
    """
    parts = []
    for line in results.itertuples():
        metrics = open_run(line.folder).metrics
        parts.append(
            metrics[["tokens", "train_loss", "validation_loss", "gradient_norm"]].assign(
                label=line.label, status=line.status
            )
        )
    columns = ["label", "status", "tokens", "train_loss", "validation_loss", "gradient_norm"]
    return pd.concat(parts, ignore_index=True)[columns]
