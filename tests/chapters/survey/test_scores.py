"""Published counts, their statistics, and that each test finds what is put in and nothing else."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lib.basics.errors import BookError
from lib.chapters.survey import scores as survey

MERGED = [21, 56, 55, 51, 32]


@pytest.fixture(scope="module")
def counts():
    return survey.published_counts().set_index(["piece", "question"])


def test_published_counts_add_up_and_the_merged_row_is_marked(counts):
    assert counts.loc[[("all_five", "human")], survey.COUNT_COLUMNS].to_numpy().ravel().tolist() == MERGED
    assert counts["digitised"].sum() == 1
    assert counts.loc[("all_five", "human"), "digitised"]


def test_counts_that_do_not_add_up_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(survey, "REFERENCE", tmp_path)
    (tmp_path / "survey_counts.csv").write_text(
        "piece,question,n,score_1,score_2,score_3,score_4,score_5\nx,human,9,1,1,1,1,1\n"
    )
    with pytest.raises(BookError, match="x, human do not add up to 9"):
        survey.published_counts()


@pytest.mark.parametrize(
    ("piece", "question", "mean"),
    [
        ("sad_pop", "genre", 2.18),
        ("sad_pop", "emotion", 2.95),
        ("happy_country", "emotion", 4.02),
        ("happy_country", "genre", 3.71),
    ],
)
def test_the_means_of_the_original_report_come_out(counts, piece, question, mean):
    found = survey.mean_interval(counts.loc[(piece, question), survey.COUNT_COLUMNS])
    assert found.estimate == pytest.approx(mean, abs=0.005)
    assert found.low < found.estimate < found.high


def test_evenness_as_if_independent_and_with_its_design_effect():
    assert survey.evenness_test(MERGED) == pytest.approx((22.837, 0.000136), abs=1e-3)
    assert survey.design_effect(5, 0.35) == pytest.approx(2.4)
    assert survey.evenness_test(MERGED, 2.4)[1] == pytest.approx(0.0494, abs=1e-4)
    assert survey.evenness_test([9] * 5) == (0, 1)


def test_evenness_loses_its_significance_between_correlations():
    table = survey.evenness_by_correlation(MERGED, 5, [0.0, 0.3, 0.4])
    assert (table["p"] < 0.05).tolist() == [True, True, False]
    assert table["effective_answers"].iloc[0] == 215


def test_the_formula_holds_for_the_correlation_of_categories_not_of_scores():
    simulated = survey.simulated_evenness(MERGED, 43, [0.0, 0.5], draws=3000, seed=1)
    for row in simulated.itertuples():
        assert row.design_effect == pytest.approx(survey.design_effect(5, row.kappa), rel=0.06)
    correlated = simulated.iloc[1]
    assert correlated["score_correlation"] > 2 * correlated["kappa"]


def test_simulated_evenness_is_right_where_answers_are_independent():
    threshold = [26, 50, 50, 50, 39]  # χ² of 10.9, p = 0.03 in the χ² distribution
    found = survey.simulated_evenness(threshold, 43, [0.0], draws=6000, seed=2)["p"].iloc[0]
    assert found == pytest.approx(survey.evenness_test(threshold)[1], abs=0.008)


def test_simulated_evenness_needs_the_same_number_of_answers_of_each_rater():
    with pytest.raises(BookError, match="44 raters"):
        survey.simulated_evenness(MERGED, 44, [0.1])


def test_reading_errors_move_the_statistic_both_ways():
    low, high = survey.reading_range(MERGED, 2)
    assert low < survey.evenness_test(MERGED)[0] < high
    assert survey.reading_range(MERGED, 0) == pytest.approx((22.837, 22.837), abs=1e-3)


def test_unevenness_is_near_zero_for_even_counts_and_its_interval_covers_the_truth():
    assert survey.unevenness([43] * 5).low == 0
    generator = np.random.default_rng(3)
    shares = np.array([0.1, 0.25, 0.25, 0.25, 0.15])
    truth = np.sqrt(((shares - 0.2) ** 2 / 0.2).sum())
    covered = [
        found.low <= truth <= found.high
        for found in map(survey.unevenness, generator.multinomial(215, shares, 300))
    ]
    assert 0.91 < np.mean(covered) < 0.99


def test_fewer_independent_answers_widen_the_interval_of_unevenness():
    narrow, wide = survey.unevenness(MERGED), survey.unevenness(MERGED, 2.4)
    assert narrow.estimate == wide.estimate
    assert wide.low < narrow.low
    assert wide.high > narrow.high


def test_the_sign_test_is_the_exact_one_and_leaves_the_middle_out():
    assert survey.sign_test([8, 2, 50, 1, 0]) == stats.binomtest(1, 11).pvalue
    assert survey.sign_test([3, 3, 0, 3, 3]) == 1
    assert survey.sign_test([0, 0, 7, 0, 0]) == 1


def test_the_balance_is_its_definition():
    found = survey.balance_interval([1, 2, 3, 4, 10])
    assert found.estimate == pytest.approx((14 - 3) / 20)
    assert -1 <= found.low < found.estimate < found.high <= 1


def test_intervals_cover_known_truths():
    generator = np.random.default_rng(4)
    shares = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
    drawn = generator.multinomial(43, shares, 200)
    balances = [survey.balance_interval(counts, draws=400) for counts in drawn]
    assert 0.9 < np.mean([found.low <= -0.3 <= found.high for found in balances]) <= 1
    medians = [survey.median_interval(counts) for counts in drawn]
    assert np.mean([found.low <= 2 <= found.high for found in medians]) >= 0.95


def test_the_median_of_few_answers_has_no_interval():
    assert np.isnan(survey.median_interval([1, 0, 0, 1, 1]).low)
    assert np.isnan(survey.median_interval([0] * 5).estimate)


def test_against_neutral_with_holm(counts):
    table = survey.neutral_table(counts[~counts["digitised"]].reset_index())
    found = table.set_index(["piece", "question"])
    assert (found["p_holm"] >= found["p"]).all()
    assert found.loc[("sad_pop", "genre"), "p_holm"] == pytest.approx(
        5 * found.loc[("sad_pop", "genre"), "p"]
    )  # the second smallest of six
    decided = found.index[found["p_holm"] < 0.05].tolist()
    assert decided == [("sad_pop", "genre"), ("happy_country", "emotion"), ("happy_country", "genre")]


def test_holm_keeps_false_alarms_rare_where_nothing_is_there():
    generator = np.random.default_rng(5)
    alarms = 0
    for _ in range(30):
        drawn = generator.multinomial(55, [0.2] * 5, 6)
        table = pd.DataFrame(drawn, columns=survey.COUNT_COLUMNS)
        alarms += (survey.neutral_table(table, draws=10)["p_holm"] < 0.05).any()
    assert alarms <= 4  # 1 or 2 expected, 8 without the correction


def test_a_difference_of_means_allows_for_any_correlation():
    found = survey.difference_of_means([0, 0, 0, 0, 10], [10, 0, 0, 0, 0])
    assert tuple(found) == (4, 4, 4)
    generator = np.random.default_rng(6)
    for correlation in (-0.9, 0.0, 0.9):
        latent = generator.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], (200, 55))
        answers = np.clip(np.round(latent + 3), 1, 5).astype(int)
        covered = [
            found.low <= 0 <= found.high
            for found in (
                survey.difference_of_means(survey.counts_of(one[:, 0]), survey.counts_of(one[:, 1]))
                for one in answers
            )
        ]
        assert np.mean(covered) > 0.91, correlation


def test_a_difference_of_unequal_numbers_is_refused():
    with pytest.raises(BookError, match="43 and 55"):
        survey.difference_of_means([43, 0, 0, 0, 0], [55, 0, 0, 0, 0])


def test_scores_outside_the_scale_are_refused():
    assert survey.counts_of([1, 5, 5]).tolist() == [1, 0, 0, 0, 2]
    for wrong in (0, 6, -1):
        with pytest.raises(BookError, match="1 to 5"):
            survey.counts_of([3, wrong])
