"""Audio players for the pages: files are linked, never inlined, fetched only when someone presses play."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from IPython.display import HTML

from lib.show.media import media_folder, media_link

_BORDER = "1px solid var(--pst-color-border, #c9c4b8)"  # the theme's own colour, light and dark


def audio_player(file_name: str, title: str, note: str = "", midi_name: str | None = None) -> HTML:
    """A player for one audio file of the media folder, with a link to its MIDI.

    Args:
        file_name: the audio file's plain name, such as 'major-lively_irish_1.mp3'.
        title: what is heard, for eyes and screen readers; any text, it is escaped.
        note: one more line below, escaped too.
        midi_name: the MIDI file's name; without it, the `.mid` or `.midi` of the same stem, if there is one.

    Raises:
        BookError: when a name holds a folder.
    """
    return HTML(_player(file_name, title, note, midi_name))


def player_row(players: Sequence[HTML], label: str = "") -> HTML:
    """Players side by side, below each other where the screen is narrow.

    Args:
        players: results of :func:`audio_player`.
        label: what they have in common, for screen readers.
    """
    inner = "\n".join(player.data for player in players)
    return HTML(f'<div role="group" aria-label="{escape(label or "audio examples")}" '
                f'style="display:flex;flex-wrap:wrap;gap:0.75rem;align-items:stretch">\n{inner}\n</div>')


def player_grid(cells: Mapping[tuple[str, str], HTML], caption: str) -> HTML:
    """A table of players, such as emotion down and genre across.

    Args:
        cells: player by (row label, column label), rows and columns in the order of their first appearance.
        caption: the table's caption.
    """
    rows = list(dict.fromkeys(row for row, _ in cells))
    columns = list(dict.fromkeys(column for _, column in cells))
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = ""
    for row in rows:
        found = (cells.get((row, column)) for column in columns)
        inner = "".join(f"<td>{player.data if player else '–'}</td>" for player in found)
        body += f'<tr><th scope="row">{escape(row)}</th>{inner}</tr>\n'
    return HTML(f'<div style="overflow-x:auto" tabindex="0" role="region" aria-label="{escape(caption)}">'
                f'<table class="table"><caption>{escape(caption)}</caption>'
                f"<thead><tr><td></td>{head}</tr></thead><tbody>\n{body}</tbody></table></div>")


def _player(file_name: str, title: str, note: str, midi_name: str | None) -> str:
    source, links = media_link(file_name), ""
    midi_name = midi_name or _sibling_midi(file_name)
    if midi_name:
        links = (f' · <a href="{media_link(midi_name)}" download aria-label="MIDI file of {escape(title)}">'
                 "MIDI</a>")
    note_line = f'<br><span style="font-size:0.85em">{escape(note)}</span>' if note else ""
    return (
        f'<figure style="margin:0;padding:0.6rem 0.75rem;border:{_BORDER};border-radius:6px;'
        'flex:1 1 16rem;max-width:26rem">'
        f'<figcaption style="margin-bottom:0.35rem"><strong>{escape(title)}</strong>{links}{note_line}'
        "</figcaption>"
        f'<audio controls preload="none" src="{source}" aria-label="{escape(title)}" style="width:100%">'
        f'<a href="{source}">{escape(file_name)}</a></audio></figure>')


def _sibling_midi(file_name: str) -> str | None:
    stem, folder = Path(file_name).stem, media_folder()
    return next((stem + suffix for suffix in (".mid", ".midi") if (folder / (stem + suffix)).is_file()), None)
