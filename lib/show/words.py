"""Numbers and words for sentences, so that a sentence stays true when the computation gives others."""

from html import escape

from myst_nb import glue


def glue_all(prefix: str, **values: object) -> None:
    """Keep values for the text: `glue_all("lstm", best_order=10)` gives the glued name `lstm-best-order`.

    NumPy's scalars are cast to Python's own, since a glued `np.float64` vanishes from the sentence.

    Args:
        prefix: the chapter's, so that names are unique in the book.
        values: numbers or text, by name.
    """
    for name, value in values.items():
        plain = value.item() if hasattr(value, "item") else value
        glue(f"{prefix}-{name.replace('_', '-')}", plain, display=False)


def compared(low: float, high: float, lower: str = "lower than", higher: str = "higher than",
             undecided: str = "not distinguishable from") -> str:
    """What an interval of a difference allows one to say.

    >>> compared(-0.2, -0.1)
    'lower than'

    Args:
        low, high: ends of the interval; NaN when there is none.
        lower, higher: said when the whole interval lies below or above zero.
        undecided: said when zero is inside, or there is no interval.
    """
    if high < 0:
        return lower
    return higher if low > 0 else undecided


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
    return f"{number:,} {what}{'' if number == 1 else 's'}"


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
