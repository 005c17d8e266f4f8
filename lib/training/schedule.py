"""The learning rate as a pure function of how much of the token budget is spent.

Nothing is remembered from step to step, so a resumed run has the rates of an uninterrupted one, and runs with
other batch sizes have the same rate after the same number of tokens.
"""

import math

from lib.profiles.profile import TrainingSettings

# The defaults of torch.optim.lr_scheduler.OneCycleLR (Smith and Topin 2019), which the original report uses.
ONE_CYCLE_RISE = 0.3  # share of the budget in which the rate rises
ONE_CYCLE_START = 1 / 25  # the first rate, as a share of the peak
ONE_CYCLE_END = 1e-4 / 25  # the last rate, as a share of the peak
ONE_CYCLE_MOMENTUM = (0.95, 0.85)  # Adam's first β at the lowest rate and at the peak

COSINE_END = 0.1  # the last rate of the cosine schedule, as a share of the peak


def learning_rate(settings: TrainingSettings, fraction: float) -> float:
    """The rate of the optimiser step that ends at this fraction of the budget.

    * `constant`: the peak throughout, as in the original's experiments.
    * `onecycle`: a half cosine up to the peak over 30 % of the budget, a half cosine down to almost nothing
      over the rest. With N equal steps the falling part equals torch's `OneCycleLR(total_steps=N)` at every
      step; in the rising part torch starts one step later and has caught up at the peak.
    * `cosine`: a straight line up to the peak over `settings.warmup` of the budget, then a half cosine down
      to a tenth.

    Args:
        settings: names the schedule, the peak (`learning_rate`) and the share of warm-up.
        fraction: target tokens seen, those of this step included, over the budget; above 1 it counts as 1.
    """
    fraction, peak = min(fraction, 1.0), settings.learning_rate
    if settings.schedule == "constant":
        return peak
    if settings.schedule == "onecycle":
        return _one_cycle(fraction, peak * ONE_CYCLE_START, peak, peak * ONE_CYCLE_END)
    if fraction < settings.warmup:
        return peak * fraction / settings.warmup
    return _half_cosine(peak, peak * COSINE_END, (fraction - settings.warmup) / (1 - settings.warmup))


def first_beta(settings: TrainingSettings, fraction: float) -> float:
    """Adam's first β (its momentum) at the same point: 0.9; OneCycleLR lowers it while the rate is high."""
    if settings.schedule != "onecycle":
        return 0.9
    calm, fast = ONE_CYCLE_MOMENTUM
    return _one_cycle(min(fraction, 1.0), calm, fast, calm)


def _one_cycle(fraction: float, start: float, middle: float, end: float) -> float:
    if fraction < ONE_CYCLE_RISE:
        return _half_cosine(start, middle, fraction / ONE_CYCLE_RISE)
    return _half_cosine(middle, end, (fraction - ONE_CYCLE_RISE) / (1 - ONE_CYCLE_RISE))


def _half_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def crosses_mark(before: int, after: int, budget: int, marks: int) -> bool:
    """Whether `before` to `after` tokens passes one of `marks` evenly spaced marks, the last at `budget`."""
    return min(after, budget) * marks // budget > before * marks // budget
