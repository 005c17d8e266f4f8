"""A whole piece as compressed MusicXML: music21 opens it and finds the notes that sound."""

import zipfile

import pytest
from music21 import converter
from symusic import Note, Score, Track

from lib.basics.errors import BookError
from lib.sound.music_xml import compressed_music_xml


def piece(programs: int = 1, drums: bool = False) -> Score:
    """A scale in quarters on each program, a third higher each time, two octaves at most."""
    score = Score(480)
    for program in range(programs):
        track = Track(program=program, is_drum=drums)
        track.notes.extend([Note(480 * place, 480, 60 + step + 4 * program % 24, 80)
                            for place, step in enumerate((0, 2, 4, 5, 7, 9, 11, 12))])
        score.tracks.append(track)
    return score


def test_music21_finds_the_notes_of_every_instrument(tmp_path):
    path = tmp_path / "piece.mxl"
    path.write_bytes(compressed_music_xml(piece(programs=2)))
    read = converter.parse(path)
    found = sorted(note.pitch.midi for note in read.recurse().notes)
    assert found == sorted(note.pitch for track in piece(programs=2).tracks for note in track.notes)
    assert len(read.parts) == 2


def test_it_claims_no_title_and_no_composer(tmp_path):
    path = tmp_path / "piece.mxl"
    path.write_bytes(compressed_music_xml(piece()))
    with zipfile.ZipFile(path) as archive:
        document = archive.read("piece.musicxml").decode()
    assert "Fragment" not in document
    assert "creator" not in document


def test_the_same_piece_gives_the_same_bytes():
    assert compressed_music_xml(piece()) == compressed_music_xml(piece())


def test_many_instruments_are_written_without_remarks(capfd):
    compressed_music_xml(piece(programs=20))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("silent", [Score(480), piece(drums=True)], ids=["empty", "only drums"])
def test_what_has_no_pitches_is_refused(silent):
    with pytest.raises(BookError, match="no pitched notes"):
        compressed_music_xml(silent)
