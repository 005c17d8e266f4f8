"""One look for every picture: a light card that also sits well on a dark page, and one colour a model.

The model colours are Okabe and Ito's (https://jfly.uni-koeln.de/color/), with our own where theirs were too
pale for a thin line. A test holds them to a contrast of 3 : 1 against the card (WCAG 2.2, 1.4.11) and to a
distance that remains under simulated protanopia, deuteranopia and tritanopia. Colour is never the only
marker: models also have their own marker and line style.
"""

import contextlib
import re
from functools import cache
from importlib.resources import files

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib.font_manager import FontEntry, fontManager
from matplotlib_inline import backend_inline
from matplotlib_inline.config import InlineBackend

from lib.show.drawings import keep_drawings

CARD = "#FBFAF7"  # the background of every figure
INK = "#1A1A1A"  # text, axes
FAINT = "#D9D5CC"  # grid
BAR_LINE = "#8C877C"  # bar lines of musical time

MODEL_COLOURS = {
    "transformer": "#0072B2",
    "lstm": "#D55E00",
    "ngram": "#009E73",
    "original": "#C4689B",  # figures quoted from the original report
    "real": "#1A1A1A",  # real music
    "uniform": "#5E5E5E",  # guessing
}
MODEL_MARKERS = {"transformer": "o", "lstm": "s", "ngram": "^", "original": "D", "real": "P", "uniform": "x"}
MODEL_LINES = {"transformer": "-", "lstm": "--", "ngram": "-.", "original": ":", "real": "-", "uniform": ":"}
_MODEL_LABELS = {
    "transformer": "Transformer",
    "lstm": "LSTM",
    "ngram": "n-gram",
    "original": "original report (quoted)",
    "real": "real music",
    "pretrained": "pretrained model",
    "uniform": "uniform guess",
}

# Fills behind a word, as in a picture of tokens; read the word on it in `text_colour(fill)`.
TOKEN_COLOURS = {
    "Bar": "#1A1A1A",
    "TimeSig": "#5E5E5E",
    "Tempo": "#8C877C",
    "Position": "#56B4E9",
    "Program": "#CC79A7",
    "Pitch": "#0072B2",
    "Velocity": "#F0E442",
    "Duration": "#009E73",
    "BOS": "#D55E00",
    "EOS": "#D55E00",
    "PAD": "#D9D5CC",
}

_CJK = "Noto Sans CJK of the book"  # under a name of its own, so that no installed font stands in for it
_LONGEST_LABEL = 24  # letters of somebody's label that a figure has room for

SEQUENTIAL = "cividis"  # for heat maps of amounts: uniform in perception, safe for colour-blind readers
DIVERGING = "PuOr"  # for heat maps around zero


def model_label(name: str) -> str:
    """The name of a model, or of a variant of it, as readers see it; an unknown name is returned as it is.

    >>> model_label("lstm"), model_label("transformer, pretrained")
    ('LSTM', 'Transformer, pretrained')
    """
    model, comma, variant = name.partition(",")
    return _MODEL_LABELS.get(model, model) + comma + variant


def model_colour(name: str) -> str:
    """The colour of a model; its variants ('transformer, post-norm') share it, an unknown name is ink."""
    first_word = re.match(r"[a-z]*", name).group()
    return MODEL_COLOURS.get(first_word, INK)


def token_colour(token_type: str) -> str:
    """The fill for a token type; types without one of their own share a neutral grey."""
    return TOKEN_COLOURS.get(token_type, "#B8B2A6")


def luminance(colour: str) -> float:
    """Relative luminance of a colour, 0 to 1 (WCAG 2.2)."""
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in mpl.colors.to_rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted([luminance(first), luminance(second)])
    return (high + 0.05) / (low + 0.05)


def text_colour(fill: str) -> str:
    """Black or white, whichever is easier to read on `fill`."""
    return max((INK, "#FFFFFF"), key=lambda ink: contrast(ink, fill))


def write_readably(axis: Axes) -> None:
    """The numbers of a heat map in black or white, whichever is easier to read on each cell.

    seaborn's own choice leaves white on cells of middling brightness, at a contrast near 2 : 1.

    Args:
        axis: with one map that seaborn has annotated; cells without a value carry no number.
    """
    (cells,) = axis.collections
    known = ~np.ma.getmaskarray(np.ma.asarray(cells.get_array())).ravel()
    fills = np.asarray(cells.get_facecolor())[known]
    for number, fill in zip(axis.texts, fills, strict=True):
        number.set_color(text_colour(mpl.colors.to_hex(fill)))


def short_label(text: object) -> str:
    """Somebody's label as a figure has room for it: a long one ends in an ellipsis.

    >>> short_label("a" * 60)
    'aaaaaaaaaaaaaaaaaaaaaaa…'
    """
    text = str(text)
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"


@cache
def _add_cjk_font() -> None:
    """Make the font known that writes Chinese, Japanese and Korean; it comes with a package."""
    path = files("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc"
    fontManager.ttflist.append(
        FontEntry(
            fname=str(path),
            name=_CJK,
            style="normal",
            variant="normal",
            weight=400,
            stretch="normal",
            size="scalable",
        )
    )


def apply_style() -> None:
    """Set matplotlib's defaults for the book; call it once in a notebook's first cells.

    In a notebook, pictures become PNG files at twice the resolution (dense plots are too heavy as SVG), and a
    figure is shown only where a cell ends with it: by default pyplot would show it a second time. Labels are
    somebody's words, so a dollar sign in them is a dollar sign; formulas in figures are not to be had, and an
    axis with a logarithmic scale needs a formatter of its own.
    """
    _add_cjk_font()
    mpl.rcParams.update(
        {
            "figure.facecolor": CARD,
            "savefig.facecolor": CARD,
            "axes.facecolor": CARD,
            "figure.figsize": (7.2, 3.6),  # inches; about the width of the text on a desktop
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            # Both come with packages: the same picture on every machine.
            "font.family": ["DejaVu Sans", _CJK],
            "text.parse_math": False,
            "font.size": 10,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.labelsize": 10,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
            "legend.fontsize": 9,
            "legend.frameon": False,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": "#6B675E",
            "xtick.color": INK,
            "ytick.color": INK,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": FAINT,
            "grid.linewidth": 0.6,
            "lines.linewidth": 1.8,
            "lines.markersize": 5,
            "axes.prop_cycle": cycler(color=list(MODEL_COLOURS.values())),
            "image.cmap": SEQUENTIAL,
        }
    )
    shell = get_ipython()
    if shell is not None:
        # By its setting, which music21 sets too when it is imported: where nothing changes, nothing is reset.
        InlineBackend.instance(parent=shell).figure_format = "retina"
        # The setting is one for the whole process: a second shell in it has not heard of the change.
        backend_inline.select_figure_formats(shell, {"retina"})
        keep_drawings(shell)
        # Not registered: another backend, or the second call.
        with contextlib.suppress(ValueError):
            shell.events.unregister("post_execute", backend_inline.flush_figures)
            shell.events.register("post_execute", _close_figures)


def _close_figures() -> None:
    """Forget the figures of a cell, as the inline backend would after showing them."""
    plt.close("all")
