"""What chapter 8 hands to the ledger: outcomes of claims 10 to 13, each with what bounds it.

Kept evidence over several training seeds decides where it is of the same data; otherwise today's one run is
told.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lib.chapters.music_analysis import tables
from lib.chapters.music_analysis.measures import Measured
from lib.composing.outcomes import share_with_interval
from lib.data import TokenStore
from lib.ledger.evidence import find_evidence
from lib.ledger.rules import Outcome
from lib.measures.comparison import seeds_from_text, without_each_seed
from lib.measures.music_sources import OWN_FLOOR, REAL, SHORT, SHUFFLED, TRANSFORMER
from lib.show.words import compared, counted

UNDECIDED = "undecided"


class Found(NamedTuple):
    """An outcome, on how many pairs of pieces it rests, and of how many training seeds."""

    outcome: Outcome
    pieces: int
    seeds: int = 1

    @property
    def basis(self) -> str:
        """What it rests on, in words."""
        return f"{counted(self.pieces, 'pair')} of pieces, {counted(self.seeds, 'training seed')}"


class Music(NamedTuple):
    """What composed music is like.

    Attributes:
        today: pieces of one run, measured.
        sources, differences: kept tables of several seeds; None where none decides about these data.
    """

    today: Measured
    sources: pd.DataFrame | None = None
    differences: pd.DataFrame | None = None

    def mean(self, name: str, source: str) -> float:
        """The mean of a measure over a source's pieces; NaN where no piece has an answer."""
        if self.sources is not None:
            rows = self.sources[(self.sources["measure"] == name) & (self.sources["source"] == source)]
            return float(rows["value"].iloc[0]) if len(rows) else float("nan")
        values = self.today.values.loc[self.today.values["source"] == source, name]
        return float(values.astype(float).mean())


def music_of(measured: Measured, store: TokenStore) -> Music:
    """Today's pieces, with the kept tables where they are of the very same data."""
    kept = [find_evidence(f"music_{name}", store) for name in ("sources", "differences")]
    if any(one is None or not one.decides for one in kept):
        return Music(measured)
    return Music(measured, *(one.table for one in kept if one is not None))


def share_of_originals(yes: int, count: int) -> Outcome:
    """A share of the original report's outputs, between the interval of none and that of all."""
    reach = share_with_interval(0, count)[2], share_with_interval(count, count)[1]
    return Outcome(*share_with_interval(yes, count)[:3], reach=reach)


def below_real(music: Music, name: str) -> Found:
    """A share of the Transformer's pieces minus that of real ones (claims 10 and 12)."""
    real = music.mean(name, REAL)
    return _difference(music, name, REAL, (-real, 1 - real))


def themes_that_return(music: Music) -> Found:
    """Recurrence beyond that of the same pieces with shuffled bars (claim 11); the most is real music's."""
    name = "share_recurring"
    real = music.mean(name, REAL) - music.mean(name, SHUFFLED)
    return _difference(music, name, OWN_FLOOR, (-music.mean(name, OWN_FLOOR), max(real, 0)))


def by_attention(music: Music, name: str) -> Found:
    """A measure of the Transformer's pieces minus that of the same weights with a short memory (claim 13).

    Bounded by the whole effect: what neither of the two has, a long memory cannot have caused.
    """
    effect = max(music.mean(name, TRANSFORMER), music.mean(name, SHORT))
    return _difference(music, name, SHORT, (-effect, effect))


def _difference(music: Music, name: str, baseline: str, reach: tuple[float, float]) -> Found:
    bounds = reach if np.isfinite(reach).all() else None
    if music.differences is not None:
        return _over_seeds(music.differences, name, baseline, bounds)
    interval, pairs = tables.difference(music.today, name, TRANSFORMER, baseline)
    value, low, high = (float(number) for number in interval)
    if pairs > 1 and low == high == 0:
        # No two pieces differ. Of shares, that leaves at most what a yes or no of so many pieces would leave.
        high = share_with_interval(0, pairs)[2]
        low = -high
    elif np.isclose(low, high):
        low = high = float("nan")
    return Found(Outcome(value if bounds else float("nan"), low, high, seeds=1, reach=bounds), pairs)


def difference_table(
    music: Music, names: Sequence[str], comparisons: Sequence[tuple[str, str]]
) -> tuple[pd.DataFrame, int]:
    """What differs between sources: over the kept training seeds where they decide, else of today's one run.

    Args:
        music: from :func:`music_of`.
        names: measures, or 'ended'.
        comparisons: sources and what they are compared with.

    Returns:
        The table of :func:`lib.chapters.music_analysis.tables.difference_table`, and of how many training
        seeds it is. Its column `verdict` is 'higher', 'lower' or 'undecided', which a difference is too where
        one of the seeds, left out, would turn it into another word.
    """
    if music.differences is None:
        table = tables.difference_table(music.today, names, comparisons)
        return table.assign(
            verdict=[_verdict(low, high) for low, high in zip(table["low"], table["high"], strict=True)]
        ), 1
    keys = pd.MultiIndex.from_tuples(
        [(name, *pair) for name in names for pair in comparisons], names=["measure", "source", "baseline"]
    )
    kept = music.differences.set_index(keys.names).reindex(keys).reset_index()
    seeds = [seeds_from_text(text) if isinstance(text, str) else () for text in kept["by_seed"]]
    verdicts = [
        _verdict(low, high, without_each_seed(one, error_pieces=0.0, piece_degrees=1))
        for low, high, one in zip(kept["low"], kept["high"], seeds, strict=True)
    ]
    table = kept.rename(columns={"value": "difference", "pieces": "pairs"}).assign(verdict=verdicts)
    columns = ["measure", "source", "baseline", "difference", "low", "high", "pairs", "verdict"]
    return table[columns], max(map(len, seeds), default=0)


def _verdict(low: float, high: float, without_seed: Sequence[tuple[float, float]] = ()) -> str:
    return compared(low, high, "lower", "higher", UNDECIDED, without_seed)


def _over_seeds(table: pd.DataFrame, name: str, baseline: str, bounds: tuple[float, float] | None) -> Found:
    chosen = (table["measure"] == name) & (table["source"] == TRANSFORMER) & (table["baseline"] == baseline)
    if not chosen.any() or bounds is None:
        return Found(Outcome(float("nan"), float("nan"), float("nan")), 0)
    row = table[chosen].iloc[0]
    by_seed = seeds_from_text(row["by_seed"])
    outcome = Outcome(
        float(row["value"]),
        float(row["low"]),
        float(row["high"]),
        seeds=len(by_seed),
        degrees=len(by_seed) - 1,
        without_seed=without_each_seed(by_seed, error_pieces=0.0, piece_degrees=1),
        reach=bounds,
    )
    return Found(outcome, int(row["pieces"]), len(by_seed))
