"""Pieces, tokens, duplicates, split and batches: from a folder of MIDI files to what a model is trained
on."""

from typing import TYPE_CHECKING

from lib.basics.lazy import names_of

if TYPE_CHECKING:
    from lib.data.batches import Batch, Batches
    from lib.data.store import TokenStore, open_store

__all__ = ["Batch", "Batches", "TokenStore", "open_store"]

__getattr__ = names_of(
    __name__, {"Batch": "batches", "Batches": "batches", "TokenStore": "store", "open_store": "store"}
)
