"""`python -m lib hear genre FOLDER` on anyone's folder: what it learns, what it leaves out, what it moves."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lib.basics.errors import BookError
from lib.chapters.hearing_a_genre.folder import judge_folder, read_genres, read_songs, sort_songs
from lib.cli import main
from lib.profiles.profile import EarSettings

RATE = 22_050


def write_song(path: Path, pitch: float, seconds: float = 5.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * RATE)) / RATE
    wave = 0.3 * np.sin(2 * np.pi * pitch * time) * (1 + 0.4 * np.sin(2 * np.pi * 4 * time))
    soundfile.write(path, wave + np.random.default_rng(int(pitch)).normal(0, 0.01, len(wave)), RATE)


@pytest.fixture
def music(tmp_path) -> Path:
    """Two genres, whistles and hums, with everything else that lies in such folders."""
    folder = tmp_path / "my music"
    for number in range(4):
        write_song(folder / "whistles" / f"song {number}.wav", 1800 + 40 * number)
        write_song(folder / "гудение" / f"{number}.flac", 110 + 3 * number)
    shutil.copy(folder / "whistles" / "song 0.wav", folder / "whistles" / "a copy.wav")
    (folder / "whistles" / "cover.jpg").write_bytes(b"not music")
    (folder / "whistles" / "broken.mp3").write_bytes(b"ID3 and nothing")
    write_song(folder / "whistles" / "short.wav", 1800, 0.4)
    soundfile.write(folder / "whistles" / "silent.wav", np.zeros(5 * RATE), RATE)
    write_song(folder / "one song" / "alone.wav", 500)
    (folder / "empty").mkdir()
    write_song(folder / "loose.wav", 600)
    return folder


@pytest.fixture
def settings(tiny_profile):
    return tiny_profile.model_copy(
        update={"ear": EarSettings(hidden_size=8, epochs=12, batch_size=4, learning_rate=0.02)}
    )


def test_genres_are_heard_and_everything_left_out_has_its_reason(music, home):
    songs = read_genres(music)
    assert sorted(set(songs.genres)) == ["whistles", "гудение"]
    assert len(songs.paths) == 8
    reasons = {path.name: reason for path, reason in songs.left_out}
    assert "the same as" in reasons["song 0.wav"] or "the same as" in reasons["a copy.wav"]
    assert "not that of an audio file" in reasons["cover.jpg"]
    assert "cannot be read" in reasons["broken.mp3"]
    assert "too short" in reasons["short.wav"]
    assert reasons["silent.wav"] == "it is silent"
    assert "one song" in reasons["one song"]
    assert "no song" in reasons["empty"]
    assert "no genre's folder" in reasons["loose.wav"]


def test_each_song_is_judged_by_an_ear_trained_without_it_and_new_ones_are_recognised(
    music, settings, home, tmp_path
):
    verdict = judge_folder(read_genres(music), settings)
    assert verdict.right > 0.8
    assert verdict.chance == 0.5
    write_song(tmp_path / "new" / "x.wav", 1900)
    write_song(tmp_path / "new" / "deep" / "x.wav", 115)
    new = read_songs(tmp_path / "new")
    genres = verdict.ear.recognise(new.features)
    assert dict(zip([path.parent.name for path in new.paths], genres, strict=True)) == {
        "new": "whistles",
        "deep": "гудение",
    }
    assert (tmp_path / "new" / "x.wav").is_file(), "nothing is moved by listening"
    moved = sort_songs(new, ["same", "same"], tmp_path / "sorted")
    assert sorted(after.name for _, after in moved) == ["x 2.wav", "x.wav"]
    assert not (tmp_path / "new" / "x.wav").exists()


def test_the_command_says_how_well_and_lists_songs_without_moving_them(music, tmp_path, home, capsys):
    write_song(tmp_path / "new" / "whistle.wav", 1850)
    arguments = ["hear", "genre", str(music), "--songs", str(tmp_path / "new"), "--profile", "smoke"]
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert "8 songs in 2 genres" in out
    assert "chance is 50%" in out
    assert str(tmp_path / "new" / "whistle.wav") in out
    assert "left out" in out
    assert (tmp_path / "new" / "whistle.wav").is_file()
    with pytest.raises(SystemExit):
        main([*arguments, "--move-into", str(tmp_path / "sorted")])
    assert not (tmp_path / "new" / "whistle.wav").exists()
    assert len(list((tmp_path / "sorted").rglob("whistle.wav"))) == 1


def test_folders_that_teach_nothing_are_refused_in_a_sentence(tmp_path, home, capsys):
    with pytest.raises(BookError, match="no folder"):
        read_genres(tmp_path / "nowhere")
    write_song(tmp_path / "music" / "only" / "a.wav", 300)
    write_song(tmp_path / "music" / "only" / "b.wav", 310)
    with pytest.raises(BookError, match="fewer than two genres"):
        read_genres(tmp_path / "music")
    (tmp_path / "quiet").mkdir()
    with pytest.raises(BookError, match="no audio"):
        read_songs(tmp_path / "quiet")
    with pytest.raises(SystemExit) as ended:
        main(["hear", "genre", str(tmp_path / "music"), "--move-into", str(tmp_path)])
    assert ended.value.code == 1
    assert "--songs" in capsys.readouterr().err
