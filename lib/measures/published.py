"""The original report's losses as outcomes: single runs, and the only spread of equal runs that it shows.

The report ran each setting once. But its default stands in three of its series, so that three of its runs
have one configuration; their spread gives the interval for every difference of its single runs. Whether the
three had one seed is not recorded.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from lib.experiments import designs
from lib.ledger.rules import Outcome
from lib.measures.comparison import SeedSpread, loss_reach, seed_spread

VOCABULARY = 486
"""Tokens of the report."""

DEFAULT = (("learning_rate", 1e-4), ("batch_size", 64), ("depth", 8))
"""The places of the default in the report's table of ten runs."""


def published_spread() -> SeedSpread:
    """The spread of the report's default, which its table of ten runs holds three times."""
    losses = designs.published_sweep().set_index(["factor", "value"])["val_loss"]
    return seed_spread([losses[place] for place in DEFAULT])


def published_contrast(losses: Sequence[float], weights: Sequence[float] = (1, -1)) -> Outcome:
    """A weighted sum of published losses of single runs, with the interval that the repeated default gives.

    Three runs are too few to leave one out; nothing here is ours to repeat.

    Args:
        losses: nats per token, one a run.
        weights: 1 and −1 for a difference of two runs.
    """
    found = published_spread().contrast(losses, weights)
    return replace(found, seeds=None, without_seed=(), reach=loss_reach(VOCABULARY, weights))


COIN_REACH = (-math.log(2), math.log(2))
"""Between what two degradations by the published noise can differ: it is a fair coin for each token."""
