"""Chapter 6's runs: variants trained on clean and on noisy music, and how they bear a disturbed past.

The variants are what their names say: post-norm, pre-norm, and pre-norm with dropout on attention weights
alone. All else is the default of the sweeps.
"""

import contextlib
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from scipy import stats

from lib.basics.errors import BookError
from lib.data.store import TokenStore
from lib.experiments import designs
from lib.experiments.disturbed import choose_places, disturbed_losses
from lib.experiments.noise import KINDS
from lib.experiments.sweeps import plan, run_sweep
from lib.ledger.rules import Outcome
from lib.measures.comparison import combine, seeds_as_text, seeds_from_text, without_each_seed
from lib.measures.published import COIN_REACH, published_contrast
from lib.measures.statistics import bootstrap_mean
from lib.profiles import Profile
from lib.training.runs import Run, open_run, request_run

TRAINING_FACTOR = 2  # times the tokens of a sweep's run
NOISE_SHARE = 0.2  # of the training notes moved by a semitone, where a variant is trained on noisy music
ALL_KINDS = "all kinds"
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
        variant, trained_on, seed, and the columns of :func:`lib.experiments.disturbed.disturbed_losses`.
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
        The columns of :func:`lib.experiments.disturbed.disturbed_losses`.
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
    """Extra loss by variant, training, kind and share: mean over seeds, 95% interval over seeds and pieces.

    With one seed the interval is over pieces alone; `seeds` says so.

    Returns:
        variant, trained_on, kind, share, changed, extra, low, high, seeds, places, groups, by_seed.
    """
    keys = ["variant", "trained_on", "kind", "share"]
    lines = []
    for key, part in disturbed.groupby(keys, sort=False):
        found = _over_seeds_and_pieces(part, part["extra"])
        lines.append(
            {
                **dict(zip(keys, key, strict=True)),
                "changed": part["changed"].mean(),
                "extra": found["value"],
                **{name: found[name] for name in ("low", "high", "seeds", "places")},
                "groups": part["group"].nunique(),
                "by_seed": found["by_seed"],
            }
        )
    return pd.DataFrame(lines)


def robustness_differences(disturbed: pd.DataFrame, variant: str, other: str) -> pd.DataFrame:
    """Extra loss of `variant` minus that of `other`, both trained on clean music, by kind and share of notes.

    Paired by seed and piece; the intervals are over both, with one seed over pieces alone.

    Returns:
        kind (:data:`ALL_KINDS`, their mean, comes first), share; variant_loses, other_loses (what either
        loses there: no difference of the two can be larger); value, low, high, seeds, degrees, by_seed,
        error_pieces, places.
    """
    clean = disturbed[disturbed["trained_on"] == "clean"]
    index = ["seed", "row", "group", "kind", "share"]
    first, second = (clean[clean["variant"] == name].set_index(index)["extra"] for name in (variant, other))
    paired = pd.DataFrame({"first": first, "second": second}).reset_index()
    lines = []
    for kind in (ALL_KINDS, *paired["kind"].unique()):
        of_kind = paired if kind == ALL_KINDS else paired[paired["kind"] == kind]
        for share, part in of_kind.groupby("share"):
            lines.append(
                {
                    "kind": kind,
                    "share": share,
                    "variant_loses": part["first"].mean(),
                    "other_loses": part["second"].mean(),
                    **_over_seeds_and_pieces(part, part["first"] - part["second"]),
                }
            )
    return pd.DataFrame(lines)


def _over_seeds_and_pieces(table: pd.DataFrame, values: pd.Series) -> dict[str, float | str | None]:
    """Mean of `values`, with the interval over the table's seeds and groups, and what both rest on.

    Returns:
        value, low, high, seeds, degrees (None for one seed), by_seed (a text), error_pieces, places.
    """
    by_seed = values.groupby(table["seed"]).mean().to_numpy()
    by_piece = values.groupby([table["row"], table["group"]]).mean()
    pieces = bootstrap_mean(by_piece.to_numpy(), by_piece.index.get_level_values("group").to_numpy())
    mean, seeds = float(by_seed.mean()), len(by_seed)
    error_pieces = (pieces.high - pieces.low) / (2 * stats.norm.ppf(0.975))
    found = {
        "value": mean,
        "low": min(pieces.low, mean),
        "high": max(pieces.high, mean),
        "seeds": seeds,
        "degrees": None,
        "by_seed": seeds_as_text(by_seed),
        "error_pieces": error_pieces,
        "places": len(by_piece),
    }
    if seeds == 1 or math.isnan(pieces.low):
        return found
    error, degrees = combine(
        by_seed.std(ddof=1) / math.sqrt(seeds), seeds - 1, error_pieces, len(by_piece) - 1
    )
    half = float(stats.t.ppf(0.975, degrees)) * error
    return found | {"low": mean - half, "high": mean + half, "degrees": degrees}


def published_degradations(table: pd.DataFrame) -> pd.Series:
    """What each published model loses from clean to noisy data, in nats per token, by model."""
    loss = table.pivot(index="model", columns="dataset", values="val_loss")
    return loss["noisy"] - loss["clean"]


def published_function_outcome(moved: pd.DataFrame) -> Outcome:
    """Claim 6: share of ids moved at σ = 0.1 minus the share at σ = 1e-9, by
    :func:`lib.experiments.published_noise.shares_moved`.

    Noise whose strength is σ would move E|x| = σ √(2/π) of an id on average, nothing for a σ of nearly 0.
    """
    shares = moved.set_index("deviation")["truncated"]
    value = float(shares[0.1] - shares[1e-9])
    return Outcome(value, value, value, reach=(0.0, (0.1 - 1e-9) * math.sqrt(2 / math.pi)))


def published_outcome(table: pd.DataFrame) -> Outcome:
    """Claim 5 in the report's files: what Base loses from clean to noisy data minus what LayerNorm loses.

    Args:
        table: the published runs, as :func:`lib.experiments.designs.published_noise_results`.
    """
    losses = table.set_index(["model", "dataset"])["val_loss"]
    places = [(model, data) for model in ("base", "layer_norm") for data in ("noisy", "clean")]
    found = published_contrast([losses[place] for place in places], (1, -1, -1, 1))
    return replace(found, reach=COIN_REACH)


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
        variant, value, low, high (95%, over pieces and, where there are several, seeds), seeds, degrees,
        by_seed, error_pieces, places.
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
        lines.append({"variant": variant, **_over_seeds_and_pieces(paired, paired["difference"])})
    return pd.DataFrame(lines)


def summaries(disturbed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """All that chapter 6 says of disturbed pasts, in small tables, by the name they are kept under.

    Returns:
        noise_degradation, from :func:`degradation`; noise_training, from :func:`training_differences`;
        noise_claim: post-norm minus pre-norm, from :func:`robustness_differences`.
    """
    return {
        "noise_degradation": degradation(disturbed),
        "noise_training": training_differences(disturbed),
        "noise_claim": robustness_differences(disturbed, "post-norm", "pre-norm"),
    }


def claim_line(claim: pd.DataFrame) -> pd.Series:
    """The line of `noise_claim` that decides claim 5: all kinds, at the largest share of altered notes.

    Raises:
        BookError: when the table is one of an earlier rule, with other columns.
    """
    if missing := {"kind", "share", "by_seed"} - set(claim):
        raise BookError(
            f"The kept table noise_claim has no columns {', '.join(sorted(missing))}: run `make evidence` "
            "again (what is trained is not trained anew)."
        )
    lines = claim[claim["kind"] == ALL_KINDS]
    return lines.loc[lines["share"].idxmax()]


def without_seeds(line: pd.Series) -> tuple[tuple[float, float], ...]:
    """The interval of a line of `noise_claim` or `noise_training` with each seed left out in turn."""
    by_seed = seeds_from_text(line["by_seed"])
    return without_each_seed(by_seed, float(line["error_pieces"]), float(line["places"]) - 1)


def claim_outcome(line: pd.Series) -> Outcome:
    """A line of `noise_claim` as a claim's outcome, bounded by what the costlier variant loses."""
    effect = max(0.0, float(line["variant_loses"]), float(line["other_loses"]))
    return Outcome(
        float(line["value"]),
        float(line["low"]),
        float(line["high"]),
        seeds=int(line["seeds"]),
        degrees=None if pd.isna(line["degrees"]) else float(line["degrees"]),
        without_seed=without_seeds(line),
        reach=(-effect, effect),
    )
