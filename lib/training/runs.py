"""The registry of runs: one that exists is returned, an interrupted one is resumed, a missing one is trained.

A run is a folder `artifacts/runs/<name>-<hash>/`. The hash covers the run's settings, the store's hash, and
the code of the networks and of the training loop, as far as it reaches: whatever could change its numbers.
The folder holds

* `config.json`: the settings, and what of the data the model's shape depends on; written first;
* `metrics.csv`: its columns are `COLUMNS` in `lib.training.loop`; no clock times;
* `state.safetensors`: while it trains, all that resuming needs; afterwards the last weights only, since the
  optimiser's moments would triple its size and a finished run is never resumed;
* `model.safetensors`: the weights with the lowest validation loss; written at the end;
* `provenance.json`: when, where, how fast, with which versions, and the hashes of metrics and weights;
  written last, so it also marks a run as complete.
"""

import contextlib
import os
import platform
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import cast

import pandas as pd
import torch

from lib.basics.errors import BookError
from lib.basics.files import (
    explain_write_errors,
    hash_of_bytes,
    hash_of_json,
    locked,
    make_folder,
    read_json,
    write_json,
)
from lib.basics.kept import code_hash
from lib.basics.machine import core_count, git_commit, package_versions, processor_name
from lib.basics.places import artifacts_folder, shown
from lib.basics.progress import say
from lib.data.store import TokenStore
from lib.models import build_model, count_parameters
from lib.models.network import Network
from lib.profiles.profile import RunSettings
from lib.training.checkpoint import load_weights, now, read_weights, run_identity, save_state, write_weights
from lib.training.devices import device_at_hand, make_fabric
from lib.training.loop import METRICS, STATE, Training, train
from lib.training.memory import memory_for

CONFIG, MODEL, PROVENANCE = "config.json", "model.safetensors", "provenance.json"
PACKAGES = ["torch", "lightning-fabric", "safetensors", "numpy", "miditok", "symusic"]


# Of the code as it was imported: a long-lived kernel must not file its results under sources edited since.
_CODE = code_hash("lib.training.loop", "lib.models.interface")


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Attributes:
        folder: where it is kept.
        settings: the network, the recipe, the seed.
        config: what config.json holds; under "data" the store's hash, the labels, the vocabulary's size.
        metrics: about sixty rows: step, tokens, learning_rate, train_loss (mean nats/token since the row
            before), gradient_norm (mean since then, before clipping), validation_loss and validation_accuracy
            (NaN where there was no evaluation).
        provenance: when, where, how fast, with which versions.
    """

    folder: Path
    settings: RunSettings
    config: dict
    metrics: pd.DataFrame
    provenance: dict

    @property
    def status(self) -> str:
        """'finished', or 'diverged' when the loss exploded; then the curve ends there."""
        return self.provenance["status"]

    @property
    def tokens_seen(self) -> int:
        """Target tokens trained on, PAD excluded."""
        return self.provenance["tokens"]

    @property
    def parameters(self) -> int:
        """Trainable numbers of the network."""
        return self.provenance["parameters"]

    @property
    def tokens_per_second(self) -> float:
        """Training speed in target tokens a second, evaluations and checkpoints left out."""
        return self.provenance["tokens_per_second"]

    @cached_property
    def best(self) -> pd.Series | None:
        """The metrics row of the weights that were kept; None if the run diverged before there were any."""
        row = self.metrics[self.metrics["step"] == self.provenance["best_step"]]
        return None if row.empty else row.iloc[0]

    @property
    def summary(self) -> dict:
        """One row for a table of runs: what was trained, on how much, how well, how fast."""
        return {
            "name": self.settings.name,
            "kind": self.settings.model.kind,
            "seed": self.settings.seed,
            "status": self.status,
            "parameters": self.parameters,
            "tokens": self.tokens_seen,
            "validation_loss": None if self.best is None else float(self.best["validation_loss"]),
            "validation_accuracy": None if self.best is None else float(self.best["validation_accuracy"]),
            "seconds": self.provenance["seconds"]["total"],
            "tokens_per_second": self.tokens_per_second,
        }

    def load_model(self, device: str | torch.device | None = None) -> Network:
        """The network with the weights of lowest validation loss, in evaluation mode.

        Args:
            device: where; None for the GPU if there is one, else the CPU.

        Raises:
            BookError: when the run diverged before it had any, or the file was changed since, or the GPU is
                full or too old.
        """
        device = device_at_hand() if device is None else torch.device(device)
        if self.best is None:
            raise BookError(
                f"The run {shown(self.folder)} diverged before its first evaluation and has no "
                f"weights: choose another run, or train with a smaller learning rate."
            )
        data = self.config["data"]
        with torch.random.fork_rng(devices=[]):  # fresh weights are drawn only to be overwritten
            model = build_model(
                self.settings.model, data["vocabulary_size"], len(data["emotions"]), len(data["genres"])
            )
        weights, _ = read_weights(self.folder / MODEL)
        load_weights(model, weights, self.folder / MODEL)
        with memory_for(f"the network of the run '{self.settings.name}'", device):
            return cast(Network, model.to(device).eval())


def request_run(run: RunSettings, store: TokenStore, quiet: bool = False) -> Run:
    """The run with these settings on this data: found, taken up where it stopped, or trained from the start.

    Args:
        run: from :meth:`lib.profiles.profile.Profile.run`.
        store: an opened token store.
        quiet: no progress lines.

    Raises:
        BookError: when memory or disk do not suffice; what was trained until then is kept.
        KeyboardInterrupt: after Ctrl-C; the same request goes on from there.
    """
    fabric = make_fabric(run.precision)
    config = _config(run, store)
    folder = run_folder(run, store)
    tell = _silent if quiet or fabric.global_rank else say
    first = fabric.global_rank == 0  # under torchrun, one process of several looks after the files
    waiting = partial(tell, f"Another process trains {shown(folder)}; waiting for it.")
    with locked(folder, waiting) if first else contextlib.nullcontext():
        exists = fabric.broadcast(_prepare(folder, config, tell) if first else None)
        if not exists:
            try:
                training = train(run, store, folder, fabric, quiet)
            except KeyboardInterrupt:
                tell(f"run {run.name}: stopped; the same request goes on from {shown(folder)}")
                raise
            if first:
                _complete(folder, config, store, training)
            fabric.barrier()
    found = open_run(folder)
    if exists:
        tell(f"run {run.name}: {found.status} before, {found.tokens_seen:,} tokens, in {shown(folder)}")
    return found


def run_folder(run: RunSettings, store: TokenStore) -> Path:
    """Where the run of these settings on this data is kept, whether it exists or not."""
    digest = hash_of_json([run_identity(run.model_dump(mode="json"), store.hash), _CODE])
    return artifacts_folder() / "runs" / f"{run.name}-{digest[:12]}"


def open_run(folder: Path) -> Run:
    """Open a finished (or diverged) run.

    Raises:
        BookError: when the folder holds no complete run, or its files were changed since.
    """
    folder = Path(folder)
    config, provenance = read_json(folder / CONFIG), read_json(folder / PROVENANCE)
    try:
        for name, expected in provenance["sha256"].items():
            if hash_of_bytes((folder / name).read_bytes()) != expected:
                raise BookError(
                    f"The file {name} of the run {shown(folder)} was changed after training: "
                    f"delete the folder and request the run again."
                )
        settings, metrics = RunSettings.model_validate(config["run"]), pd.read_csv(folder / METRICS)
        return Run(folder, settings, config, metrics, provenance)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BookError(
            f"The run {shown(folder)} is incomplete or damaged ({error}): "
            f"delete the folder and request the run again."
        ) from error


def _config(run: RunSettings, store: TokenStore) -> dict:
    data = {
        "store": store.hash,
        "vocabulary_size": len(store.vocabulary),
        "vocabulary": hash_of_json(store.vocabulary),
        "emotions": store.emotions,
        "genres": store.genres,
    }
    return {"run": run.model_dump(mode="json"), "data": data, "code": _CODE}


def _prepare(folder: Path, config: dict, say) -> bool:
    """Make the folder ready for training; True if it holds the complete run already.

    What cannot be the run of this request is moved aside, not deleted: someone may have worked on it.
    """
    if (folder / PROVENANCE).exists():
        with contextlib.suppress(BookError):
            if open_run(folder).config == config:
                return True
    problem = _problem(folder, config)
    if problem:
        number = next(number for number in range(1, 10_000) if not _aside(folder, number).exists())
        with explain_write_errors(folder):
            os.replace(folder, _aside(folder, number))
        say(
            f"The run {shown(folder)} {problem}; it was moved to {_aside(folder, number).name} and trains "
            f"anew."
        )
    make_folder(folder)
    for leftover in folder.glob(".*"):  # half-written files of a killed process
        leftover.unlink()
    if not (folder / CONFIG).exists():
        write_json(folder / CONFIG, config)
    return False


def _problem(folder: Path, config: dict) -> str | None:
    """What keeps a folder from being completed, as the end of a sentence; None if nothing does."""
    if not folder.exists() or not any(path for path in folder.iterdir() if not path.name.startswith(".")):
        return None
    try:
        if read_json(folder / CONFIG) != config:
            return "has the settings of another run"
        if (folder / PROVENANCE).exists():
            return "was changed after it had ended, or is damaged"
        if (folder / STATE).exists():
            tensors, about = read_weights(folder / STATE)
            if about["identity"] != run_identity(config["run"], config["data"]["store"]):
                return "has the state of another run"
            if about["best_loss"] is not None and not any(name.startswith("best.") for name in tensors):
                return "had ended, but its provenance is missing"
    except (BookError, KeyError, TypeError):
        return "is damaged or only partly there"
    return None


def _aside(folder: Path, number: int) -> Path:
    return folder.with_name(f"{folder.name}.aside-{number}")


def _complete(folder: Path, config: dict, store: TokenStore, training: Training) -> None:
    """Write the best weights and, last, the provenance; then reduce the state to the last weights."""
    state, fabric, run = training.state, training.fabric, config["run"]
    hashes = {METRICS: hash_of_bytes((folder / METRICS).read_bytes())}
    if training.best:
        about = {"step": state.best_step, "validation_loss": state.best_loss, "run": run["name"]}
        hashes[MODEL] = write_weights(folder / MODEL, training.best, about)
    seconds = {name: round(value, 3) for name, value in state.seconds.items()}
    write_json(
        folder / PROVENANCE,
        {
            "status": state.status,
            "tokens": state.tokens,
            "budget": training.budget,
            "steps": state.step,
            "best_step": state.best_step,
            "parameters": count_parameters(training.network)["total"],
            "dataset": store.folder.name,
            "store": store.hash,
            "seed": run["seed"],
            "threads": run["threads"],
            "precision": run["precision"],
            "processes": fabric.world_size,
            **_describe_machine(fabric.device),
            "started": state.started,
            "ended": now(),
            "sessions": state.sessions,
            "seconds": {
                "total": round(seconds.get("loop", 0.0) + seconds.get("checkpoints", 0.0), 3),
                **seconds,
            },
            "tokens_per_second": round(training.tokens_per_second(), 1),
            "sha256": hashes,
        },
    )
    save_state(folder / STATE, training.network, best={}, state=state, optimiser=None)


def _describe_machine(device: torch.device) -> dict:
    """Whatever can change a result's last digits, and the speed."""
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU",
        "processor": processor_name(),
        "cores": core_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version(), **package_versions(PACKAGES)},
        "commit": git_commit("lib"),
    }


def _silent(line: str) -> None:
    pass
