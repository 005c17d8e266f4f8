"""Pieces, tokens, duplicates, split and batches: from a folder of MIDI files to what a model is trained
on."""

from lib.data.batches import Batch, Batches
from lib.data.store import TokenStore, open_store

__all__ = ["Batch", "Batches", "TokenStore", "open_store"]
