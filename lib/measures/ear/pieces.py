"""Pieces of a store made into sound and heard, and the ear that judges genre by them."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import symusic

from lib.data import TokenStore
from lib.data.tokenizer import decode
from lib.measures.ear.clips import Clip, deal_clips
from lib.measures.ear.features import request_features
from lib.measures.ear.network import Ear, train_ear
from lib.measures.label_control import NO_LABEL
from lib.measures.sources import PieceSet
from lib.profiles import Profile
from lib.sound.audio import note_seconds

LEAST_SECONDS = 10.0
"""Pieces whose clip would be shorter are not used to train or to test."""


@dataclass(frozen=True)
class Heard:
    """Pieces of one part of the split, as an ear gets them.

    Attributes:
        rows: in the store, int64 [pieces].
        labels: the genre of each, text [pieces].
        groups: duplicate group of each, [pieces].
        clips: how each is played.
        features: of each, float32 [frames, 33].
        passed_over: by genre, how many pieces were not taken, their clip being shorter than 10 s or silent.
    """

    rows: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    clips: list[Clip]
    features: list[np.ndarray]
    passed_over: Counter[str]

    def table(self, obtained: np.ndarray, name: str) -> pd.DataFrame:
        """What was recognised, text [pieces], as judges say it: source, asked, obtained, reason, group."""
        return pd.DataFrame(
            {"source": name, "asked": self.labels, "obtained": obtained, "reason": "", "group": self.groups}
        )

    def some(self, per_genre: int) -> "Heard":
        """The first pieces of each genre only."""
        return self._at(
            np.concatenate(
                [np.flatnonzero(self.labels == label)[:per_genre] for label in np.unique(self.labels)]
            )
        )

    def of_genres(self, genres: Collection[str]) -> "Heard":
        """The pieces of some genres only."""
        return self._at(np.flatnonzero([label in genres for label in self.labels]))

    def _at(self, places: np.ndarray) -> "Heard":
        return replace(
            self,
            rows=self.rows[places],
            labels=self.labels[places],
            groups=self.groups[places],
            clips=[self.clips[place] for place in places],
            features=[self.features[place] for place in places],
        )


def hear_pieces(store: TokenStore, split: str, per_genre: int, settings: Profile) -> Heard:
    """So many pieces of each genre of a part of the split, one of each duplicate group, made into sound.

    A genre whose pieces are all too short or silent has none.
    """
    generator, rows = np.random.default_rng(settings.seed), []
    passed_over: Counter[str] = Counter()
    candidates = store.rows(split)
    names = store.index["genre"].to_numpy()
    groups = store.index["group"].to_numpy()
    clips: list[Clip] = []
    for genre in store.genres:
        taken: set[int] = set()
        for row in generator.permutation(candidates[names[candidates] == genre]):
            if len(taken) == per_genre:
                break
            if groups[row] in taken:
                continue
            clip = deal_clips([decode(store.tokenizer, store.tokens(row))], [settings.seed, int(row)])[0]
            if note_seconds(clip.arranged()) < LEAST_SECONDS:
                passed_over[genre] += 1
                continue
            taken.add(int(groups[row]))
            rows.append(int(row))
            clips.append(clip)
    features = request_features(clips, settings.workers)
    passed_over.update(
        names[row] for row, found in zip(rows, features, strict=True) if isinstance(found, str)
    )
    good = [place for place, found in enumerate(features) if not isinstance(found, str)]
    chosen = np.array(rows, dtype=np.int64)[good]
    return Heard(
        chosen,
        names[chosen],
        groups[chosen],
        [clips[place] for place in good],
        [features[place] for place in good],
        passed_over,
    )


def answers_to(
    recognise: Callable[[Sequence[np.ndarray]], np.ndarray], heard: Sequence[np.ndarray | str]
) -> np.ndarray:
    """What each piece is taken for, text [pieces]; "no label" for one that cannot be heard.

    Args:
        recognise: takes the features of several pieces and gives the label of each.
        heard: the features of each piece, float32 [frames, 33], or the reason why it cannot be heard.
    """
    good = [place for place, features in enumerate(heard) if not isinstance(features, str)]
    obtained = np.full(len(heard), NO_LABEL, dtype=object)
    if good:
        obtained[good] = recognise([heard[place] for place in good])
    return obtained


def train_on_pieces(heard: Heard, settings: Profile) -> Ear:
    """The ear as it should be: shuffled, reading each segment frame by frame."""
    return train_ear(heard.features, heard.labels.tolist(), settings.ear, settings.seed)


def judge_by_ear(pieces: PieceSet, ear: Ear, store: TokenStore, settings: Profile) -> pd.DataFrame:
    """What an ear takes pieces for; of many, a random part is heard.

    Returns:
        One row a piece: source, asked, obtained (or "no label"), reason, group. A piece that is silent or too
        short to be heard obtains no label.
    """
    chosen = np.random.default_rng(settings.seed).permutation(len(pieces))[: settings.ear.judged]
    chosen = np.sort(chosen)
    scores = [
        decode(store.tokenizer, pieces.tokens[place]) if len(pieces.tokens[place]) > 1 else symusic.Score(480)
        for place in chosen
    ]
    heard = request_features(deal_clips(scores, [settings.seed]), settings.workers)
    obtained = answers_to(ear.recognise, heard)
    asked = np.array(pieces.labels("genre"), dtype=object)[chosen]
    return pd.DataFrame(
        {
            "source": pieces.name,
            "asked": asked,
            "obtained": obtained,
            "reason": [features if isinstance(features, str) else "" for features in heard],
            "group": pieces.groups[chosen],
        }
    )


def ear_judges(store: TokenStore, settings: Profile) -> dict[str, Callable[[PieceSet], pd.DataFrame]]:
    """A judge of genre that listens, by its title.

    Raises:
        TooLittleError: when it has fewer than two genres to tell apart.
    """
    heard = hear_pieces(store, "train", settings.ear.train_per_genre, settings)
    ear = train_on_pieces(heard, settings)
    return {"genre by ear": partial(judge_by_ear, ear=ear, store=store, settings=settings)}
