"""One piece to hear and to see, without files and without a page: for the panel in JupyterLab.

Pictures are drawn without pyplot, whose figures belong to the main thread.
"""

import base64
import io
import tempfile
from html import escape
from pathlib import Path

import symusic
from matplotlib.figure import Figure

from lib.basics.errors import BookError
from lib.show.plots import draw_piano_roll
from lib.sound.audio import write_mp3
from lib.sound.notation import notation_svg
from lib.sound.pianoroll import bar_grid, piano_roll

NOTATION_BARS = 8
ROLL_BARS = 32


def mp3_bytes(score: symusic.Score) -> bytes:
    """The sound of a score as an MP3 file would hold it; see :func:`lib.sound.audio.write_mp3`.

    Raises:
        BookError: when it cannot be played.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "piece.mp3"
        write_mp3(score, path)
        return path.read_bytes()


def roll_html(score: symusic.Score, title: str) -> str:
    """The first bars of a score, up to 32, as a piano roll: an `<img>` that holds its picture.

    Args:
        score: in ticks.
        title: what piece it is, for screen readers; any text, it is escaped.
    """
    notes = piano_roll(score)
    bars = min(ROLL_BARS, len(bar_grid(score)))
    figure = Figure(figsize=(7.2, 2.4), layout="constrained")
    draw_piano_roll(figure.subplots(), notes, 0, bars)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=200)
    data = base64.b64encode(picture.getvalue()).decode()
    words = escape(f"Piano roll of {title}: {len(notes):,} notes, bars 1 to {bars}.")
    size = "width:45rem;max-width:100%;height:auto"
    return f'<img src="data:image/png;base64,{data}" alt="{words}" style="{size}">'


def notation_html(score: symusic.Score, title: str) -> str:
    """The first bars of a score, up to eight, as notation: an SVG, or the reason why there is none.

    Args:
        score: in ticks.
        title: what piece it is, for screen readers; any text, it is escaped.
    """
    bars = min(NOTATION_BARS, len(bar_grid(score)))
    try:
        return notation_svg(score, (1, bars), title=f"Notation of {title}, bars 1 to {bars}")
    except BookError as reason:
        return f"<p>{escape(str(reason))}</p>"
