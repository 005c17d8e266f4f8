"""Which runs are compared: the sweeps of the chapters as short lists of changes to one default.

The default of a sweep is the original report's recipe at a size that the profile can afford: a post-norm
Transformer with learned positions and ReLU, Adam at a constant rate, no warm-up, no clipping. What the report
varied is varied here in the same proportions; what it left entangled is taken apart.
"""

import pandas as pd

from lib.basics.places import REFERENCE
from lib.profiles import Profile
from lib.profiles.profile import RunSettings

Entries = list[dict[str, object]]

RATES = (1e-3, 5e-4, 1e-4, 5e-5)
"""The published learning rates."""


def sweep_default(profile: Profile) -> RunSettings:
    """The run that the entries of a sweep change."""
    settings = profile.experiments
    return RunSettings(
        name="sweep",
        model=settings.model,
        training=settings.training,
        seed=profile.seed,
        threads=1,
        precision=profile.precision,
    )


def repeats(profile: Profile) -> Entries:
    """The default with several seeds: how far equal configurations lie apart."""
    return [
        {"label": f"default, seed {number}", "seed": profile.seed + number - 1}
        for number in range(1, profile.experiments.repeats + 1)
    ]


def rates() -> Entries:
    """The published learning rates, and larger ones in search of a collapse."""
    larger = [RATES[0] * factor for factor in (4, 10)]
    return [{"label": f"rate {rate:g}", "learning_rate": rate} for rate in (*RATES[::-1], *larger)]


def depths(base: RunSettings) -> Entries:
    """Three quarters, one and one and a half of the default depth: the report's 6, 8 and 12."""
    layers = base.model.num_layers
    return [
        {"label": f"depth {depth}", "num_layers": depth}
        for depth in (round(layers * 0.75), layers, round(layers * 1.5))
    ]


def depths_at_equal_parameters(base: RunSettings) -> Entries:
    """The same depths, the feed-forward part made wider or narrower until the parameters agree."""
    model, entries = base.model, depths(base)
    size = model.hidden_size
    wide = model.feed_forward_size or 4 * size
    budget = model.num_layers * (4 * size + 2 * wide)  # matrices of a layer, divided by the hidden size
    for entry in entries:
        inner = (budget / entry["num_layers"] - 4 * size) / 2
        entry |= {"label": f"{entry['label']}, equal parameters", "feed_forward_size": max(8, round(inner))}
    return entries


def batches(base: RunSettings) -> Entries:
    """Half, one and two default batches at equal tokens, each at its default rate, half and twice that.

    At equal tokens, as at equal epochs, half the batch gets twice the updates.
    """
    rate, size = base.training.learning_rate, base.training.batch_tokens
    return [
        {
            "label": f"batch × {factor:g}, rate × {step:g}",
            "batch_tokens": round(size * factor),
            "learning_rate": rate * step,
        }
        for factor in (0.5, 1, 2)
        for step in (0.5, 1, 2)
    ]


def batches_at_equal_updates(base: RunSettings) -> Entries:
    """The same batches with as many updates each: the larger ones see more tokens."""
    size, tokens = base.training.batch_tokens, base.training.tokens
    return [
        {
            "label": f"batch × {factor:g}, equal updates",
            "batch_tokens": round(size * factor),
            "tokens": round(tokens * factor),
        }
        for factor in (0.5, 1, 2)
    ]


def causes_of_collapse(base: RunSettings, rate: float) -> Entries:
    """A rate at which the recipe fails, and each cure alone: warm-up, clipping, pre-norm."""
    at = {"learning_rate": rate}
    return [
        {"label": "as published", **at},
        {"label": "with warm-up", **at, "schedule": "cosine", "warmup": 0.2},
        {"label": "clipped at 1", **at, "clip": 1.0},
        {"label": "pre-norm", **at, "norm": "pre"},
        {"label": "all three", **at, "norm": "pre", "schedule": "cosine", "warmup": 0.2, "clip": 1.0},
    ]


def data_and_depth(base: RunSettings) -> Entries:
    """A shallow and a deep network on all training pieces and on a part of them, at equal tokens."""
    shallow, deep = (entry["num_layers"] for entry in (depths(base)[0], depths(base)[-1]))
    return [
        {"label": f"depth {depth}, {name}", "num_layers": depth, "data_share": part}
        for depth in (shallow, deep)
        for name, part in (("all pieces", 1.0), ("0.125 of them", 0.125))
    ]


def norms(profile: Profile) -> Entries:
    """Three variants that are what their names say, for the chapter on noise."""
    return [
        {"label": "post-norm", "norm": "post"},
        {"label": "pre-norm", "norm": "pre"},
        {"label": "pre-norm, attention dropout 0.3", "norm": "pre", "attention_dropout": 0.3},
    ]


def published_sweep() -> pd.DataFrame:
    """The report's ten runs: factor, value, train_loss, train_accuracy, val_loss, val_accuracy."""
    return pd.read_csv(REFERENCE / "hyperparameter_sweep.csv")


def published_noise_results() -> pd.DataFrame:
    """The report's six runs on clean and noisy data: dataset, model, train_loss … val_accuracy."""
    return pd.read_csv(REFERENCE / "noise_robustness.csv")
