"""What data and models are like: losses with their uncertainty, labels, duplicates."""

from lib.analysis.loss_tables import (
    difference_table,
    label_gain_table,
    label_table,
    model_table,
    position_tables,
    type_table,
)
from lib.analysis.losses import (
    TokenLosses,
    ngram_losses,
    request_losses,
    request_ngram_losses,
    token_losses,
)
from lib.analysis.statistics import Interval, bootstrap, bootstrap_mean, bootstrap_ratio, seed_interval

__all__ = [
    "Interval", "TokenLosses", "bootstrap", "bootstrap_mean", "bootstrap_ratio", "difference_table",
    "label_gain_table", "label_table", "model_table", "ngram_losses", "position_tables", "request_losses",
    "request_ngram_losses", "seed_interval", "token_losses", "type_table",
]
