"""Simulated surveys have the shares they were asked for, and tests the level they promise."""

import math

import numpy as np
import pytest

from lib.chapters.survey.power import (
    AnswerModel,
    agreement_power,
    by_answer_test,
    by_piece_test,
    detectable_shift,
    effect_for,
    model_from_shares,
    power_table,
    sign_test_power,
    simulate_answers,
)
from lib.chapters.survey.scores import sign_test

SHARES = np.array([21, 56, 55, 51, 32]) / 215


@pytest.fixture(scope="module")
def model() -> AnswerModel:
    return model_from_shares(SHARES, rater_sd=0.9, piece_sd=0.8)


def test_the_model_has_the_shares_it_was_made_from(model):
    assert model.shares() == pytest.approx(SHARES, abs=1e-6)
    scores = simulate_answers(model, 1, 2, 0.0, 100_000, seed=1)[..., 0].ravel()
    assert np.bincount(scores, minlength=6)[1:] / len(scores) == pytest.approx(SHARES, abs=0.006)


def test_an_effect_in_points_is_one(model):
    effect = effect_for(model, 0.5)
    assert model.mean_score(effect) - model.mean_score(0) == pytest.approx(0.5)
    scores = simulate_answers(model, 1, 2, effect, 60_000, seed=2)
    assert scores[..., 1].mean() - scores[..., 0].mean() == pytest.approx(0.5, abs=0.02)


def test_the_test_by_piece_keeps_its_level_and_the_one_by_answer_does_not(model):
    scores = simulate_answers(model, 40, 10, 0.0, 1000, seed=3)
    assert 0.03 < (by_piece_test(scores) < 0.05).mean() < 0.075
    assert (by_answer_test(scores) < 0.05).mean() > 0.3


def test_a_survey_in_which_nothing_varies_finds_nothing():
    same = np.full((3, 5, 6), 4, dtype=np.int8)
    assert by_piece_test(same).tolist() == [1, 1, 1]
    assert by_answer_test(same).tolist() == [1, 1, 1]
    apart = same.copy()
    apart[..., 3:] = 1
    assert by_piece_test(apart).tolist() == [0, 0, 0]


def test_power_grows_with_pieces_more_than_with_raters(model):
    table = power_table(model, [20, 80], [6, 24], effect_for(model, 0.5), draws=200, seed=4)
    power = table.set_index(["raters", "pieces"])["by_piece"]
    assert power[20, 24] > power[20, 6] + 0.2
    assert power[20, 24] > power[80, 6] + 0.2
    assert (table["by_piece_low"] <= table["by_piece"]).all()
    assert (table["by_piece"] <= table["by_piece_high"]).all()


def test_the_same_seed_gives_the_same_power(model):
    tables = [power_table(model, [15], [8], 0.7, draws=50, seed=5) for _ in range(2)]
    assert tables[0].equals(tables[1])


def test_power_of_the_sign_test_is_that_of_the_sign_test():
    shares = [0.1, 0.15, 0.2, 0.3, 0.25]
    generator = np.random.default_rng(6)
    found = np.mean([sign_test(counts) < 0.05 for counts in generator.multinomial(43, shares, 1500)])
    assert sign_test_power(shares, 43, draws=4000) == pytest.approx(found, abs=0.04)
    assert sign_test_power([0.2] * 5, 43) < 0.05
    assert sign_test_power([0, 0, 1, 0, 0], 43) == 0


def test_more_raters_detect_smaller_shifts(model):
    few, many = (detectable_shift(model, raters)["balance"] for raters in (20, 200))
    assert many < few / 2


def test_too_few_raters_detect_no_shift(model):
    found = detectable_shift(model, 4)  # four answers on one side have p = 0.125
    assert math.isnan(found["balance"])
    assert found["power"] < 0.8


def test_power_for_a_difference_of_agreement_grows_and_keeps_its_level():
    arms = [(30, 4), (30, 32)]
    found = agreement_power(SHARES, 0.9, 0.8, arms, points=0.15, draws=200, seed=1)
    assert found["first"].tolist() == pytest.approx([83 / 215] * 2)
    assert found["second"].tolist() == pytest.approx([83 / 215 + 0.15] * 2)
    assert found["power"][1] > found["power"][0] + 0.2
    assert ((found["low"] <= found["power"]) & (found["power"] <= found["high"])).all()
    nothing = agreement_power(SHARES, 0.9, 0.5, [(30, 12)], points=0.0, draws=600, seed=2)
    assert 0.02 < nothing["power"][0] < 0.085
