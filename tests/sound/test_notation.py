"""Notation: what stands on the page is what sounds, spelled and barred as a musician would."""

import re
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from symusic import Note, Score, TimeSignature, Track

from lib.basics.errors import BookError
from lib.data.labelling.labels import Key
from lib.show.style import contrast, luminance
from lib.sound.notation import music_xml, notation_svg, sharps_of, spell
from lib.sound.score_tables import bar_grid
from lib.sound.voices import lay_out_staves

D_MAJOR = Key("D", 2, "maj", "major")
C_MINOR = Key("C", 0, "min", "minor")
C_MAJOR = Key("C", 0, "maj", "major")


def score_of(notes: list[tuple[float, float, int]], meter: tuple[int, int] = (4, 4)) -> Score:
    """Notes as (start, length, pitch), times in quarters."""
    score = Score(480)
    score.time_signatures.append(TimeSignature(0, *meter))
    track = Track(program=0)
    for start, length, pitch in notes:
        track.notes.append(Note(round(start * 480), round(length * 480), pitch, 80))
    score.tracks.append(track)
    return score


def document(score: Score, key: Key = C_MAJOR) -> ElementTree.Element:
    grid = bar_grid(score)
    staves = lay_out_staves(score.tracks[0], grid, 0, len(grid) - 1)
    return ElementTree.fromstring(music_xml(staves, grid, 0, key))


def texts(root: ElementTree.Element, path: str) -> list[str]:
    return [element.text for element in root.findall(path)]


def sounding(score: Score) -> list[tuple[Fraction, Fraction, int]]:
    """The notes that the laid-out staves show, tied heads joined, as (start, length, pitch) in quarters."""
    grid = bar_grid(score)
    found = []
    for staff in lay_out_staves(score.tracks[0], grid, 0, len(grid) - 1):
        for bar, voices in enumerate(staff.bars):
            begin = Fraction(int(grid.starts[bar]), grid.ticks_per_quarter)
            for voice in voices:
                at = Fraction(0)
                for symbol in voice:
                    assert symbol.offset == at, "a voice has a hole or an overlap"
                    at += symbol.length
                    for pitch in symbol.pitches:
                        found.append([begin + symbol.offset, symbol.length, pitch, symbol.tie])
                assert at == Fraction(int(grid.starts[bar + 1] - grid.starts[bar]), grid.ticks_per_quarter)
    joined: list[list] = []
    for start, length, pitch, tie in sorted(found):
        before = [note for note in joined if note[2] == pitch and note[0] + note[1] == start]
        if tie in ("stop", "continue"):
            before[-1][1] += length
        else:
            joined.append([start, length, pitch])
    return sorted((start, length, pitch) for start, length, pitch in joined)


@pytest.mark.parametrize("meter", [(4, 4), (3, 4), (6, 8), (5, 8), (2, 2), (7, 16), (12, 8)])
def test_a_melody_over_bar_lines_is_shown_whole(meter):
    lengths = [0.5, 1.5, 1, 0.25, 0.75, 2, 1.25, 3, 0.5, 2.5, 5, 0.125, 0.375]
    notes, at = [], Fraction(1, 2)
    for number, length in enumerate(lengths):
        notes.append((at, Fraction(length), 60 + number))
        at += Fraction(length) + (Fraction(1, 2) if number % 4 == 3 else 0)
    score = score_of(notes, meter)
    assert sounding(score) == notes
    assert "<svg" in notation_svg(score)


def test_triplets_are_bracketed_and_exact():
    third = Fraction(1, 3)
    notes = [(0, Fraction(1), 60), *[(1 + third * n, third, 62 + n) for n in range(3)], (2, Fraction(2), 67)]
    score = score_of([(float(start), float(length), pitch) for start, length, pitch in notes])
    assert sounding(score) == notes
    root = document(score)
    assert len(root.findall(".//time-modification")) == 3
    assert [element.get("type") for element in root.findall(".//tuplet")] == ["start", "stop"]


def test_four_voices_stand_on_two_staves_and_do_not_cross():
    chords = [(72, 67, 60, 48), (74, 67, 59, 43), (72, 64, 60, 48)]
    score = score_of([(beat, 1, pitch) for beat, chord in enumerate(chords) for pitch in chord])
    upper, lower = lay_out_staves(score.tracks[0], bar_grid(score), 0, 0)
    assert (upper.clef, lower.clef) == ("treble", "bass")
    assert [symbol.pitches for symbol in upper.bars[0][0] if symbol.pitches] == [(67, 72), (67, 74), (64, 72)]
    assert [symbol.pitches for symbol in lower.bars[0][0] if symbol.pitches] == [(48, 60), (43, 59), (48, 60)]


def test_voices_of_their_own_rhythm_have_stems_of_their_own():
    score = score_of([(0, 2, 72), (0, 1, 64), (1, 1, 65), (0, 2, 55), (0, 2, 48)])
    root = document(score)
    voices = {
        (note.findtext("voice"), note.findtext("stem"))
        for note in root.findall(".//note")
        if note.find("rest") is None and note.findtext("stem")
    }
    assert voices == {("1", "up"), ("2", "down")}


def test_a_tie_joins_both_sides_of_a_bar_line():
    root = document(score_of([(3, 2, 60), (5, 3, 62)]))
    assert [tie.get("type") for tie in root.findall(".//tie")] == ["start", "stop"]


def test_a_pickup_has_no_rests_before_it_and_the_piece_a_final_line():
    root = document(score_of([(3, 1, 62), (4, 4, 67)]), D_MAJOR)
    first = root.find(".//measure")
    assert [note.find("rest") for note in first.findall("note")] == [None]
    assert texts(root, ".//barline/bar-style") == ["light-heavy"]


def test_key_signature_and_accidentals():
    root = document(score_of([(0, 1, 66), (1, 1, 65), (2, 1, 66), (3, 1, 73)]), D_MAJOR)
    assert texts(root, ".//key/fifths") == ["2"]
    assert texts(root, ".//note/accidental") == ["natural", "sharp"]


@pytest.mark.parametrize(
    ("pitch", "key", "name"),
    [
        (66, D_MAJOR, "F#4"),
        (61, C_MINOR, "D-4"),
        (71, C_MINOR, "B4"),
        (70, C_MINOR, "B-4"),
        (66, C_MINOR, "F#4"),
        (68, C_MAJOR, "G#4"),
        (70, C_MAJOR, "B-4"),
        (71, Key("G#", 8, "min", "minor"), "B4"),
        (60, Key("C#", 1, "maj", "major"), "B#3"),
    ],
)
def test_spelling(pitch, key, name):
    from music21.pitch import Pitch

    assert spell(pitch, key) == name
    assert Pitch(name).midi == pitch


@pytest.mark.parametrize(
    ("key", "sharps"),
    [
        (C_MAJOR, 0),
        (D_MAJOR, 2),
        (C_MINOR, -3),
        (Key("F", 5, "maj", "major"), -1),
        (Key("F#", 6, "min", "minor"), 3),
        (Key("G#", 8, "maj", "major"), -4),
    ],
)
def test_key_signatures(key, sharps):
    assert sharps_of(key) == sharps


def test_the_picture_needs_nothing_from_outside_and_is_repeatable(capfd):
    score = score_of([(beat, 1, 60 + beat % 8) for beat in range(32)])
    svg = notation_svg(score, (2, 5), width=600)
    root = ElementTree.fromstring(svg)
    assert (root.get("width"), root.get("viewBox").split()[2]) == ("600px", "600")
    assert set(re.findall(r"https?://[^\"' )]+", svg)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "@font-face" not in svg
    assert svg == notation_svg(score, (2, 5), width=600)
    other = notation_svg(score, (1, 4), width=600)
    assert not set(re.findall(r' id="([^"]+)"', svg)) & set(re.findall(r' id="([^"]+)"', other))
    assert capfd.readouterr() == ("", "")


def test_it_says_what_it_shows_and_any_text_is_text():
    score = score_of([(beat, 1, 60 + beat % 8) for beat in range(32)])
    root = ElementTree.fromstring(notation_svg(score, (2, 5)))
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.findtext("{*}title") == "Notation, bars 2 to 5"
    words = "\"><script>alert(1)</script> '悲しい' 😀"
    root = ElementTree.fromstring(notation_svg(score, (2, 2), title=f"{words}\x00\x0b"))
    assert root.get("aria-label") == root.findtext("{*}title") == words
    assert not list(root.iter("{*}script"))


def test_ink_stands_out_from_its_card_in_both_themes():
    svg = notation_svg(score_of([(beat, 1, 60 + beat % 8) for beat in range(8)]))
    cards = re.search(r"rect\.card {[^}]*fill:light-dark\((#\w{6}), (#\w{6})\)", svg).groups()
    inks = re.search(r"[; {]color:light-dark\((#\w{6}), (#\w{6})\)", svg).groups()
    assert luminance(cards[0]) > 0.8
    assert luminance(cards[1]) < 0.05
    for card, ink in zip(cards, inks, strict=True):
        assert contrast(card, ink) > 7
    fixed = set(re.findall(r' (?:fill|stroke|color)="([^"]*)"', svg))
    assert fixed <= {"none", "currentColor"}, "a colour that stays the same on both cards"


def test_impossible_bars_are_explained():
    score = score_of([(0, 4, 60), (8, 4, 62)])
    for bars in ((0, 1), (2, 4), (3, 2)):
        with pytest.raises(BookError, match="it has bars 1 to 3"):
            notation_svg(score, bars)
    with pytest.raises(BookError, match="no pitched notes"):
        notation_svg(score, (2, 2))
    drums = score_of([(0, 1, 38)])
    drums.tracks[0].is_drum = True
    with pytest.raises(BookError, match="no pitched notes"):
        notation_svg(drums)
