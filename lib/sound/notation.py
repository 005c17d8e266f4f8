"""A few bars of a score as notation: music21 writes MusicXML, verovio engraves it as SVG.

verovio reads no MIDI, and MIDI says nothing of staves, voices, rests or spelling; `lib.sound.voices`
finds the first three, this module the last.
"""

import contextlib
import hashlib
import io
import re
from fractions import Fraction
from functools import cache
from xml.etree import ElementTree

import symusic

from lib.basics.errors import BookError
from lib.data.labels import Key, estimate_key, pitch_class_time
from lib.sound.pianoroll import BarGrid, bar_grid
from lib.sound.voices import Staff, Symbol, lay_out_staves

BACKGROUND = "#FBFAF7"  # the book's card: notation is black, and must be read on a dark page too
_MOST_STAVES = 6
_PICKUP = Fraction(1, 3)  # a first bar that begins with at least this share of rest is shown as a pickup
_LETTERS = "FCGDAEB"  # in fifths


def notation_svg(score: symusic.Score, bars: tuple[int, int] | None = None, width: int = 720,
                 key: Key | None = None) -> str:
    """Engrave bars of a score.

    Melodies stand on one staff, chords and several voices on two; each program has staves of its own, drums
    are left out. The key signature and the spelling follow an estimate of the key of the whole score.

    Args:
        score: in ticks.
        bars: the first and the last bar, counted from 1; None: all, up to 16.
        width: of the picture in CSS pixels; systems break to fit.
        key: the key, where it is known better than by estimate.

    Returns:
        A self-contained SVG document on a light card: no title, no font or host outside it.

    Raises:
        BookError: when the bars do not exist or hold no pitched notes.
    """
    grid = bar_grid(score)
    first, last = bars or (1, min(16, len(grid)))
    if not 1 <= first <= last <= len(grid):
        raise BookError(f"There are no bars {first} to {last} in this piece; it has bars 1 to {len(grid)}.")
    begin, end = grid.starts[first - 1], grid.starts[last]
    tracks = [track for track in score.tracks if not track.is_drum
              and any(note.start < end and note.end > begin for note in track.notes)]
    if not tracks:
        raise BookError(f"Bars {first} to {last} hold no pitched notes: there is nothing to write down.")
    tracks.sort(key=lambda track: -len(track.notes))
    staves = [staff for track in tracks for staff in lay_out_staves(track, grid, first - 1, last - 1)]
    key = key or estimate_key(pitch_class_time(score))
    shown = staves[:_MOST_STAVES]
    seed = hashlib.sha256(repr((shown, key, first, width)).encode()).hexdigest()
    return engrave(music_xml(shown, grid, first - 1, key), width, int(seed[:7], 16))


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

    parts = [_part(staff, grid, first, key) for staff in staves]
    for number, part in enumerate(parts, start=1):
        part.id = f"P{number}"
    sheet = stream.Score(parts)
    if len(parts) == 2:
        sheet.insert(0, layout.StaffGroup(parts, symbol="brace", barTogether=True))
    return ElementTree.tostring(ScoreExporter(sheet, makeNotation=False).parse(), encoding="unicode")


def _part(staff: Staff, grid: BarGrid, first: int, key: Key):
    """One staff as a music21 part."""
    from music21 import clef, meter, stream
    from music21 import key as keys

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
            _shorten_to_pickup(measure)
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


def _shorten_to_pickup(measure) -> None:
    """Take the rest away with which a first bar begins, if it is long; what follows is a pickup."""
    from music21 import note, stream

    if measure.getElementsByClass(stream.Voice):
        return
    sounding = [element for element in measure.notes if not isinstance(element, note.Rest)]
    full = measure.timeSignature.barDuration.quarterLength
    silence = sounding[0].offset if sounding else 0
    if silence < _PICKUP * Fraction(full):
        return
    for element in list(measure.notesAndRests):
        if element.offset < silence:
            measure.remove(element)
        else:
            element.offset -= silence
    measure.paddingLeft = silence


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


@cache
def _toolkit():
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    return verovio.toolkit()


def engrave(document: str, width: int, seed: int) -> str:
    """MusicXML as SVG by verovio, on a light card.

    Args:
        document: MusicXML.
        width: of the picture in CSS pixels.
        seed: of the ids in the SVG; with one that follows from the content, the same picture has the same
            bytes, and two pictures on a page share no id.

    Raises:
        BookError: when verovio cannot read the document.
    """
    toolkit, scale = _toolkit(), 40
    toolkit.setOptions({
        "pageWidth": width * 100 // scale, "adjustPageHeight": True, "scale": scale, "breaks": "auto",
        "header": "none", "footer": "none", "pageMarginTop": 50, "pageMarginBottom": 50,
        "pageMarginLeft": 50, "pageMarginRight": 50, "pageHeight": 60_000,
        "xmlIdSeed": seed,
    })
    if not toolkit.loadData(document):
        raise BookError("The notation could not be engraved: verovio does not accept the notes.")
    # A viewBox lets the picture shrink with the page; a style keeps verovio's outlines off the card.
    return re.sub(r'(<svg) (width="(\d+)px" height="(\d+)px")([^>]*>)',
                  r'\1 viewBox="0 0 \3 \4" \2\5'
                  rf'<rect width="100%" height="100%" fill="{BACKGROUND}" style="stroke:none"/>',
                  toolkit.renderToSVG(1), count=1)
