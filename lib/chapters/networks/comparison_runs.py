"""LSTM against Transformer: paired seeds, equal parameters, equal tokens, and what else the losses tell.

Both arms of a profile have as many parameters within a few per cent, see the same tokens in the same order
under each seed, and are judged on the same test pieces.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from lib.basics.errors import BookError
from lib.data.store import TokenStore
from lib.ledger.evidence import Evidence
from lib.ledger.rules import Outcome
from lib.measures import loss_tables
from lib.measures.comparison import (
    PairedDifference,
    loss_reach,
    paired_difference,
    seeds_as_text,
    seeds_from_text,
    without_each_seed,
)
from lib.measures.losses import TokenLosses, request_losses, request_ngram_losses
from lib.profiles import Profile, load_profile
from lib.profiles.profile import RunSettings
from lib.training.runs import Run, request_run

ARMS = ("lstm", "transformer")
ORIGINAL_SIZE_TOKENS = 300_000  # 38.9 M parameters take minutes for so many on two cores
POSITION_GROUPS = 20  # bins of positions that fewer groups reach are left out


def paired_runs(profile: Profile, store: TokenStore) -> dict[str, list[Run]]:
    """Each arm's run under each seed of the profile, trained where it is missing."""
    return {arm: [request_run(profile.run(arm, seed), store) for seed in profile.seeds] for arm in ARMS}


def paired_losses(
    runs: Mapping[str, Sequence[Run]], store: TokenStore, split: str = "test", shuffled: str = "nothing"
) -> dict[str, list[TokenLosses]]:
    """The losses of all runs on a split; `shuffled` as in :func:`lib.measures.losses.request_losses`."""
    return {
        arm: [request_losses(run, store, split, shuffled) for run in found] for arm, found in runs.items()
    }


def runs_table(
    runs: Mapping[str, Sequence[Run]], losses: Mapping[str, Sequence[TokenLosses]], store: TokenStore
) -> pd.DataFrame:
    """A row a run: arm, seed, parameters, tokens, seconds, and the measures of the test set.

    The measures are nats_per_token, accuracy, nats_per_note, bits_per_bar with their intervals over pieces,
    and macro_nats, the mean over collections of nats per token.
    """
    lines = []
    for arm, found in runs.items():
        for run, one in zip(found, losses[arm], strict=True):
            line = loss_tables.model_table({arm: one}, store).iloc[0].to_dict()
            macro = loss_tables.label_table({arm: one}, store, draws=2).iloc[-1]["nats_per_token"]
            lines.append(
                {
                    "arm": arm,
                    "seed": run.settings.seed,
                    "parameters": run.parameters,
                    "tokens_seen": run.tokens_seen,
                    "seconds": run.provenance["seconds"]["total"],
                    **{name: value for name, value in line.items() if name != "model"},
                    "macro_nats": macro,
                }
            )
    return pd.DataFrame(lines)


def restrict(losses: Sequence[TokenLosses], chosen: np.ndarray) -> list[TokenLosses]:
    """The same tokens of each run's losses; `chosen` is bool [tokens]."""
    return [TokenLosses(**{name: values[chosen] for name, values in vars(one).items()}) for one in losses]


def differences_by_type(
    arm: Sequence[TokenLosses], baseline: Sequence[TokenLosses], store: TokenStore
) -> pd.DataFrame:
    """The arm minus the baseline for all tokens and by token type, over seeds and pieces.

    Returns:
        type, tokens, the fields of :class:`lib.measures.comparison.PairedDifference`, by_seed as a
        text, and seeds.
    """
    types = store.type_of_id[arm[0].token]
    lines = [{"type": "all", "tokens": len(types), **as_columns(paired_difference(arm, baseline, store))}]
    for number in np.unique(types):
        chosen = types == number
        found = paired_difference(restrict(arm, chosen), restrict(baseline, chosen), store)
        lines.append({"type": store.type_names[number], "tokens": int(chosen.sum()), **as_columns(found)})
    return pd.DataFrame(lines)


def label_gains(
    runs: Mapping[str, Sequence[Run]], losses: Mapping[str, Sequence[TokenLosses]], store: TokenStore
) -> pd.DataFrame:
    """What the labels are worth to each arm: loss with both labels permuted minus loss with the true ones.

    Returns:
        arm, and the columns of a paired difference; above zero the model makes use of the labels.
    """
    permuted = paired_losses(runs, store, "test", "both")
    return pd.DataFrame(
        [{"arm": arm, **as_columns(paired_difference(permuted[arm], losses[arm], store))} for arm in runs]
    )


def position_table(
    losses: Mapping[str, Sequence[TokenLosses]], baseline: TokenLosses, store: TokenStore
) -> pd.DataFrame:
    """Loss by position in the piece, mean over seeds, and its difference to the n-gram on the same tokens.

    Returns:
        arm; start, end, tokens, pieces, groups, loss, difference, difference_low, difference_high (over
        pieces).
    """
    means = {arm: _mean_over_seeds(found) for arm, found in losses.items()}
    tables = loss_tables.position_tables({"ngram": baseline, **means}, store, "ngram")
    return pd.concat(
        [table[table["groups"] >= POSITION_GROUPS].assign(arm=arm) for arm, table in tables.items()],
        ignore_index=True,
    )


def _mean_over_seeds(losses: Sequence[TokenLosses]) -> TokenLosses:
    first = losses[0]
    mean = np.mean([one.loss for one in losses], axis=0).astype(np.float32)
    return TokenLosses(first.row, first.place, first.token, mean, first.correct)


def ngram_baseline(profile: Profile, store: TokenStore) -> TokenLosses:
    """The losses of the profile's n-gram model."""
    return request_ngram_losses(store, profile.ngram.orders, "test")


def as_columns(found: PairedDifference) -> dict[str, float | str]:
    """A paired difference as columns of a table; the pairs are counted, and stand as one text."""
    return found._asdict() | {"by_seed": seeds_as_text(found.by_seed), "seeds": len(found.by_seed)}


def original_sizes(profile: Profile, store: TokenStore) -> pd.DataFrame:
    """The original's two networks, of very different size, at equal tokens; one seed each.

    Their shapes are those of the profile `gpu`, their recipe too; only budget and batch are cut to what two
    cores can do.

    Returns:
        arm, parameters, tokens_seen, seconds, validation_loss, validation_accuracy.
    """
    lines = []
    for arm in ARMS:
        entry = load_profile("gpu").runs[arm]
        training = entry.training.model_copy(
            update={
                "tokens": ORIGINAL_SIZE_TOKENS,
                "window": 512,
                "batch_tokens": 4096,
                "evaluations": 2,
                "evaluation_tokens": 40_000,
            }
        )
        run = request_run(
            RunSettings(
                name=f"original-{arm}",
                model=entry.model,
                training=training,
                seed=profile.seed,
                threads=profile.threads,
                precision=profile.precision,
            ),
            store,
        )
        lines.append(
            {
                "arm": arm,
                "parameters": run.parameters,
                "tokens_seen": run.tokens_seen,
                **{name: run.summary[name] for name in ("seconds", "validation_loss", "validation_accuracy")},
            }
        )
    return pd.DataFrame(lines)


def deciding_outcome(
    fresh: PairedDifference, kept: Evidence | None, store: TokenStore, kind: str = "all"
) -> Outcome:
    """A difference for the ledger: the kept evidence's, where it is of the very same data, else today's.

    Args:
        fresh: today's.
        kept: the evidence `networks_differences`; None without one.
        store: the tokens; no loss is taken to be higher than that of guessing evenly among them.
        kind: the line of the evidence.
    """
    if kept is not None and kept.decides:
        return kept_outcome(kept.table, len(store.vocabulary), kind)
    return replace(fresh.outcome, reach=loss_reach(len(store.vocabulary)))


def kept_outcome(differences: pd.DataFrame, vocabulary: int, kind: str = "all") -> Outcome:
    """The line `kind` of the kept `networks_differences` as a claim's outcome.

    Raises:
        BookError: when the table says nothing of the single seeds, so that none can be left out.
    """
    if "by_seed" not in differences:
        raise BookError(
            "The kept table networks_differences has no values by seed: run `make evidence` again "
            "(what is trained is not trained anew)."
        )
    line = differences.set_index("type").loc[kind]
    by_seed = seeds_from_text(line["by_seed"])
    return Outcome(
        float(line["estimate"]),
        float(line["low"]),
        float(line["high"]),
        seeds=len(by_seed),
        degrees=float(line["degrees"]),
        without_seed=without_each_seed(by_seed, float(line["error_pieces"]), float(line["groups"]) - 1),
        reach=loss_reach(vocabulary),
    )
