"""Altered data for experiments: a store with fewer training pieces, or with other ids. Nothing is written.

An altered store has a hash of its own, so that runs on it are kept apart from those on the whole.
"""

import copy
from functools import lru_cache
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from lib.basics.files import hash_of_json
from lib.data.store import TokenStore
from lib.experiments.noise import alter_in_place
from lib.experiments.published_noise import published_noise
from lib.profiles.profile import Settings

LEFT_OUT = "left out"


class DataChange(Settings):
    """What a run is trained on, where it is not the store as it is."""

    data_share: float = Field(default=1.0, gt=0, le=1)  # of the training pieces, whole duplicate groups
    noise: Literal["none", "pitch", "substitution", "published"] = "none"
    noise_share: float = Field(default=0.1, gt=0, le=1)  # of notes; the published function ignores it
    noisy_parts: tuple[Literal["train", "validation"], ...] = ("train",)

    @model_validator(mode="after")
    def _consistent(self) -> "DataChange":
        if self.noise == "none" and {"noise_share", "noisy_parts"} & self.model_fields_set:
            raise ValueError("noise_share and noisy_parts say nothing without a noise")
        return self

    def apply(self, store: TokenStore) -> TokenStore:
        """The store with this change; the store itself where there is none."""
        changed = store if self.data_share == 1 else with_fewer_pieces(store, self.data_share)
        if self.noise == "none":
            return changed
        return with_noise(changed, self.noise, self.noise_share, self.noisy_parts)


def with_fewer_pieces(store: TokenStore, share: float) -> TokenStore:
    """The store with a part of its training groups; validation and test stay whole.

    Args:
        store: the whole.
        share: of the training set's duplicate groups.
    """
    part = copy.copy(store)
    rows = store.rows("train")
    groups = store.index["group"].to_numpy()[rows]
    order = np.random.default_rng(0).permutation(np.unique(groups))
    kept = np.isin(groups, order[: max(1, round(share * len(order)))])
    part.index = store.index.copy()
    split = part.index["split"].to_numpy(dtype=object, copy=True)
    split[rows[~kept]] = LEFT_OUT
    part.index["split"] = split
    part.hash = hash_of_json([store.hash, "share", share, 0])
    return part


@lru_cache(maxsize=4)  # a sweep asks for the same one again and again, and each takes seconds
def with_noise(store: TokenStore, noise: str, share: float, parts: tuple[str, ...]) -> TokenStore:
    """The store with altered ids in some parts of its split; lengths and labels stay.

    Args:
        store: the clean one.
        noise: "published" for the original's function on every token but BOS and EOS, which the original does
            not have; otherwise a kind of :func:`lib.experiments.noise.alter_in_place`.
        share: of notes.
        parts: of the split.
    """
    noisy = copy.copy(store)
    ids = np.array(store.ids)
    for part in parts:
        for row in store.rows(part):
            inside = slice(store.offsets[row], store.offsets[row] + store.lengths[row])
            generator = np.random.default_rng([0, row])
            if noise == "published":
                body = slice(inside.start + 1, inside.stop - 1)
                ids[body] = published_noise(ids[body], 0.1, generator)
            else:
                ids[inside] = alter_in_place(store, ids[inside], noise, share, generator)
    noisy.ids = ids
    noisy.hash = hash_of_json([store.hash, "noise", noise, share, list(parts), 0])
    return noisy
