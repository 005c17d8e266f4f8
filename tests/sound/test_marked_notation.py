"""Marked notation: the notes of a stretch are coloured, no others, and the word stands above the first."""

import re
from xml.etree import ElementTree

import pytest
from symusic import Note, Score, TimeSignature, Track

from lib.basics.errors import BookError
from lib.sound import marked_notation
from lib.sound.marked_notation import Mark, marked_notation_svg

COLOUR = "#D55E00"


def tune(pickup: bool = False) -> Score:
    score = Score(480)
    score.time_signatures.append(TimeSignature(0, 4, 4))
    track = Track(program=0)
    for beat in range(3 if pickup else 0, 16):
        track.notes.append(Note(beat * 480, 480, 60 + beat % 8, 80))
    score.tracks.append(track)
    return score


def coloured(monkeypatch, score, marks, bars):
    """Steps and octaves of the coloured notes, and the words, of the document that would be engraved."""
    seen = {}
    monkeypatch.setattr(marked_notation, "engrave", lambda xml, *_: seen.setdefault("xml", xml))
    root = ElementTree.fromstring(marked_notation_svg(score, marks, bars))
    notes = [note for note in root.iter("note") if note.get("color") == COLOUR]
    return [note.findtext("pitch/step") + note.findtext("pitch/octave") for note in notes], [
        word.text for word in root.iter("words")
    ]


def test_only_the_notes_of_the_stretch_are_coloured(monkeypatch):
    notes, words = coloured(monkeypatch, tune(), [Mark(4 * 480, 7 * 480, COLOUR, "A")], (1, 4))
    assert notes == ["E4", "F4", "F4"]  # 64, 65, 66 (F sharp)
    assert words == ["A"]


def test_bars_in_the_middle_and_a_pickup(monkeypatch):
    notes, _ = coloured(monkeypatch, tune(), [Mark(8 * 480, 9 * 480, COLOUR, "A")], (3, 4))
    assert notes == ["C4"]
    notes, words = coloured(
        monkeypatch,
        tune(pickup=True),
        [Mark(3 * 480, 5 * 480, COLOUR, "A"), Mark(12 * 480, 13 * 480, COLOUR, "B")],
        (1, 4),
    )
    assert notes == ["D4", "E4", "E4"]  # 63 (D sharp), 64, 64
    assert words == ["A", "B"]


def test_the_picture_has_the_colour_and_asks_no_host():
    svg = marked_notation_svg(tune(), [Mark(0, 4 * 480, COLOUR, "theme")], (1, 4))
    assert COLOUR.lower() in svg.lower()
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == "Notation, bars 1 to 4: theme"
    marked = [element for element in root.iter() if element.get("fill", "").upper() == COLOUR]
    assert marked
    assert all(f"light-dark({COLOUR}, color-mix(" in element.get("style") for element in marked)
    words = "".join("".join(element.itertext()) for element in marked)
    assert "theme" in words
    assert set(re.findall(r"https?://[^\"' )]+", svg)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_impossible_bars_are_explained():
    with pytest.raises(BookError, match="no bars 4 to 9"):
        marked_notation_svg(tune(), [], (4, 9))
    drums = tune()
    drums.tracks[0].is_drum = True
    with pytest.raises(BookError, match="no pitched notes"):
        marked_notation_svg(drums, [], (1, 4))
