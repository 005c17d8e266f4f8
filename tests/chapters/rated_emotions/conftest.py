"""A made-up clone of VGMIDI, written once, and what is read from it."""

from pathlib import Path

import pytest
from made_up_vgmidi import write_clone

from lib.chapters.rated_emotions.data_sets.vgmidi import read_vgmidi


@pytest.fixture(scope="session")
def clone(tmp_path_factory) -> Path:
    """Do not write into it."""
    return write_clone(tmp_path_factory.mktemp("rated") / "vgmidi")


@pytest.fixture(scope="session")
def rated(clone):
    return read_vgmidi(clone)
