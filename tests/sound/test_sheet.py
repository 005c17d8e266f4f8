"""Engraved pages: music21 finds the notes in the MusicXML, a reader of PDF sees heads and words."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pypdfium2
import pytest
from music21 import converter, meter
from reportlab.graphics import renderPDF
from svglib.svglib import svg2rlg
from symusic import Note, Score, TimeSignature, Track

from lib.basics.errors import BookError
from lib.sound.sheet import Words, write_score

WORDS = Words("major-lively, irish", "asked for major-lively, irish · ♩ = 96 · seed 7", 96.0)


def piece(onsets, length=240, tracks=1, sign=(4, 4), pitches=(60, 64, 67, 72)) -> Score:
    """Notes at the given ticks of 480 a quarter, on each of so many programs."""
    score = Score(480)
    score.time_signatures.append(TimeSignature(0, *sign))
    for program in range(tracks):
        track = Track("", program, False)
        track.notes.extend(
            [Note(onset, length, pitches[place % len(pitches)], 80) for place, onset in enumerate(onsets)]
        )
        score.tracks.append(track)
    return score


def picture(path, page=0):
    """A page of a PDF as an array [height, width], 0 black to 255 white, drawn by PDFium."""
    document = pypdfium2.PdfDocument(path)
    drawn = document[page].render(scale=1.5).to_numpy()[..., :3].mean(axis=2)
    text, count = document[page].get_textpage().get_text_range(), len(document)
    document.close()
    return drawn, text, count


@pytest.mark.parametrize(
    ("score", "bars"),
    [
        (piece(range(0, 480 * 16, 240)), 4),
        (piece(range(0, 240 * 14, 240), sign=(7, 8)), 2),
        (piece(range(0, 480 * 8, 160), length=160), 2),  # triplets
        (piece([0]), 1),
        (piece(range(0, 480 * 8, 240), tracks=12), 2),
    ],
    ids=["eighths", "seven eighths", "triplets", "one note", "twelve instruments"],
)
def test_music21_finds_every_note_at_its_place(tmp_path, score, bars):
    path = tmp_path / "piece.musicxml"
    write_score(score, path, WORDS)
    read = converter.parse(path)
    found = sorted(
        (round(float(note.getOffsetInHierarchy(part)) * 480), pitch.midi)
        for part in read.parts
        for note in part.recurse().notes
        for pitch in note.pitches
        if note.tie is None or note.tie.type == "start"
    )
    assert found == sorted((note.time, note.pitch) for track in score.tracks for note in track.notes)
    assert len(read.parts[0].getElementsByClass("Measure")) == bars
    sign = read.parts[0].recurse().getElementsByClass(meter.TimeSignature).first()
    assert (sign.numerator, sign.denominator) == (
        score.time_signatures[0].numerator,
        score.time_signatures[0].denominator,
    )
    assert read.metadata.title == WORDS.title
    assert read.recurse().getElementsByClass("MetronomeMark").first().number == 96


def test_a_page_of_a_pdf_shows_heads_and_words(tmp_path):
    """In a process of its own: what another drawing has set up must not be needed."""
    path = tmp_path / "piece.pdf"
    piece(range(0, 480 * 16, 480)).dump_midi(tmp_path / "piece.mid")
    code = (
        "import sys, symusic; from lib.sound.sheet import Words, write_score;"
        "write_score(symusic.Score(sys.argv[1]), sys.argv[2], Words('A title', 'seed 7', 96.0))"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "piece.mid", path], check=True)
    drawn, text, pages = picture(path)
    assert pages == 1
    assert "A title" in text
    assert "seed 7" in text
    # A filled head is a blob: the only dark squares of 4 x 4 points; lines and stems are thinner.
    dark = (drawn < 100).astype(int)
    blobs = sum(np.roll(dark, (-row, -column), (0, 1)) for row in range(5) for column in range(5)) == 25
    assert blobs.sum() >= 16
    rows = (drawn < 160).mean(axis=1)
    assert (rows > 0.5).sum() >= 5, "five lines of a staff reach over most of the page"


def test_a_long_piece_of_several_instruments_takes_several_pages(tmp_path):
    path = tmp_path / "piece.pdf"
    write_score(piece(range(0, 480 * 4 * 48, 480), tracks=3), path, WORDS)
    _, text, pages = picture(path, 1)
    assert pages > 1
    assert f"page 2 of {pages}" in text
    assert "Grand Piano" in picture(path)[1]


def test_an_svg_holds_all_pages_and_every_glyph_that_they_use(tmp_path):
    path = tmp_path / "piece.svg"
    write_score(piece(range(0, 480 * 4 * 90, 480)), path, WORDS)
    text = path.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    names = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(names) == len(set(names))
    used = set(re.findall(r'xlink:href="#([^"]+)"', text))
    assert used <= set(names)
    assert len(re.findall("page [0-9]+ of", text)) > 1
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]+"', "", text), "nothing is fetched"


def test_an_svg_has_the_lines_of_its_staves(tmp_path):
    path = tmp_path / "piece.svg"
    write_score(piece(range(0, 480 * 16, 480)), path, WORDS)
    renderPDF.drawToFile(svg2rlg(path), str(tmp_path / "drawn.pdf"))
    rows = (picture(tmp_path / "drawn.pdf")[0] < 160).mean(axis=1)
    assert (rows > 0.5).sum() >= 5, "five lines of a staff reach over most of the page"


def test_labels_are_text_and_nothing_else(tmp_path):
    for end in ("svg", "pdf", "musicxml"):
        write_score(piece([0]), tmp_path / f"piece.{end}", Words("<b>&\x00 Ж", "</text><script>", 96.0))
    assert b"<script>" not in (tmp_path / "piece.svg").read_bytes()
    assert "<b>& Ж" in picture(tmp_path / "piece.pdf")[1]


@pytest.mark.parametrize("end", ["pdf", "svg", "musicxml"])
def test_the_same_piece_gives_the_same_bytes(tmp_path, end):
    for name in ("first", "second"):
        write_score(piece([0, 480]), tmp_path / f"{name}.{end}", WORDS)
    assert (tmp_path / f"first.{end}").read_bytes() == (tmp_path / f"second.{end}").read_bytes()


def test_a_name_that_says_no_format_and_a_piece_of_drums_are_refused(tmp_path):
    with pytest.raises(BookError, match=r"piece\.pdf"):
        write_score(piece([0]), tmp_path / "piece.docx", WORDS)
    drums = Score(480)
    drums.tracks.append(Track("", 0, True))
    with pytest.raises(BookError, match="no pitched notes"):
        write_score(drums, tmp_path / "piece.pdf", WORDS)
