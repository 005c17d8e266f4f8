"""What the kept runs of several sizes say, in words that their intervals choose.

A word that would be another without any one of the runs is undecided
(:mod:`lib.chapters.hyperparameters.size_seeds`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from lib.chapters.hyperparameters.size_fit import CONSTANTS, FACTOR
from lib.chapters.hyperparameters.size_prediction import ALL, PREDICTION
from lib.chapters.hyperparameters.size_runs import KINDS
from lib.chapters.hyperparameters.size_seeds import (
    Intervals,
    constant_without_each_run,
    without_each_run,
    worth_without_each_run,
)
from lib.data.store import TokenStore
from lib.ledger.evidence import Evidence, find_evidence
from lib.show.style import model_label
from lib.show.tables import with_interval
from lib.show.words import compared, listed

ABSENT = (
    "No runs of several sizes are kept for this data set (make evidence makes them): "
    "nothing is said here about size."
)
MEASURES = {"themes": "melody notes in a theme that comes again", "label": "pieces that obtain their label"}
"""Of composed pieces: the columns of the runs, and what they are shares of."""

_WITH_E = next(form for form, names in CONSTANTS.items() if "E" in names)


@dataclass(frozen=True)
class KeptSizes:
    """The kept tables: runs (real pieces in the last row), fits, and the prediction with its date."""

    runs: pd.DataFrame
    fits: pd.DataFrame
    prediction: pd.DataFrame
    real: pd.Series
    origin: str
    predicted_on: str

    @property
    def form(self) -> str:
        """The form of the law that was chosen before the largest pair was trained."""
        return str(self.prediction["form"].iloc[0])


def find_sizes(store: TokenStore) -> KeptSizes | None:
    """The kept runs on this music; None where there are none, or not all three tables."""
    found: list[Evidence] = []
    for name in ("size_runs", "size_fit", PREDICTION):
        one = find_evidence(name, store)
        if one is None:
            return None
        found.append(one)
    runs, fits, prediction = found
    is_real = runs.table["kind"] == "real"
    about = prediction.about
    return KeptSizes(
        runs.table[~is_real].assign(largest=runs.table["largest"] == True),  # noqa: E712, text in a CSV with gaps
        fits.table.fillna({"kind": ""}),
        prediction.table,
        runs.table[is_real].iloc[0],
        runs.origin,
        f"{about['written']}, commit {str(about['commit'])[:10]}",
    )


def prediction_table(kept: KeptSizes) -> pd.DataFrame:
    """The prediction beside what came.

    Returns:
        kind, predicted, low, high, observed (NaN where the run diverged), verdict: 'inside' or 'outside'.
    """
    pair = kept.runs[kept.runs["largest"]].set_index("kind")["loss"]
    lstm, transformer = KINDS
    observed = {**pair, f"{lstm} minus {transformer}": pair[lstm] - pair[transformer]}
    table = kept.prediction[["kind", "predicted", "low", "high"]].copy()
    table["observed"] = table["kind"].map(observed)
    inside = table["observed"].between(table["low"], table["high"])
    return table.assign(verdict=np.where(inside, "inside", "outside"))


def worth_table(kept: KeptSizes) -> pd.DataFrame:
    """What 27 times the parameters are worth beside the kind of network: what, value, low, high."""
    names = {
        ("size", "lstm"): f"LSTM: {FACTOR} times fewer parameters",
        ("size", "transformer"): f"Transformer: {FACTOR} times fewer parameters",
        ("kind", ""): "LSTM minus Transformer at equal parameters",
        ("both", ""): f"LSTM with {FACTOR} times fewer parameters minus Transformer",
    }
    found = kept.fits[kept.fits["which"] == ALL].set_index(["quantity", "kind"])
    return pd.DataFrame(
        [{"what": text, **found.loc[key, ["value", "low", "high"]].to_dict()} for key, text in names.items()]
    )


def slopes(kept: KeptSizes) -> pd.DataFrame:
    """How measures of composed pieces change with tenfold parameters and with tenfold tokens.

    Returns:
        measure, per (parameters or tokens), value, low, high (95%, Student's t), runs.
    """
    return _slopes(kept.runs)


def _slopes(runs: pd.DataFrame) -> pd.DataFrame:
    """Ordinary least squares over the runs, with a constant of its own for each kind; a run counts once."""
    lines = []
    for measure in [name for name in MEASURES if name in runs]:
        used = runs[runs[measure].notna()]
        kinds = [(used["kind"] == kind).to_numpy(float) for kind in KINDS]
        amounts = [np.log10(used[name].to_numpy(float)) for name in ("parameters", "tokens")]
        matrix, values = np.column_stack([*kinds, *amounts]), used[measure].to_numpy(float)
        degrees = len(used) - matrix.shape[1]
        if degrees < 1:
            continue
        found, *_ = np.linalg.lstsq(matrix, values, rcond=None)
        variance = ((values - matrix @ found) ** 2).sum() / degrees
        errors = np.sqrt(np.diag(np.linalg.pinv(matrix.T @ matrix)) * variance)
        half = stats.t.ppf(0.975, degrees) * errors
        for place, per in ((2, "parameters"), (3, "tokens")):
            lines.append(
                {
                    "measure": measure,
                    "per": per,
                    "value": found[place],
                    "low": found[place] - half[place],
                    "high": found[place] + half[place],
                    "runs": len(used),
                }
            )
    return pd.DataFrame(lines, columns=["measure", "per", "value", "low", "high", "runs"])


def story(kept: KeptSizes | None) -> dict[str, str]:
    """Sentences for the chapter: origin, prediction, form, worth, claim, pieces.

    They are plain text: glued, neither formulae nor marks would be set.
    """
    if kept is None:
        nothing = "Not run on this data set."
        return {
            "origin": ABSENT,
            **dict.fromkeys(("prediction", "form", "worth", "claim", "pieces"), nothing),
        }
    worth = kept.fits[kept.fits["which"] == ALL].set_index(["quantity", "kind"])
    without = worth_without_each_run(kept.runs, kept.form)
    more, between = worth.loc[("size minus kind", "")], worth.loc[("kind", "")]
    return {
        "origin": f"{kept.origin} The prediction was written at {kept.predicted_on}.",
        "prediction": _prediction(kept),
        "form": _form(kept),
        "worth": _worth(worth, without("size minus kind", "", more)),
        "claim": _claim(between, without("kind", "", between)),
        "pieces": _pieces(kept),
    }


def _number(line: pd.Series, digits: int = 3) -> str:
    return with_interval(line["value"], line["low"], line["high"], digits)


def _prediction(kept: KeptSizes) -> str:
    table = prediction_table(kept)
    right = table[table["verdict"] == "inside"]
    missed = [_name(kind) for kind in table.loc[table["verdict"] == "outside", "kind"]]
    widths = table["high"] - table["low"]
    told = (
        f"Of {len(table)} predictions {len(right)} hold the loss that came, of one run each; their "
        f"intervals are {widths.min():.1f} to {widths.max():.1f} nats wide"
    )
    pair = table[table["kind"].isin(KINDS)]
    more = int((pair["observed"] > pair["predicted"]).sum())
    who = ("neither network", "one of the two networks", "both networks")[more]
    came = f"{who} lost more than the middle of what was predicted"
    if not missed:
        return (
            f"{told}, and {came}. So the law is not contradicted one step beyond the sizes that it was "
            "fitted to, and no more can be said."
        )
    return f"{told}, and {came}. Outside lies {listed(missed)}: in these runs the law does not reach there."


def _name(kind: str) -> str:
    if kind in KINDS:
        return f"the {model_label(kind)}"
    return "their difference"


def _form(kept: KeptSizes) -> str:
    told = {"product": "the product", "sum without E": "the sum without E", _WITH_E: "the whole law"}[
        kept.form
    ]
    chosen = kept.fits[(kept.fits["which"] == ALL) & (kept.fits["form"] == _WITH_E)]
    found = chosen[chosen["quantity"] == "E"]
    lowest = kept.runs["loss"].min()
    place = CONSTANTS[_WITH_E].index("E")
    intervals = [
        one
        for _, line in found.iterrows()
        for one in (
            (line["low"], line["high"]),
            *constant_without_each_run(kept.runs, _WITH_E, place, line["kind"], line),
        )
    ]
    texts = [f"{_number(line)} for {_name(line['kind'])}" for _, line in found.iterrows()]
    known = all(low > 0.1 * lowest and high < lowest for low, high in intervals)
    verdict = "can be told" if known else "cannot be told"
    return (
        f"Of the three forms {told} predicted left-out runs best. With all runs in the whole law, E "
        f"{verdict}: it is {listed(texts)} nats a token, and the lowest loss seen is {lowest:.3f}."
    )


def _worth(worth: pd.DataFrame, without_run: Intervals) -> str:
    size, kind = worth.loc[("size", "transformer")], worth.loc[("kind", "")]
    more = worth.loc[("size minus kind", "")]
    words = "less than", "more than", "an amount that cannot be told from"
    verdict = compared(more["low"], more["high"], *words, without_run)
    return (
        f"{FACTOR} times the parameters lower the Transformer's loss by {_number(size)} nats a token, "
        f"which is {verdict} the {_number(kind)} that lie between the kinds at equal parameters."
    )


def _claim(kind: pd.Series, without_run: Intervals) -> str:
    words = "loses to the LSTM", "beats the LSTM", "cannot be told from the LSTM"
    verdict = compared(kind["low"], kind["high"], *words, without_run)
    return f"at equal parameters the Transformer {verdict}"


def _pieces(kept: KeptSizes) -> str:
    fewer = [_slopes(rest).set_index(["measure", "per"]) for rest in without_each_run(kept.runs)]
    table, sentences = slopes(kept), []
    for line in table[table["per"] == "parameters"].itertuples():
        key = line.measure, line.per
        lines = [one.loc[key] for one in fewer if key in one.index]
        without_run = [(one["low"], one["high"]) for one in lines]
        verdict = compared(line.low, line.high, "falls", "rises", "may rise or fall", without_run)
        number = with_interval(100 * line.value, 100 * line.low, 100 * line.high, 1)
        sentences.append(
            f"with ten times the parameters the share of {MEASURES[line.measure]} {verdict} "
            f"({number} points over {line.runs} networks; real pieces: {kept.real[line.measure]:.0%})"
        )
    return listed(sentences) if sentences else "what they compose could not be measured"
