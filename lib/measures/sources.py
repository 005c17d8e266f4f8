"""Sets of pieces to be measured side by side: real ones, a model's, a control's, all as tokens."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.basics.errors import BookError
from lib.composing import Composition
from lib.data import TokenStore
from lib.data.tokenizer import write_out
from lib.measures.music.notes import NoteReader, PieceNotes


@dataclass(frozen=True)
class PieceSet:
    """Pieces of one source.

    Attributes:
        name: of the source, as in `lib.show.style.MODEL_COLOURS` where it has a colour.
        tokens: ids of each piece, [tokens], written out.
        emotions, genres: labels asked for, or, of a real piece, its own.
        groups: duplicate group of each piece, [pieces]; pieces that were composed are each one of their own.
        titles: what to call each piece in a table or below a picture; untrusted text.
    """

    name: str
    tokens: list[np.ndarray]
    emotions: list[str]
    genres: list[str]
    groups: np.ndarray
    titles: list[str]

    def __len__(self) -> int:
        return len(self.tokens)

    def notes(self, reader: NoteReader) -> list[PieceNotes]:
        """The notes of each piece."""
        return reader.read(self.tokens)

    def first(self, count: int) -> "PieceSet":
        """The same set with its first so many pieces only."""
        columns = (
            column[:count] for column in (self.tokens, self.emotions, self.genres, self.groups, self.titles)
        )
        return PieceSet(self.name, *columns)

    def labels(self, target: str) -> list[str]:
        """The labels of one kind, 'emotion' or 'genre'."""
        return {"emotion": self.emotions, "genre": self.genres}[target]


def composed_set(
    name: str, pieces: Sequence[Composition], asked: Sequence[tuple[str, str]] | None = None
) -> PieceSet:
    """Composed pieces as a set.

    Args:
        name: of the source.
        pieces: what was composed.
        asked: labels (emotion, genre) that the pieces are to be held against, where they were composed
            without any; their own if None.

    Raises:
        BookError: when a piece has no labels to be held against.
    """
    labels = [(piece.emotion, piece.genre) for piece in pieces] if asked is None else list(asked)
    if len(labels) != len(pieces) or any(None in pair for pair in labels):
        raise BookError(
            f"Some pieces of {name} were composed without labels: what was asked for cannot be "
            "compared with what came; compose them with an emotion and a genre."
        )
    tokens = [piece.written_out for piece in pieces]
    return PieceSet(
        name,
        tokens,
        [emotion for emotion, _ in labels],
        [genre for _, genre in labels],
        np.arange(len(pieces)),
        [
            f"{emotion}, {genre}, seed {piece.seed}"
            for (emotion, genre), piece in zip(labels, pieces, strict=True)
        ],
    )


def real_set(store: TokenStore, rows: Sequence[int], name: str = "real", most: int | None = None) -> PieceSet:
    """Pieces of a store as a set; of each at most `most` tokens, to stand beside composed ones."""
    found = store.index.iloc[list(rows)]
    tokens = [write_out(store.tokenizer, store.tokens(row)[:most]) for row in rows]
    return PieceSet(
        name,
        tokens,
        found["emotion"].tolist(),
        found["genre"].tolist(),
        found["group"].to_numpy(),
        [f"{piece.emotion}, {piece.genre}, {piece.identifier}" for piece in found.itertuples()],
    )


def matched_rows(
    store: TokenStore, labels: Sequence[tuple[str, str]], split: str, each: int, seed: int
) -> np.ndarray:
    """Real held-out pieces with the same mix of labels as was asked for.

    Args:
        store: the data.
        labels: the pairs (emotion, genre) asked for, repeats included.
        split: validation or test.
        each: pieces wanted for each pair asked for; where there are not so many with these labels, all.
        seed: of the choice.

    Returns:
        Rows, int64 [pieces], ascending, none twice.

    Raises:
        BookError: when no piece of the split has any of the labels.
    """
    rows, generator = store.rows(split), np.random.default_rng(seed)
    emotion = store.index["emotion"].to_numpy()[rows]
    genre = store.index["genre"].to_numpy()[rows]
    chosen = []
    for pair, often in sorted(Counter(labels).items()):
        fitting = rows[(emotion == pair[0]) & (genre == pair[1])]
        chosen.append(generator.permutation(fitting)[: often * each])
    found = np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, np.int64)
    if not len(found):
        raise BookError(f"No piece of the {split} part has the labels asked for: ask for others.")
    return found
