"""Made-up data with the original's vocabulary and labels, for speed and rehearsals."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

EMOTIONS, GENRES = 11, 6  # of XMIDI, which the original is trained on


class RandomTokens:
    """Of a token store what training needs: pieces that fill the window, of random ids, labelled at random.

    The speed of a step does not depend on which tokens it sees, and so no music is needed.

    Args:
        window: the context length of a network, in tokens.
        pieces: how many.
        vocabulary: the texts of the ids; None for those of the original's token set.
    """

    def __init__(self, window: int, pieces: int = 64, vocabulary: Sequence[str] | None = None):
        self.folder, self.hash = Path("random"), f"random-{window}-{pieces}"
        self.vocabulary = list(vocabulary or _original_vocabulary())
        self.emotions, self.genres = (
            [f"{kind} {number}" for number in range(count)]
            for kind, count in (("emotion", EMOTIONS), ("genre", GENRES))
        )
        self.pad_id, self.eos_id = (self.vocabulary.index(f"{name}_None") for name in ("PAD", "EOS"))
        generator = np.random.default_rng(0)
        ordinary = [number for number, text in enumerate(self.vocabulary) if not text.endswith("_None")]
        self.ids = generator.choice(ordinary, pieces * (window + 1)).astype("<u2")
        self.lengths = np.full(pieces, window + 1)
        self.offsets = np.arange(pieces) * (window + 1)
        self.emotion_ids, self.genre_ids = (
            generator.integers(0, count, pieces) for count in (EMOTIONS, GENRES)
        )
        self.bar_lines = np.flatnonzero(np.isin(self.ids, self.ids_of_type("Bar")))
        self.index = range(pieces)

    def rows(self, split: str) -> np.ndarray:
        """The rows of all pieces, int64 [pieces], whatever the split."""
        return np.arange(len(self.lengths))

    def ids_of_type(self, name: str) -> np.ndarray:
        """The ids of a token type, int64 [ids]."""
        return np.flatnonzero([text.startswith(f"{name}_") for text in self.vocabulary])


def _original_vocabulary() -> list[str]:
    from lib.data.tokenizer import build_tokenizer, vocabulary_of  # the check of a GPU does without them

    return vocabulary_of(build_tokenizer("original"))
