"""Answers on a scale from 1 to 5, taken for what they are: ordered, and several from the same rater.

A scale of agreement has an order but no unit, so the description is a median and a distribution, and the
effect size is a *balance*: the share of answers above the middle minus the share below it. Means stand beside
them because the original report prints means. What is known of the original survey are marginal counts, one
row a question; nothing here pretends to more.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from lib.basics.errors import BookError
from lib.basics.places import REFERENCE
from lib.measures.statistics import Interval, bootstrap

SCORES = (1, 2, 3, 4, 5)
NEUTRAL = 3
QUESTIONS = ("emotion", "genre", "human")
COUNT_COLUMNS = [f"score_{score}" for score in SCORES]
#: The row of the published counts that was read off a chart without labels.
DIGITISED = "all_five"
MERGED_RATERS, MERGED_PIECES = 43, 5  # behind the merged row: each rater answers for each piece


def published_counts() -> pd.DataFrame:
    """The original report's counts: piece, question, n, score_1 … score_5, digitised.

    `digitised` marks what was read off a chart without labels; the other rows are printed numbers.

    Raises:
        BookError: when a row does not add up to its n.
    """
    table = pd.read_csv(REFERENCE / "survey_counts.csv")
    wrong = table[table[COUNT_COLUMNS].sum(axis=1) != table["n"]]
    if len(wrong):
        first = wrong.iloc[0]
        raise BookError(
            f"In survey_counts.csv the counts of {first['piece']}, {first['question']} do not "
            f"add up to {first['n']}: correct the row."
        )
    return table.assign(digitised=table["piece"] == DIGITISED)


def counts_of(scores: Sequence[int]) -> np.ndarray:
    """How often each of 1 … 5 was given: int64 [5].

    Raises:
        BookError: for a score outside 1–5.
    """
    values = np.asarray(scores, dtype=np.int64)
    if values.size and not np.isin(values, SCORES).all():
        raise BookError(
            f"Scores are {SCORES[0]} to {SCORES[-1]}, but there is a "
            f"{values[~np.isin(values, SCORES)][0]}: leave such answers out."
        )
    return np.bincount(values, minlength=SCORES[-1] + 1)[1:]


def expand(counts: Sequence[int]) -> np.ndarray:
    """The answers behind counts [5], in ascending order."""
    return np.repeat(SCORES, np.asarray(counts, dtype=np.int64))


def median_interval(counts: Sequence[int]) -> Interval:
    """The median with the distribution-free interval between two order statistics.

    It holds whatever the distribution and covers at least 95%, usually more (see David and Nagaraja,
    *Order Statistics*, 2003, section 7.1). NaN bounds where so few answers allow none.
    """
    answers = expand(counts)
    if not len(answers):
        return Interval(float("nan"), float("nan"), float("nan"))
    rank = int(stats.binom.ppf(0.025, len(answers), 0.5))
    low, high = (answers[rank - 1], answers[-rank]) if rank else (np.nan, np.nan)
    return Interval(float(np.median(answers)), float(low), float(high))


def mean_interval(counts: Sequence[int], draws: int = 2000, seed: int = 0) -> Interval:
    """The mean, as if the steps of the scale were equally wide, with a bootstrap interval over answers."""
    return _bootstrap(
        counts, lambda total: total @ np.array(SCORES, dtype=float) / total.sum(axis=-1), draws, seed
    )


def balance_interval(counts: Sequence[int], draws: int = 2000, seed: int = 0) -> Interval:
    """The share of answers above neutral minus the share below, −1 to 1, with a bootstrap interval.

    It is Cliff's delta of the answers against the middle of the scale; 0 is what the sign test tests.
    """
    return _bootstrap(
        counts,
        lambda total: (
            (total[..., NEUTRAL:].sum(axis=-1) - total[..., : NEUTRAL - 1].sum(axis=-1)) / total.sum(axis=-1)
        ),
        draws,
        seed,
    )


def _bootstrap(counts: Sequence[int], statistic, draws: int, seed: int) -> Interval:
    one_hot = np.eye(len(SCORES))[expand(counts) - 1]
    return bootstrap(one_hot, np.arange(len(one_hot)), statistic, draws, seed)


def sign_test(counts: Sequence[int]) -> float:
    """Two-sided p of the exact sign test against neutral; answers at neutral say nothing and are left out."""
    counts = np.asarray(counts)
    above, below = int(counts[NEUTRAL:].sum()), int(counts[: NEUTRAL - 1].sum())
    return float(stats.binomtest(above, above + below).pvalue) if above + below else 1.0


def neutral_table(table: pd.DataFrame, draws: int = 2000, seed: int = 0) -> pd.DataFrame:
    """Each row of counts against the middle of the scale; one answer a rater in each row is assumed.

    Args:
        table: columns score_1 … score_5 and any others, which are kept.
        draws, seed: of the bootstrap.

    Returns:
        The table with n, median, mean and balance (each with _low and _high, 95%), p (sign test), and
        p_holm, Holm's correction over all rows given (S. Holm, *A simple sequentially rejective multiple
        test procedure*, 1979).
    """
    rows = []
    for counts in table[COUNT_COLUMNS].to_numpy():
        row: dict[str, float] = {"n": int(counts.sum())}
        for name, found in (
            ("median", median_interval(counts)),
            ("mean", mean_interval(counts, draws, seed)),
            ("balance", balance_interval(counts, draws, seed)),
        ):
            row |= {name: found.estimate, f"{name}_low": found.low, f"{name}_high": found.high}
        rows.append(row | {"p": sign_test(counts)})
    found = pd.DataFrame(rows, index=table.index)
    found["p_holm"] = multipletests(found["p"], method="holm")[1] if len(found) else []
    return pd.concat([table.drop(columns=["n"], errors="ignore"), found], axis=1)


def difference_of_means(first: Sequence[int], second: Sequence[int]) -> Interval:
    """Mean of `first` minus mean of `second` for the same raters, with an interval for any correlation.

    Marginal counts do not say who gave which pair of answers. The standard error of a difference of two means
    is largest when their correlation is −1: then it is the sum of theirs. That is taken, with Student's t.

    Raises:
        BookError: when the two do not have the same number of answers, two at least.
    """
    answers = expand(first), expand(second)
    count = len(answers[0])
    if count != len(answers[1]) or count < 2:
        raise BookError(
            f"{count} and {len(answers[1])} answers are not pairs of the same raters: compare "
            "questions with equally many answers, two at least."
        )
    difference = float(answers[0].mean() - answers[1].mean())
    error = sum(answer.std(ddof=1) for answer in answers) / np.sqrt(count)
    half = float(stats.t.ppf(0.975, count - 1) * error)
    return Interval(difference, difference - half, difference + half)


def evenness_test(counts: Sequence[float], design_effect: float = 1.0) -> tuple[float, float]:
    """Pearson's χ² of counts against equal shares, divided by a design effect, and its p.

    Args:
        counts: answers by score.
        design_effect: 1 takes the answers as independent; see :func:`design_effect`. Dividing by it is the
            first-order correction of Rao and Scott (*Annals of Statistics* 12, 1984).
    """
    counts = np.asarray(counts, dtype=float)
    statistic = float(((counts - counts.mean()) ** 2 / counts.mean()).sum() / design_effect)
    return statistic, float(stats.chi2.sf(statistic, len(counts) - 1))


def design_effect(answers_per_rater: float, correlation: float) -> float:
    """How many times fewer independent answers there are than answers: 1 + (m − 1) ρ (L. Kish, 1965).

    For a mean, ρ is the intraclass correlation of the *scores*. For χ² on the counts it is the intraclass
    correlation of the *categories*, the chance-corrected share of equal pairs (kappa) of one rater's answers,
    which is much smaller for the same raters.
    """
    return 1 + (answers_per_rater - 1) * correlation


def evenness_by_correlation(
    counts: Sequence[int], answers_per_rater: int, correlations: Sequence[float]
) -> pd.DataFrame:
    """χ² and its p over a range of intraclass correlations of the categories.

    Returns:
        Columns correlation, design_effect, effective_answers, chi2, p.
    """
    rows = []
    for correlation in correlations:
        effect = design_effect(answers_per_rater, correlation)
        chi2, p = evenness_test(counts, effect)
        rows.append(
            {
                "correlation": correlation,
                "design_effect": effect,
                "effective_answers": float(np.sum(counts)) / effect,
                "chi2": chi2,
                "p": p,
            }
        )
    return pd.DataFrame(rows)


def simulated_evenness(
    counts: Sequence[int], raters: int, latent_correlations: Sequence[float], draws: int = 4000, seed: int = 0
) -> pd.DataFrame:
    """How often truly even answers look as uneven as these, when raters have a leaning of their own.

    A simulation, not data: each rater gives the same number of answers; behind an answer stands a normal
    value with a given latent correlation to the rater's others, cut so that all scores are equally likely.

    Returns:
        A row for each correlation: latent, score_correlation (of the scores 1–5 of one rater), kappa (of the
        categories), design_effect (mean χ² over its degrees of freedom), p (share of simulated surveys with
        at least the observed χ²; the observed one is counted in, so that it is never 0), draws.

    Raises:
        BookError: when the answers do not divide into two or more for each rater.
    """
    counts = np.asarray(counts)
    each, rest = divmod(int(counts.sum()), raters)
    if rest or each < 2:
        raise BookError(
            f"{counts.sum()} answers are not two or more from each of {raters} raters: check the "
            "number of raters."
        )
    observed = evenness_test(counts)[0]
    cuts = stats.norm.ppf(np.arange(1, len(SCORES)) / len(SCORES))
    rows = []
    for latent in latent_correlations:
        generator = np.random.default_rng(seed)
        shared = generator.standard_normal((draws, raters, 1))
        own = generator.standard_normal((draws, raters, each))
        answers = np.searchsorted(cuts, np.sqrt(latent) * shared + np.sqrt(1 - latent) * own)
        drawn = np.stack([(answers == score).sum(axis=(1, 2)) for score in range(len(SCORES))], axis=1)
        expected = counts.sum() / len(SCORES)
        chi2 = ((drawn - expected) ** 2 / expected).sum(axis=1)
        first, second = answers[..., 0].ravel(), answers[..., 1].ravel()
        chance = 1 / len(SCORES)
        rows.append(
            {
                "latent": latent,
                "score_correlation": float(np.corrcoef(first, second)[0, 1]),
                "kappa": float(((first == second).mean() - chance) / (1 - chance)),
                "design_effect": float(chi2.mean() / (len(SCORES) - 1)),
                "p": float((1 + (chi2 >= observed - 1e-9).sum()) / (1 + draws)),
                "draws": draws,
            }
        )
    return pd.DataFrame(rows)


def unevenness(counts: Sequence[float], effect: float = 1.0) -> Interval:
    """Cohen's w against equal shares, with the interval of the non-central χ² distribution.

    w is the root of Σ (share − 1/5)² / (1/5): 0 where all scores are equally common; Cohen (1988) calls 0.1
    small, 0.3 medium. The estimate √(χ²/n) is too large in small samples; the interval is not.

    Args:
        counts: answers by score.
        effect: the design effect by which the number of independent answers is smaller.
    """
    counts = np.asarray(counts, dtype=float)
    freedom, size = len(counts) - 1, counts.sum() / effect
    statistic = evenness_test(counts, effect)[0]

    def noncentrality(probability: float) -> float:
        """The λ for which the statistic lies at this quantile; 0 where none does."""
        from scipy.optimize import brentq

        if stats.chi2.cdf(statistic, freedom) <= probability:
            return 0.0
        return brentq(
            lambda value: stats.ncx2.cdf(statistic, freedom, value) - probability,
            1e-9,
            statistic + 10 * np.sqrt(statistic) + 50,
        )

    low, high = (np.sqrt(noncentrality((1 + sign * 0.95) / 2) / size) for sign in (1, -1))
    return Interval(float(np.sqrt(statistic / size)), float(low), float(high))


def reach_of_evenness(answers: int, effect: float = 1.0) -> tuple[float, float]:
    """How low the upper end of :func:`unevenness` can come, and how high the lower end.

    Answers of people for whom all five scores are equally likely are not even, by chance alone: their χ² has
    its degrees of freedom, 4, as its mean. The upper end is taken at counts that have this χ² (one score
    above its share and one below by the same); the lower end where everybody gives the same score.
    """
    even = answers / 5
    off = float(np.sqrt(4 * effect * even / 2))  # two scores, χ² = 2 off² / (even · effect) = 4
    typical = [even + off, even, even, even, even - off]
    same = [float(answers), 0.0, 0.0, 0.0, 0.0]
    return float(unevenness(typical, effect).high), float(unevenness(same, effect).low)


def reading_range(counts: Sequence[int], off: int = 2) -> tuple[float, float]:
    """Smallest and largest χ² if each count was read off by up to `off`, their sum being known."""
    counts = np.asarray(counts)
    steps = range(-off, off + 1)
    shifts = np.array([shift for shift in product(steps, repeat=len(counts)) if not sum(shift)])
    read = np.maximum(counts + shifts, 0)
    chi2 = ((read - counts.mean()) ** 2 / counts.mean()).sum(axis=1)
    return float(chi2.min()), float(chi2.max())
