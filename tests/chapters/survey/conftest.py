"""A network for a survey."""

import pytest
import torch

from lib.models import build_model
from lib.profiles import load_profile


@pytest.fixture(scope="package")
def untrained(tiny_store):
    """A network that was never trained: its pieces are pieces like any other."""
    torch.manual_seed(0)
    sizes = len(tiny_store.vocabulary), len(tiny_store.emotions), len(tiny_store.genres)
    return build_model(load_profile("smoke").run("transformer").model, *sizes)
