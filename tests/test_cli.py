"""Commands answer bad input with one sentence and a status that is not zero, and leave nothing behind."""

import json
import os
from pathlib import Path

import pytest
from symusic import Score

from lib.basics.precision import decide
from lib.cli import main

COMPOSE = "compose", "--run", "transformer"  # with a profile's model, not the one that comes with the book


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


def test_book_executes_and_builds_as_make_book_does(capsys, monkeypatch):
    done = []
    monkeypatch.setattr("lib.publish.execute.execute_book", lambda *asked: done.append(("execute", *asked)))
    monkeypatch.setattr("lib.publish.site.build_site", lambda *of: done.append(("build", *of)) or "made")
    main_without_exit("book", "--profile", "smoke", "--data", "songs", "--rated", "vgmidi")
    given = {"rated": str(Path("vgmidi").resolve())}
    assert done == [("execute", "smoke", "songs", None, given), ("build", "smoke", "songs", given)]
    assert capsys.readouterr().out == "made\n"


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
    sentence = failed(
        capsys,
        *COMPOSE,
        "--emotion",
        "melancholy",
        "--genre",
        "folk",
        "--profile",
        "smoke",
        "--data",
        str(tiny_folder),
        "--out",
        str(home / "piece.mid"),
    )
    assert "There is no emotion 'melancholy' in this data; choose one of: " in sentence
    assert not (home / "piece.mid").exists()
    assert not (home / "artifacts" / "runs").exists()


def test_an_impossible_sampling_value_is_named(capsys, home):
    sentence = failed(
        capsys,
        *COMPOSE,
        "--emotion",
        "a",
        "--genre",
        "b",
        "--profile",
        "smoke",
        "--temperature",
        "0",
        "--out",
        str(home / "piece.mid"),
    )
    assert "temperature" in sentence


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (("--count", "0"), "at least 1, not 0"),
        (("--top-p", "1.5"), "top_p = 1.5 is impossible"),
        (("--top-p", "0"), "top_p"),
        (("--guidance", "-1"), "guidance"),
        (("--max-tokens", "1"), "max_tokens"),
        (("--prompt", "missing.mid"), "no MIDI file missing.mid"),
        (("--prompt-bars", "3"), "belongs to a prompt"),
        (("--rewrite", "5-8"), "--rewrite belongs to a prompt"),
        (("--rewrite", "x"), "names no bars"),
        (("--bars", "0"), "bars = 0 is impossible"),
        (("--bars", "10000"), "bars = 10000 is impossible"),
    ],
)
def test_impossible_requests_to_compose_are_said_before_any_data_are_prepared(capsys, home, option, words):
    assert words in failed(
        capsys,
        *COMPOSE,
        "--emotion",
        "a",
        "--genre",
        "b",
        "--profile",
        "smoke",
        *option,
        "--out",
        str(home / "made"),
    )
    assert not home.exists()


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
    assert f"precision {decide()} for this profile; auto is {decide()} here: " in output


def test_compose_writes_a_piece_with_its_record(capsys, tiny_folder, home):
    main_without_exit(
        *COMPOSE,
        "--emotion",
        "calm",
        "--genre",
        "folk",
        "--profile",
        "smoke",
        "--data",
        str(tiny_folder),
        "--max-tokens",
        "60",
        "--out",
        str(home / "piece.mid"),
        "--audio",
        str(home / "piece.mp3"),
        "--record",
        str(home / "piece.json"),
    )
    assert Score(home / "piece.mid").note_num() > 0
    assert (home / "piece.mp3").stat().st_size > 1000
    assert (home / "piece.json").exists()


def test_compose_writes_three_files_for_each_of_several_pieces(capsys, tiny_folder, home):
    main_without_exit(
        *COMPOSE,
        "--emotion",
        "calm",
        "--genre",
        "folk",
        "--profile",
        "smoke",
        "--data",
        str(tiny_folder),
        "--max-tokens",
        "60",
        "--count",
        "2",
        "--out",
        str(home / "made"),
    )
    written = sorted(path.name for path in (home / "made").iterdir())
    assert written == sorted(f"calm_folk_{seed}.{end}" for seed in (1, 2) for end in ("json", "mid", "mp3"))
    assert len(capsys.readouterr().out.splitlines()) == 6


def test_an_unknown_work_of_the_bench_is_named(capsys):
    assert "no work 'sing'" in failed(capsys, "bench", "sing")


def test_the_bench_prints_a_table_and_its_rows(capsys, home):
    main_without_exit("bench", "compose_one", "--quick", "--threads", "1", "--json", str(home / "rows.json"))
    table, _, rows = capsys.readouterr().out.partition("\n\n")
    assert table.splitlines()[1].startswith("compose_one")
    assert [json.loads(line) for line in rows.splitlines()] == json.loads((home / "rows.json").read_text())


def main_without_exit(*arguments):
    """Run a command that ends well; typer leaves with status 0."""
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    assert stopped.value.code == 0
