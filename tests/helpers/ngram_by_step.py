"""An n-gram model asked for one piece and one step, in the order in which it is read."""

import numpy as np

from lib.models.ngram import NgramModel
from lib.models.pieces import Histories, flatten


def log_probabilities(model: NgramModel, tokens: np.ndarray, emotion: int, genre: int) -> np.ndarray:
    """Natural logarithms of the probabilities of `tokens[1:]` of one piece, float64 [T − 1]."""
    return model.log_probabilities_of(flatten([np.asarray(tokens)], [emotion], [genre]))


def next_distribution(model: NgramModel, history: np.ndarray, emotion: int, genre: int) -> np.ndarray:
    """Probabilities of the token after `history`, float64 [V]; they sum to 1."""
    steps = model.order - 1
    past, exists = np.zeros((1, steps), np.uint16), np.zeros((1, steps), bool)
    recent = np.asarray(history)[::-1][:steps]
    past[0, : len(recent)], exists[0, : len(recent)] = recent, True
    return model.distributions(Histories(past, exists, np.array([emotion]), np.array([genre])))[0]
