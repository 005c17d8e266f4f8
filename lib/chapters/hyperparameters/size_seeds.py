"""What fitted sizes would be without one of the runs: words that hang on one training seed are undecided.

Most cells of the design have one seed, so that a run is a seed. Each run is left out in turn, and the second
seed of all cells at once. Leaving out the first seed of all would leave too few runs for any form of the law.
"""

from collections.abc import Callable, Iterator

import pandas as pd

from lib.basics.errors import BookError
from lib.chapters.hyperparameters.size_fit import fit_runs, worth_of_size
from lib.chapters.hyperparameters.size_prediction import ALL
from lib.chapters.hyperparameters.size_runs import KINDS

Intervals = tuple[tuple[float, float], ...]
NAN = float("nan")


def without_each_run(runs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The runs with each one left out in turn, then with all second seeds left out, where a cell has two."""
    known = runs[runs["loss"].notna()]
    for row in known.index:
        yield known.drop(index=row)
    again = known.duplicated(["kind", "size", "budget"])
    if again.sum() > 1:
        yield known[~again]


def moved(low: float, high: float, value: float, others: list[float]) -> Intervals:
    """An interval, moved to each of the estimates that others gave.

    Its width is taken to stay the same, for it hardly depends on one run; as in
    :func:`lib.measures.comparison.without_each_seed`. An estimate that is NaN gives NaN bounds.
    """
    return tuple((low + other - value, high + other - value) for other in others)


def worth_without_each_run(runs: pd.DataFrame, form: str) -> Callable[[str, str, pd.Series], Intervals]:
    """What size and kind are worth without each of the runs.

    Args:
        runs: of the LSTM and the Transformer, with a column `largest`.
        form: of the law that was chosen, a key of :data:`lib.chapters.hyperparameters.size_fit.CONSTANTS`.

    Returns:
        A function of a quantity, a kind ('' where it is of both) and its line (value, low, high): the
        intervals without each run. NaN where the rest is too few for the form.
    """
    largest, tokens = runs.loc[runs["largest"], "parameters"].min(), runs["budget"].max()
    found = []
    for rest in without_each_run(runs):
        try:
            fits = [fit_runs(rest, form, kind, draws=0) for kind in KINDS]
        except BookError:
            found.append(pd.Series(dtype=float))
            continue
        table = worth_of_size(fits, float(largest), float(tokens), ALL)
        found.append(table.set_index(["quantity", "kind"])["value"])

    def intervals(quantity: str, kind: str, line: pd.Series) -> Intervals:
        others = [float(one.get((quantity, kind), NAN)) for one in found]
        return moved(line["low"], line["high"], line["value"], others)

    return intervals


def constant_without_each_run(
    runs: pd.DataFrame, form: str, place: int, kind: str, line: pd.Series
) -> Intervals:
    """One constant of a kind's fit without each run of that kind; as :func:`worth_without_each_run`.

    Args:
        runs: as there.
        form: of the law.
        place: of the constant in the form.
        kind: of network.
        line: value, low, high of the constant from all runs.
    """
    others = []
    for rest in without_each_run(runs[runs["kind"] == kind]):
        try:
            others.append(float(fit_runs(rest, form, kind, draws=0).values[place]))
        except BookError:
            others.append(NAN)
    return moved(line["low"], line["high"], line["value"], others)
