"""Audio players for the pages: files are linked, never inlined, fetched only when someone presses play."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import unquote

import symusic
from IPython.display import HTML

from lib.basics.files import write_bytes
from lib.show.media import media_folder, media_link
from lib.show.piano_rolls import roll_data
from lib.show.words import one_line
from lib.sound.audio import write_mp3
from lib.sound.synthesizer import not_as_written

_BORDER = "1px solid var(--pst-color-border, #c9c4b8)"  # the theme's own colour, light and dark


def audio_player(
    file_name: str,
    title: str,
    note: str = "",
    score: "symusic.Score | None" = None,
    seconds: float = 180.0,
    music_xml_name: str | None = None,
    context: str = "",
) -> HTML:
    """A player for one audio file of the media folder, with links to the MIDI file of its name and MusicXML.

    Where scripts run, a piece that comes with its score shows its piano roll with a playhead
    (`book/_static/player.js`); everything else has the browser's own controls. Without a score nothing is
    told about the notes.

    Args:
        file_name: the audio file's plain name, such as 'major-lively_irish_1.mp3'.
        title: what is heard, for eyes and screen readers; any text, it is escaped.
        note: one more line below, escaped too.
        score: the notes that are heard.
        seconds: where the sound of the score was cut.
        music_xml_name: the MusicXML file's name.
        context: what stands around the player for eyes, such as its labels, and has to be said to others.

    Raises:
        BookError: when a name holds a folder.
    """
    midi_name = _sibling_midi(file_name)
    return HTML(
        player_html(
            media_link(file_name),
            title,
            note,
            {
                "MIDI": media_link(midi_name) if midi_name else None,
                "MusicXML": media_link(music_xml_name) if music_xml_name else None,
            },
            roll_data(score, seconds) if score is not None else "",
            context,
        )
    )


def piece_player(
    score: symusic.Score, stem: str, title: str, note: str = "", seconds: float = 180.0, context: str = ""
) -> HTML:
    """Write a piece to the media folder, as MIDI and as MP3, and give its player with its piano roll.

    What is not heard as it is written, the note says.

    Args:
        score: in ticks.
        stem: of the files' names.
        title, note, context: as for :func:`audio_player`.
        seconds: where the sound is cut and faded out.

    Raises:
        BookError: when it cannot be played or written.
    """
    folder = media_folder()
    write_bytes(folder / f"{stem}.mid", score.dumps_midi())
    write_mp3(score, folder / f"{stem}.mp3", max_seconds=seconds)
    note = ". ".join(filter(None, (note, not_as_written(score, seconds))))
    return audio_player(f"{stem}.mp3", title, note, score=score, seconds=seconds, context=context)


def player_html(
    source: str, title: str, note: str, downloads: Mapping[str, str | None], roll: str = "", context: str = ""
) -> str:
    """The same from addresses that are known, as HTML on lines none of which is empty.

    Args:
        source: the address of the audio file.
        downloads: addresses by the words that lead there; those without an address are left out.
        roll: from :func:`lib.show.piano_rolls.roll_data`; empty for a player without notes.
        title, note, context: as for :func:`audio_player`.
    """
    label = one_line(f"{title}, {context}" if context else title)
    links = "".join(
        f' · <a href="{address}" download aria-label="{words} file of {label}">{words}</a>'
        for words, address in downloads.items()
        if address
    )
    note_line = f'<br><span style="font-size:0.85em">{one_line(note)}</span>' if note else ""
    drawn = f' data-roll="{one_line(roll)}"' if roll else ""
    return (
        f'<figure class="player"{drawn} style="margin:0;padding:0.6rem 0.75rem;border:{_BORDER};'
        'border-radius:6px;flex:1 1 16rem;max-width:26rem">'
        f'<figcaption style="margin-bottom:0.35rem"><strong>{one_line(title)}</strong>{links}{note_line}'
        "</figcaption>"
        f'<audio controls preload="none" src="{source}" aria-label="{label}" style="width:100%">'
        f'<a href="{source}">{escape(unquote(source.rpartition("/")[2]))}</a></audio></figure>'
    )


def row_title(title: str) -> str:
    """The heading of a row of players, in HTML, for a cell below a section's heading.

    Args:
        title: any text.
    """
    return f'<h3 class="row-title" style="margin:1rem 0 0.35rem;font-size:1rem">{one_line(title)}</h3>'


def player_row(players: Sequence[HTML], label: str = "") -> HTML:
    """Players side by side, below each other where the screen is narrow.

    Args:
        players: results of :func:`audio_player`.
        label: what they have in common, for screen readers.
    """
    inner = "\n".join(player.data for player in players)
    return HTML(
        f'<div role="group" aria-label="{one_line(label or "audio examples")}" '
        f'style="display:flex;flex-wrap:wrap;gap:0.75rem;align-items:stretch">\n{inner}\n</div>'
    )


def _sibling_midi(file_name: str) -> str | None:
    stem, folder = Path(file_name).stem, media_folder()
    return next((stem + suffix for suffix in (".mid", ".midi") if (folder / (stem + suffix)).is_file()), None)
