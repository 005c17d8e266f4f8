"""Notation in which stretches are marked: noteheads in a colour, and a word above where each begins."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple
from xml.etree import ElementTree

import symusic

from lib.basics.errors import BookError
from lib.data.labelling.labels import estimate_key, pitch_class_time
from lib.sound.notation import bars_title, engrave, music_xml
from lib.sound.score_tables import bar_grid
from lib.sound.voices import lay_out_staves

_WIDTH = 720  # CSS pixels


class Mark(NamedTuple):
    """A stretch of music: from a tick to another (exclusive), its colour ('#D55E00'), the word above it."""

    start: int
    end: int
    colour: str
    word: str


def marked_notation_svg(score: symusic.Score, marks: Sequence[Mark], bars: tuple[int, int]) -> str:
    """Engrave bars of the first track with pitched notes, some stretches of its upper staff marked.

    Args:
        score: in ticks.
        marks: what to mark; colour is not the only marker, the word says it too.
        bars: the first and the last bar, counted from 1.

    Returns:
        A self-contained SVG document, light or dark as the page is.

    Raises:
        BookError: when the bars do not exist or hold no pitched notes.
    """
    grid = bar_grid(score)
    first, last = bars
    if not 1 <= first <= last <= len(grid):
        raise BookError(f"There are no bars {first} to {last} in this piece; it has bars 1 to {len(grid)}.")
    tracks = [track for track in score.tracks if not track.is_drum and len(track.notes)]
    if not tracks:
        raise BookError("The piece has no pitched notes: there is nothing to write down.")
    track = max(tracks, key=lambda one: len(one.notes))
    staves = lay_out_staves(track, grid, first - 1, last - 1)
    document = ElementTree.fromstring(
        music_xml(staves, grid, first - 1, estimate_key(pitch_class_time(score)))
    )
    _mark(document, marks, [int(start) for start in grid.starts[first - 1 : last]], grid.ticks_per_quarter)
    seed = sum(ord(letter) * 31 for letter in repr((marks, bars, _WIDTH))) % 10**6
    title = ": ".join([bars_title(first, last), ", ".join(mark.word for mark in marks)]).rstrip(": ")
    return engrave(ElementTree.tostring(document, encoding="unicode"), _WIDTH, seed, title)


def _mark(
    document: ElementTree.Element, marks: Sequence[Mark], bar_starts: Sequence[int], quarter: int
) -> None:
    """Colour the notes of the first part that begin within a mark; put its word before the first of them."""
    part = document.find("part")
    named: set[int] = set()
    divisions = Fraction(1)
    for measure, begin in zip(part.findall("measure"), bar_starts, strict=True):
        # A shortened pickup begins where its rest would have ended.
        at, at_chord = Fraction(0), Fraction(0)
        silence = _missing(measure, bar_starts, begin, quarter, divisions)
        for element in list(measure):
            if element.tag == "attributes" and element.find("divisions") is not None:
                divisions = Fraction(int(element.findtext("divisions")))
                silence = _missing(measure, bar_starts, begin, quarter, divisions)
            length = Fraction(int(element.findtext("duration") or 0)) / divisions
            if element.tag == "backup":
                at -= length
            elif element.tag == "forward":
                at += length
            elif element.tag == "note":
                onset = at_chord if element.find("chord") is not None else at
                tick = begin + int((onset + silence) * quarter)
                if element.find("rest") is None:
                    for number, mark in enumerate(marks):
                        if mark.start <= tick < mark.end:
                            element.set("color", mark.colour)
                            if number not in named:
                                named.add(number)
                                _write(measure, element, mark)
                if element.find("chord") is None:
                    at_chord, at = at, at + length


def _missing(
    measure: ElementTree.Element, bar_starts: Sequence[int], begin: int, quarter: int, divisions: Fraction
) -> Fraction:
    """Quarters by which a first bar was shortened to its pickup."""
    if begin != bar_starts[0] or len(bar_starts) < 2:
        return Fraction(0)
    shown = Fraction(0)
    for element in measure:
        if element.tag == "backup":  # another voice begins; all have one length
            break
        if element.tag in ("note", "forward") and element.find("chord") is None:
            shown += Fraction(int(element.findtext("duration") or 0)) / divisions
    return max(Fraction(0), Fraction(bar_starts[1] - begin, quarter) - shown)


def _write(measure: ElementTree.Element, before: ElementTree.Element, mark: Mark) -> None:
    """A word above the staff, before a note."""
    direction = ElementTree.Element("direction", {"placement": "above"})
    words = ElementTree.SubElement(
        ElementTree.SubElement(direction, "direction-type"),
        "words",
        {"color": mark.colour, "font-weight": "bold"},
    )
    words.text = mark.word
    measure.insert(list(measure).index(before), direction)
