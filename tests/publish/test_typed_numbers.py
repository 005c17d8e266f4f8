"""Numbers typed by hand are found, and what is no result is left alone."""

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from prose import QUOTING_TAG, typed_numbers


def found(text, tags=()):
    notebook = new_notebook(cells=[new_markdown_cell(text, metadata={"tags": list(tags)})])
    return [each.number for each in typed_numbers(notebook)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("The loss is 0.873 nats.", ["0.873"]),
        ("It fell by 12 % and by 3.5%.", ["12 %", "3.5%"]),
        ("The difference is −0.02.", ["−0.02"]),
        ("About 1,234.5 tokens a second.", ["1,234.5"]),
        ("```{admonition} Note\n:class: note\nAn accuracy of 0.81.\n```", ["0.81"]),
        ("> quoted 0.55", ["0.55"]),
    ],
)
def test_a_result_in_prose_is_found(text, numbers):
    assert found(text) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "Intervals hold 95 % of the draws, in chapter 3, with 12 layers and 1,024 tokens.",
        "The loss is {glue:text}`lstm-loss:.3f` nats, see {numref}`fig-0.5`.",
        "With $p = 0.5$ and\n\n$$\nx = 0.25\n$$ (eq-half)\n\nthat is all.",
        "Set `temperature=0.7`:\n\n```python\nrate = 0.001\n```\n",
        '[Version 2](https://example.org/2.50/) of Python 3.11.2 <a href="x0.5">is</a> used.',
        "# Chapter\n\n1. First\n2. Second",
    ],
)
def test_what_is_no_result_is_left_alone(text):
    assert found(text) == []


def test_a_cell_that_quotes_is_left_alone():
    assert found("Its LSTM ends at 1.49 nats.", [QUOTING_TAG]) == []


def test_cell_and_line_are_named():
    notebook = new_notebook(cells=[new_markdown_cell("Nothing."), new_markdown_cell("One.\nAnd 0.5 there.")])
    (only,) = typed_numbers(notebook)
    assert (only.cell, only.line) == (2, "And 0.5 there.")
