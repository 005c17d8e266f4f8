"""Which runs tell what size is worth: LSTM and Transformer in four sizes, each on up to three budgets.

Both kinds have nearly equal numbers of parameters at each size, and one recipe: that of the profile, with
Muon, the profile's peak rate for every size, and a cosine over the run's own budget. So every run ends with a
small rate. A checkpoint in the middle of a longer run would not be a run at that budget: its rate is still
high, and its loss with it (Hoffmann et al. 2022, section 3). The largest pair is planned apart: it is
predicted first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from lib.data.store import TokenStore
from lib.experiments.sweeps import Trial, plan, run_sweep
from lib.profiles import Profile
from lib.training.runs import open_run

KINDS = ("lstm", "transformer")
BATCH_TOKENS = 2048  # as in the ablation of the profile: the smallest budget still has a hundred steps


@dataclass(frozen=True)
class Sizes:
    """A design of sizes and budgets.

    Attributes:
        lstm: hidden sizes of the LSTM (two layers), ascending; the last is of the largest pair.
        transformer: hidden size and heads of the Transformer (four layers), likewise.
        budgets: training tokens, ascending; the largest pair gets the last.
        repeated: cells that a second seed repeats, as (size, budget) by number.
    """

    lstm: tuple[int, ...]
    transformer: tuple[tuple[int, int], ...]
    budgets: tuple[int, ...]
    repeated: tuple[tuple[int, int], ...]


DESIGN = Sizes(
    lstm=(52, 112, 220, 400),
    transformer=((36, 3), (72, 4), (136, 4), (240, 6)),
    budgets=(200_000, 600_000, 1_800_000),
    repeated=((0, 1), (2, 1)),
)
"""About 0.1, 0.33, 1.0 and 3.0 million parameters: a factor of 27 lies within. 24 runs in all, none of which
sees a tune of the embedded corpus (2.1 million tokens in shorthand) twice."""


def small_trials(profile: Profile, design: Sizes = DESIGN) -> list[Trial]:
    """All runs but those of the largest pair, the longest first."""
    cells = [
        (size, budget, 0) for size in range(len(design.lstm) - 1) for budget in range(len(design.budgets))
    ]
    cells += [(size, budget, 1) for size, budget in design.repeated]
    entries = [_entry(profile, design, kind, *cell) for kind in KINDS for cell in cells]
    trials = plan(_base(profile), entries)
    return sorted(trials, key=lambda trial: -trial.run.training.tokens * trial.run.model.hidden_size**2)


def largest_trials(profile: Profile, design: Sizes = DESIGN) -> list[Trial]:
    """The largest LSTM and the largest Transformer, at the largest budget."""
    size, budget = len(design.lstm) - 1, len(design.budgets) - 1
    return plan(_base(profile), [_entry(profile, design, kind, size, budget, 0) for kind in KINDS])


def train_trials(trials: Sequence[Trial], store: TokenStore) -> pd.DataFrame:
    """Train what is missing.

    Returns:
        A row a run: kind, size (hidden), seed, budget, parameters, tokens (seen), steps, seconds, status,
        loss (nats a token on validation at the end; NaN where it diverged), started (time), folder.
    """
    found = run_sweep(trials, store)
    return pd.DataFrame(
        {
            "kind": [trial.run.model.kind for trial in trials],
            "size": [trial.run.model.hidden_size for trial in trials],
            "seed": [trial.run.seed for trial in trials],
            "budget": [trial.run.training.tokens for trial in trials],
            **{name: found[name] for name in ("parameters", "tokens", "steps", "seconds", "status")},
            "loss": found["last_validation_loss"].where(found["status"] == "finished"),
            "started": [open_run(folder).provenance["started"] for folder in found["folder"]],
            "folder": found["folder"],
        }
    )


def _base(profile: Profile):
    # One thread each: two runs side by side use two cores better than one run on both.
    return profile.run("transformer").model_copy(update={"threads": 1})


def _entry(profile: Profile, design: Sizes, kind: str, size: int, budget: int, repeat: int) -> dict:
    shape: dict[str, object] = {"hidden_size": design.lstm[size], "num_layers": 2, "positions": "none"}
    if kind == "transformer":
        width, heads = design.transformer[size]
        shape = {"hidden_size": width, "num_layers": 4, "num_heads": heads}
    tokens = design.budgets[budget]
    return {
        "label": f"{kind}, size {shape['hidden_size']}, {tokens:,} tokens, seed {repeat + 1}",
        "kind": kind,
        **shape,
        "tokens": tokens,
        "batch_tokens": max(BATCH_TOKENS, profile.run("transformer").training.window),
        "evaluations": 1,
        "seed": profile.seed + repeat,
    }
