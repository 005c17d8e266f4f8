"""A piece's MusicXML, opened by music21 and performed by verovio: the same notes, in full measures."""

import base64
import io
import random
from fractions import Fraction
from xml.etree import ElementTree

import mido
import pytest
import verovio
from music21 import converter
from music21.stream import Measure
from symusic import Score

from lib.data.embedded.arrange import SourceError, arrange
from lib.data.embedded.sources import COLLECTIONS, sources_of
from lib.sound.music_xml import compressed_music_xml, piece_document

Notes = list[tuple[Fraction, int]]  # onset in quarters after the first note, pitch


def sample() -> list[tuple[str, Score]]:
    """Eight pieces of each embedded collection, as the book writes them; two staves for most chorales."""
    draw, found = random.Random(1), []
    for collection in COLLECTIONS[:6]:
        usable = [source for source in sources_of(collection) if not source.skip]
        for source in draw.sample(usable, 8):
            try:
                found.append((source.name, arrange(source.read()).score))
            except SourceError:
                continue  # the book leaves it out as well
    return found


def from_the_first(notes: list[tuple[Fraction, int]]) -> Notes:
    first = min(notes)[0]
    return sorted((onset - first, pitch) for onset, pitch in notes)


def written(score: Score) -> Notes:
    quarter = score.ticks_per_quarter
    return from_the_first(
        [(Fraction(note.time, quarter), note.pitch) for track in score.tracks for note in track.notes]
    )


def by_music21(document: bytes, path) -> tuple[Notes, int]:
    """Notes, tied ones joined, and how many measures between the first and the last are not full."""
    path.write_bytes(document)
    notes, broken = [], 0
    for part in converter.parse(path).parts:
        for bar in list(part.getElementsByClass(Measure))[1:-1]:
            broken += any(voice.highestTime != bar.barDuration.quarterLength for voice in bar.voices or [bar])
        notes += [
            (Fraction(note.offset).limit_denominator(96), pitch.midi)
            for note in part.stripTies().flatten().notes
            for pitch in note.pitches
        ]
    return from_the_first(notes), broken


def by_verovio(document: str) -> Notes:
    """Onsets of verovio's own performance, on the grid of a 48th of a quarter: it rounds to its ticks."""
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.loadData(document)
    file = mido.MidiFile(file=io.BytesIO(base64.b64decode(toolkit.renderToMIDI())))
    notes = []
    for track in file.tracks:
        at = 0
        for message in track:
            at += message.time
            if message.type == "note_on" and message.velocity:
                notes.append((Fraction(round(48 * at / file.ticks_per_beat), 48), message.note))
    return from_the_first(notes)


@pytest.mark.slow
def test_music21_and_verovio_find_the_notes_that_are_written(tmp_path):
    wrong: dict[str, set[str]] = {}
    for name, score in sample():
        notes, broken = by_music21(compressed_music_xml(score), tmp_path / "piece.mxl")
        performed = by_verovio(ElementTree.tostring(piece_document(score), encoding="unicode"))
        expected = written(score)
        found = {"music21": notes != expected, "measures": broken > 0, "verovio": performed != expected}
        if any(found.values()):
            wrong[name] = {what for what, is_wrong in found.items() if is_wrong}
    assert wrong == {}
