"""What a classifier sees of a piece: numbers of its notes, or runs of its tokens; always of its beginning.

Length is no feature, since composed pieces end where a limit puts it. Neither are velocity, program and
tempo: in the embedded corpus they are the same everywhere, and a composed piece shall be judged by its notes.
"""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from lib.basics.mixing import GOLDEN
from lib.measures.music.notes import PieceNotes
from lib.measures.music.style import LONGEST, STATISTICS, TICKS, style_statistics

_TIMES = np.array([0, 2, 3, 4, 6, 8, 9, 12, 18, 24, 36, 48])  # of the grid: a sixteenth is 3, a triplet 4
_WIDEST = 12  # semitones; larger leaps count as this
_TOKENS = 512
_LONGEST_RUN = 4
_COLUMNS = 1 << 18

FEATURES = (
    *STATISTICS,
    "quarters_in_a_bar",
    "pitch_mean",
    "pitch_deviation",
    *(f"pitch_class_{degree}" for degree in range(12)),
    *(f"interval_{step:+d}" for step in range(-_WIDEST, _WIDEST + 1)),
    *(f"onset_gap_{ticks}" for ticks in _TIMES),
    *(f"duration_{ticks}" for ticks in _TIMES),
)


def feature_table(pieces: Sequence[PieceNotes]) -> np.ndarray:
    """Features of each piece, [pieces, features], in the order of :data:`FEATURES`; NaN where undefined.

    Shares of pitch classes, counted from the commonest one; shares of melodic intervals of the highest line;
    shares of note lengths and of times between onsets, each rounded down to a usual length.
    """
    return np.stack([_features(piece) for piece in pieces]) if len(pieces) else np.zeros((0, len(FEATURES)))


def _features(piece: PieceNotes) -> np.ndarray:
    piece = piece.pitched
    piece = piece.of(piece.onset < LONGEST * piece.ticks_per_quarter)
    if not len(piece):
        return np.full(len(FEATURES), np.nan)
    scale = TICKS / piece.ticks_per_quarter
    classes = np.bincount(piece.pitch % 12, minlength=12) / len(piece)
    # Notes are sorted by onset, then pitch: the last of each moment is its highest.
    highest = np.append(np.flatnonzero(np.diff(piece.onset)), len(piece) - 1)
    leaps = np.clip(np.diff(piece.pitch[highest]), -_WIDEST, _WIDEST) + _WIDEST
    bars = np.diff(piece.bar_starts) / piece.ticks_per_quarter
    return np.concatenate(
        [
            list(style_statistics(piece).values()),
            [np.median(bars), piece.pitch.mean(), piece.pitch.std()],
            np.roll(classes, -int(classes.argmax())),
            _shares(leaps, 2 * _WIDEST + 1),
            _shares(_usual(np.diff(piece.onset[highest]) * scale), len(_TIMES)),
            _shares(_usual(piece.duration * scale), len(_TIMES)),
        ]
    )


def _usual(ticks: np.ndarray) -> np.ndarray:
    return np.searchsorted(_TIMES, np.rint(ticks), side="right") - 1


def _shares(numbers: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(numbers, minlength=size) / max(1, len(numbers))


def token_table(sequences: Sequence[np.ndarray], ignored: np.ndarray) -> sparse.csr_matrix:
    """Counts of runs of 1 to 4 tokens in each sequence's beginning, hashed into 262,144 columns.

    Counts are damped to 1 + ln(count), and each row has length 1. (The hashing trick: Weinberger et al.,
    *Feature hashing for large scale multitask learning*, ICML 2009.)

    Args:
        sequences: ids of each piece, [tokens].
        ignored: bool [V], ids that are passed over.
    """
    rows, columns = [], []
    for row, sequence in enumerate(sequences):
        kept = np.asarray(sequence[:_TOKENS], dtype=np.int64)
        kept = kept[~ignored[kept]].astype(np.uint64)
        state = np.zeros(len(kept), np.uint64)
        for length in range(1, _LONGEST_RUN + 1):
            if len(kept) < length:
                break
            state = state[: len(kept) - length + 1] * GOLDEN + kept[length - 1 :] + np.uint64(1)
            columns.append((state * GOLDEN >> np.uint64(46)).astype(np.int64))
            rows.append(np.full(len(columns[-1]), row))
    if not rows:
        return sparse.csr_matrix((len(sequences), _COLUMNS))
    flat, counts = np.unique(np.concatenate(rows) * _COLUMNS + np.concatenate(columns), return_counts=True)
    table = sparse.csr_matrix(
        (1 + np.log(counts), (flat // _COLUMNS, flat % _COLUMNS)), shape=(len(sequences), _COLUMNS)
    )
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    return sparse.diags(1 / np.maximum(lengths, 1e-12)) @ table
