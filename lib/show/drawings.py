"""Figures as drawings (SVG) beside the pictures (PNG) that a notebook holds: for slides and print.

The site shows PNG, since a dense plot is heavy as SVG. While the book executes a notebook, the drawing of
each figure is kept as well, under the hash of its picture, so that the two can never be mixed up.
"""

import os
from base64 import b64decode
from pathlib import Path

import matplotlib as mpl
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import print_figure
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from lib.basics.files import hash_of_bytes, write_text

FOLDER = "MOOD_FIGURES"
"""The variable that names the folder; without it nothing is kept."""

_DOTS = 200  # an inch, of heat maps


def keep_drawings(shell: InteractiveShell) -> None:
    """From now on, keep the drawing of every figure that `shell` shows, if the variable asks for it.

    Args:
        shell: a notebook's, after matplotlib's formats were set.
    """
    pictures = shell.display_formatter.formatters["image/png"]
    draw = pictures.lookup_by_type(Figure)
    folder = os.environ.get(FOLDER)
    if not folder:
        return

    def draw_twice(figure: Figure) -> object:
        shown = draw(figure)
        picture = shown[0] if isinstance(shown, tuple) else shown
        if picture:
            write_text(Path(folder) / drawing_name(picture), drawing(figure))
        return shown

    pictures.for_type(Figure, draw_twice)


def drawing_name(picture: str) -> str:
    """The file name of the drawing that belongs to a picture, a PNG in base 64 as a notebook holds it."""
    return f"{hash_of_bytes(b64decode(picture))[:32]}.svg"


def drawing(figure: Figure) -> str:
    """A figure as SVG, letters as outlines, so that it looks the same on every machine.

    Heat maps become pictures in it, as they are in print; their thousands of cells would weigh megabytes.
    """
    for mesh in figure.findobj(QuadMesh):
        mesh.set_rasterized(True)
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "composing-to-a-mood"}):
        return print_figure(
            figure, fmt="svg", bbox_inches="tight", dpi=_DOTS, metadata={"Date": None, "Creator": None}
        )
