"""Charts of answers show the counts they were given, in the middle where the middle is."""

import pandas as pd
import pytest

from lib.chapters.survey import plots as survey_plots, scores as survey
from lib.show.style import CARD, contrast

TABLE = pd.DataFrame([[2, 0, 6, 1, 1], [0, 0, 2, 0, 8]], columns=survey.COUNT_COLUMNS)


pytestmark = pytest.mark.usefixtures("our_style")


def test_likert_bars_hang_on_the_middle_of_neutral():
    axis = survey_plots.plot_likert(TABLE, ["first", "second"]).axes[0]
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["first\nn = 10", "second\nn = 10"]
    neutral = axis.containers[2]
    for bar, share in zip(neutral, (0.6, 0.2), strict=True):
        assert bar.get_x() == pytest.approx(-share / 2)
        assert bar.get_width() == pytest.approx(share)
    assert sorted(text.get_text() for text in axis.texts) == ["1", "1", "2", "2", "6", "8"]
    ends = [bar.get_x() + bar.get_width() for bar in axis.containers[4]]
    assert max(ends) <= axis.get_xlim()[1]


def test_scores_are_told_apart_by_lightness_too():
    colours = survey_plots.SCORE_COLOURS
    assert len(set(colours)) == 5
    assert contrast(colours[0], colours[1]) > 1.5
    assert contrast(colours[4], colours[3]) > 1.5
    assert contrast(colours[0], CARD) > 3
    assert contrast(colours[4], CARD) > 3


def test_balances_with_intervals():
    axis = survey_plots.plot_balances(survey.neutral_table(TABLE, draws=50), ["a", "b"]).axes[0]
    assert axis.get_xlim() == (-1, 1)
    assert [text.get_text() for text in axis.texts] == ["median 3", "median 5"]


def test_power_has_a_line_for_each_number_of_raters():
    table = pd.DataFrame(
        {
            "raters": [10, 10, 40, 40],
            "pieces": [4, 8, 4, 8],
            "by_piece": 0.5,
            "by_piece_low": 0.4,
            "by_piece_high": 0.6,
            "by_answer": 0.6,
        }
    )
    figure = survey_plots.plot_power({"alike": table, "unlike": table})
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["alike", "unlike"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["10 raters", "40 raters"]
