"""The learning rate against torch's own OneCycleLR, and the marks on the token budget."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, strategies as st

from lib.profiles.profile import TrainingSettings
from lib.training.schedule import crosses_mark, first_beta, learning_rate

PEAK = 3e-3


def settings(schedule: str, warmup: float = 0.05) -> TrainingSettings:
    return TrainingSettings(tokens=1000, learning_rate=PEAK, schedule=schedule, warmup=warmup)


def test_onecycle_is_torchs():
    steps = 200
    optimiser = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=PEAK, total_steps=steps)
    one_step_of_rise = PEAK * (1 - 1 / 25) * 3.1416 / 2 / (0.3 * steps)
    for step in range(steps):
        rate, beta = optimiser.param_groups[0]["lr"], optimiser.param_groups[0]["betas"][0]
        fraction = (step + 1) / steps
        falling = fraction >= 0.3
        tolerance = 1e-12 if falling else one_step_of_rise
        assert learning_rate(settings("onecycle"), fraction) == pytest.approx(rate, abs=tolerance)
        tolerance = 1e-12 if falling else 0.003
        assert first_beta(settings("onecycle"), fraction) == pytest.approx(beta, abs=tolerance)
        optimiser.step()
        scheduler.step()


def test_cosine_rises_in_a_line_and_ends_at_a_tenth():
    rates = [learning_rate(settings("cosine", warmup=0.2), fraction) for fraction in (0.1, 0.2, 0.6, 1.0)]
    assert rates == pytest.approx([PEAK / 2, PEAK, PEAK * 0.55, PEAK / 10])
    assert learning_rate(settings("cosine", warmup=0.0), 0.0) == PEAK


def test_constant_stays():
    assert {learning_rate(settings("constant"), fraction / 10) for fraction in range(11)} == {PEAK}
    assert first_beta(settings("constant"), 0.3) == 0.9


@pytest.mark.parametrize("schedule", ["onecycle", "cosine", "constant"])
def test_beyond_the_budget_the_last_rate_stays(schedule):
    assert learning_rate(settings(schedule), 1.02) == learning_rate(settings(schedule), 1.0) > 0


@given(st.lists(st.integers(1, 90), min_size=1, max_size=60), st.integers(1, 20))
def test_every_mark_is_crossed_once(steps, marks):
    """With steps smaller than the distance of two marks, as many steps cross a mark as there are marks."""
    budget = sum(steps)
    ends = [sum(steps[:number]) for number in range(len(steps) + 1)]
    crossings = sum(crosses_mark(before, after, budget, marks) for before, after in pairwise(ends))
    assert crosses_mark(ends[-2], ends[-1], budget, marks)  # the end is a mark
    assert crossings == marks if max(steps) <= budget // marks else crossings <= marks


def test_tokens_over_the_budget_cross_no_further_mark():
    assert not crosses_mark(100, 150, 100, 4)
