"""A whole piece as compressed MusicXML: music21 opens it and finds the notes that sound."""

import zipfile

import pytest
from measures_on_paper import unequal_measures
from music21 import converter
from symusic import Note, Score, Track

from lib.basics.errors import BookError
from lib.composing.compose import compose_many
from lib.composing.pretrained import load_pretrained
from lib.composing.sampling import SamplingSettings
from lib.sound.music_xml import compressed_music_xml


def piece(programs: int = 1, drums: bool = False) -> Score:
    """A scale in quarters on each program, a third higher each time, two octaves at most."""
    score = Score(480)
    for program in range(programs):
        track = Track(program=program, is_drum=drums)
        track.notes.extend(
            [
                Note(480 * place, 480, 60 + step + 4 * program % 24, 80)
                for place, step in enumerate((0, 2, 4, 5, 7, 9, 11, 12))
            ]
        )
        score.tracks.append(track)
    return score


def test_music21_finds_the_notes_of_every_instrument(tmp_path):
    path = tmp_path / "piece.mxl"
    path.write_bytes(compressed_music_xml(piece(programs=2)))
    read = converter.parse(path)
    found = sorted(note.pitch.midi for note in read.recurse().notes)
    assert found == sorted(note.pitch for track in piece(programs=2).tracks for note in track.notes)
    assert len(read.parts) == 2


@pytest.mark.parametrize(
    "below",
    [
        [(3, 1, 48), (4, 4, 50)],  # both staves have the pickup
        [(4, 4, 50)],  # the lower one is silent in the first bar
        [(2, 2, 48), (3, 1, 40), (4, 4, 50)],  # the lower one begins before, with two voices
        [(3.5, 0.5, 48), (4, 4, 50)],
    ],
)
def test_a_pickup_has_one_length_in_all_staves(tmp_path, below):
    score = Score(480)
    track = Track(program=0)
    for start, length, pitch in [(3, 1, 72), (3, 1, 67), (4, 4, 74), (4, 2, 67), (6, 2, 65), *below]:
        track.notes.append(Note(int(start * 480), int(length * 480), pitch, 80))
    score.tracks.append(track)
    path = tmp_path / "piece.mxl"
    path.write_bytes(compressed_music_xml(score))
    assert unequal_measures(path) == []
    found = converter.parse(path)
    assert len(found.parts) == 2
    onsets = [{float(note.offset) for note in part.flatten().notes} for part in found.parts]
    begin = min(min(staff) for staff in onsets)
    expected = min(start for start, _, _ in [(3, 1, 72), *below])
    assert {onset - begin + expected for staff in onsets for onset in staff} == {3, 4, 6} | {
        start for start, _, _ in below
    }


@pytest.mark.slow
def test_composed_pieces_have_staves_of_equal_measures_and_all_their_notes(tmp_path):
    model = load_pretrained()
    labels = [(emotion, genre) for genre in ("chorale", "chorale", "irish") for emotion in model.emotions]
    pieces = compose_many(model.model, model, labels, SamplingSettings(max_tokens=400, seed=3))
    for number, piece in enumerate(pieces):
        path = tmp_path / f"{number}.mxl"
        path.write_bytes(compressed_music_xml(piece.score))
        assert unequal_measures(path) == []
        written = sorted(note.pitch for track in piece.score.tracks for note in track.notes)
        found = sorted(
            pitch.midi
            for part in converter.parse(path).parts
            for note in part.stripTies().flatten().notes
            for pitch in note.pitches
        )
        assert found == written


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
