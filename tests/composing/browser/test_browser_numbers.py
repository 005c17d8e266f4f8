"""The random numbers that browsers draw as well: even, and of their seed alone."""

import numpy as np
from scipy import stats

from lib.composing.browser.numbers import uniforms


def test_they_belong_to_their_seed_and_their_place():
    assert uniforms(7, 20).tolist() == uniforms(7, 30)[:20].tolist()
    starts = {uniforms(seed, 1)[0] for seed in [*range(200), 2**32, 2**33, 2**53 - 1]}
    assert len(starts) == 203


def test_they_are_even_and_independent_of_the_seed_before():
    numbers = np.array([uniforms(seed, 50) for seed in range(100)])
    assert ((numbers >= 0) & (numbers < 1)).all()
    assert stats.kstest(numbers.ravel(), "uniform").pvalue > 0.001
    assert stats.kstest(numbers[:, 0], "uniform").pvalue > 0.001
    assert abs(np.corrcoef(numbers[:-1, 0], numbers[1:, 0])[0, 1]) < 0.3
