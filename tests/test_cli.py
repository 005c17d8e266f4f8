"""Commands answer bad input with one sentence and a status that is not zero, and leave nothing behind."""

import os

import pytest
from symusic import Score

from lib.cli import main


def failed(capsys, *arguments):
    """The sentence that a failing command prints last on standard error, behind its progress."""
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    assert stopped.value.code == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    sentence = captured.err.splitlines()[-1]
    assert sentence.startswith("Error: ")
    assert captured.err.count("Error") == 1
    assert "Traceback" not in captured.err
    return sentence


@pytest.mark.parametrize("command", [["corpus"], ["train", "lstm"], ["execute"], ["build"], ["doctor"]])
def test_an_unknown_profile_is_named(capsys, command):
    assert "no profile 'huge'" in failed(capsys, *command, "--profile", "huge")


def test_a_missing_data_folder_is_named(capsys, tmp_path):
    sentence = failed(capsys, "corpus", "--profile", "smoke", "--data", str(tmp_path / "nowhere"))
    assert "nowhere" in sentence


def test_a_data_folder_without_xmidi_names_is_named(capsys, tmp_path):
    folder = tmp_path / "songs"
    folder.mkdir()
    (folder / "song.mid").write_bytes(b"MThd")
    assert "songs" in failed(capsys, "corpus", "--profile", "smoke", "--data", str(folder))


def test_an_unknown_run_is_named_before_any_data_are_prepared(capsys, home):
    assert "no run named 'rnn'" in failed(capsys, "train", "rnn", "--profile", "smoke")
    assert not (home / "data").exists()


def test_an_unknown_label_lists_the_known_ones_before_anything_is_trained(capsys, tiny_folder, home):
    sentence = failed(capsys, "compose", "--emotion", "melancholy", "--genre", "folk", "--profile", "smoke",
                      "--data", str(tiny_folder), "--out", str(home / "piece.mid"))
    assert "There is no emotion 'melancholy' in this data; choose one of: " in sentence
    assert not (home / "piece.mid").exists()
    assert not (home / "artifacts" / "runs").exists()


def test_an_impossible_sampling_value_is_named(capsys, home):
    sentence = failed(capsys, "compose", "--emotion", "a", "--genre", "b", "--profile", "smoke",
                      "--temperature", "0", "--out", str(home / "piece.mid"))
    assert "temperature" in sentence


def test_no_permission_to_write_is_said(capsys, tiny_folder, tmp_path, monkeypatch):
    if os.geteuid() == 0:
        # root may write anywhere: a file in the place of the folder is refused even to root
        (tmp_path / "home").write_text("")
        monkeypatch.setenv("MOOD_HOME", str(tmp_path / "home"))
    else:
        (tmp_path / "home").mkdir(mode=0o500)
        monkeypatch.setenv("MOOD_HOME", str(tmp_path / "home"))
    assert "Cannot write" in failed(capsys, "corpus", "--profile", "smoke", "--data", str(tiny_folder))


def test_corpus_describes_a_folder(capsys, tiny_folder):
    main_without_exit("corpus", "--profile", "smoke", "--data", str(tiny_folder))
    assert "48 pieces" in capsys.readouterr().out


def test_doctor_says_what_the_profile_asks_for(capsys):
    main_without_exit("doctor", "--profile", "smoke")
    output = capsys.readouterr().out
    assert "transformer, hidden size 64" in output
    assert "GPUs: " in output


def test_compose_writes_a_piece_with_its_record(capsys, tiny_folder, home):
    main_without_exit("compose", "--emotion", "calm", "--genre", "folk", "--profile", "smoke", "--data",
                      str(tiny_folder), "--max-tokens", "60", "--out", str(home / "piece.mid"),
                      "--audio", str(home / "piece.mp3"), "--record", str(home / "piece.json"))
    assert Score(home / "piece.mid").note_num() > 0
    assert (home / "piece.mp3").stat().st_size > 1000
    assert (home / "piece.json").exists()


def main_without_exit(*arguments):
    """Run a command that ends well; typer leaves with status 0."""
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    assert stopped.value.code == 0
