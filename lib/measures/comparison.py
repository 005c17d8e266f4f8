"""Differences that can be believed: over seeds and pieces together, and beside the spread of repeated runs.

Two things vary when two recipes are compared. *Seeds*: another training run would have ended elsewhere.
*Pieces*: other music would have been easier or harder for one of them. Where both arms were trained with the
same seeds and judged on the same pieces, each is estimated apart and both enter the interval. Where every
setting was run once, as in a sweep, the spread of a repeated default is taken instead.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from lib.basics.errors import BookError
from lib.data.store import TokenStore
from lib.ledger.rules import Outcome
from lib.measures.losses import TokenLosses
from lib.measures.statistics import bootstrap

POWER = 0.8


class PairedDifference(NamedTuple):
    """One arm minus another, over paired seeds and the same pieces; nats per token unless said otherwise.

    Attributes:
        estimate, low, high: mean over seeds, with its 95% interval; NaN bounds for a single seed, which
            cannot say how seeds vary.
        by_seed: the difference of each pair.
        error_seeds: standard error from the spread between seeds; NaN for one seed.
        error_pieces: standard error from resampling duplicate groups.
        piece_low, piece_high: interval over pieces alone, which leaves seeds out.
        degrees: degrees of freedom of the interval (Satterthwaite).
        pieces, groups: how many were judged.
    """

    estimate: float
    low: float
    high: float
    by_seed: tuple[float, ...]
    error_seeds: float
    error_pieces: float
    piece_low: float
    piece_high: float
    degrees: float
    pieces: int
    groups: int

    @property
    def outcome(self) -> Outcome:
        """The difference as a claim's outcome."""
        return Outcome(
            self.estimate,
            self.low,
            self.high,
            seeds=len(self.by_seed),
            degrees=None if math.isnan(self.degrees) else self.degrees,
            without_seed=without_each_seed(self.by_seed, self.error_pieces, self.groups - 1),
        )


def paired_difference(
    arm: Sequence[TokenLosses], baseline: Sequence[TokenLosses], store: TokenStore, draws: int = 2000
) -> PairedDifference:
    """The mean loss of `arm` minus that of `baseline`, with an interval for new seeds *and* new pieces.

    With differences D_s of S seeds, the mean's variance is estimated as var(D_s) / S, the part of seeds, plus
    the bootstrap variance over duplicate groups of the mean over seeds, the part of pieces. The degrees of
    freedom are Satterthwaite's: with three seeds that dominate there are two, and the interval is ± 4.3
    standard errors.

    Args:
        arm, baseline: losses of each seed's run, the same seeds in the same order, all of the same tokens.
        store: the tokens.
        draws: of the bootstrap.

    Raises:
        BookError: when the arms differ in their number of seeds, or were judged on different tokens.
    """
    if len(arm) != len(baseline) or not arm:
        raise BookError(
            f"A paired comparison needs the same seeds in both arms; it has {len(arm)} and "
            f"{len(baseline)} runs."
        )
    if not all(arm[0].is_of_same_tokens(other) for other in (*arm, *baseline)):
        raise BookError(
            "A paired comparison needs the same tokens in all runs: compute the losses on one split."
        )
    rows, piece = np.unique(arm[0].row, return_inverse=True)
    tokens = np.bincount(piece).astype(float)
    by_piece = np.stack(
        [
            np.bincount(piece, one.loss.astype(float) - other.loss)
            for one, other in zip(arm, baseline, strict=True)
        ]
    )
    by_seed = by_piece.sum(axis=1) / tokens.sum()
    groups = store.index["group"].to_numpy()[rows]
    count = len(np.unique(groups))
    sums = np.column_stack([by_piece.mean(axis=0), tokens])
    pieces = bootstrap(sums, groups, lambda total: total[..., 0] / total[..., 1], draws)
    error_pieces = (pieces.high - pieces.low) / (2 * stats.norm.ppf(0.975))
    error_seeds = float(by_seed.std(ddof=1) / math.sqrt(len(by_seed))) if len(by_seed) > 1 else math.nan
    error, degrees = combine(error_seeds, len(by_seed) - 1, error_pieces, count - 1)
    estimate = float(by_seed.mean())
    half = float(stats.t.ppf(0.975, degrees)) * error if degrees > 0 else math.nan
    return PairedDifference(
        estimate,
        estimate - half,
        estimate + half,
        tuple(by_seed.tolist()),
        error_seeds,
        error_pieces,
        pieces.low,
        pieces.high,
        degrees,
        len(rows),
        count,
    )


def without_each_seed(
    by_seed: Sequence[float], error_pieces: float, piece_degrees: float
) -> tuple[tuple[float, float], ...]:
    """The 95% interval of the mean over seeds and pieces, with each seed left out in turn.

    The error over pieces is taken to stay the same, for it hardly depends on one of the seeds.

    Args:
        by_seed: the value of each seed.
        error_pieces: standard error over pieces of their mean.
        piece_degrees: its degrees of freedom.

    Returns:
        (low, high) for each seed, as the others have it; NaN bounds where only one is left, which says
        nothing of how seeds vary. Empty for a single seed: there is none to leave out.
    """
    values, found = np.asarray(by_seed, dtype=float), []
    for left_out in range(len(values) if len(values) > 1 else 0):
        others = np.delete(values, left_out)
        spread = float(others.std(ddof=1) / math.sqrt(len(others))) if len(others) > 1 else math.nan
        error, degrees = combine(spread, len(others) - 1, error_pieces, piece_degrees)
        half = float(stats.t.ppf(0.975, degrees)) * error if degrees > 0 else math.nan
        found.append((float(others.mean() - half), float(others.mean() + half)))
    return tuple(found)


def seeds_as_text(by_seed: Sequence[float]) -> str:
    """Values of the seeds, in their order, as one column of a table: `0.21 0.198`.

    >>> seeds_as_text([0.21, 0.198])
    '0.21 0.198'
    """
    return " ".join(f"{value:.6g}" for value in by_seed)


def seeds_from_text(text: str | float) -> tuple[float, ...]:
    """The values again; a column of single seeds is read as numbers.

    >>> seeds_from_text("0.21 0.198"), seeds_from_text(0.3)
    ((0.21, 0.198), (0.3,))
    """
    return tuple(float(value) for value in str(text).split())


def combine(first: float, first_degrees: float, second: float, second_degrees: float) -> tuple[float, float]:
    """Standard error of a sum of two independent errors, and its degrees of freedom (Satterthwaite 1946)."""
    total = first**2 + second**2
    if math.isnan(total) or not total or first_degrees < 1 or second_degrees < 1:
        return math.nan, math.nan
    return math.sqrt(total), total**2 / (first**4 / first_degrees + second**4 / second_degrees)


class SeedSpread(NamedTuple):
    """How far runs of one and the same configuration lie apart.

    Attributes:
        runs: how many there are.
        deviation: their standard deviation, nats per token; NaN for one run.
        spread: largest minus smallest.
        without_run: the deviation with each of the runs left out in turn; empty for one run.
    """

    runs: int
    deviation: float
    spread: float
    without_run: tuple[float, ...] = ()

    def contrast(self, losses: Sequence[float], weights: Sequence[float] = (1, -1)) -> Outcome:
        """A weighted sum of the losses of single runs, with the interval that this spread gives.

        All runs are taken to vary like the repeated default: ± t · s · √Σw². A loss that is no number gives
        an outcome that decides nothing.

        Args:
            losses: nats per token, one a run.
            weights: 1 and −1 for a difference of two runs.
        """
        value = float(np.dot(weights, losses))
        if not math.isfinite(value):
            return Outcome(math.nan, math.nan, math.nan)
        if self.runs < 2:
            return Outcome(value, math.nan, math.nan)
        root = math.sqrt(np.square(weights).sum())
        half = float(stats.t.ppf(0.975, self.runs - 1)) * self.deviation * root
        fewer = [float(stats.t.ppf(0.975, self.runs - 2)) * one * root for one in self.without_run]
        return Outcome(
            value,
            value - half,
            value + half,
            seeds=self.runs,
            degrees=self.runs - 1,
            without_seed=tuple((value - one, value + one) for one in fewer),
        )


def loss_reach(vocabulary: int, weights: Sequence[float] = (1, -1)) -> tuple[float, float]:
    """Between what a weighted sum of losses can lie, in nats per token.

    Each loss is taken to lie between 0 and ln V, that of guessing evenly; only a network that learned less
    than nothing loses more.

    >>> [round(end, 2) for end in loss_reach(486)]
    [-6.19, 6.19]

    Args:
        vocabulary: V, the number of tokens.
        weights: 1 and −1 for a difference of two runs.
    """
    most = math.log(vocabulary) * np.asarray(weights, dtype=float)
    return float(most[most < 0].sum()), float(most[most > 0].sum())


def seed_spread(losses: Sequence[float]) -> SeedSpread:
    """The spread of repeated runs of one configuration."""
    values = np.asarray(losses, dtype=float)

    def deviation(runs: np.ndarray) -> float:
        return float(runs.std(ddof=1)) if len(runs) > 1 else math.nan

    without = (
        tuple(deviation(np.delete(values, run)) for run in range(len(values))) if len(values) > 1 else ()
    )
    return SeedSpread(len(values), deviation(values), float(np.ptp(values)), without)


def seeds_needed(effect: float, deviation: float) -> float:
    """Seeds in each arm that find a difference of this size in four of five trials, at a level of 5%.

    n = 2 (z₀.₉₇₅ + z₀.₈)² s² / effect², for two means of runs with standard deviation s; at least 2. Infinite
    for no effect at all.
    """
    if math.isnan(effect) or math.isnan(deviation):
        return math.nan
    if not effect:
        return math.inf
    need = 2 * (stats.norm.ppf(0.975) + stats.norm.ppf(POWER)) ** 2 * (deviation / effect) ** 2
    return float(max(2, math.ceil(need)))


def slope_within(
    losses: TokenLosses, store: TokenStore, least_groups: int = 5
) -> tuple[Outcome, pd.DataFrame]:
    """Change of loss for each doubling of a class's training tokens, within collections (genres).

    Classes are emotions within one collection. A common slope is fitted to the classes' losses with an
    intercept for each collection, so that hard and easy collections are not compared with each other; all
    classes weigh alike. The interval comes from a bootstrap over duplicate groups of the judged pieces.

    Args:
        losses: of a model on held-out pieces.
        store: the tokens; class sizes are those of its training set.
        least_groups: classes with fewer judged groups are left out; they might be missing from a draw.

    Returns:
        The slope in nats per token per doubling (NaN where no collection has two classes), and a table of
        classes: genre, emotion, training_tokens, pieces, groups, loss.
    """
    index, lengths = store.index, store.lengths
    train = store.rows("train")
    sizes = (
        pd.Series(lengths[train])
        .groupby([index["genre"].to_numpy()[train], index["emotion"].to_numpy()[train]])
        .sum()
    )
    rows, piece = np.unique(losses.row, return_inverse=True)
    keys = list(zip(index["genre"].to_numpy()[rows], index["emotion"].to_numpy()[rows], strict=True))
    groups = index["group"].to_numpy()[rows]
    seen = pd.DataFrame({"key": keys, "group": groups}).groupby("key")["group"].nunique()
    classes = [key for key in sorted(set(keys)) if key in sizes.index and seen[key] >= least_groups]
    number = np.array([classes.index(key) if key in classes else -1 for key in keys], dtype=int)
    nats, tokens = np.bincount(piece, losses.loss.astype(float)), np.bincount(piece).astype(float)
    member = number[:, None] == np.arange(len(classes))
    sums = np.column_stack([np.where(member, nats[:, None], 0), np.where(member, tokens[:, None], 0)])
    doublings = np.log2(np.array([sizes[key] for key in classes], dtype=float))
    genres = np.array([key[0] for key in classes])
    table = pd.DataFrame(
        {
            "genre": genres,
            "emotion": [key[1] for key in classes],
            "training_tokens": [int(sizes[key]) for key in classes],
            "pieces": member.sum(axis=0),
            "groups": [len(np.unique(groups[column])) for column in member.T],
            "loss": sums[:, : len(classes)].sum(axis=0) / sums[:, len(classes) :].sum(axis=0),
        }
    )
    centred = doublings - pd.Series(doublings).groupby(genres).transform("mean").to_numpy()
    if not (np.abs(centred) > 1e-9).any():
        return Outcome(math.nan, math.nan, math.nan), table

    def slope(total: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            loss = total[..., : len(classes)] / total[..., len(classes) :]
        usable = np.isfinite(loss)  # a small class may be missing from a draw
        return (np.where(usable, loss, 0) * centred).sum(-1) / (usable * centred**2).sum(-1)

    found = bootstrap(sums, groups, slope)
    reach = _slope_reach(table["loss"].to_numpy(), doublings, genres)
    outcome = Outcome(
        found.estimate, min(found.low, found.estimate), max(found.high, found.estimate), reach=reach
    )
    return outcome, table


def _slope_reach(losses: np.ndarray, doublings: np.ndarray, genres: np.ndarray) -> tuple[float, float]:
    """The steepest common slopes of the same losses, in another order of the classes of each genre."""
    falling = rising = squares = 0.0
    for genre in np.unique(genres):
        sizes = np.sort(doublings[genres == genre])
        sizes = sizes - sizes.mean()
        ordered = np.sort(losses[genres == genre])
        rising += float(sizes @ ordered)
        falling += float(sizes @ ordered[::-1])
        squares += float(sizes @ sizes)
    return falling / squares, rising / squares
