"""Chapter 5's sweeps, fresh or kept, and what they say about claims 2, 3, 4 and 15.

Losses are those of the last evaluation, as the original report gives them: a run that was good and then
failed has failed. Every setting of a sweep runs once; the repeated default gives the standard deviation for
all differences.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from lib.data.store import TokenStore
from lib.experiments import designs
from lib.experiments.sweeps import Trial, curves, plan, run_sweep
from lib.ledger.rules import Outcome
from lib.measures.comparison import SeedSpread, loss_reach, seed_spread
from lib.measures.losses import token_losses
from lib.measures.published import published_contrast
from lib.profiles import Profile
from lib.training.runs import open_run

COLLAPSE_RATE = 1e-2
"""A constant rate at which the published recipe fails at small sizes too."""

LOSS = "last_validation_loss"
_GAP_SAMPLE = 60_000  # training tokens on which the loss of the kept weights is measured
_WITH_GAP = ("depths", "data_and_depth")


def sweep_entries(name: str, profile: Profile) -> designs.Entries:
    """The entries of one of chapter 5's sweeps, by the name that a profile lists it under."""
    base = designs.sweep_default(profile)
    return {
        "repeats": lambda: designs.repeats(profile),
        "rates": designs.rates,
        "depths": lambda: designs.depths(base),
        "equal_parameters": lambda: designs.depths_at_equal_parameters(base),
        "batches": lambda: designs.batches(base),
        "equal_updates": lambda: designs.batches_at_equal_updates(base),
        "collapse": lambda: designs.causes_of_collapse(base, COLLAPSE_RATE),
        "data_and_depth": lambda: designs.data_and_depth(base),
    }[name]()


def run_sweeps(profile: Profile, store: TokenStore) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run the sweeps that the profile lists, all planned before any trains.

    Returns:
        Results with a column `sweep` in front (of :func:`lib.experiments.sweeps.run_sweep`, and train_loss of
        the kept weights where the gap is of interest), and the learning curves with a column `sweep`.
    """
    base = designs.sweep_default(profile)
    planned = {name: plan(base, sweep_entries(name, profile)) for name in profile.experiments.fresh}
    _train_together(planned, store)
    results, lines = [], []
    for name, trials in planned.items():
        found = run_sweep(trials, store)
        found["train_loss"] = _train_losses(trials, found, store) if name in _WITH_GAP else np.nan
        results.append(found.assign(sweep=name))
        lines.append(curves(found).assign(sweep=name))
    table, learning = pd.concat(results, ignore_index=True), pd.concat(lines, ignore_index=True)
    return table[["sweep", *(column for column in table if column != "sweep")]], learning


def _train_together(planned: Mapping[str, list[Trial]], store: TokenStore) -> None:
    """Train all that is missing as one sweep, so that no core waits for the end of another list."""
    unique: dict[str, Trial] = {}
    for name, trials in planned.items():
        for trial in trials:
            key = f"{trial.run.model_dump_json()} {trial.data.model_dump_json()}"
            unique.setdefault(key, Trial(f"{name}: {trial.label}", trial.run, trial.data, {}))
    run_sweep(list(unique.values()), store)


def _train_losses(trials: list[Trial], results: pd.DataFrame, store: TokenStore) -> list[float]:
    """Loss of the kept weights on a sample of the very pieces that each run was trained on."""
    found = []
    for trial, folder in zip(trials, results["folder"], strict=True):
        run = open_run(folder)
        if run.best is None:
            found.append(np.nan)
            continue
        window, precision = run.settings.training.window, run.settings.precision
        losses = token_losses(
            run.load_model(),
            trial.data.apply(store),
            "train",
            window,
            precision,
            max_tokens=min(_GAP_SAMPLE, run.tokens_seen),
        )
        found.append(losses.nats_per_token)
    return found


def spread_of_repeats(results: pd.DataFrame) -> SeedSpread:
    """The spread of the repeated default."""
    return seed_spread(_sweep(results, "repeats")[LOSS].tolist())


def outcomes(results: pd.DataFrame, vocabulary: int) -> dict[int, Outcome]:
    """Our outcomes for claims 2, 3, 4 and 15, with what bounds them; NaN where the sweep was not run."""
    rule = spread_of_repeats(results)
    found = {number: Outcome(np.nan, np.nan, np.nan) for number in (2, 3, 4, 15)}
    parts = dict(iter(results.groupby("sweep")))

    def difference(losses: Sequence[float]) -> Outcome:
        return replace(rule.contrast(losses), reach=loss_reach(vocabulary))

    if "rates" in parts:
        rates = parts["rates"].set_index("label")[LOSS]
        found[2] = difference([rates["rate 0.001"], rates["rate 0.0005"]])
    if "batches" in parts:
        best = parts["batches"].groupby("batch_tokens")[LOSS].min().sort_index()
        found[3] = difference(best.iloc[[1, 0]].tolist())
    if "depths" in parts:
        depths = parts["depths"].sort_values("num_layers")[LOSS]
        found[4] = difference(depths.iloc[[1, 2]].tolist())
    if "data_and_depth" in parts:  # shallow on a part, shallow on all, deep on a part, deep on all
        losses = parts["data_and_depth"].sort_values(["num_layers", "data_share"])[LOSS].tolist()
        effect = max(0.0, losses[0] - losses[1], losses[2] - losses[3])  # the most that fewer pieces cost
        found[15] = replace(rule.contrast(losses, (-1, 1, 1, -1)), reach=(-effect, effect))
    return found


def published_outcomes() -> dict[int, Outcome]:
    """The report's own outcomes for the same claims, from its published table."""
    table = designs.published_sweep().set_index(["factor", "value"])
    loss = table["val_loss"]
    neighbours = max(loss["learning_rate", 1e-3], loss["learning_rate", 5e-5])
    deepest = table.loc[("depth", 12)]
    return {
        2: published_contrast([neighbours, loss["learning_rate", 5e-4]]),
        3: published_contrast([loss["batch_size", 64], loss["batch_size", 32]]),
        4: published_contrast([loss["depth", 8], loss["depth", 12]]),
        15: published_contrast([deepest["val_loss"], deepest["train_loss"]]),
    }


def at_the_edge(results: pd.DataFrame) -> str:
    """Whether the best of the rates that were tried lies at the edge, by batch; '' where no sweep says so."""
    batches = _sweep(results, "batches").dropna(subset=[LOSS, "learning_rate"])
    if batches.empty:
        return ""
    best = batches.loc[batches.groupby("batch_tokens")[LOSS].idxmin(), ["batch_tokens", "learning_rate"]]
    ends = batches.groupby("batch_tokens")["learning_rate"].agg(["min", "max"])
    edge = sum(row.learning_rate in ends.loc[row.batch_tokens].to_numpy() for row in best.itertuples())
    told = (
        f"For {edge} of {len(best)} batch sizes the best rate lies at the edge of the three that were tried"
    )
    return (
        f"{told}: a better one may lie beyond it, and the order of the batches may change."
        if edge
        else ("For each batch size the best rate lies between the other two that were tried.")
    )


def _sweep(results: pd.DataFrame, name: str) -> pd.DataFrame:
    return results[results["sweep"] == name]


def is_default(results: pd.DataFrame) -> pd.Series:
    """Which rows of a sweep are the repeated default once more: the same run, listed as a rate, a depth and a
    batch of its own. Bool [rows]."""
    known = [name for name in ("parameters", "tokens", "steps", LOSS) if name in results]
    runs = results[known].apply(tuple, axis=1)
    repeated = results["sweep"] == "repeats"
    return runs.isin(runs[repeated]) & ~repeated


def band(results: pd.DataFrame) -> tuple[float, float]:
    """Where one more run of the default would lie (95%): mean ± t · s · √(1 + 1/m); NaN for one repeat."""
    losses = _sweep(results, "repeats")[LOSS]
    rule = spread_of_repeats(results)
    if rule.runs < 2:
        return np.nan, np.nan
    half = float(stats.t.ppf(0.975, rule.runs - 1)) * rule.deviation * np.sqrt(1 + 1 / rule.runs)
    return float(losses.mean() - half), float(losses.mean() + half)


def agreement(fresh: pd.DataFrame, kept: pd.DataFrame | None) -> pd.DataFrame:
    """Whether today's runs and the kept ones say the same of each setting, beside its default.

    A setting that is the default itself says nothing of that, and is not listed.

    Args:
        fresh: today's results.
        kept: the evidence; None where there is none.

    Returns:
        setting; fresh, kept (loss minus the mean default's, nats per token); verdict: "agree" (both beyond
        the smallest detectable difference on one side), "contradict each other" (on different sides), or "no
        difference in one". Empty without evidence.
    """
    columns = ["setting", "fresh", "kept", "verdict"]
    if kept is None:
        return pd.DataFrame(columns=columns)
    sides = []
    for table in (fresh, kept):
        rule, default = spread_of_repeats(table), _sweep(table, "repeats")[LOSS].mean()
        others = ~table["sweep"].isin(["repeats", "collapse"]) & ~is_default(table)
        chosen = table[others].drop_duplicates("label")
        beyond = {line.label: rule.contrast([getattr(line, LOSS), default]) for line in chosen.itertuples()}
        sides.append(beyond)
    lines = []
    for label in [label for label in sides[0] if label in sides[1]]:
        first, second = (_side(side[label]) for side in sides)
        verdict = "no difference in one"
        if first and second:
            verdict = "agree" if first == second else "contradict each other"
        lines.append(
            {
                "setting": label,
                "fresh": sides[0][label].value,
                "kept": sides[1][label].value,
                "verdict": verdict,
            }
        )
    return pd.DataFrame(lines, columns=columns)


def _side(outcome: Outcome) -> int:
    intervals = ((outcome.low, outcome.high), *outcome.without_seed)
    return int(all(low > 0 for low, _ in intervals)) - int(all(high < 0 for _, high in intervals))


def gap_table(results: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Training and validation loss by depth, the report's and ours.

    Returns:
        label, train_loss, validation_loss, source (quoted or ours).
    """
    theirs = published[published["factor"] == "depth"].sort_values("value")
    quoted = pd.DataFrame(
        {
            "label": [f"depth {value:g} (quoted)" for value in theirs["value"]],
            "train_loss": theirs["train_loss"],
            "validation_loss": theirs["val_loss"],
            "source": "quoted",
        }
    )
    ours = results[results["sweep"].isin(_WITH_GAP)].drop_duplicates("label")
    # 'depth 3' and 'depth 3, all pieces' are one run, listed by two sweeps.
    ours = ours.drop_duplicates(["train_loss", "validation_loss"])
    ours = ours[["label", "train_loss", "validation_loss"]].assign(source="ours")
    return pd.concat([quoted, ours], ignore_index=True)
