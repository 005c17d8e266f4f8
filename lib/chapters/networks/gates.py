"""The gates of a trained LSTM, summed up over several pieces: how long it remembers, and when it lets go."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F

from lib.data import TokenStore
from lib.models import ConditionalLSTM, Gates, lstm_gates

_CLOSED = -100.0  # a bias that closes a gate whatever is read: σ(−100) is 0 in single precision


@dataclass(frozen=True)
class Reading:
    """One piece as an LSTM read it: its row in the store, its ids [T], and the gates of each layer."""

    row: int
    tokens: np.ndarray
    layers: list[Gates]


def read_pieces(
    model: ConditionalLSTM, store: TokenStore, rows: Iterable[int], longest: int
) -> list[Reading]:
    """Let a network read pieces, at most `longest` tokens of each."""
    readings = []
    for row in rows:
        tokens = store.tokens(row)[:longest].astype(np.int64)
        layers = lstm_gates(model, tokens, store.emotion_of(row), store.genre_of(row))
        readings.append(Reading(int(row), tokens, layers))
    return readings


def half_lives(readings: list[Reading]) -> list[np.ndarray]:
    """After how many tokens half of a feature's content is left, by layer: one array [features] a layer.

    From the geometric mean of the forget gate over all tokens read; what is added meanwhile is left aside.
    """
    forget = [
        np.concatenate([reading.layers[depth].forget for reading in readings])
        for depth in range(len(readings[0].layers))
    ]
    smallest = np.finfo(np.float32).tiny  # a gate can close so far that its logarithm is −∞
    with np.errstate(divide="ignore"):
        return [np.log(0.5) / np.log(np.maximum(values, smallest)).mean(axis=0) for values in forget]


def half_life_table(lives: list[np.ndarray], tokens_per_bar: float) -> pd.DataFrame:
    """Half-lives by layer in tokens, [features] each, and the share of them that is longer than a bar."""
    return pd.DataFrame(
        [
            {
                "layer": depth + 1,
                "median": float(np.median(values)),
                "a tenth is longer than": float(np.quantile(values, 0.9)),
                "longest": float(values.max()),
                "share above a bar": float((values > tokens_per_bar).mean()),
            }
            for depth, values in enumerate(lives)
        ]
    )


def gates_by_type(readings: list[Reading], store: TokenStore, least: int = 10) -> pd.DataFrame:
    """Mean gates of the last layer by the type of the token just read, from the lowest forget gate up.

    Args:
        readings: from :func:`read_pieces`.
        store: the tokens.
        least: rarer types are left out; where all are rarer, all but the commonest.

    Returns:
        token (type), tokens (how many), forget, input, output (means over tokens and features).
    """
    tokens = np.concatenate([reading.tokens for reading in readings])
    table = pd.DataFrame({"token": np.array(store.type_names)[store.type_of_id[tokens]], "tokens": 1})
    for name in ("forget", "input", "output"):
        values = [getattr(reading.layers[-1], name).mean(axis=1) for reading in readings]
        table[name] = np.concatenate(values).astype(float)
    means = table.groupby("token").agg({"tokens": "sum", "forget": "mean", "input": "mean", "output": "mean"})
    common = means["tokens"] >= min(least, means["tokens"].max())
    return means[common].sort_values("forget").reset_index()


@torch.no_grad()
def loss_with_closed_gates(
    model: ConditionalLSTM, tokens: np.ndarray, emotion: int, genre: int, closed: Iterable[int] = ()
) -> float:
    """Nats per token of a piece when the forget gates of some layers are held shut.

    Args:
        model: in evaluation mode; it is not changed.
        tokens: ids [T].
        emotion, genre: label ids.
        closed: layers, from 0.
    """
    model = copy.deepcopy(model)
    size = model.settings.hidden_size
    for depth in closed:
        getattr(model.layers, f"bias_ih_l{depth}")[size : 2 * size] = (
            _CLOSED  # torch's order: input, forget, …
        )
    read = torch.as_tensor(np.asarray(tokens, np.int64), device=model.device)
    labels = (torch.tensor([label], device=model.device) for label in (emotion, genre))
    logits, _ = model(read[None, :-1], *labels)
    return float(F.cross_entropy(logits[0], read[1:]))
