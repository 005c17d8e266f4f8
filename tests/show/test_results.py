"""Computed and quoted lines stand apart."""

import pandas as pd

from lib.show.results import differences_table, heads_table, results_table


def results():
    names = [
        f"{measure}{end}"
        for measure in ("nats_per_token", "accuracy", "nats_per_note")
        for end in ("", "_low", "_high")
    ]
    values = [0.7, 0.68, 0.72, 0.75, 0.74, 0.76, 3.2, 3.1, 3.3]
    return pd.DataFrame(
        [
            {
                "model": "lstm",
                "tokens": 12345,
                "pieces": 67,
                "groups": 60,
                **dict(zip(names, values, strict=True)),
            }
        ]
    )


def test_lines():
    about = {"lstm": {"parameters": 1234}, "original transformer": {"parameters": "38.9 M"}}
    page = results_table(results(), "Models", about, ["lstm", "transformer"], "One seed.").data
    assert "0.700 [0.680,\N{NO-BREAK SPACE}0.720]" in page
    assert "12,345 tokens of 67 pieces in 60 groups" in page
    assert "One seed." in page
    assert page.count("(quoted)") == 2
    assert "1.49" in page
    assert "0.81" in page
    assert "1,234" in page


def test_differences():
    line = {
        "model": "transformer",
        "baseline": "lstm",
        "groups": 60,
        "nats_per_token": -0.1,
        "nats_per_token_low": -0.2,
        "nats_per_token_high": -0.05,
        "nats_per_note": -0.5,
        "nats_per_note_low": -0.9,
        "nats_per_note_high": -0.1,
    }
    page = differences_table(pd.DataFrame([line]), "Differences").data
    assert "Transformer − LSTM" in page
    assert "−0.100 [−0.200,\N{NO-BREAK SPACE}−0.050]" in page
    assert "−0.50 [−0.90,\N{NO-BREAK SPACE}−0.10]" in page


def test_heads():
    line = {
        "bars_back": 1,
        "layer": 2,
        "head": 3,
        "share": 0.4,
        "low": 0.3,
        "high": 0.5,
        "even": 0.06,
        "pieces": 9,
    }
    page = heads_table(pd.DataFrame([line]), "Heads").data
    assert "layer 2, head 3" in page
    assert "0.400 [0.300,\N{NO-BREAK SPACE}0.500]" in page
    assert "0.060" in page
