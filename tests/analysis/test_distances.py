"""Distances of distributions whose answer is known."""

import numpy as np
import pytest

from lib.analysis.distances import density_distance, difference_distance, distance_with_interval, mean_overlap


@pytest.fixture
def normal():
    return np.random.default_rng(0).normal(size=400)


def test_the_same_sample_overlaps_wholly(normal):
    found = density_distance(normal, normal)
    assert found.overlap == pytest.approx(1)
    assert found.jensen_shannon == pytest.approx(0, abs=1e-6)


def test_samples_apart_do_not_overlap(normal):
    found = density_distance(normal + 100, normal)
    assert found.overlap == pytest.approx(0, abs=1e-6)
    assert found.jensen_shannon == pytest.approx(1)


def test_two_normal_distributions_a_deviation_apart():
    generator = np.random.default_rng(1)
    found = density_distance(generator.normal(1, 1, 20_000), generator.normal(0, 1, 20_000))
    assert found.overlap == pytest.approx(0.617, abs=0.02)  # 2 Φ(−1/2)


def test_constants():
    assert density_distance(np.full(5, 3.0), np.full(9, 3.0)).overlap == 1
    assert density_distance(np.full(5, 2.0), np.full(9, 3.0)).overlap == 0


def test_undefined_values_are_left_out_and_nothing_has_no_distance(normal):
    with_gaps = np.append(normal, [np.nan] * 10)
    assert density_distance(with_gaps, normal).overlap == pytest.approx(1)
    assert np.isnan(density_distance(np.array([np.nan]), normal).overlap)


def test_differences_see_a_lack_of_variety_that_means_do_not():
    generator = np.random.default_rng(2)
    real, average = generator.normal(size=200), generator.normal(scale=0.05, size=200)
    assert abs(real.mean() - average.mean()) < 0.2
    varied = generator.normal(size=200)
    assert difference_distance(average, real).overlap < difference_distance(varied, real).overlap - 0.1


def test_intervals_hold_the_estimate_and_shrink(normal):
    few, many = normal[:20] + 0.5, normal[:200] + 0.5
    for values in (few, many):
        overlap, distance = distance_with_interval(values, np.arange(len(values)), normal)
        assert overlap.low <= overlap.estimate <= overlap.high
        assert distance.low <= distance.estimate <= distance.high
    width = [np.diff(distance_with_interval(values, np.arange(len(values)), normal)[0][1:])[0]
             for values in (few, many)]
    assert width[1] < width[0]
    one_group = distance_with_interval(few, np.zeros(20), normal)[0]
    assert np.isnan(one_group.low)


def test_mean_over_statistics(normal):
    table = np.stack([normal, normal + 100], axis=1)
    reference = np.stack([normal, normal], axis=1)
    assert mean_overlap(table, reference) == pytest.approx(0.5, abs=1e-3)
    assert mean_overlap(table, reference, [0]) == pytest.approx(1)
