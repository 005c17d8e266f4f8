"""Pieces, tokens, duplicates, split and batches: from a folder of MIDI files to what a model is trained
on."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lib.data.batches import Batch, Batches
    from lib.data.store import TokenStore, open_store

__all__ = ["Batch", "Batches", "TokenStore", "open_store"]

_MODULES = {"Batch": "batches", "Batches": "batches", "TokenStore": "store", "open_store": "store"}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for: a process that only reads files needs no torch."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"lib.data.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'lib.data' has no attribute {name!r}")
