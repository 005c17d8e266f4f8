"""Numbers and words for sentences, so that a sentence stays true when the computation gives others."""

import math
from collections.abc import Sequence
from html import escape

from myst_nb import glue

from lib.basics.numbers import shown

NOT_MEASURED = "(not measured)"
"""Stands in a sentence for a number that these data do not give."""


def glue_all(prefix: str, **values: object) -> None:
    """Keep values for the text: `glue_all("lstm", best_order=10)` gives the glued name `lstm-best-order`.

    NumPy's scalars are cast to Python's own, since a glued `np.float64` vanishes from the sentence.

    Args:
        prefix: the chapter's, so that names are unique in the book.
        values: numbers or text, by name; None or NaN for what these data do not give, which the sentence then
            says.
    """
    for name, value in values.items():
        plain = value.item() if hasattr(value, "item") else value
        missing = plain is None or plain != plain  # only NaN differs from itself
        glue(f"{prefix}-{name.replace('_', '-')}", NOT_MEASURED if missing else plain, display=False)


def number_text(value: float, form: str) -> str:
    """A number as text, or the words that stand for one that these data do not give (NaN).

    >>> number_text(0.5, ".0%"), number_text(float("nan"), ".0%")
    ('50%', '(not measured)')
    """
    return NOT_MEASURED if math.isnan(value) else shown(value, form)


def compared(
    low: float,
    high: float,
    lower: str = "lower than",
    higher: str = "higher than",
    undecided: str = "not distinguishable from",
    without_seed: Sequence[tuple[float, float]] = (),
) -> str:
    """What an interval of a difference allows one to say.

    >>> compared(-0.2, -0.1)
    'lower than'
    >>> compared(-0.2, -0.1, without_seed=[(-0.2, -0.1), (-0.2, 0.1)])
    'not distinguishable from'

    Args:
        low, high: ends of the interval; NaN when there is none.
        lower, higher: said when the whole interval lies below or above zero.
        undecided: said when zero is inside, or there is no interval.
        without_seed: the same interval with each training seed left out in turn; where one of them would give
            another word, it is undecided.
    """
    intervals = ((low, high), *without_seed)
    if all(end < 0 for _, end in intervals):
        return lower
    return higher if all(start > 0 for start, _ in intervals) else undecided


def listed(words: list[str]) -> str:
    """Words in a row, with commas and an 'and'.

    >>> listed(["Pitch", "Position", "Duration"])
    'Pitch, Position and Duration'
    """
    return " and ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), *words[-1:]])


def counted(number: int, what: str) -> str:
    """A number with its noun.

    >>> counted(1, "bar"), counted(1200, "note")
    ('1 bar', '1,200 notes')
    """
    return f"{shown(number)} {what}{'' if number == 1 else 's'}"


def length_words(bars: int, seconds: float) -> str:
    """How long a piece is.

    >>> length_words(16, 31.6)
    '16 bars, 32 s'
    """
    return f"{counted(bars, 'bar')}, {seconds:.0f} s"


def one_line(text: str) -> str:
    """Untrusted text for HTML, escaped and on one line: an empty one would end HTML in a page of Markdown.

    >>> one_line("a <b>" + chr(10) + chr(10) + "c")
    'a &lt;b&gt; c'
    """
    return " ".join(filter(None, escape(text).splitlines()))  # split() would break at unbreakable spaces, too
