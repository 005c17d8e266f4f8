"""Tables of answers from 1 to 5: against neutral, power, and the whole of a new survey."""

from collections.abc import Mapping, Sequence

import pandas as pd
from IPython.display import HTML

from lib.basics.errors import BookError
from lib.basics.numbers import p_text
from lib.chapters.survey.files import SurveyAnswers
from lib.chapters.survey.ordinal_model import OrdinalFit
from lib.chapters.survey.power import POWER
from lib.chapters.survey.results import agreement_table, consistency_table, origin_models, score_table
from lib.show.tables import html_table, with_interval

ARM_WORDS = {"real": "by our rule", "rated": "by people", "rated - real": "by people − by our rule"}
QUESTION_WORDS = {
    "emotion": "does the emotion fit?",
    "genre": "does the genre fit?",
    "human": "made by a human?",
}


def question_label(piece: str, question: str) -> str:
    """What was asked about an output of the original report, in its own labels.

    >>> question_label("sad_pop", "genre")
    'sad/pop: “pop”?'
    """
    if question == "human":
        return "all five: human?" if piece == "all_five" else f"{piece.replace('_', '/')}: human?"
    emotion, genre = piece.split("_")
    return f"{emotion}/{genre}: “{emotion if question == 'emotion' else genre}”?"


def question_phrase(piece: str, question: str) -> str:
    """The same inside a sentence.

    >>> question_phrase("sad_pop", "genre")
    '“pop” for sad/pop'
    """
    emotion, genre = piece.split("_")
    asked = {"emotion": emotion, "genre": genre, "human": "human"}[question]
    return f"“{asked}” for {emotion}/{genre}"


def neutral_rows(table: pd.DataFrame, caption: str, note: str = "") -> HTML:
    """Answers against the middle of the scale.

    Args:
        table: from :func:`lib.chapters.survey.scores.neutral_table`, with columns piece and question.
        caption, note: above and below the table.
    """
    lines = [
        {
            "question": question_label(row["piece"], row["question"]),
            "n": row["n"],
            "median": with_interval(row["median"], row["median_low"], row["median_high"], 0),
            "balance": with_interval(row["balance"], row["balance_low"], row["balance_high"], 2),
            "p, sign test": p_text(row["p"]).replace(" ", "\N{NO-BREAK SPACE}"),
            "p after Holm": p_text(row["p_holm"]).replace(" ", "\N{NO-BREAK SPACE}"),
            "mean": with_interval(row["mean"], row["mean_low"], row["mean_high"], 2),
        }
        for row in table.to_dict("records")
    ]
    return html_table(pd.DataFrame(lines), caption, note=note)


def enough_rows(tables: Mapping[str, pd.DataFrame], caption: str, note: str = "") -> HTML:
    """The fewest pieces with which the aim is reached, for each number of raters.

    Args:
        tables: by assumption, from :func:`lib.chapters.survey.power.power_table`.
        caption, note: above and below the table.
    """
    lines = []
    for raters in sorted({number for table in tables.values() for number in table["raters"]}):
        line: dict[str, object] = {"raters": f"{raters}"}
        for name, table in tables.items():
            enough = fewest_pieces(table, raters)
            largest = table["pieces"].max()
            line[name] = f"more than {largest}" if enough is None else f"{enough}"
        lines.append(line)
    return html_table(pd.DataFrame(lines), caption, note=note)


def fewest_pieces(table: pd.DataFrame, raters: int) -> int | None:
    """The smallest tried number of pieces with this power; None where none has it."""
    found = table[(table["raters"] == raters) & (table["by_piece"] >= POWER)]["pieces"]
    return int(found.min()) if len(found) else None


def new_survey(found: SurveyAnswers, draws: int = 2000, seed: int = 0) -> HTML:
    """Everything about the answers to a new survey but the picture: files, rows not used, results.

    Args:
        found: from :func:`lib.chapters.survey.files.read_folder`.
        draws, seed: of bootstraps.
    """
    parts = [html_table(found.files, "Files of answers.")]
    if len(found.problems):
        places = ["the file" if row == 0 else f"{row}" for row in found.problems["row"]]
        reasons = found.problems.assign(row=places)
        parts.append(html_table(reasons, "Rows that were not used, and why (row 1 is the header)."))
    scores = score_table(found.answers, draws, seed)
    parts.append(
        html_table(
            pd.DataFrame(
                [
                    {
                        "question": QUESTION_WORDS[row["question"]],
                        "pieces by origin": row["origin"],
                        "raters": row["raters"],
                        "pieces": row["pieces"],
                        "answers": row["n"],
                        "median": row["median"],
                        "balance": with_interval(row["balance"], row["balance_low"], row["balance_high"], 2),
                    }
                    for row in scores.to_dict("records")
                ]
            ),
            "Scores by question and origin.",
            {"median": "g"},
            note="Balance: share of answers above 3 minus share below; the interval draws whole raters.",
        )
    )
    try:
        parts.append(_models(*origin_models(found.answers)))
    except BookError as error:
        missing = pd.DataFrame({"model": ["real against composed"], "not fitted": [str(error)]})
        parts.append(html_table(missing, "The ordinal mixed model."))
    parts.append(_agreement(found.answers, draws, seed))
    repeats = consistency_table(found.answers, draws, seed)
    if len(repeats):
        parts.append(
            html_table(
                pd.DataFrame(
                    [
                        {
                            "question": QUESTION_WORDS[row["question"]],
                            "pairs": row["pairs"],
                            "same": row["same"],
                            "within one step": row["within_one"],
                            "kappa, quadratic": with_interval(row["kappa"], row["low"], row["high"], 2),
                        }
                        for row in repeats.to_dict("records")
                    ]
                ),
                "The repeated piece: do raters agree with themselves?",
                {"same": ".0%", "within one step": ".0%"},
            )
        )
    return HTML("\n".join(part.data for part in parts))


def _agreement(answers: pd.DataFrame, draws: int, seed: int) -> HTML:
    """Do listeners agree more with labels by people than with those by rule?"""
    table = agreement_table(answers, draws, seed)
    if table.empty:
        return HTML(
            "<p>This survey has no pieces labelled by people: labels of either kind are not compared.</p>"
        )
    lines = [
        {
            "emotion labelled": ARM_WORDS[row["origin"]],
            "raters": row["raters"],
            "pieces": row["pieces"],
            "answers": row["n"],
            "listeners agree": with_interval(row["agreement"], row["low"], row["high"], 2),
        }
        for row in table.to_dict("records")
    ]
    return html_table(
        pd.DataFrame(lines),
        "Share of answers above 3 to “does the emotion fit?”, for real pieces by where the label comes from.",
        note="95 % intervals; raters and pieces are drawn both.",
    )


def power_rows(tables: Mapping[str, pd.DataFrame], caption: str, note: str = "") -> HTML:
    """Power for a difference of agreement between two arms.

    Args:
        tables: by assumption, from :func:`lib.chapters.survey.power.agreement_power`, of the same arms.
        caption, note: above and below the table.
    """
    first = next(iter(tables.values()))
    lines = {"raters": first["raters"], "pieces of each arm": first["pieces"]}
    return html_table(
        pd.DataFrame(lines | {name: table["power"] for name, table in tables.items()}),
        caption,
        dict.fromkeys(tables, ".0%"),
        note=note,
    )


def _models(fits: Mapping[str, OrdinalFit], reasons: Mapping[str, str]) -> HTML:
    lines, effect = [], "log odds, real − composed"
    for question, fit in fits.items():
        real = fit.coefficients.loc["real"]
        lines.append(
            {
                "question": QUESTION_WORDS[question],
                effect: with_interval(real["log_odds"], real["low"], real["high"], 2),
                "σ of raters": f"{fit.rater_sd:.2f}",
                "σ of pieces": f"{fit.piece_sd:.2f}",
                "rests on": f"{fit.answers} answers, {fit.raters} raters, {fit.pieces} pieces",
            }
        )
    lines += [
        {
            "question": QUESTION_WORDS[question],
            effect: reason,
            "σ of raters": "–",
            "σ of pieces": "–",
            "rests on": "–",
        }
        for question, reason in reasons.items()
    ]
    return html_table(
        pd.DataFrame(lines),
        "The ordinal mixed model: log odds of higher scores if real.",
        note="95% intervals with the degrees of freedom of pieces. 0: no difference found.",
    )


def likert_labels(scores: pd.DataFrame) -> Sequence[str]:
    """Labels of the bars of :func:`lib.chapters.survey.plots.plot_likert` for a new survey's score table."""
    return [f"{QUESTION_WORDS[row['question']]}\n{row['origin']}" for row in scores.to_dict("records")]
