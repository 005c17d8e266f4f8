"""Chapter 6's runs: variants trained on clean and on noisy music, and how they bear a disturbed past.

The variants are what their names say: post-norm, pre-norm, and pre-norm with dropout on attention weights
alone. All else is the default of the sweeps.
"""

import contextlib
import math

import numpy as np
import pandas as pd
import torch
from scipy import stats

from lib.basics.errors import BookError
from lib.data.store import TokenStore
from lib.experiments import designs
from lib.experiments.noise import KINDS, choose_places, disturbed_losses
from lib.experiments.sweeps import plan, run_sweep
from lib.ledger.claims import Outcome
from lib.measures.comparison import combine
from lib.measures.statistics import bootstrap_mean
from lib.profiles import Profile
from lib.training.runs import Run, open_run, request_run

TRAINING_FACTOR = 2  # times the tokens of a sweep's run
NOISE_SHARE = 0.2  # of the training notes moved by a semitone, where a variant is trained on noisy music
TENTH = 0.1  # the share of disturbed notes at which claim 5 is decided
BOOK_MODEL = "the book's Transformer"
JUDGED = 64  # tokens of the clean continuation
FEWEST_JUDGED = 4  # of pieces of a few notes


def train_variants(profile: Profile, store: TokenStore) -> pd.DataFrame:
    """Every variant under every seed, on clean and on noisy music, and the default on published noise.

    Returns:
        As :func:`lib.experiments.sweeps.run_sweep`, with columns variant and trained_on (clean, noisy,
        published, or "clean, default" for the run that the published noise is compared with).
    """
    base = designs.sweep_default(profile)
    tokens = TRAINING_FACTOR * base.training.tokens
    entries, about = [], []
    for number in range(profile.experiments.seeds):
        for variant in designs.norms(profile):
            noisy = {"noise": "pitch", "noise_share": NOISE_SHARE}
            for trained_on, change in (("clean", {}), ("noisy", noisy)):
                entries.append(
                    {
                        **variant,
                        **change,
                        "tokens": tokens,
                        "seed": profile.seed + number,
                        "label": f"{variant['label']}, {trained_on}, seed {number + 1}",
                    }
                )
                about.append((variant["label"], trained_on))
    entries.append(
        {
            "label": "post-norm, published noise",
            "tokens": tokens,
            "seed": profile.seed,
            "norm": "post",
            "noise": "published",
            "noisy_parts": ("train", "validation"),
        }
    )
    about.append(("post-norm", "published"))
    results = run_sweep(plan(base, entries), store)
    results.insert(1, "variant", [variant for variant, _ in about])
    results.insert(2, "trained_on", [trained_on for _, trained_on in about])
    return results


def disturb(results: pd.DataFrame, profile: Profile, store: TokenStore) -> pd.DataFrame:
    """Losses of the clean continuation behind disturbed pasts, for every run on clean or noisy music.

    Returns:
        variant, trained_on, seed, and the columns of :func:`lib.experiments.noise.disturbed_losses`.
    """
    chosen = results[results["trained_on"] != "published"]
    return pd.concat(
        [
            disturb_run(open_run(line.folder), profile, store).assign(
                variant=line.variant, trained_on=line.trained_on, seed=line.seed
            )
            for line in chosen.itertuples()
        ],
        ignore_index=True,
    )


def disturb_run(run: Run, profile: Profile, store: TokenStore) -> pd.DataFrame:
    """The same for one run, at the same places and with the same notes disturbed for every run of a profile.

    Returns:
        The columns of :func:`lib.experiments.noise.disturbed_losses`.
    """
    settings = profile.experiments
    window = settings.training.window
    rows, places, judged = _places(store, settings.places, window, profile.seed)
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # so that sums come out the same everywhere
    try:
        return disturbed_losses(
            run.load_model(), store, rows, places, settings.shares, KINDS, judged, profile.seed
        )
    finally:
        torch.set_num_threads(before)


def _places(store: TokenStore, count: int, window: int, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Places in test pieces, and how many tokens are judged there: fewer where the pieces are short."""
    judged = min(JUDGED, window // 4)
    while judged > FEWEST_JUDGED:
        with contextlib.suppress(BookError):
            return *choose_places(store, "test", count, window, judged, seed), judged
        judged //= 2
    return *choose_places(store, "test", count, window, judged, seed, anywhere=True), judged


def disturb_book_model(profile: Profile, store: TokenStore) -> pd.DataFrame:
    """The same for the book's own Transformer, which uses its past better than the small variants do.

    Returns:
        As :func:`disturb`, with the variant called :data:`BOOK_MODEL`.
    """
    run = request_run(profile.run("transformer"), store)
    return disturb_run(run, profile, store).assign(variant=BOOK_MODEL, trained_on="clean", seed=profile.seed)


def degradation(disturbed: pd.DataFrame) -> pd.DataFrame:
    """Extra loss by variant, training, kind and share: mean over seeds, 95 % interval over seeds and pieces.

    With one seed the interval is over pieces alone; `seeds` says so.

    Returns:
        variant, trained_on, kind, share, changed, extra, low, high, seeds, places, groups.
    """
    keys = ["variant", "trained_on", "kind", "share"]
    lines = []
    for key, part in disturbed.groupby(keys, sort=False):
        outcome = _over_seeds_and_pieces(part, part["extra"])
        lines.append(
            {
                **dict(zip(keys, key, strict=True)),
                "changed": part["changed"].mean(),
                "extra": outcome.value,
                "low": outcome.low,
                "high": outcome.high,
                "seeds": outcome.seeds,
                "places": part["row"].nunique(),
                "groups": part["group"].nunique(),
            }
        )
    return pd.DataFrame(lines)


def robustness_difference(disturbed: pd.DataFrame, variant: str, other: str) -> Outcome:
    """Extra loss of `variant` minus that of `other` at one share of disturbed notes, mean over all kinds.

    Paired by seed and piece; the interval is over both, with one seed over pieces alone.
    """
    chosen = disturbed[(disturbed["trained_on"] == "clean") & (disturbed["share"] == TENTH)]
    index = ["seed", "row", "group", "kind"]
    by_variant = [chosen[chosen["variant"] == name].set_index(index)["extra"] for name in (variant, other)]
    difference = (by_variant[0] - by_variant[1]).reset_index()
    return _over_seeds_and_pieces(difference, difference["extra"])


def _over_seeds_and_pieces(table: pd.DataFrame, values: pd.Series) -> Outcome:
    """Mean of `values`, with the interval over the table's seeds and groups."""
    by_seed = values.groupby(table["seed"]).mean().to_numpy()
    by_piece = values.groupby([table["row"], table["group"]]).mean()
    pieces = bootstrap_mean(by_piece.to_numpy(), by_piece.index.get_level_values("group").to_numpy())
    mean, seeds = float(by_seed.mean()), len(by_seed)
    if seeds == 1 or math.isnan(pieces.low):
        return Outcome(mean, min(pieces.low, mean), max(pieces.high, mean), seeds=seeds)
    error_pieces = (pieces.high - pieces.low) / (2 * stats.norm.ppf(0.975))
    error, degrees = combine(
        by_seed.std(ddof=1) / math.sqrt(seeds), seeds - 1, error_pieces, len(by_piece) - 1
    )
    half = float(stats.t.ppf(0.975, degrees)) * error
    return Outcome(mean, mean - half, mean + half, seeds=seeds, degrees=degrees)


def published_degradations(table: pd.DataFrame) -> pd.Series:
    """What each published model loses from clean to noisy data, in nats per token, by model."""
    loss = table.pivot(index="model", columns="dataset", values="val_loss")
    return loss["noisy"] - loss["clean"]


def published_function_outcome(moved: pd.DataFrame) -> Outcome:
    """Claim 6: share of ids moved at σ = 0.1 minus the share at σ = 1e-9, by :func:`noise.shares_moved`."""
    shares = moved.set_index("deviation")["truncated"]
    value = float(shares[0.1] - shares[1e-9])
    return Outcome(value, value, value)


def clean_and_published(results: pd.DataFrame) -> tuple[float, float]:
    """Last validation losses of the post-norm default on clean data and on published noise, same seed."""
    published = results[results["trained_on"] == "published"].iloc[0]
    clean = results[
        (results["trained_on"] == "clean")
        & (results["variant"] == published["variant"])
        & (results["seed"] == published["seed"])
    ].iloc[0]
    return float(clean["last_validation_loss"]), float(published["last_validation_loss"])


def training_differences(disturbed: pd.DataFrame) -> pd.DataFrame:
    """Extra loss when trained clean minus when trained noisy, by variant, at the largest share of one kind.

    Returns:
        variant, value, low, high (95 %, over pieces and, where there are several, seeds), seeds, degrees,
        places.
    """
    both = set(disturbed.loc[disturbed["trained_on"] == "noisy", "variant"])
    chosen = disturbed[
        (disturbed["kind"] == "pitch")
        & (disturbed["share"] == disturbed["share"].max())
        & disturbed["variant"].isin(both)
    ]
    lines = []
    for variant, part in chosen.groupby("variant", sort=False):
        extra = part.set_index(["seed", "row", "group", "trained_on"])["extra"].unstack("trained_on")
        paired = (extra["clean"] - extra["noisy"]).reset_index(name="difference")
        outcome = _over_seeds_and_pieces(paired, paired["difference"])
        lines.append({"variant": variant, **_columns(outcome), "places": paired["row"].nunique()})
    return pd.DataFrame(lines)


def summaries(disturbed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """All that chapter 6 says of disturbed pasts, in small tables, by the name they are kept under.

    Returns:
        noise_degradation, from :func:`degradation`; noise_training, from :func:`training_differences`;
        noise_claim: post-norm minus pre-norm at a tenth, one line of value, low, high, seeds, degrees.
    """
    claim = robustness_difference(disturbed, "post-norm", "pre-norm")
    return {
        "noise_degradation": degradation(disturbed),
        "noise_training": training_differences(disturbed),
        "noise_claim": pd.DataFrame([_columns(claim)]),
    }


def kept_outcome(claim: pd.DataFrame) -> Outcome:
    """The line of `noise_claim` as a claim's outcome."""
    line = claim.iloc[0]
    degrees = None if pd.isna(line["degrees"]) else float(line["degrees"])
    return Outcome(
        float(line["value"]),
        float(line["low"]),
        float(line["high"]),
        seeds=int(line["seeds"]),
        degrees=degrees,
    )


def _columns(outcome: Outcome) -> dict[str, float | None]:
    return {name: getattr(outcome, name) for name in ("value", "low", "high", "seeds", "degrees")}
