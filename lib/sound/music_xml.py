"""A whole piece as MusicXML, which notation programs open, plain or compressed (`.mxl`)."""

import contextlib
import io
import zipfile
from xml.etree import ElementTree

import symusic

from lib.basics.errors import BookError
from lib.data.labelling.labels import estimate_key, pitch_class_time
from lib.sound.notation import music_xml
from lib.sound.score_tables import bar_grid
from lib.sound.voices import lay_out_staves

_CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles>'
    '<rootfile full-path="piece.musicxml" '
    'media-type="application/vnd.recordare.musicxml+xml"/></rootfiles></container>\n'
)
_SAME_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest of the format: the same piece gives the same bytes


def compressed_music_xml(score: symusic.Score) -> bytes:
    """A piece as an `.mxl` file: about a twentieth of its plain MusicXML.

    Arguments and errors are those of :func:`piece_document`.
    """
    document = ElementTree.tostring(piece_document(score), encoding="unicode")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("META-INF/container.xml", _CONTAINER), ("piece.musicxml", document)):
            archive.writestr(zipfile.ZipInfo(name, _SAME_DATE), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def piece_document(score: symusic.Score) -> ElementTree.Element:
    """A whole piece as MusicXML, with the names of its instruments where it has several.

    Nothing is left of what music21 makes up: a title, itself as the composer, the day, random names.

    Args:
        score: in ticks; drums are left out, since they would need a notation of their own.

    Raises:
        BookError: when the piece has no pitched notes.
    """
    tracks = [track for track in score.tracks if not track.is_drum and len(track.notes)]
    if not tracks:
        raise BookError("The piece holds no pitched notes: there is nothing to write down.")
    grid = bar_grid(score)
    laid_out = [lay_out_staves(track, grid, 0, len(grid) - 1) for track in tracks]
    with contextlib.redirect_stderr(io.StringIO()):  # music21 remarks there that MIDI has but 16 channels
        document = music_xml(
            [staff for staves in laid_out for staff in staves], grid, 0, estimate_key(pitch_class_time(score))
        )
    root = ElementTree.fromstring(document)
    for parent, made_up in (
        (".", "movement-title"),
        ("identification", "creator"),
        ("identification/encoding", "encoding-date"),
    ):
        for holder in root.findall(parent):
            for element in holder.findall(made_up):
                holder.remove(element)
    for group in (root.findall("part-list/score-part"), root.findall("part")):
        for number, part in enumerate(group, start=1):
            part.set("id", f"P{number}")
    names = [
        instrument_name(track.program) if len(tracks) > 1 and not below else ""
        for track, staves in zip(tracks, laid_out, strict=True)
        for below in range(len(staves))
    ]
    for part, name in zip(root.findall("part-list/score-part"), names, strict=True):
        part.find("part-name").text = name
    return root


def instrument_name(program: int) -> str:
    """What General MIDI calls a program."""
    from pretty_midi import program_to_instrument_name  # here: it imports slowly

    return program_to_instrument_name(program)
