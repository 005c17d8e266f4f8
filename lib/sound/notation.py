"""A few bars of a score as notation: music21 writes MusicXML, verovio engraves it as SVG.

verovio reads no MIDI, and MIDI says nothing of staves, voices, rests or spelling; `lib.sound.voices`
finds the first three, this module the last.
"""

import contextlib
import hashlib
import io
import re
import threading
from fractions import Fraction
from html import escape
from xml.etree import ElementTree

import symusic

from lib.basics.errors import BookError
from lib.data.engraving import engraving_toolkit
from lib.data.labelling.labels import Key, estimate_key, pitch_class_time
from lib.sound.score_tables import BarGrid, bar_grid
from lib.sound.voices import Staff, Symbol, lay_out_staves, shorten_to_pickup

# Card and ink: those of the book's figures, and a pair for dark pages. Browsers older than light-dark() keep
# the first. What is marked by a colour of its own becomes lighter on the dark card.
LIGHT, DARK = ("#FBFAF7", "#1A1A1A"), ("#20262E", "#E6E1D8")
_THEMES = f"""svg:root {{color-scheme:light dark}}
#ROOT {{max-width:100%; height:auto; fill:currentColor}}
#ROOT {{color:{LIGHT[1]}; color:light-dark({LIGHT[1]}, {DARK[1]})}}
#ROOT rect.card {{stroke:none; fill:{LIGHT[0]}; fill:light-dark({LIGHT[0]}, {DARK[0]})}}
"""
_OWN_COLOUR = re.compile('fill="(#[0-9A-Fa-f]{6})"')
_BOTH = r"light-dark(\1, color-mix(in srgb, \1 60%, white))"
_MOST_STAVES = 6
_SCALE = 40  # percent
_LETTERS = "FCGDAEB"  # in fifths
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ONE_AT_A_TIME = threading.Lock()  # verovio's toolkit holds one document, and the panel composes in a thread


def notation_svg(
    score: symusic.Score, bars: tuple[int, int] | None = None, width: int = 720, title: str = ""
) -> str:
    """Engrave bars of a score.

    Melodies stand on one staff, chords and several voices on two; each program has staves of its own, drums
    are left out. The key signature and the spelling follow an estimate of the key of the whole score.

    Args:
        score: in ticks.
        bars: the first and the last bar, counted from 1; None: all, up to 16.
        width: of the picture in CSS pixels; systems break to fit.
        title: what it shows, for screen readers; by default the bars.

    Returns:
        A self-contained SVG document, light or dark as the page is: no font or host outside it.

    Raises:
        BookError: when the bars do not exist or hold no pitched notes.
    """
    grid = bar_grid(score)
    first, last = bars or (1, min(16, len(grid)))
    if not 1 <= first <= last <= len(grid):
        raise BookError(f"There are no bars {first} to {last} in this piece; it has bars 1 to {len(grid)}.")
    begin, end = grid.starts[first - 1], grid.starts[last]
    tracks = [
        track
        for track in score.tracks
        if not track.is_drum and any(note.start < end and note.end > begin for note in track.notes)
    ]
    if not tracks:
        raise BookError(f"Bars {first} to {last} hold no pitched notes: there is nothing to write down.")
    tracks.sort(key=lambda track: -len(track.notes))
    staves = [staff for track in tracks for staff in lay_out_staves(track, grid, first - 1, last - 1)]
    key = estimate_key(pitch_class_time(score))
    shown = staves[:_MOST_STAVES]
    seed = hashlib.sha256(repr((shown, key, first, width)).encode()).hexdigest()
    title = title or bars_title(first, last)
    return engrave(music_xml(shown, grid, first - 1, key), width, int(seed[:7], 16), title)


def bars_title(first: int, last: int) -> str:
    """What an excerpt without another title is called."""
    return f"Notation, bar {first}" if first == last else f"Notation, bars {first} to {last}"


def music_xml(staves: list[Staff], grid: BarGrid, first: int, key: Key) -> str:
    """Staves as a MusicXML document, with beams, tuplet brackets and the accidentals that a reader needs.

    Args:
        staves: laid out from bar number `first` (from 0) on.
        grid: the bar lines of the piece.
        first: number of the first bar.
        key: decides key signature and spelling.
    """
    from music21 import layout, stream  # here, since the import takes most of a second
    from music21.musicxml.m21ToXml import ScoreExporter

    staves, pickup_rest = shorten_to_pickup(staves, grid) if first == 0 else (staves, Fraction(0))
    parts = [_part(staff, grid, first, key, pickup_rest) for staff in staves]
    for number, part in enumerate(parts, start=1):
        part.id = f"P{number}"
    sheet = stream.Score(parts)
    if len(parts) == 2:
        sheet.insert(0, layout.StaffGroup(parts, symbol="brace", barTogether=True))
    return ElementTree.tostring(ScoreExporter(sheet, makeNotation=False).parse(), encoding="unicode")


def _part(staff: Staff, grid: BarGrid, first: int, key: Key, pickup_rest: Fraction):
    """One staff as a music21 part; `pickup_rest` quarters are missing from the first bar of the piece."""
    from music21 import clef, key as keys, meter, stream

    part = stream.Part()
    before = None
    for bar, voices in enumerate(staff.bars, start=first):
        measure = stream.Measure(number=bar + 1)
        if before is None:
            measure.append(clef.BassClef() if staff.clef == "bass" else clef.TrebleClef())
            measure.append(keys.KeySignature(sharps_of(key)))
        signature = f"{grid.numerators[bar]}/{grid.denominators[bar]}"
        if signature != before:
            measure.append(meter.TimeSignature(signature))
        before = signature
        for number, symbols in enumerate(voices, start=1):
            target = measure if len(voices) == 1 else stream.Voice(id=str(number))
            for symbol in symbols:
                target.insert(symbol.offset, _element(symbol, key))
            if target is not measure:
                measure.insert(0, target)
        if bar == 0:
            measure.paddingLeft = pickup_rest
        part.append(measure)
    if first + len(staff.bars) == len(grid):
        part.getElementsByClass(stream.Measure).last().rightBarline = "final"
    with contextlib.redirect_stderr(io.StringIO()):  # it comments there on every beam it finds unusual
        stream.makeNotation.makeBeams(part, inPlace=True)
    for measure in part.getElementsByClass(stream.Measure):
        for voice in measure.voices or [measure]:
            stream.makeNotation.makeTupletBrackets(voice, inPlace=True)
        for voice in measure.voices:  # two voices on a staff: one stems up, the other down
            for element in voice.notes:
                element.stemDirection = "up" if voice is measure.voices[0] else "down"
    part.makeAccidentals(inPlace=True)
    return part


def _element(symbol: Symbol, key: Key):
    """A note, chord or rest of music21."""
    from music21 import chord, note, tie

    if not symbol.pitches:
        rest = note.Rest(quarterLength=symbol.length)
        rest.fullMeasure = symbol.whole_bar
        rest.style.hideObjectOnPrint = symbol.hidden
        return rest
    names = [spell(pitch, key) for pitch in symbol.pitches]
    made = note.Note(names[0]) if len(names) == 1 else chord.Chord(names)
    made.quarterLength = symbol.length
    if symbol.tie:
        made.tie = tie.Tie(symbol.tie)
    return made


def sharps_of(key: Key) -> int:
    """The number of sharps in a key signature; negative for flats. Modes count by their third.

    >>> sharps_of(Key("D", 2, "min", "minor"))
    -1
    """
    sharps = _fifths_of_tonic(key) - (3 if key.mode == "minor" else 0)
    return sharps - 12 if sharps > 7 else sharps + 12 if sharps < -7 else sharps


def _fifths_of_tonic(key: Key) -> int:
    """Place of the tonic on the line of fifths: F −1, C 0, G 1, …"""
    return _LETTERS.index(key.tonic[0]) - 1 + 7 * (key.tonic.count("#") - key.tonic.count("b"))


def spell(pitch: int, key: Key) -> str:
    """A MIDI pitch as music21 names it ('C#4', 'B-3'), spelled as the key suggests.

    Of the twelve notes around the tonic on the line of fifths, major reaches from the lowered third to the
    raised fifth (C: E♭ … G♯), minor from the lowered second to the raised fourth (A: B♭ … D♯).

    >>> spell(66, Key("G", 7, "maj", "major")), spell(70, Key("D", 2, "min", "minor"))
    ('F#4', 'B-4')
    """
    lowest = sharps_of(key) + (-3 if key.mode == "major" else -2)
    fifths = next(place for place in range(lowest, lowest + 12) if place * 7 % 12 == pitch % 12)
    alteration, letter = divmod(fifths + 1, 7)
    name = _LETTERS[letter]
    natural = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[name]
    octave = (pitch - alteration - natural) // 12 - 1
    return f"{name}{'#' * alteration}{'-' * -alteration}{octave}"


def engrave(document: str, width: int, seed: int, title: str) -> str:
    """MusicXML as SVG by verovio, on a card that is dark on a dark page.

    Args:
        document: MusicXML.
        width: of the picture in CSS pixels; it shrinks where there is less room.
        seed: of the ids in the SVG; with one that follows from the content, the same picture has the same
            bytes, and two pictures on a page share no id.
        title: what it shows, for screen readers and as the document's title; any text, it is escaped.

    Raises:
        BookError: when verovio cannot read the document.
    """
    options = {
        "pageWidth": width * 100 // _SCALE,
        "adjustPageHeight": True,
        "pageMarginTop": 50,
        "pageMarginBottom": 50,
        "pageMarginLeft": 50,
        "pageMarginRight": 50,
        "pageHeight": 60_000,
    }
    return _on_a_card(_engrave(document, options, _SCALE, seed)[0], title)


def engrave_pages(
    document: str, size: tuple[int, int], margin: int, seed: int, scale: float = 40
) -> list[str]:
    """MusicXML as pages of one size, one SVG each, black on nothing.

    Args:
        document: MusicXML.
        size: width and height of a page in CSS pixels.
        margin: on all sides, in pixels.
        seed: of the ids, as in :func:`engrave`.
        scale: of the notes in percent; 40 is the book's usual size.

    Raises:
        BookError: when verovio cannot read the document.
    """
    edges = {f"pageMargin{side}": round(margin * 100 / scale) for side in ("Top", "Bottom", "Left", "Right")}
    options = {
        "pageWidth": round(size[0] * 100 / scale),
        "pageHeight": round(size[1] * 100 / scale),
        "adjustPageHeight": False,
        **edges,
    }
    return _engrave(document, options, scale, seed)


def _engrave(document: str, layout: dict[str, object], scale: float, seed: int) -> list[str]:
    """verovio's pages."""
    options = {"scale": scale, "breaks": "auto", "header": "none", "footer": "none", "xmlIdSeed": seed}
    toolkit = engraving_toolkit()
    with _ONE_AT_A_TIME:
        toolkit.setOptions(options | layout)
        if not toolkit.loadData(document):
            raise BookError("The notation could not be engraved: verovio does not accept the notes.")
        return [toolkit.renderToSVG(page + 1) for page in range(toolkit.getPageCount())]


def printable(text: str) -> str:
    """Any text without the characters that XML cannot hold."""
    return _NOT_IN_XML.sub("", text)


def _on_a_card(drawing: str, title: str) -> str:
    """verovio's SVG with a view box, by which it shrinks with the page, a title, and card and ink that follow
    the theme: that of the page, or, in a picture of its own, what the page tells the picture.
    """
    words = escape(printable(title))
    root = re.search(r'<svg width="(\d+)px" height="(\d+)px"([^>]*)>', drawing)
    name = re.search(r' id="([^"]+)"', root[3])[1]
    themes = _THEMES.replace("ROOT", name)
    begin = (
        f'<svg viewBox="0 0 {root[1]} {root[2]}" width="{root[1]}px" height="{root[2]}px"{root[3]} '
        f'role="img" aria-label="{words}"><title>{words}</title>'
        f'<style type="text/css">{themes}</style>'
        '<rect class="card" width="100%" height="100%"/>'
    )
    drawing = _OWN_COLOUR.sub(rf'\g<0> style="color:{_BOTH}; fill:{_BOTH}"', drawing)
    return drawing.replace(root[0], begin, 1).replace(' color="black"', "")
