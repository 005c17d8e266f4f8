"""What each choice that sets the book's Transformer apart from the original's is worth, at equal compute.

Every arm is the book's recipe with one choice taken back, so that its loss minus the book's is what the
choice is worth *in the company of the others*; alone, or in another company, it may be worth something
else. One arm takes all of them back, and one is an LSTM of as many parameters.

Equal compute means equally many floating-point operations in matrix products. The arms of the Transformer
have the same ones, and so the same tokens; the LSTM, which computes no attention, sees more tokens instead.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from lib.basics.errors import BookError
from lib.data.store import TokenStore
from lib.experiments.sweeps import Trial, plan, run_sweep
from lib.measures.comparison import PairedDifference, paired_difference, seeds_from_text, without_each_seed
from lib.measures.losses import TokenLosses, token_losses
from lib.models import build_model, count_parameters, flops_per_token
from lib.profiles import Profile
from lib.profiles.profile import ModelSettings, RunSettings
from lib.show.words import compared
from lib.training.devices import reproducible
from lib.training.runs import open_run

BOOK, ORIGINAL, LSTM = "the book's Transformer", "all of them taken back", "LSTM of as many parameters"

#: The choices, each with the settings of the original report's main recipe that take it back.
ABLATIONS: dict[str, dict[str, object]] = {
    "pre-norm": {"norm": "post"},
    "rotary positions": {"positions": "learned"},
    "tied embeddings": {"tie_embeddings": False},
    "squared ReLU": {"activation": "relu"},
    "scaled start": {"initialisation": "torch"},
    "Muon": {"optimiser": "adam", "weight_decay": 0.0},
    "cosine with warm-up": {"schedule": "onecycle"},
    "clipping": {"clip": None},
    "label dropout": {"label_dropout": 0.0},
    "weight of the plan": {"plan_weight": 1.0},
    "higher learning rate": {"learning_rate": 1e-4},
}


def base_run(profile: Profile) -> RunSettings:
    """The book's recipe at the size of the profile's ablation."""
    settings = profile.ablation
    return RunSettings(
        name="ablation",
        model=settings.model,
        training=settings.training,
        seed=profile.seed,
        threads=settings.threads,
        precision=profile.precision,
    )


def ablation_trials(profile: Profile, store: TokenStore) -> list[Trial]:
    """The arms that the profile asks for, each with each of its seeds; labels are 'arm, seed'.

    Raises:
        BookError: for an ablation that there is not.
    """
    base, settings = base_run(profile), profile.ablation
    for name in settings.ablations or ():
        if name not in ABLATIONS:
            raise BookError(
                f"The profile '{profile.name}' asks for an ablation '{name}'; there are: "
                f"{', '.join(ABLATIONS)}."
            )
    arms = {BOOK: {}, **{name: ABLATIONS[name] for name in settings.ablations or ABLATIONS}}
    if settings.ablations is None:
        arms[ORIGINAL] = {key: value for changes in ABLATIONS.values() for key, value in changes.items()}
    arms[LSTM] = lstm_changes(base, store, settings.lstm_learning_rate)
    return plan(
        base,
        [
            {"label": f"{arm}, {seed}", "seed": seed, **changes}
            for seed in profile.seeds
            for arm, changes in arms.items()
        ],
    )


def lstm_changes(base: RunSettings, store: TokenStore, rate: float) -> dict[str, object]:
    """What makes an LSTM of as many parameters and as much compute out of the book's recipe.

    Its hidden size is the multiple of 8 whose parameters are nearest; its budget of tokens is larger by as
    much as a token costs fewer operations; its learning rate is its own, since networks of different kinds
    do not share one.
    """
    wanted = count_parameters(_empty(base.model, store))["total"]
    shapes = [
        ModelSettings(
            kind="lstm", hidden_size=size, num_layers=2, positions="none", dropout=base.model.dropout
        )
        for size in range(8, 2049, 8)
    ]
    best = min(shapes, key=lambda shape: abs(_lstm_parameters(shape.hidden_size, store) - wanted))
    window = base.training.window
    cost, own = (flops_per_token(_empty(model, store), window) for model in (base.model, best))
    changed = ("kind", "hidden_size", "num_layers", "positions")
    return {
        **{name: getattr(best, name) for name in changed},
        "learning_rate": rate,
        "tokens": round(base.training.tokens * cost / own),
    }


def _lstm_parameters(size: int, store: TokenStore) -> int:
    """Of two layers, tied: embeddings of tokens and labels, weights and torch's two biases a gate."""
    tables = len(store.vocabulary) + len(store.emotions) + 1 + len(store.genres) + 1
    return tables * size + 2 * (8 * size * size + 8 * size)


def _empty(model: ModelSettings, store: TokenStore) -> torch.nn.Module:
    with torch.device("meta"):
        return build_model(model, len(store.vocabulary), len(store.emotions), len(store.genres))


def run_ablation(profile: Profile, store: TokenStore, jobs: int | None = None) -> pd.DataFrame:
    """Train what is missing, judge every run on the same held-out pieces, and compare.

    Args:
        profile: its `ablation` says which arms, seeds and sizes.
        store: the data.
        jobs: trainings at a time; None: as many as there are cores for.

    Returns:
        The table of :func:`compare_arms`.
    """
    trials = ablation_trials(profile, store)
    results = run_sweep(trials, store, jobs)
    arms = results["label"].str.rsplit(", ", n=1).str[0]
    losses: dict[str, list[TokenLosses | None]] = {}
    for arm, line in zip(arms, results.to_dict("records"), strict=True):
        found = None if math.isnan(line["validation_loss"]) else _judge(line["folder"], store, profile)
        losses.setdefault(arm, []).append(found)
    waiting = [_waiting(open_run(folder).provenance["seconds"]) for folder in results["folder"]]
    return compare_arms(losses, results.assign(arm=arms, waiting=waiting), store)


def _judge(folder: Path, store: TokenStore, profile: Profile) -> TokenLosses:
    run = open_run(folder)
    model = run.load_model()
    with reproducible(run.settings.threads, model.device):
        return token_losses(
            model,
            store,
            "test",
            run.settings.training.window,
            run.settings.precision,
            max_tokens=profile.ablation.judged_tokens,
        )


def _waiting(seconds: Mapping[str, float]) -> float:
    """The share of training, evaluations apart, that waited for data."""
    return seconds["data"] / max(1e-9, seconds["loop"] - seconds.get("evaluation", 0.0))


def compare_arms(
    losses: Mapping[str, Sequence[TokenLosses | None]], results: pd.DataFrame, store: TokenStore
) -> pd.DataFrame:
    """One row an arm: its loss, and how much more that is than the book's, in nats a source note.

    Args:
        losses: by arm, one a seed in the same order; None where a run has no weights.
        results: the sweep's table, with columns `arm` and `waiting` (share of the time without data).
        store: the tokens.

    Returns:
        arm; nats_per_note (mean over seeds) and nats_per_token; difference (the arm's minus the book's, nats
        a source note: positive where the choice helps), low, high (95%, over seeds and pieces), by_seed
        (as text), error_seeds, error_pieces; seeds, diverged (how many runs); parameters, tokens, seconds
        and waiting (means); judged_tokens, pieces, groups. NaN where a run has no weights, or one seed has no
        interval.
    """
    first = next(run for run in losses[BOOK] if run is not None)
    per_note = len(first) / store.index["notes"].to_numpy()[first.rows].sum()
    lines = []
    for arm, runs in losses.items():
        own = results[results["arm"] == arm]
        line = {"arm": arm, "nats_per_note": np.nan, "nats_per_token": np.nan}
        whole = [run for run in runs if run is not None]
        if len(whole) == len(runs):
            line["nats_per_token"] = float(np.mean([run.nats_per_token for run in runs]))
            line["nats_per_note"] = line["nats_per_token"] * per_note
        compared = len(whole) == len(runs) and arm != BOOK and None not in losses[BOOK]
        found = paired_difference(runs, losses[BOOK], store) if compared else None
        lines.append(
            {
                **line,
                **_difference(found, per_note),
                "seeds": len(runs),
                "diverged": int((own["status"] == "diverged").sum()),
                "parameters": int(own["parameters"].iloc[0]),
                "tokens": int(own["tokens"].mean()),
                "seconds": float(own["seconds"].mean()),
                "waiting": float(own["waiting"].mean()),
                "judged_tokens": len(first),
                "pieces": len(first.rows),
                "groups": int(store.index["group"].iloc[first.rows].nunique()),
            }
        )
    return pd.DataFrame(lines)


def _difference(found: PairedDifference | None, per_note: float) -> dict[str, object]:
    """A paired difference in nats a token as columns in nats a source note."""
    names = {
        "difference": "estimate",
        "low": "low",
        "high": "high",
        "error_seeds": "error_seeds",
        "error_pieces": "error_pieces",
    }
    if found is None:
        return {**dict.fromkeys(names, np.nan), "by_seed": ""}
    values = {name: getattr(found, key) * per_note for name, key in names.items()}
    return {**values, "by_seed": " ".join(f"{value * per_note:.4f}" for value in found.by_seed)}


def verdicts(arms: pd.DataFrame) -> list[str]:
    """What each arm's difference allows one to say: its choice helps, hurts, or nothing can be told.

    Args:
        arms: from :func:`compare_arms`, kept or fresh, with a difference each.

    Returns:
        'helps', 'hurts' or 'undecided' for each row; undecided too where one seed, left out, would change
        the word.
    """
    return [
        compared(
            line["low"],
            line["high"],
            "hurts",
            "helps",
            "undecided",
            without_each_seed(seeds_from_text(line["by_seed"]), line["error_pieces"], line["groups"] - 1),
        )
        for line in arms.to_dict("records")
    ]
