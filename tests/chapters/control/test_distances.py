"""Distances of distributions whose answer is known."""

import numpy as np
import pytest

from lib.chapters.control.distances import (
    density_distance,
    difference_distance,
    distance_difference,
    distance_of_real,
    distances_by_statistic,
    mean_distance,
    rank_correlation,
    rank_outcome,
)


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


def test_means_over_statistics(normal):
    table = np.stack([normal, normal + 100], axis=1)
    reference = np.stack([normal, normal], axis=1)
    found = distances_by_statistic(table, reference)
    assert found[:, 0] == pytest.approx([1, 0], abs=1e-3)
    overlap, distance = mean_distance(table, np.arange(400), reference, draws=20)
    assert overlap.estimate == pytest.approx(0.5, abs=1e-3)
    assert distance.estimate == pytest.approx(0.5, abs=1e-3)


def test_intervals_hold_the_estimate_and_shrink(normal):
    table = np.stack([normal + 0.5, normal * 2], axis=1)
    reference = np.stack([normal, normal], axis=1)
    widths = []
    for count in (20, 200):
        for found in mean_distance(table[:count], np.arange(count), reference):
            assert found.low <= found.estimate <= found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0]
    assert np.isnan(mean_distance(table[:20], np.zeros(20), reference)[0].low), "one group has no interval"


def test_the_further_of_two_models_is_told_from_the_nearer():
    generator = np.random.default_rng(3)
    reference = generator.normal(size=(300, 2))
    near, far = generator.normal(size=(60, 2)), generator.normal(2, 1, size=(60, 2))
    found = distance_difference(far, near, reference)
    assert found.low > 0
    assert distance_difference(near, far, reference).estimate == pytest.approx(-found.estimate)
    same = distance_difference(near, generator.normal(size=(60, 2)), reference)
    assert same.low < 0 < same.high


def test_as_many_real_pieces_are_nearer_the_more_they_are():
    generator = np.random.default_rng(4)
    real, reference = generator.normal(size=(300, 2)), generator.normal(size=(300, 2))
    few, many = (distance_of_real(real, reference, count)[1] for count in (15, 150))
    assert many.estimate < few.estimate
    assert few.low < few.estimate < few.high


def test_a_rank_correlation_is_scipys_and_needs_ten_models():
    losses = np.arange(12.0)
    found = rank_correlation(losses, losses**2)
    assert (found.estimate, found.low, found.high) == pytest.approx((1, 1, 1))
    mixed = rank_correlation(losses, np.tile([1.0, 2.0, 0.0], 4))
    assert mixed.low < 0 < mixed.high
    assert np.isnan(rank_correlation(losses[:9], losses[:9]).low)


def test_an_order_that_one_network_makes_would_change_without_it():
    losses = np.arange(12.0)
    firm = rank_outcome(losses, losses)
    assert (firm.seeds, len(firm.without_seed)) == (12, 12)
    assert all(low > 0.5 for low, _ in firm.without_seed)
    unordered = np.array([3, 1, 2, 0, 2.5, 0.5, 3.5, 1.5, 2.2, 0.7, 1.1, 9])
    found = rank_outcome(np.array([*np.linspace(0, 1, 11), 90]), unordered)
    assert found.without_seed[-1][0] < found.low, "without the last one there is less of an order"
