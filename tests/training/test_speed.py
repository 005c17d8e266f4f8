"""The measured speed of training, and that a step hardly waits for its data."""

import pytest

from lib.profiles import load_profile
from lib.training import measure_speed

LARGEST_WAIT = 0.03  # share of a step


@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_a_step_of_the_laptops_networks_hardly_waits_for_data(tiny_store, kind):
    run = load_profile("laptop").run(kind).model_copy(update={"threads": 1})
    speed = measure_speed(run, tiny_store, seconds=0.5)
    assert 0 < speed.data_share < LARGEST_WAIT
    tokens_per_step = speed.tokens_per_second * speed.seconds_per_step
    assert 1_000 < tokens_per_step <= run.training.batch_tokens  # the tiny data do not fill every batch


def test_slow_data_would_be_noticed(tiny_store, monkeypatch):
    """The share is of time really waited: a batch that takes long shows."""
    import time

    from lib.data.batches import Batches

    real = Batches.batch_at

    def slow(self, epoch, index):
        time.sleep(0.3)
        return real(self, epoch, index)

    monkeypatch.setattr(Batches, "batch_at", slow)
    run = load_profile("smoke").run("transformer").model_copy(update={"threads": 1})
    assert measure_speed(run, tiny_store, seconds=0.5).data_share > 2 * LARGEST_WAIT
