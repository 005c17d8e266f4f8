"""Agreement of raters whose reliability is known."""

import numpy as np
import pytest

from lib.chapters.rated_emotions.agreement import agreement_table, intraclass, split_halves
from lib.chapters.rated_emotions.rules import against_one_rater


@pytest.fixture(scope="module")
def ratings():
    """Four hundred pieces, ten raters, two thirds of a rating's variance its rater's: ICC one third."""
    generator = np.random.default_rng(5)
    return [generator.normal() + generator.normal(0, np.sqrt(2), 10) for _ in range(400)]


def test_the_intraclass_correlation_is_found_again(ratings):
    single, panel = intraclass(ratings, np.arange(400))
    assert single.estimate == pytest.approx(1 / 3, abs=0.04)
    assert panel.estimate == pytest.approx(10 / 12, abs=0.03)
    assert single.low < 1 / 3 < single.high


def test_it_is_that_of_the_analysis_of_variance_for_unequal_numbers():
    said = [np.array(each) for each in ([0.1, 0.3, 0.2], [-0.5, -0.4], [0.6, 0.9, 0.5, 0.8], [0.0, -0.1])]
    count, mean = np.array([3, 2, 4, 2]), np.array([each.mean() for each in said])
    grand = np.concatenate(said).mean()
    between = (count * (mean - grand) ** 2).sum() / 3
    within = sum(((each - each.mean()) ** 2).sum() for each in said) / (11 - 4)
    usual = (11 - (count**2).sum() / 11) / 3
    assert intraclass(said, np.arange(4))[0].estimate == pytest.approx(
        (between - within) / (between + (usual - 1) * within)
    )


def test_halves_stepped_up_reach_the_panel(ratings):
    assert split_halves(ratings, np.arange(400)).estimate == pytest.approx(10 / 12, abs=0.03)


def test_the_table_says_what_it_rests_on(rated):
    table = agreement_table(rated)
    assert set(table["dimension"]) == {"valence", "arousal"}
    assert table["pieces"].eq(30).all()
    assert table["series"].eq(5).all()
    assert table["ratings"].eq(240).all()
    assert (table["low"] <= table["estimate"] + 1e-9).all()
    wide = table.pivot(index="measure", columns="dimension", values="estimate")["valence"]
    assert wide["one rater (ICC)"] < wide["whole panel (ICC)"]
    assert wide["one rater, AUC"] < wide["half a panel, AUC"]


def test_a_perfect_guess_beats_one_rater_and_a_coin_does_not(rated):
    perfect = (rated.signs[:, 0] > 0).astype(float)
    assert against_one_rater(perfect, rated, "valence").low > 0
    coin = np.random.default_rng(0).integers(0, 2, 30).astype(float)
    assert against_one_rater(coin, rated, "valence").estimate < 0
