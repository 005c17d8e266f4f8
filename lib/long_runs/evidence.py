"""`make evidence`: the long runs whose results are kept in the repository, part by part.

Every run goes through the registry, so that an interrupted command goes on where it was. A part writes its
files when it is complete, each with its provenance.
"""

import time
from collections.abc import Callable, Sequence

import pandas as pd

from lib.basics.errors import BookError
from lib.basics.progress import duration, say
from lib.chapters.hyperparameters import outcomes as hyperparameters
from lib.chapters.hyperparameters.size_prediction import run_sizes
from lib.chapters.networks import comparison_runs as networks
from lib.chapters.noise import robustness
from lib.chapters.speed.ablation import run_ablation
from lib.data.store import TokenStore
from lib.ledger.evidence import committed_code, keep_evidence
from lib.long_runs.composer_trials import run_composer_trials
from lib.long_runs.label_trials import run_label_trials
from lib.long_runs.music_trials import run_music_trials
from lib.long_runs.size_pieces import measure_sizes
from lib.measures import loss_tables
from lib.measures.comparison import paired_difference, slope_within
from lib.profiles import Profile
from lib.show.words import counted

Tables = dict[str, pd.DataFrame]


def run_evidence(profile: Profile, store: TokenStore, parts: Sequence[str] = ()) -> list[str]:
    """Run the parts and keep their results.

    Args:
        profile: usually `evidence`.
        store: its data.
        parts: names of :data:`PARTS`; none: all, in order.

    Returns:
        The names of the kept results.

    Raises:
        BookError: for an unknown part, or changes of lib/ that are not committed, before anything runs.
    """
    for name in parts:
        if name not in PARTS:
            raise BookError(f"There is no part '{name}' of the evidence; choose among: {', '.join(PARTS)}.")
    committed_code()  # before hours of work, not after
    chosen, kept = parts or tuple(PARTS), []
    whole = duration(60 * sum(MINUTES[name] for name in chosen))
    say(f"evidence: {counted(len(chosen), 'part')}, about {whole} on 2 idle cores from nothing")
    for number, name in enumerate(chosen, start=1):
        say(f"evidence: part {number} of {len(chosen)}, {name}, about {MINUTES[name]} min")
        began = time.monotonic()
        for file, table in PARTS[name](profile, store).items():
            kept.append(file)
            keep_evidence(file, table.drop(columns=["folder"], errors="ignore"), profile, store, part=name)
        say(f"evidence: {name} done in {duration(time.monotonic() - began)}")
    return kept


def networks_part(profile: Profile, store: TokenStore) -> Tables:
    """LSTM against Transformer under every seed, and the original's two sizes at equal tokens."""
    runs = networks.paired_runs(profile, store)
    losses = networks.paired_losses(runs, store)
    baseline = networks.ngram_baseline(profile, store)
    lstm, transformer = (losses[arm] for arm in networks.ARMS)
    overall = networks.differences_by_type(lstm, transformer, store)
    against_baseline = [
        {
            "type": f"ngram minus {arm}",
            **networks.as_columns(paired_difference([baseline] * len(losses[arm]), losses[arm], store)),
        }
        for arm in networks.ARMS
    ]
    slope, classes = slope_within(transformer[0], store)
    first_seed = {"ngram": baseline, **{arm: found[0] for arm, found in losses.items()}}
    return {
        "networks_runs": networks.runs_table(runs, losses, store),
        "networks_differences": pd.concat([overall, pd.DataFrame(against_baseline)], ignore_index=True),
        "networks_label_gain": networks.label_gains(runs, losses, store),
        "networks_positions": networks.position_table(losses, baseline, store),
        "networks_collections": loss_tables.label_table(first_seed, store),
        "networks_classes": classes.assign(slope=slope.value, slope_low=slope.low, slope_high=slope.high),
        "networks_original_sizes": networks.original_sizes(profile, store),
    }


def sweeps_part(profile: Profile, store: TokenStore) -> Tables:
    """Chapter 5's sweeps."""
    results, learning = hyperparameters.run_sweeps(profile, store)
    return {"sweeps": results, "sweep_curves": learning}


def noise_part(profile: Profile, store: TokenStore) -> Tables:
    """Chapter 6's variants and disturbed pasts."""
    results = robustness.train_variants(profile, store)
    disturbed = [robustness.disturb(results, profile, store), robustness.disturb_book_model(profile, store)]
    return {"noise_runs": results, **robustness.summaries(pd.concat(disturbed, ignore_index=True))}


def ablation_part(profile: Profile, store: TokenStore) -> Tables:
    """What each choice of the book's Transformer is worth, in the appendix on speed and size."""
    return {"ablation": run_ablation(profile, store)}


def composer_part(profile: Profile, store: TokenStore) -> Tables:
    """What each change to the composer that comes with the book was worth, in the same appendix."""
    return {"composer_trials": run_composer_trials(profile)}


def control_part(profile: Profile, store: TokenStore) -> Tables:
    """What the labels do to composed music, in the chapter on control."""
    return run_label_trials(profile, store)


def size_part(profile: Profile, store: TokenStore) -> Tables:
    """Loss, themes and control against size, in chapter 5; a prediction is kept on the way."""
    runs, fits = run_sizes(profile, store)
    pieces = measure_sizes(runs["folder"].tolist(), profile, store)
    real = pieces.iloc[:1].rename(columns={"source": "kind"})
    measured = pd.concat([runs, pieces.iloc[1:].reset_index(drop=True).drop(columns="source")], axis=1)
    return {"size_runs": pd.concat([measured, real], ignore_index=True), "size_fit": fits}


def music_part(profile: Profile, store: TokenStore) -> Tables:
    """What composed music is like beside real music, in chapter 8."""
    return run_music_trials(profile, store)


PARTS: dict[str, Callable[[Profile, TokenStore], Tables]] = {
    "sweeps": sweeps_part,
    "networks": networks_part,
    "noise": noise_part,
    "ablation": ablation_part,
    "composer": composer_part,
    "control": control_part,
    "music": music_part,
    "size": size_part,
}
"""By name, in the order in which they run."""

MINUTES = {
    "sweeps": 10,
    "networks": 120,
    "noise": 25,
    "ablation": 40,
    "composer": 12,
    "control": 28,
    "music": 12,
    "size": 180,
}
"""What each part took on two cores from nothing; `control` and `music` with the networks of `networks`."""
