"""What chapter 8 hands to the ledger: outcomes of claims 10 to 13, each with what bounds it."""

from typing import NamedTuple

import numpy as np

from lib.chapters.music_analysis import tables
from lib.chapters.music_analysis.measures import Measured
from lib.composing.outcomes import share_with_interval
from lib.ledger.rules import Outcome
from lib.measures.music_sources import OWN_FLOOR, REAL, SHORT, SHUFFLED, TRANSFORMER


class Found(NamedTuple):
    """An outcome, and on how many pieces or pairs of pieces it rests."""

    outcome: Outcome
    pieces: int


def share_of_originals(yes: int, count: int) -> Outcome:
    """A share of the original report's outputs, between the interval of none and that of all."""
    reach = share_with_interval(0, count)[2], share_with_interval(count, count)[1]
    return Outcome(*share_with_interval(yes, count)[:3], reach=reach)


def below_real(measured: Measured, name: str) -> Found:
    """A share of the Transformer's pieces minus that of real ones (claims 10 and 12)."""
    real = _mean(measured, name, REAL)
    return _difference(measured, name, REAL, (-real, 1 - real))


def themes_that_return(measured: Measured) -> Found:
    """Recurrence beyond that of the same pieces with shuffled bars (claim 11); the most is real music's."""
    real = _mean(measured, "share_recurring", REAL) - _mean(measured, "share_recurring", SHUFFLED)
    return _difference(
        measured, "share_recurring", OWN_FLOOR, (-_mean(measured, "share_recurring", OWN_FLOOR), max(real, 0))
    )


def by_attention(measured: Measured, name: str) -> Found:
    """A measure of the Transformer's pieces minus that of the same weights with a short memory (claim 13).

    Bounded by the whole effect: what neither of the two has, a long memory cannot have caused.
    """
    effect = max(_mean(measured, name, TRANSFORMER), _mean(measured, name, SHORT))
    return _difference(measured, name, SHORT, (-effect, effect))


def _mean(measured: Measured, name: str, source: str) -> float:
    values = measured.values.loc[measured.values["source"] == source, name]
    return float(values.astype(float).mean())


def _difference(measured: Measured, name: str, baseline: str, reach: tuple[float, float]) -> Found:
    interval, pairs = tables.difference(measured, name, TRANSFORMER, baseline)
    value, low, high = (float(number) for number in interval)
    if pairs > 1 and low == high == 0:
        # No two pieces differ. Of shares, that leaves at most what a yes or no of so many pieces would leave.
        high = share_with_interval(0, pairs)[2]
        low = -high
    elif np.isclose(low, high):
        low = high = float("nan")
    bounds = reach if np.isfinite(reach).all() else None
    return Found(Outcome(value if bounds else float("nan"), low, high, seeds=1, reach=bounds), pairs)
