"""Notation in a chapter, or the sentence that says why there is none."""

import symusic
from IPython.display import SVG, Markdown

from lib.basics.errors import BookError
from lib.sound.notation import notation_svg


def show_notation(
    score: symusic.Score, bars: tuple[int, int] | None = None, width: int = 720
) -> SVG | Markdown:
    """Bars of a piece as :func:`lib.sound.notation.notation_svg` engraves them; of drums, a sentence."""
    try:
        return SVG(notation_svg(score, bars, width))
    except BookError as reason:
        return Markdown(f"*{reason}*")
