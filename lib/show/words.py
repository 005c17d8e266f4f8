"""Words that follow from numbers, so that a sentence stays true when the numbers change."""


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
