"""The law of size: a law that is known is found again, and what was fitted to is not predicted."""

import itertools

import numpy as np
import pandas as pd
import pytest

from lib.basics.errors import BookError
from lib.chapters.hyperparameters import size_fit

SIZES, BUDGETS = (0.1e6, 0.33e6, 1e6), (1e5, 3e5, 9e5)


def law(size, tokens, kind):
    """Nats a token by a law of Hoffmann's form; the LSTM gains less from parameters."""
    shift = 0.1 if kind == "lstm" else 0.0
    return 0.6 + (0.3 + shift) * (size / 1e6) ** -0.35 + 0.25 * (tokens / 1e6) ** -0.6


def runs(of=law, noise=0.0, seed=0):
    """Nine cells of each kind, two of them twice."""
    generator, lines = np.random.default_rng(seed), []
    for kind in size_fit.KINDS:
        cells = [*itertools.product(SIZES, BUDGETS), (SIZES[0], BUDGETS[1]), (SIZES[2], BUDGETS[1])]
        for size, tokens in cells:
            loss = of(size, tokens, kind) * np.exp(noise * generator.standard_normal())
            lines.append((kind, int(size), size, tokens, tokens, loss))
    return pd.DataFrame(lines, columns=["kind", "size", "parameters", "tokens", "budget", "loss"])


def test_the_constants_of_a_law_are_found_again():
    fit = size_fit.fit_runs(runs(), "sum with E", "transformer", draws=0)
    assert fit.values == pytest.approx([0.6, 0.3, 0.35, 0.25, 0.6], rel=0.02)
    assert fit.loss(3e6, 9e5) == pytest.approx(law(3e6, 9e5, "transformer"), rel=1e-3)


def test_a_pair_is_predicted_with_intervals_that_hold_it():
    table = runs(noise=0.01)
    fits = [size_fit.fit_runs(table, "sum with E", kind, draws=60) for kind in size_fit.KINDS]
    asked = dict.fromkeys(size_fit.KINDS, (3000000.0, 900000.0))
    found = size_fit.predict(fits, asked, {"sum with E": 0.01}).set_index("kind")
    for kind in size_fit.KINDS:
        line = found.loc[kind]
        assert line["low"] < line["predicted"] < line["high"]
        assert line["low"] < law(3e6, 9e5, kind) < line["high"]
        assert (line["runs"], line["largest_seen"]) == (11, 1e6)
    pair = found.loc["lstm minus transformer"]
    assert pair["predicted"] == pytest.approx(
        found.loc["lstm", "predicted"] - found.loc["transformer", "predicted"]
    )
    assert pair["low"] < pair["predicted"] < pair["high"]


def test_what_a_fit_knows_is_not_predicted():
    fit = size_fit.fit_runs(runs(), "product", "lstm", draws=2)
    with pytest.raises(BookError, match=r"knows a run of 1,000,000 parameters and cannot predict"):
        size_fit.predict([fit], {"lstm": (1e6, 9e5)}, {"product": 0.1})


def test_the_form_is_the_one_that_foretells_cells_left_out():
    powers = runs(lambda size, tokens, kind: 2 * (size / 1e6) ** -0.1 * (tokens / 1e6) ** -0.3, noise=0.02)
    form, errors = size_fit.choose_form(powers)
    assert form == "product"
    assert set(errors) == set(size_fit.CONSTANTS)
    assert size_fit.choose_form(runs())[0] == "sum with E"


def test_too_few_runs_are_told_and_diverged_ones_left_out():
    few = runs().iloc[:4]
    with pytest.raises(BookError, match="4 runs of the lstm are too few for the 5 constants"):
        size_fit.fit_runs(few, "sum with E", "lstm")
    with pytest.raises(BookError, match="too few for any form"):
        size_fit.choose_form(few)
    broken = runs()
    broken.loc[0, "loss"] = np.nan
    assert len(size_fit.fit_runs(broken, "product", "lstm", draws=0).parameters) == 10


def test_seeds_widen_what_is_drawn():
    assert size_fit.seed_deviation(runs()) == 0
    table = runs()
    again = table.duplicated(["kind", "size", "budget"])
    assert np.isnan(size_fit.seed_deviation(table[~again]))
    table.loc[again, "loss"] *= np.exp(0.2)
    assert size_fit.seed_deviation(table) == pytest.approx(0.2 / np.sqrt(2))
    assert size_fit.fit_runs(table, "product", "lstm", draws=0).noise.std() >= 0.2 / np.sqrt(2) * 0.999


def test_a_kept_fit_draws_the_same_line_and_size_is_set_beside_kind():
    fits = [size_fit.fit_runs(runs(noise=0.005), "sum with E", kind, draws=20) for kind in size_fit.KINDS]
    table = pd.concat([size_fit.fit_table(fits, "all"), size_fit.worth_of_size(fits, 3e6, 9e5, "all")])
    read = size_fit.read_fits(table, "all")
    assert set(read) == set(size_fit.KINDS)
    assert read["lstm"].loss(5e5, 2e5) == pytest.approx(fits[0].loss(5e5, 2e5))
    worth = table[~table["quantity"].isin(size_fit.CONSTANTS["sum with E"])].set_index(["quantity", "kind"])
    expected = law(3e6 / 27, 9e5, "transformer") - law(3e6, 9e5, "transformer")
    assert worth.loc[("size", "transformer"), "value"] == pytest.approx(expected, rel=0.1)
    both = worth.loc[("both", ""), "value"]
    assert both == pytest.approx(fits[0].loss(3e6 / 27, 9e5) - fits[1].loss(3e6, 9e5))
