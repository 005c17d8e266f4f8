"""What the answers of a new survey show: distributions, an ordinal mixed model, consistency of raters."""

import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from lib.basics.errors import BookError
from lib.chapters.survey.ordinal_model import OrdinalFit, fit_ordinal_model
from lib.chapters.survey.scores import COUNT_COLUMNS, NEUTRAL, QUESTIONS, SCORES, counts_of, median_interval
from lib.measures.statistics import Interval, bootstrap


def score_table(answers: pd.DataFrame, draws: int = 2000, seed: int = 0) -> pd.DataFrame:
    """Scores by question and, where the key tells it, by origin; the repeated piece counts once.

    Args:
        answers: from :func:`lib.chapters.survey.files.read_answers`.
        draws, seed: of the bootstrap, which draws whole raters, since each answers several times.

    Returns:
        A row for each question and origin with an answer: question, origin ('all' without a key), raters,
        pieces, n, score_1 … score_5, median, balance, balance_low, balance_high.
    """
    first = answers[answers["presentation"] == 1]
    origin = first["origin"] if "origin" in first else pd.Series("all", index=first.index)
    rows = []
    for question in QUESTIONS:
        for name, part in first.groupby(origin):
            part = part[part[question].notna()]
            if part.empty:
                continue
            scores = part[question].to_numpy(dtype=np.int64)
            balance = _balance(scores, part["rater"].to_numpy(), draws, seed)
            rows.append(
                {
                    "question": question,
                    "origin": name,
                    "raters": part["rater"].nunique(),
                    "pieces": part["piece"].nunique(),
                    "n": len(part),
                    **dict(zip(COUNT_COLUMNS, counts_of(scores).tolist(), strict=True)),
                    "median": median_interval(counts_of(scores)).estimate,
                    "balance": balance.estimate,
                    "balance_low": balance.low,
                    "balance_high": balance.high,
                }
            )
    return pd.DataFrame(rows)


def _balance(scores: np.ndarray, raters: np.ndarray, draws: int, seed: int) -> Interval:
    signs = np.sign(scores - NEUTRAL).astype(float)
    return bootstrap(
        np.stack([signs, np.ones(len(signs))], axis=1),
        raters,
        lambda total: total[..., 0] / total[..., 1],
        draws,
        seed,
    )


def origin_models(answers: pd.DataFrame) -> tuple[dict[str, OrdinalFit], dict[str, str]]:
    """For each question the ordinal mixed model with real against composed, first presentations only.

    Args:
        answers: with the column origin, so read with a key.

    Returns:
        The fits by question (the predictor is called 'real'), and by question why there is no fit.

    Raises:
        BookError: when the answers were read without a key.
    """
    if "origin" not in answers:
        raise BookError(
            "Without the key of the survey nobody knows which pieces are real: put the .key.json "
            "beside the answers."
        )
    fits, reasons = {}, {}
    for question in QUESTIONS:
        part = answers[(answers["presentation"] == 1) & answers[question].notna()]
        predictors = pd.DataFrame({"real": (part["origin"] == "real").astype(float)})
        try:
            if part.empty:
                raise BookError("Nobody answered it.")
            fit = fit_ordinal_model(
                part[question].to_numpy(dtype=np.int64), predictors, part["rater"], part["piece"]
            )
            if fit.converged:
                fits[question] = fit
            else:
                reasons[question] = "The fit did not converge: collect more answers."
        except BookError as error:
            reasons[question] = str(error)
    return fits, reasons


def consistency_table(answers: pd.DataFrame, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """How alike a rater's two answers to the repeated piece are.

    Returns:
        A row for each question with a pair: question, pairs, same (share), within_one (share), and kappa,
        low, high: Cohen's kappa with quadratic weights and a bootstrap interval over raters. Chance gives 0;
        NaN where the answers do not vary.
    """
    rows = []
    for question in QUESTIONS:
        wide = answers[answers[question].notna()].pivot_table(
            index=["rater", "piece"], columns="presentation", values=question, aggfunc="first"
        )
        if not {1, 2} <= set(wide.columns):
            continue
        pairs = wide[[1, 2]].dropna().to_numpy(dtype=np.int64)
        if not len(pairs):
            continue
        generator = np.random.default_rng(seed)
        drawn = [_kappa(pairs[generator.integers(0, len(pairs), len(pairs))]) for _ in range(draws)]
        known = np.array(drawn)[np.isfinite(drawn)]
        low, high = np.quantile(known, [0.025, 0.975]) if len(known) > draws / 2 else (np.nan, np.nan)
        apart = np.abs(pairs[:, 0] - pairs[:, 1])
        rows.append(
            {
                "question": question,
                "pairs": len(pairs),
                "same": float((apart == 0).mean()),
                "within_one": float((apart <= 1).mean()),
                "kappa": _kappa(pairs),
                "low": float(low),
                "high": float(high),
            }
        )
    return pd.DataFrame(rows, columns=["question", "pairs", "same", "within_one", "kappa", "low", "high"])


def _kappa(pairs: np.ndarray) -> float:
    if np.unique(pairs).size < 2:
        return float("nan")  # sklearn would warn of a division by zero
    return float(cohen_kappa_score(pairs[:, 0], pairs[:, 1], labels=list(SCORES), weights="quadratic"))
