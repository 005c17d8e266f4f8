"""The one way in which numbers are written for readers: in tables, sentences, figures and verdicts.

Thousands have separators, and counts no decimals. A minus is the sign −, never a hyphen; no sign
stands before a zero. A percentage has no space before its sign (95%). A power of ten is written as one
(8.9 × 10⁻⁸). A p-value below 0.001 says just that.
"""

import math
import re
from numbers import Integral
from typing import SupportsFloat

_POWER = re.compile(r"(?<![\w.])(?P<mantissa>\d(?:\.\d+)?)e(?P<exponent>[+-]\d+)(?!\w)")
_SIGNED = re.compile(r"(?<![\w.\-−+)\]])(?P<sign>[-−+])(?P<number>\d[\d,]*(?:\.\d+)?)")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SMALLEST_P = 0.001


def shown(value: SupportsFloat, form: str = "") -> str:
    """A number as readers see it.

    >>> shown(119984), shown(-0.0021), shown(-0.0001, ".2f"), shown(0.186, ".1%"), shown(8.9e-8, ".1e")
    ('119,984', '−0.002', '0.00', '18.6%', '8.9 × 10⁻⁸')

    Args:
        value: the number.
        form: Python's format specification; without one, separators for thousands, and three decimals for
            what is no whole number by its type.
    """
    return typeset(format(value, form or ("," if isinstance(value, Integral) else ",.3f")))


def typeset(text: str) -> str:
    """A text whose numbers have a minus sign in place of a hyphen, none before a zero, and powers of ten.

    >>> typeset("from -0.2 to -0.0, bars 5-8, off by 1e-09")
    'from −0.2 to 0.0, bars 5-8, off by 10⁻⁹'
    """
    return _SIGNED.sub(_with_sign, _POWER.sub(_with_power, text))


def _with_power(found: re.Match[str]) -> str:
    if not float(found["mantissa"]):
        return "0"
    raised = f"10{str(int(found['exponent'])).translate(_RAISED)}"
    return raised if found["mantissa"] == "1" else f"{found['mantissa']} × {raised}"


def _with_sign(found: re.Match[str]) -> str:
    sign = ("+" if found["sign"] == "+" else "−") if found["number"].strip("0.,") else ""
    return sign + found["number"]


def p_text(p: float) -> str:
    """A p-value in a table: three decimals, or that it is smaller than such a number can say.

    >>> p_text(0.0341), p_text(8.9e-8)
    ('0.034', '< 0.001')
    """
    return "–" if math.isnan(p) else f"< {_SMALLEST_P}" if p < _SMALLEST_P else f"{p:.3f}"


def p_words(p: float) -> str:
    """A p-value in a sentence.

    >>> p_words(0.0341), p_words(8.9e-8)
    ('p = 0.034', 'p < 0.001')
    """
    return f"p {p_text(p)}" if p < _SMALLEST_P else f"p = {p_text(p)}"
