"""What a student's run should give: ranges made from the committed numbers of the profile `laptop`."""

from html import escape

from lib.basics.errors import BookError
from lib.publish.numbers.compare import RELATIVE_SPREAD, Numbers, read_numbers
from lib.show.tables import wide_table

PROFILE, KIND = "laptop", "cpu-bf16"
_CHAPTER = "03b_comparison"
_LOSSES = {
    "comparison-test-ngram": ("n-gram, nats a token", "other data or another split: no seed enters"),
    "comparison-test-lstm": ("LSTM, nats a token", "fewer tokens, another precision, or a run that diverged"),
    "comparison-test-transformer": (
        "Transformer, nats a token",
        "as for the LSTM; above the n-gram: untrained",
    ),
}
_DIFFERENCES = {
    "comparison-difference-lstm-ngram": ("LSTM minus n-gram", "zero inside: undecided, look at the budget"),
    "comparison-difference-transformer-lstm": (
        "Transformer minus LSTM",
        "another sign: the ranking is one of seeds; run three and say so",
    ),
}


def expected_results(numbers: Numbers | None = None) -> str:
    """The table of expected results, as HTML.

    Args:
        numbers: of an executed book; None for the committed ones.

    Raises:
        BookError: when no numbers are committed, or one of those asked for is missing.
    """
    numbers = numbers or read_numbers(PROFILE, KIND)
    if numbers is None:
        raise BookError(
            f"book/numbers/ has no file of the profile {PROFILE}: write it with lib compare --keep."
        )
    rows = []
    for name, (what, otherwise) in (_LOSSES | _DIFFERENCES).items():
        value = numbers.values.get((_CHAPTER, name))
        if value is None:
            raise BookError(f"The committed numbers lack {name} of {_CHAPTER}, which the assignment expects.")
        expected = _range(float(value)) if name in _LOSSES else value
        rows.append((escape(what), escape(expected), escape(otherwise)))
    return wide_table("Expected results", ("Result", "A run should give", "If it does not"), rows)


def _range(value: float) -> str:
    """Two per cent to either side, as equal runs on other machines differ."""
    return f"{value * (1 - RELATIVE_SPREAD):.3f} to {value * (1 + RELATIVE_SPREAD):.3f}"
