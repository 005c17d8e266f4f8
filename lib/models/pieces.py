"""Many pieces laid end to end, and the histories of chosen tokens: what the n-gram model reads."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.data.store import TokenStore


@dataclass(frozen=True)
class Histories:
    """What came before some tokens, and under which labels.

    Attributes:
        past: ids [tokens, steps]; column k − 1 is the token k steps back.
        exists: bool, the same shape; whether the piece reaches back so far.
        emotion, genre: label numbers [tokens].
    """

    past: np.ndarray
    exists: np.ndarray
    emotion: np.ndarray
    genre: np.ndarray

    def __len__(self) -> int:
        return len(self.past)

    def back(self, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """The token so many steps before each one, ids [tokens], and whether there is one, bool [tokens]."""
        return self.past[:, steps - 1], self.exists[:, steps - 1]


@dataclass(frozen=True)
class FlatPieces:
    """Tokens of several pieces in one array; every array is [tokens], BOS included.

    Attributes:
        tokens: ids.
        place: how many tokens of its piece stand before it.
        piece: the number of its piece; in a store its row.
        emotion, genre: its piece's label numbers.
    """

    tokens: np.ndarray
    place: np.ndarray
    piece: np.ndarray
    emotion: np.ndarray
    genre: np.ndarray

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def is_target(self) -> np.ndarray:
        """bool [tokens]: which are predicted, all but each piece's first."""
        return self.place > 0

    def back(self, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """The id so many steps before each token, and if its piece reaches back so far; both [tokens]."""
        return np.roll(self.tokens, steps), self.place >= steps

    def histories(self, at: np.ndarray, steps: int) -> Histories:
        """The histories of the tokens at the indices `at` [chosen], up to so many steps back."""
        places = at[:, None] - np.arange(1, steps + 1)
        exists = self.place[at][:, None] >= np.arange(1, steps + 1)
        tokens = self.tokens[np.maximum(places, 0)]  # before the first piece there is nothing to look up
        return Histories(tokens, exists, self.emotion[at], self.genre[at])


def flatten(
    sequences: Sequence[np.ndarray],
    emotions: Sequence[int],
    genres: Sequence[int],
    pieces: Sequence[int] | None = None,
) -> FlatPieces:
    """Lay token sequences end to end.

    Args:
        sequences: ids of each piece, [its tokens].
        emotions, genres: label numbers of each piece, [pieces].
        pieces: their numbers, [pieces]; 0, 1, … if None.
    """
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    numbers = np.arange(len(lengths)) if pieces is None else pieces

    def of_piece(values: Sequence[int]) -> np.ndarray:
        return np.repeat(np.asarray(values, dtype=np.int32), lengths)

    tokens = np.concatenate(sequences) if len(lengths) else np.zeros(0)
    place = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return FlatPieces(
        tokens.astype(np.uint16),
        place.astype(np.int32),
        of_piece(numbers),
        of_piece(emotions),
        of_piece(genres),
    )


def flatten_rows(store: TokenStore, rows: np.ndarray) -> FlatPieces:
    """Lay pieces of a store end to end.

    Args:
        rows: the pieces' rows, [pieces].
    """
    sequences = [np.asarray(store.tokens(row)) for row in rows]
    return flatten(sequences, store.emotion_ids[rows], store.genre_ids[rows], rows)
