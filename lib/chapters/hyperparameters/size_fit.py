"""Loss against parameters and tokens: three forms of one law, intervals, and a prediction made in advance.

The law is that of Hoffmann et al. (2022), L = E + A/Nᵃ + B/Dᵇ, after Kaplan et al. (2020): E is what no
network of this kind can get below, the other two are what too few parameters N and too few tokens D cost.
Few runs may not tell the five constants apart, so two simpler forms stand beside it: without E, and the
product C/(Nᵃ·Dᵇ). Which form is used is decided by the runs without the largest pair, by a rule that was
fixed before: the smallest error in the log of the loss when each cell is predicted by a fit to the others.

N and D are counted in millions, so that A and B are nats at one million. All trainable numbers count as
parameters, embeddings included. Fits minimise Huber's loss of the residuals of log L, as in the paper.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import minimize

from lib.basics.errors import BookError
from lib.chapters.hyperparameters.size_runs import KINDS

CONSTANTS: Mapping[str, tuple[str, ...]] = {
    "sum with E": ("E", "A", "a", "B", "b"),
    "sum without E": ("A", "a", "B", "b"),
    "product": ("C", "a", "b"),
}
"""The forms, from the richest to the simplest, and their constants."""

MILLION = 1e6
FACTOR = 27  # of parameters, between the original's LSTM and its Transformer
EQUAL_AT = 1.44e6  # parameters of the original's LSTM, at which the two kinds are compared
DRAWS = 400
_TURN = 0.01  # residuals of log L beyond this count linearly (Huber)
_BOUNDS = {"E": (1e-4, 5.0), "A": (1e-4, 50.0), "B": (1e-4, 50.0), "C": (1e-3, 50.0)}
_EXPONENTS = (1e-3, 3.0)
_STARTS = {"E": (0.1, 0.7), "A": (0.3,), "B": (0.5,), "C": (1.0,), "a": (0.1, 0.5), "b": (0.3, 0.8)}


@dataclass(frozen=True)
class Fit:
    """A form fitted to the runs of one kind, with its bootstrap draws.

    Attributes:
        form: a key of :data:`CONSTANTS`.
        kind: of network.
        values: the constants, float64 [constants].
        drawn: the same of each bootstrap draw, [draws, constants].
        noise: what a single run's log loss is off by, [runs], as a sample that draws are taken from.
        parameters, tokens: of the runs that it was fitted to, [runs].
    """

    form: str
    kind: str
    values: np.ndarray
    drawn: np.ndarray
    noise: np.ndarray
    parameters: np.ndarray
    tokens: np.ndarray

    def loss(self, parameters: float, tokens: float) -> float:
        """Nats a token of a network with so many parameters, after so many tokens."""
        return float(np.exp(_log_loss(self.form, self.values, parameters, tokens)))

    def drawn_losses(self, parameters: float, tokens: float) -> np.ndarray:
        """The same under each bootstrap draw of the constants, float64 [draws]."""
        return np.array([np.exp(_log_loss(self.form, one, parameters, tokens)) for one in self.drawn])


def fit_runs(runs: pd.DataFrame, form: str, kind: str, draws: int | None = None) -> Fit:
    """Fit one form to the runs of one kind.

    Each bootstrap draw refits losses made from the fitted ones and residuals drawn with replacement. The
    residuals are widened by √(n/(n − constants)), then to the standard deviation between seeds where that is
    larger, and by Student's t over the normal quantile: percentiles of so few residuals are too narrow.

    Args:
        runs: columns kind, parameters, tokens, loss, budget; runs without a loss are left out.
        form: a key of :data:`CONSTANTS`.
        kind: lstm or transformer.
        draws: bootstrap draws; None for :data:`DRAWS`.

    Raises:
        BookError: when there are no more runs than constants.
    """
    used = runs[(runs["kind"] == kind) & runs["loss"].notna()]
    count, free = len(used), len(CONSTANTS[form])
    if count <= free:
        raise BookError(
            f"{count} runs of the {kind} are too few for the {free} constants of the form '{form}': "
            f"train more cells, or choose a simpler form."
        )
    parameters, tokens = used["parameters"].to_numpy(float), used["tokens"].to_numpy(float)
    target = np.log(used["loss"].to_numpy(float))
    found = min(
        (_solve(form, start, parameters, tokens, target) for start in _starts(form)), key=lambda one: one.fun
    )
    fitted = _log_loss(form, found.x, parameters, tokens)
    noise = target - fitted
    noise = (noise - noise.mean()) * np.sqrt(count / (count - free))
    between_seeds = seed_deviation(runs)
    if between_seeds > noise.std() > 0:
        noise = noise * between_seeds / noise.std()
    noise = noise * stats.t.ppf(0.975, count - free) / stats.norm.ppf(0.975)
    generator, draws = np.random.default_rng(0), DRAWS if draws is None else draws
    drawn = [
        _solve(form, found.x, parameters, tokens, fitted + generator.choice(noise, count)).x
        for _ in range(draws)
    ]
    return Fit(form, kind, found.x, np.array(drawn).reshape(draws, free), noise, parameters, tokens)


def seed_deviation(runs: pd.DataFrame) -> float:
    """Standard deviation of log loss between seeds, pooled over the repeated cells; NaN for none."""
    squares, degrees = 0.0, 0
    for _, cell in runs[runs["loss"].notna()].groupby(["kind", "size", "budget"]):
        values = np.log(cell["loss"].to_numpy(float))
        squares, degrees = squares + float(((values - values.mean()) ** 2).sum()), degrees + len(values) - 1
    return float(np.sqrt(squares / degrees)) if degrees else float("nan")


def left_out_error(runs: pd.DataFrame, form: str) -> float:
    """Root mean square error of log loss when each cell is predicted by a fit to the others of its kind.

    NaN where the form has as many constants as runs are left.
    """
    errors = []
    for (kind, _, _), cell in runs[runs["loss"].notna()].groupby(["kind", "size", "budget"]):
        try:
            fit = fit_runs(runs.drop(index=cell.index), form, kind, draws=0)
        except BookError:
            return float("nan")
        errors += [
            np.log(line.loss) - np.log(fit.loss(line.parameters, line.tokens)) for line in cell.itertuples()
        ]
    return float(np.sqrt(np.mean(np.square(errors))))


def choose_form(runs: pd.DataFrame) -> tuple[str, dict[str, float]]:
    """The form with the smallest error on cells left out, and each form's error."""
    errors = {form: left_out_error(runs, form) for form in CONSTANTS}
    known = {form: error for form, error in errors.items() if np.isfinite(error)}
    if not known:
        raise BookError("The runs are too few for any form of the law: train more cells.")
    return min(known, key=lambda form: known[form]), errors


def predict(
    fits: Sequence[Fit], asked: Mapping[str, tuple[float, float]], form_errors: Mapping[str, float]
) -> pd.DataFrame:
    """What larger networks will lose, before they are trained.

    The intervals (95%) hold the constants' uncertainty and the noise of the one run that is predicted. That
    the form itself holds at that size is assumed; the prediction is there to test it.

    Args:
        fits: of each kind, to smaller runs.
        asked: (parameters, tokens) of each kind.
        form_errors: from :func:`choose_form`, kept beside the prediction.

    Returns:
        kind (each, and 'lstm minus transformer'), parameters, tokens, form, runs (fitted to), largest_seen
        (parameters among them), predicted, low, high, left_out_error.

    Raises:
        BookError: when a fit knows a run as large as the one that it is to predict.
    """
    lines: list[dict[str, object]] = []
    middles, drawn = {}, {}
    for fit in fits:
        parameters, tokens = asked[fit.kind]
        if fit.parameters.max() >= parameters:
            raise BookError(
                f"The fit of the {fit.kind} knows a run of {fit.parameters.max():,.0f} parameters and cannot "
                f"predict one of {parameters:,.0f}: fit to smaller runs only."
            )
        generator = np.random.default_rng(1)
        own = fit.drawn_losses(parameters, tokens)
        drawn[fit.kind] = own * np.exp(generator.choice(fit.noise, len(own)))
        middles[fit.kind] = fit.loss(parameters, tokens)
        lines.append(
            {
                "kind": fit.kind,
                "parameters": int(parameters),
                "tokens": int(tokens),
                "form": fit.form,
                "runs": len(fit.parameters),
                "largest_seen": int(fit.parameters.max()),
                **_as_columns("predicted", middles[fit.kind], drawn[fit.kind]),
                "left_out_error": form_errors[fit.form],
            }
        )
    if set(drawn) == set(KINDS):
        lstm, transformer = KINDS
        middle = middles[lstm] - middles[transformer]
        both = _as_columns("predicted", middle, drawn[lstm] - drawn[transformer])
        lines.append({"kind": f"{lstm} minus {transformer}", "form": fits[0].form, **both})
    return pd.DataFrame(lines)


def fit_table(fits: Sequence[Fit], which: str) -> pd.DataFrame:
    """The constants of some fits.

    Returns:
        which (runs), form, kind, quantity, value, low, high.
    """
    lines = []
    for fit in fits:
        for place, name in enumerate(CONSTANTS[fit.form]):
            found = _as_columns("value", float(fit.values[place]), fit.drawn[:, place])
            lines.append({"which": which, "form": fit.form, "kind": fit.kind, "quantity": name, **found})
    return pd.DataFrame(lines)


def worth_of_size(fits: Sequence[Fit], largest: float, tokens: float, which: str) -> pd.DataFrame:
    """What a factor of 27 in parameters is worth beside the kind of network, within the sizes measured.

    Args:
        fits: of the LSTM and the Transformer.
        largest: parameters of the larger network; the smaller has 27 times fewer.
        tokens: budget of all.
        which: names the runs of the fits.

    Returns:
        The columns of :func:`fit_table`; quantities are 'size' (loss at a 27th of the parameters minus loss
        at all, of each kind), 'kind' (LSTM minus Transformer at 1.44 million parameters), 'both' (the LSTM
        at a 27th minus the Transformer at all: the original's comparison) and 'size minus kind' (of the
        Transformer's size effect).
    """
    of = {fit.kind: fit for fit in fits}

    def difference(first: tuple[str, float], second: tuple[str, float]) -> tuple[float, np.ndarray]:
        (kind, size), (other, other_size) = first, second
        return (
            of[kind].loss(size, tokens) - of[other].loss(other_size, tokens),
            of[kind].drawn_losses(size, tokens) - of[other].drawn_losses(other_size, tokens),
        )

    small = largest / FACTOR
    lstm, transformer = KINDS
    found = {
        (lstm, "size"): difference((lstm, small), (lstm, largest)),
        (transformer, "size"): difference((transformer, small), (transformer, largest)),
        ("", "kind"): difference((lstm, EQUAL_AT), (transformer, EQUAL_AT)),
        ("", "both"): difference((lstm, small), (transformer, largest)),
    }
    size, kind = found[transformer, "size"], found["", "kind"]
    found["", "size minus kind"] = size[0] - kind[0], size[1] - kind[1]
    return pd.DataFrame(
        [
            {
                "which": which,
                "form": fits[0].form,
                "kind": name,
                "quantity": quantity,
                **_as_columns("value", middle, draws),
            }
            for (name, quantity), (middle, draws) in found.items()
        ]
    )


def read_fits(table: pd.DataFrame, which: str) -> dict[str, Fit]:
    """The fits of a kept table again, without their draws, to draw lines from."""
    chosen = table[(table["which"] == which) & table["kind"].isin(KINDS)]
    fits = {}
    for (kind, form), part in chosen.groupby(["kind", "form"]):
        if form in CONSTANTS and set(CONSTANTS[form]) <= set(part["quantity"]):
            values = part.set_index("quantity")["value"][list(CONSTANTS[form])].to_numpy(float)
            nothing = np.empty(0)
            fits[kind] = Fit(form, kind, values, np.empty((0, len(values))), nothing, nothing, nothing)
    return fits


def _as_columns(name: str, middle: float, draws: np.ndarray) -> dict[str, float]:
    low, high = np.quantile(draws, [0.025, 0.975]) if len(draws) else (np.nan, np.nan)
    return {name: middle, "low": float(low), "high": float(high)}


def _log_loss(form: str, values: np.ndarray, parameters, tokens):
    return np.log(_terms(form, values, parameters, tokens).sum(axis=0))


def _terms(form: str, values: np.ndarray, parameters, tokens) -> np.ndarray:
    """What a form adds up, a row each: the costs of size and of budget, and E or 0; or one product."""
    named = dict(zip(CONSTANTS[form], values, strict=True))
    size, seen = np.asarray(parameters) / MILLION, np.asarray(tokens) / MILLION
    if form == "product":
        return np.array([named["C"] * size ** -named["a"] * seen ** -named["b"]])
    rest = np.full_like(size, named.get("E", 0.0))
    return np.array([named["A"] * size ** -named["a"], named["B"] * seen ** -named["b"], rest])


def _slopes(form: str, values: np.ndarray, parameters, tokens) -> np.ndarray:
    """Derivative of log loss with respect to the log of each constant: [constants, runs]."""
    named = dict(zip(CONSTANTS[form], values, strict=True))
    terms = _terms(form, values, parameters, tokens)
    shares = terms / terms.sum(axis=0)
    of_size, of_tokens = (shares[0], shares[0]) if form == "product" else shares[:2]
    found = {"A": of_size, "B": of_tokens, "C": shares[0], "E": shares[-1]}
    found["a"] = -named["a"] * np.log(parameters / MILLION) * of_size
    found["b"] = -named["b"] * np.log(tokens / MILLION) * of_tokens
    return np.array([found[name] for name in CONSTANTS[form]])


def _starts(form: str) -> list[np.ndarray]:
    return [np.array(one) for one in product(*(_STARTS[name] for name in CONSTANTS[form]))]


def _solve(form: str, start: np.ndarray, parameters, tokens, target: np.ndarray):
    """Constants near `start` that fit, as `x`, and the loss of the fit, as `fun`.

    They are searched in their logarithms by L-BFGS, as in the paper.
    """
    bounds = np.log([_BOUNDS.get(name, _EXPONENTS) for name in CONSTANTS[form]])

    def cost(logs: np.ndarray) -> tuple[float, np.ndarray]:
        values = np.exp(logs)
        error = _log_loss(form, values, parameters, tokens) - target
        inside = np.abs(error) <= _TURN
        huber = np.where(inside, error**2 / 2, _TURN * (np.abs(error) - _TURN / 2))
        slope = _slopes(form, values, parameters, tokens) @ np.clip(error, -_TURN, _TURN)
        return float(huber.sum()) / _TURN**2, slope / _TURN**2

    first = np.clip(np.log(start), bounds[:, 0] + 0.01, bounds[:, 1] - 0.01)
    found = minimize(cost, first, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 400})
    found.x = np.exp(found.x)
    return found
