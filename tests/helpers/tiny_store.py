"""A token store in memory: short "pieces" with bars, labels and patterns that a tiny model can learn."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.profiles.profile import ModelSettings, RunSettings, TrainingSettings

VOCABULARY = ["PAD_None", "BOS_None", "EOS_None", "Bar_None", *(f"Pitch_{pitch}" for pitch in range(60, 80))]
BAR, FIRST_PITCH = 3, 4


class TinyStore:
    """Has of :class:`lib.data.store.TokenStore` what batches and training use."""

    def __init__(self, pieces: int = 200, seed: int = 0):
        generator = np.random.default_rng(seed)
        self.folder, self.hash = Path("tiny"), f"tiny-{pieces}-{seed}"
        self.vocabulary, self.emotions, self.genres = VOCABULARY, ["calm", "lively"], ["jig", "reel", "song"]
        self.pad_id, self.bos_id, self.eos_id = 0, 1, 2
        self.emotion_ids = generator.integers(0, 2, pieces)
        self.genre_ids = generator.integers(0, 3, pieces)
        rows = [
            self._piece(generator, emotion, genre)
            for emotion, genre in zip(self.emotion_ids, self.genre_ids, strict=True)
        ]
        self.ids = np.concatenate(rows).astype("<u2")
        self.lengths = np.array([len(row) for row in rows])
        self.offsets = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        split = np.where(np.arange(pieces) % 10 == 9, "validation", "train")
        self.bar_lines = np.flatnonzero(self.ids == self.vocabulary.index("Bar_None"))
        self.index = pd.DataFrame({"split": split, "pitch_low": 60, "pitch_high": 79})

    def _piece(self, generator: np.random.Generator, emotion: int, genre: int) -> list[int]:
        pitch, tokens = int(generator.integers(20)), [self.bos_id]
        for _ in range(int(generator.integers(3, 9))):
            tokens.append(BAR)
            for _ in range(4 + genre):
                pitch = (pitch + (1 if emotion else 3) + int(generator.integers(2))) % 20
                tokens.append(FIRST_PITCH + pitch)
        return [*tokens, self.eos_id]

    def __len__(self) -> int:
        return len(self.lengths)

    def rows(self, split: str) -> np.ndarray:
        return np.flatnonzero((self.index["split"] == split).to_numpy())

    def ids_of_type(self, name: str) -> np.ndarray:
        return np.flatnonzero([token.startswith(f"{name}_") for token in self.vocabulary])


def tiny_run(
    kind: str = "transformer", precision: str = "32-true", dropout: float = 0.1, **training
) -> RunSettings:
    """Settings of a run that takes about a second."""
    positions = "rotary" if kind == "transformer" else "none"
    model = ModelSettings(
        kind=kind,
        hidden_size=16,
        num_layers=2,
        num_heads=2,
        max_length=64,
        dropout=dropout,
        positions=positions,
    )
    defaults = {"tokens": 8_000, "window": 24, "batch_tokens": 480, "learning_rate": 1e-2, "evaluations": 4}
    settings = TrainingSettings(**{**defaults, **training})
    return RunSettings(
        name=f"tiny-{kind}", model=model, training=settings, seed=5, threads=1, precision=precision
    )
