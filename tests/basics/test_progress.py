"""Progress lines say what is done and how long the rest takes."""

import io

import pytest

from lib.basics import progress
from lib.basics.progress import Progress, duration


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (7800, "2 h 10 min")]
)
def test_durations_are_for_people(seconds, text):
    assert duration(seconds) == text


def test_the_time_left_counts_only_this_runs_speed(monkeypatch):
    clock = iter([0.0, 10.0, 10.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    stream = io.StringIO()
    resumed = Progress("training", 100, start=50, unit="tokens", stream=stream)
    resumed.advance(25, note="loss 1.20")  # 25 in 10 s, 25 to go
    assert stream.getvalue() == "training: 75% of 100 tokens, 10 s left, loss 1.20\n"
