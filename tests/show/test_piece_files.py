"""Files of pieces to hear: made once, at one loudness; one that fails leaves the others whole."""

import pyloudnorm
import pytest
import soundfile
import symusic
from symusic import Note, Score, Track

from lib.basics.errors import BookError
from lib.show import piece_files
from lib.show.media import media_folder
from lib.show.piece_files import write_piece_files
from lib.sound.audio import LOUDNESS, write_mp3


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MOOD_MEDIA", str(tmp_path / "media"))
    return media_folder()


def piece(program: int = 0, velocity: int = 80, notes: int = 24) -> Score:
    score, track = Score(480), Track(program=program)
    track.notes.extend([Note(240 * place, 240, 60 + place % 12, velocity) for place in range(notes)])
    score.tracks.append(track)
    return score


def test_soft_and_loud_pieces_come_out_equally_loud(folder):
    written = write_piece_files({"soft": piece(40, 20), "loud": piece(56, 127)}, 30)
    for files in written.values():
        sound, rate = soundfile.read(folder / files.audio)
        assert pyloudnorm.Meter(rate).integrated_loudness(sound) == pytest.approx(LOUDNESS, abs=0.5)
        assert len(sound) / rate == pytest.approx(6, abs=0.1)


def test_midi_holds_the_whole_piece_and_the_sound_its_beginning(folder):
    files = write_piece_files({"long": piece(notes=40)}, seconds=4)["long"]
    assert soundfile.info(folder / files.audio).duration == pytest.approx(4, abs=0.1)
    assert symusic.Score(folder / files.midi).note_num() == 40
    assert (folder / files.music_xml).read_bytes().startswith(b"PK")


def test_what_was_made_once_is_copied(folder, monkeypatch):
    first = write_piece_files({"a": piece()}, 30)["a"]
    sound = (folder / first.audio).read_bytes()
    monkeypatch.setattr(piece_files, "_make", lambda *_: pytest.fail("made again"))
    again = write_piece_files({"b": piece()}, 30)["b"]
    assert (folder / again.audio).read_bytes() == sound


def test_one_piece_that_cannot_be_played_leaves_the_others_whole(monkeypatch):
    def play(score, path, max_seconds):
        if score.tracks[0].program == 7:
            raise BookError("Its sound is <no> number.")
        if score.tracks[0].program == 8:
            raise RuntimeError("a broken synthesizer")
        return write_mp3(score, path, max_seconds)

    monkeypatch.setattr(piece_files, "write_mp3", play)
    written = write_piece_files({"good": piece(0), "bad": piece(7), "odd": piece(8)}, 30)
    assert written["good"].audio == "good.mp3"
    assert written["good"].about_sound == ""
    assert written["bad"].audio is None
    assert written["bad"].midi == "bad.mid"
    assert written["bad"].about_sound == "Its sound is <no> number."
    assert "a broken synthesizer" in written["odd"].about_sound


def test_drums_alone_have_a_sound_and_no_notation():
    drums = piece()
    drums.tracks[0].is_drum = True
    files = write_piece_files({"drums": drums}, 30)["drums"]
    assert files.audio == "drums.mp3"
    assert files.music_xml is None


def test_workers_make_the_same_files(folder, tmp_path, monkeypatch):
    alone = write_piece_files({"a": piece(0), "b": piece(40)}, 30)
    sounds = [(folder / files.audio).read_bytes() for files in alone.values()]
    monkeypatch.setenv("MOOD_HOME", str(tmp_path / "another home"))
    shared = write_piece_files({"a": piece(0), "b": piece(40)}, 30, workers=2)
    assert [(folder / files.audio).read_bytes() for files in shared.values()] == sounds
