"""What was said over the measures of a piece, and what its notes do meanwhile."""

import numpy as np
import pandas as pd
from scipy import stats

from lib.chapters.rated_emotions.data_sets.ratings import DIMENSIONS, RatedPiece, RatedSet

LONGEST = 64
"""Measures of an example, so that a picture can show them."""


def example_curves(rated: RatedSet) -> pd.DataFrame:
    """For each dimension the piece whose mean curve moves most against its own uncertainty.

    Pieces of more than 64 measures are passed over, unless there are no others.

    Returns:
        A row a measure: dimension, piece, series, measure (from 1), mean, low, high (95% over raters),
        raters, onsets_a_second, majority (share of the raters' means on its commoner side).
    """
    tables = []
    short = [piece for piece in rated.pieces if piece.curves.valence.shape[1] <= LONGEST] or rated.pieces
    for dimension in DIMENSIONS:
        moved = [_movement(piece.curves.of(dimension)) for piece in short]
        piece = short[int(np.argmax(moved))]
        curves = piece.curves.of(dimension)
        mean = curves.mean(axis=0)
        half = stats.t.ppf(0.975, len(curves) - 1) * curves.std(axis=0, ddof=1) / np.sqrt(len(curves))
        positive = float((curves.mean(axis=1) > 0).mean())
        tables.append(
            pd.DataFrame(
                {
                    "dimension": dimension,
                    "piece": piece.title,
                    "series": piece.series,
                    "measure": np.arange(1, len(mean) + 1),
                    "mean": mean,
                    "low": mean - half,
                    "high": mean + half,
                    "raters": len(curves),
                    "onsets_a_second": onsets_by_measure(piece, len(mean)),
                    "majority": max(positive, 1 - positive),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def _movement(curves: np.ndarray) -> float:
    """Variance of the mean over measures, over the mean of its squared standard errors."""
    error = curves.var(axis=0, ddof=1).mean() / len(curves)
    return float(curves.mean(axis=0).var() / max(error, 1e-9))


def onsets_by_measure(piece: RatedPiece, measures: int) -> np.ndarray:
    """Onsets a second in each of so many equal parts of a piece, as raters heard it: float64 [measures]."""
    played = [note for track in piece.score.to("Second").tracks if not track.is_drum for note in track.notes]
    onsets = np.unique(np.round([note.time for note in played], 3))
    end = max(note.end for note in played)
    return np.histogram(onsets, bins=measures, range=(0, end))[0] / (end / measures)
