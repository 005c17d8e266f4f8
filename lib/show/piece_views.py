"""One piece to hear and to see, without files and without a page: for the panel in JupyterLab.

Pictures are drawn without pyplot, whose figures belong to the main thread.
"""

import base64
import io
import json
import tempfile
from html import escape
from pathlib import Path

import symusic
from matplotlib.figure import Figure

from lib.basics.errors import BookError
from lib.show.piano_rolls import bar_seconds
from lib.show.plots import draw_piano_roll
from lib.sound.audio import write_mp3
from lib.sound.notation import notation_svg
from lib.sound.score_tables import bar_grid, piano_roll

NOTATION_BARS = 8
ROLL_BARS = 32
# A notebook runs no script of a widget's HTML, but its handlers. This one follows the sound of the panel that
# the picture stands in (the picture is there before its panel is): it looks up between which bars the sound
# is, and moves the line there.
_FOLLOW = """
const line = this.nextElementSibling;
const {left, right} = this.dataset, bars = JSON.parse(this.dataset.bars), last = bars.length - 1;
const move = (audio) => {
  if (!line.isConnected) return;
  const now = audio.currentTime;
  let bar = 0;
  while (bar < last - 1 && bars[bar + 1] <= now) bar += 1;
  const place = (bar + (now - bars[bar]) / (bars[bar + 1] - bars[bar])) / last;
  line.hidden = now === 0 || now > bars[last];
  line.style.left = `${+left + (right - left) * place}%`;
  if (!audio.paused) requestAnimationFrame(() => move(audio));
};
const find = (tries) => {
  const audio = this.closest('.widget-vbox')?.querySelector('audio');
  if (!audio) return tries && setTimeout(() => find(tries - 1), 200);
  for (const name of ['play', 'seeked', 'timeupdate']) audio.addEventListener(name, () => move(audio));
};
find(50);
"""


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
    """The first bars of a score, up to 32, as a piano roll: an `<img>` that holds its picture, and a playhead
    that follows the sound of the panel around it.

    Args:
        score: in ticks.
        title: what piece it is, for screen readers; any text, it is escaped.
    """
    grid = bar_grid(score)
    notes = piano_roll(score, grid)
    bars = min(ROLL_BARS, len(grid))
    figure = Figure(figsize=(7.2, 2.4), layout="constrained")
    axis = figure.subplots()
    draw_piano_roll(axis, notes, 0, bars)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=200)
    data = base64.b64encode(picture.getvalue()).decode()
    words = escape(f"Piano roll of {title}: {len(notes):,} notes, bars 1 to {bars}.")
    place, (first, last) = axis.get_position(), axis.get_xlim()
    left, right = (
        100 * (place.x0 + place.width * (bar - first) / (last - first)) for bar in (0, bars)
    )  # % of the picture's width
    seconds = json.dumps([round(second, 3) for second in bar_seconds(score, grid.starts[: bars + 1])])
    return (
        '<div style="position:relative;width:45rem;max-width:100%">'
        f'<img src="data:image/png;base64,{data}" alt="{words}" style="width:100%;height:auto" '
        f'data-bars="{seconds}" data-left="{left:.3f}" data-right="{right:.3f}" '
        f'onload="{escape(" ".join(_FOLLOW.split()))}">'
        '<span class="playhead" aria-hidden="true" hidden style="position:absolute;top:3%;bottom:18%;'
        'width:2px;background:#C2410C"></span></div>'
    )


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
