"""What the answers of a new survey show: distributions, an ordinal mixed model, consistency of raters, and,
where a survey has rated pieces, how often listeners agree with labels of either kind."""

import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from lib.basics.errors import BookError
from lib.chapters.survey.keys import ORIGINS, RATED
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
        answers: with the column origin, so read with a key; rated pieces, another music, are left out.

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
        part = answers[
            (answers["presentation"] == 1) & answers["origin"].isin(ORIGINS) & answers[question].notna()
        ]
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


def agreement_table(answers: pd.DataFrame, draws: int = 2000, seed: int = 0) -> pd.DataFrame:
    """How often listeners agree with the emotion label: for real pieces labelled by rule, for pieces labelled
    by people, and the difference.

    A listener agrees who answers above the middle. Raters and pieces are drawn both, independently, for
    another survey would have others of either (A. Owen, *The pigeonhole bootstrap*, Annals of Applied
    Statistics 1, 2007). A draw has the same raters in both arms.

    Args:
        answers: read with a key; the repeated piece counts once.
        draws, seed: of the bootstrap.

    Returns:
        A row for 'real', 'rated' and 'rated - real': origin, raters, pieces, n, agreement (a share or a
        difference of shares), low, high; NaN bounds where an arm has one piece or one rater. Empty without
        rated pieces or answers about them.
    """
    arms, difference = (ORIGINS[1], RATED), f"{RATED} - {ORIGINS[1]}"
    columns = ["origin", "raters", "pieces", "n", "agreement", "low", "high"]
    part = answers[(answers["presentation"] == 1) & answers["emotion"].notna()]
    if "origin" not in part or not set(arms) <= set(part["origin"]):
        return pd.DataFrame(columns=columns)
    part = part[part["origin"].isin(arms)]
    raters = sorted(part["rater"].unique())
    generator = np.random.default_rng(seed)
    people = _times_drawn(len(raters), draws, generator)
    rows, drawn = [], {}
    for arm in arms:
        found = part[part["origin"] == arm]
        scores = found.pivot(index="rater", columns="piece", values="emotion").reindex(raters)
        scores = scores.to_numpy(float, na_value=np.nan)
        pieces = _times_drawn(scores.shape[1], draws, generator)
        agree, heard = (
            ((people @ what.astype(float)) * pieces).sum(axis=1)
            for what in (scores > NEUTRAL, np.isfinite(scores))
        )
        drawn[arm] = np.divide(agree, heard, out=np.full(draws, np.nan), where=heard > 0)
        about = {"raters": found["rater"].nunique(), "pieces": scores.shape[1], "n": len(found)}
        rows.append({"origin": arm, **about, "agreement": float((found["emotion"] > NEUTRAL).mean())})
    real, rated = rows
    both = {"raters": len(raters), **{name: real[name] + rated[name] for name in ("pieces", "n")}}
    rows.append({"origin": difference, **both, "agreement": rated["agreement"] - real["agreement"]})
    drawn[difference] = drawn[RATED] - drawn[arms[0]]
    thin = any(min(row["raters"], row["pieces"]) < 2 for row in rows)
    for row in rows:
        low, high = (np.nan, np.nan) if thin else np.nanquantile(drawn[row["origin"]], [0.025, 0.975])
        row |= {"low": float(low), "high": float(high)}
    return pd.DataFrame(rows, columns=columns)


def _times_drawn(count: int, draws: int, generator: np.random.Generator) -> np.ndarray:
    """How often each of `count` is drawn when as many are drawn with replacement: int64 [draws, count]."""
    return generator.multinomial(count, np.full(count, 1 / count), draws)


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
