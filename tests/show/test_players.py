"""Players link files and escape what they are told."""

import json

import pytest
from bs4 import BeautifulSoup
from IPython.display import HTML
from symusic import Note, Score, Track

from lib.basics.errors import BookError
from lib.show.media import media_folder, media_link
from lib.show.players import audio_player, player_row


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MOOD_MEDIA", str(tmp_path / "media"))
    return media_folder()


def test_media_folder_follows_the_variable(folder, tmp_path):
    assert folder == tmp_path / "media"
    assert folder.is_dir()


def test_media_folder_beside_a_notebook(tmp_path, monkeypatch):
    monkeypatch.delenv("MOOD_MEDIA")
    (tmp_path / "chapter.ipynb").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert media_folder() == tmp_path / "media"


def test_links_are_relative_and_quoted():
    assert media_link("a piece & more.mp3") == "media/a%20piece%20%26%20more.mp3"


@pytest.mark.parametrize("name", ["../secret.mp3", "/etc/passwd", "a/b.mp3", "", "a\\b.mp3", ".."])
def test_names_with_folders_are_refused(name):
    with pytest.raises(BookError, match="plain file name"):
        media_link(name)


def test_player_escapes_text_and_does_not_preload():
    page = audio_player("piece.mp3", '<script>alert("x")</script>', "a < b").data
    assert "<script>" not in page
    assert 'preload="none"' in page
    assert 'src="media/piece.mp3"' in page
    assert "a &lt; b" in page


def test_player_links_the_midi_beside_it(folder):
    assert ".mid" not in audio_player("piece.mp3", "A piece").data
    (folder / "piece.mid").write_bytes(b"MThd")
    assert 'href="media/piece.mid"' in audio_player("piece.mp3", "A piece").data


def test_rows():
    one = audio_player("piece.mp3", "A piece")
    assert player_row([one, one]).data.count("<audio") == 2
    assert isinstance(one, HTML)


def test_a_player_without_a_score_tells_nothing_of_the_notes(folder):
    page = audio_player("heard_1.mp3", "Piece 1").data
    assert "data-roll" not in page
    assert "MusicXML" not in page


def test_a_player_with_a_score_holds_its_roll_and_says_what_stands_around_it():
    score, track = Score(480), Track(program=0)
    track.notes.append(Note(0, 480, 60, 80))
    score.tracks.append(track)
    player = audio_player("piece.mp3", "LSTM", score=score, music_xml_name="piece.mxl", context='"><b>calm')
    figure = BeautifulSoup(player.data, "html.parser").figure
    assert json.loads(figure["data-roll"])["instruments"][0]["notes"] == [0, 50, 0]
    assert figure.audio["aria-label"] == 'LSTM, "><b>calm'
    assert figure.find("a", string="MusicXML")["href"] == "media/piece.mxl"
    assert figure.find("b") is None
