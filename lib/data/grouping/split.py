"""Training, validation and test pieces, no duplicate group on two sides; and what a naive split would
leak."""

import numpy as np
import pandas as pd

from lib.basics.errors import BookError

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
_HELD_OUT = 0.2  # of 80/10/10 and of the original's 80/20 alike


def split_by_groups(strata: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    """Split pieces 80/10/10 so that a group stays whole and each stratum is divided in these shares too.

    Groups are assigned from the largest to the smallest, in seeded order among equals, each to the part that
    lacks most of the group's strata (after Sechidis, Tsoumakas and Vlahavas, *On the Stratification of
    Multi-Label Data*, 2011).

    Args:
        strata: the stratum (emotion × genre) of each piece, integers from 0, [pieces].
        groups: the duplicate group of each piece, integers from 0, [pieces].
        seed: of the order among groups of one size, and of ties.

    Returns:
        The name of each piece's part, text [pieces].

    Raises:
        BookError: when there are too few groups to fill every part.
    """
    names, shares = list(SHARES), np.array(list(SHARES.values()))
    generator = np.random.default_rng(seed)
    counts = np.zeros((int(groups.max(initial=-1)) + 1, int(strata.max(initial=-1)) + 1))
    np.add.at(counts, (groups, strata), 1)
    lacking = counts.sum(axis=0)[:, None] * shares  # [strata, parts]
    part_of_group = np.zeros(len(counts), np.int64)
    shuffled = generator.permutation(len(counts))
    for number in shuffled[np.argsort(-counts[shuffled].sum(axis=1), kind="stable")]:
        present = np.flatnonzero(counts[number])
        need = counts[number, present] @ (lacking[present] / shares)
        total = lacking.sum(axis=0) / shares
        # Ties, as at the start, fall to the parts in proportion to their shares.
        best = np.lexsort((generator.exponential(1 / shares), -total, -need))[0]
        part_of_group[number] = best
        lacking[present, best] -= counts[number, present]
    parts = np.array(names)[part_of_group[groups]]
    missing = [name for name in names if name not in parts]
    if missing:
        raise BookError(
            f"{len(strata)} pieces in {len(counts)} groups are too few for a split: "
            f"nothing is left for {' and '.join(missing)}; use a folder with at least 30 tunes."
        )
    return parts


def split_table(index: pd.DataFrame) -> pd.DataFrame:
    """Pieces by emotion, genre and part of the split, with the share of each part."""
    table = index.groupby(["emotion", "genre", "split"], observed=True).size().unstack("split", fill_value=0)
    return table.reindex(columns=list(SHARES), fill_value=0).reset_index()


def naive_leakage(index: pd.DataFrame, seed: int) -> dict[str, float]:
    """What a split by file would have leaked: held-out pieces with a member of their group in training.

    Args:
        index: the store's index, with the columns `group` and `hash_exact` and `hash_transposed`.
        seed: of the naive split.

    Returns:
        `pieces` held out, and the shares of them that have in training a duplicate of any kind (`any`), one
        that is a copy up to transposition (`transposed`), and an exact one (`exact`).
    """
    order = np.random.default_rng(seed).permutation(len(index))
    count = round(_HELD_OUT * len(index))
    held, train = order[:count], order[count:]
    shares: dict[str, float] = {"pieces": count}
    for name, column in (("any", "group"), ("transposed", "hash_transposed"), ("exact", "hash_exact")):
        values = pd.factorize(index[column])[0]
        in_training = np.zeros(len(index), bool)
        in_training[values[train]] = True
        shares[name] = float(in_training[values[held]].mean()) if count else 0.0
    return shares


def leakage_table(index: pd.DataFrame, seeds: int = 20) -> pd.DataFrame:
    """:func:`naive_leakage` over several naive splits: a row a kind, with `mean`, `low` and `high` (95 % of
    splits).

    The interval is over splits of these very pieces, not over other corpora.
    """
    rows = pd.DataFrame([naive_leakage(index, seed) for seed in range(seeds)])
    rows = rows.drop(columns="pieces")
    return pd.DataFrame({"mean": rows.mean(), "low": rows.quantile(0.025), "high": rows.quantile(0.975)})


def melody_leakage(index: pd.DataFrame, seed: int) -> pd.DataFrame:
    """What the split would have leaked without a look at melodies: the same split, by groups that only know
    equal and similar notes.

    Args:
        index: the store's index, with `group` and `group_without_melody`.
        seed: the store's, of its split.

    Returns:
        A row a genre and 'all': `held_out` pieces of such a split, `leaked` of them, with a member of their
        group (directly or through others) in its training set, and their `share`.
    """
    strata = index.groupby(["emotion", "genre"], sort=True).ngroup().to_numpy()
    parts = split_by_groups(strata, index["group_without_melody"].to_numpy(), seed)
    held = index[parts != "train"]
    leaked = held["group"].isin(index["group"][parts == "train"])
    rows = [
        {"genre": name, "held_out": len(part), "leaked": int(leaked[part.index].sum())}
        for name, part in [*held.groupby("genre"), ("all", held)]
    ]
    return pd.DataFrame(rows).assign(share=lambda table: table["leaked"] / table["held_out"])
