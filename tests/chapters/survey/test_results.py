"""What is put into made-up answers comes out: origins told apart or not, raters consistent or not."""

import numpy as np
import pandas as pd
import pytest

from lib.basics.errors import BookError
from lib.chapters.survey.results import agreement_table, consistency_table, origin_models, score_table


def made_up(effect: float, seed: int = 0, raters: int = 30, pieces: int = 12) -> pd.DataFrame:
    """Answers of raters to pieces, odd ones real, and a second answer to one piece each."""
    generator = np.random.default_rng(seed)
    lean, quality = generator.normal(0, 0.8, raters), generator.normal(0, 0.4, pieces)
    rows = []
    for rater in range(raters):
        heard = [(piece, 1) for piece in range(pieces)] + [(int(generator.integers(pieces)), 2)]
        for position, (piece, presentation) in enumerate(heard, start=1):
            latent = lean[rater] + quality[piece] + effect * (piece % 2) + generator.logistic(size=3)
            rows.append(
                {
                    "rater": f"r{rater}",
                    "position": position,
                    "piece": f"p{piece}",
                    "presentation": presentation,
                    "origin": ("composed", "real")[piece % 2],
                    **dict(
                        zip(
                            ("emotion", "genre", "human"),
                            1 + np.searchsorted([-1.5, -0.4, 0.5, 1.7], latent),
                            strict=True,
                        )
                    ),
                }
            )
    return pd.DataFrame(rows).astype(dict.fromkeys(("emotion", "genre", "human"), "Int64"))


def test_scores_by_question_and_origin_count_the_repeat_once():
    table = score_table(made_up(2.0), draws=200).set_index(["question", "origin"])
    assert table["n"].unique().tolist() == [30 * 6]
    assert table["raters"].unique().tolist() == [30]
    assert table.loc[("human", "real"), "balance_low"] > table.loc[("human", "composed"), "balance_high"]


def test_without_a_key_there_is_one_row_a_question_and_no_model():
    answers = made_up(0.0).drop(columns="origin")
    assert score_table(answers, draws=100)["origin"].unique().tolist() == ["all"]
    with pytest.raises(BookError, match="Without the key"):
        origin_models(answers)


def test_raters_are_drawn_whole():
    answers = made_up(0.0)
    whole = score_table(answers, draws=500).iloc[0]
    alone = score_table(answers.assign(rater=np.arange(len(answers))), draws=500).iloc[0]
    width = [row["balance_high"] - row["balance_low"] for row in (whole, alone)]
    assert width[0] > 1.2 * width[1]


def test_the_model_finds_the_origin_where_it_matters():
    fits, reasons = origin_models(made_up(1.5))
    assert reasons == {}
    for fit in fits.values():
        assert fit.coefficients.loc["real", "low"] < 1.5 < fit.coefficients.loc["real", "high"]
    fits, _ = origin_models(made_up(0.0, seed=3))
    assert (
        sum(
            fit.coefficients.loc["real", "low"] < 0 < fit.coefficients.loc["real", "high"]
            for fit in fits.values()
        )
        >= 2
    )


def test_a_question_without_answers_gets_its_reason():
    answers = made_up(0.5)
    answers["human"] = pd.array([pd.NA] * len(answers), dtype="Int64")
    answers["genre"] = pd.array([3] * len(answers), dtype="Int64")
    fits, reasons = origin_models(answers)
    assert list(fits) == ["emotion"]
    assert "Nobody" in reasons["human"]
    assert "same score" in reasons["genre"]


def test_consistency_of_raters_that_repeat_themselves_and_of_dice():
    answers = made_up(0.0, raters=60)
    first = answers[answers["presentation"] == 1].set_index(["rater", "piece"])["human"]
    second = answers["presentation"] == 2
    same = answers.copy()
    same.loc[second, "human"] = [
        first[key] for key in zip(answers.loc[second, "rater"], answers.loc[second, "piece"], strict=True)
    ]
    found = consistency_table(same, draws=100).set_index("question").loc["human"]
    assert (found["pairs"], found["same"], found["kappa"]) == (60, 1, 1)
    dice = answers.copy()
    dice["human"] = pd.array(np.random.default_rng(1).integers(1, 6, len(dice)), dtype="Int64")
    found = consistency_table(dice, draws=200).set_index("question").loc["human"]
    assert found["low"] < 0 < found["high"]
    assert found["same"] < 0.45


def test_consistency_without_repeats_is_an_empty_table():
    answers = made_up(0.0)
    assert consistency_table(answers[answers["presentation"] == 1]).empty


def with_arm(real: float, rated: float, seed: int, raters: int = 30, pieces: int = 16) -> pd.DataFrame:
    """Answers to pieces of both arms; `real` and `rated` are the chances that the median rater agrees."""
    generator = np.random.default_rng(seed)
    lean, quality = generator.normal(0, 0.5, raters), generator.normal(0, 0.5, 2 * pieces)
    rows = []
    for rater in range(raters):
        for piece in range(2 * pieces):
            origin, chance = (("real", real), ("rated", rated))[piece % 2]
            latent = np.log(chance / (1 - chance)) + lean[rater] + quality[piece] + generator.logistic()
            rows.append(
                {
                    "rater": f"r{rater}",
                    "piece": f"p{piece}",
                    "presentation": 1,
                    "origin": origin,
                    "emotion": 4 if latent > 0 else 2,
                }
            )
    return pd.DataFrame(rows).astype({"emotion": "Int64"})


def test_agreement_with_labels_of_either_kind_and_their_difference():
    answers = with_arm(0.5, 0.85, seed=0)
    repeat = answers[answers["rater"] == "r0"].assign(presentation=2, emotion=1)
    table = agreement_table(pd.concat([answers, repeat]), draws=500).set_index("origin")
    assert table["n"].tolist() == [480, 480, 960]
    assert table["pieces"].tolist() == [16, 16, 32]
    shares = (answers.assign(agrees=answers["emotion"] > 3)).groupby("origin")["agrees"].mean()
    assert table.loc["real", "agreement"] == pytest.approx(shares["real"])
    assert table.loc["rated - real", "agreement"] == pytest.approx(shares["rated"] - shares["real"])
    assert table.loc["rated - real", "low"] > 0
    assert (table["low"] < table["agreement"]).all()
    assert (table["agreement"] < table["high"]).all()


def test_the_interval_of_a_difference_holds_none_where_there_is_none():
    """Of forty made-up surveys without a difference at most a few say that there is one."""
    found = [agreement_table(with_arm(0.6, 0.6, seed, pieces=12), draws=300).iloc[2] for seed in range(40)]
    assert sum(row["low"] < 0 < row["high"] for row in found) >= 36


def test_without_rated_pieces_there_is_no_comparison_of_labels():
    assert agreement_table(made_up(0.0)).empty
    assert agreement_table(made_up(0.0).drop(columns="origin")).empty
    one = with_arm(0.5, 0.8, seed=1, raters=1)
    assert agreement_table(one)[["low", "high"]].isna().all(axis=None)


def test_listeners_may_hear_different_pieces_of_an_arm():
    answers = with_arm(0.4, 0.8, seed=2).sample(frac=0.4, random_state=0)
    table = agreement_table(answers, draws=300).set_index("origin")
    assert table.loc["rated - real", "low"] > 0
    assert table["n"].iloc[2] == len(answers)


def test_rated_pieces_do_not_enter_the_comparison_of_real_with_composed():
    answers = made_up(1.0)
    rated = answers.assign(origin="rated", piece="x" + answers["piece"], emotion=1, genre=1, human=1)
    with_them, _ = origin_models(pd.concat([answers, rated.astype(answers.dtypes)]))
    without, _ = origin_models(answers)
    for question, fit in without.items():
        assert with_them[question].coefficients.equals(fit.coefficients)
