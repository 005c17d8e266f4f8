"""From pieces to a page to answers on the command line, and one sentence where something is wrong."""

import csv

import pytest
from symusic import Score

from lib.basics.errors import BookError
from lib.chapters.survey.answer_rows import PAGE_COLUMNS
from lib.chapters.survey.keys import read_key
from lib.chapters.survey.page import survey_pieces
from lib.chapters.survey.pieces import write_survey_pieces
from lib.cli import main
from lib.composing.outcomes import held_out_piece
from lib.profiles import load_profile


def run(capsys, *arguments) -> str:
    """What a command prints; it must end well."""
    with pytest.raises(SystemExit) as stopped:
        main(["survey", *map(str, arguments)])
    printed = capsys.readouterr()
    assert stopped.value.code in (0, None), printed.err
    return printed.out


def failed(capsys, *arguments) -> str:
    """The sentence of a command that must not end well."""
    with pytest.raises(SystemExit) as stopped:
        main(["survey", *map(str, arguments)])
    assert stopped.value.code == 1
    return capsys.readouterr().err.splitlines()[-1]


@pytest.fixture(scope="module")
def pieces(tiny_store, untrained, tmp_path_factory):
    """Pieces of an untrained network, which are pieces like any other, beside real ones."""
    folder = tmp_path_factory.mktemp("survey") / "pieces"
    write_survey_pieces(load_profile("smoke"), tiny_store, untrained, folder, count=2)
    return folder


def test_pieces_come_in_pairs_of_the_same_labels(pieces):
    found = survey_pieces(pieces)
    labels = {
        origin: sorted((piece.emotion, piece.genre) for piece in found if piece.origin == origin)
        for origin in ("composed", "real")
    }
    assert labels["composed"] == labels["real"]
    assert len(set(labels["real"])) == 2


def test_real_pieces_are_held_out_and_not_those_of_chapter_4_where_there_are_others(pieces, tiny_store):
    index, limit = tiny_store.index.set_index("identifier"), load_profile("smoke").generation.max_tokens
    for piece in survey_pieces(pieces):
        if piece.origin == "real":
            identifier = piece.path.stem.rsplit("_", 1)[1]
            assert index.loc[identifier, "split"] != "train"
            same = index[
                (index["emotion"] == piece.emotion)
                & (index["genre"] == piece.genre)
                & (index["split"] != "train")
                & (index["length"] <= limit)
            ]
            played = tiny_store.index["identifier"].iloc[
                held_out_piece(tiny_store, piece.emotion, piece.genre, limit)
            ]
            assert identifier != played or len(same) <= 1


def test_pieces_are_not_written_over_others_nor_more_than_there_are_labels(pieces, tiny_store, tmp_path):
    profile = load_profile("smoke")
    with pytest.raises(BookError, match="holds files already"):
        write_survey_pieces(profile, tiny_store, None, pieces, count=2)
    with pytest.raises(BookError, match="not 99"):
        write_survey_pieces(profile, tiny_store, None, tmp_path / "more", count=99)
    assert not (tmp_path / "more").exists()


def test_make_and_read_fit_together(capsys, pieces, tmp_path):
    page = tmp_path / "survey.html"
    printed = run(capsys, "make", "--pieces", pieces, "--out", page, "--seconds", 2)
    assert "4 pieces" in printed
    assert "median seconds: composed" in printed
    key = read_key(tmp_path / "survey.key.json")
    answers = tmp_path / "one.csv"
    with open(answers, "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(PAGE_COLUMNS)
        for position, piece in enumerate(key["pieces"], start=1):
            human = 6 if position == 2 else 5
            writer.writerow([key["survey"], "r1", "en", position, piece, 1, 3, 4, human, 2.0])
    tidy = tmp_path / "all.csv"
    printed = run(capsys, "read", answers, "--key", tmp_path / "survey.key.json", "--out", tidy)
    assert "one.csv: survey page, utf-8-sig, 3 of 4 rows used" in printed
    assert "not used: one.csv, row 3: the score '6' in 'human' is not a whole number from 1 to 5" in printed
    assert "1 raters, 3 pieces, 3 rows" in printed
    with open(tidy, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["emotion"] for row in rows] == ["3"] * 3
    assert {row["origin"] for row in rows} == {"composed", "real"}


def test_bad_input_is_one_sentence(capsys, pieces, tmp_path):
    page = tmp_path / "s.html"
    assert "does not exist" in failed(capsys, "make", "--pieces", tmp_path / "no", "--out", page)
    assert "None of the 1 files" in failed(capsys, "read", tmp_path / "no.csv")
    (tmp_path / "a.csv").write_text("x\n")
    assert "no.json is missing" in failed(capsys, "read", tmp_path / "a.csv", "--key", tmp_path / "no.json")
    assert not page.exists()


def test_an_unknown_run_is_named_before_anything_is_prepared(capsys, tmp_path, home):
    assert "no run named 'rnn'" in failed(
        capsys, "pieces", "--out", tmp_path / "p", "--run", "rnn", "--profile", "smoke"
    )
    assert not (home / "data").exists()


def test_the_pieces_can_be_played(pieces):
    for piece in survey_pieces(pieces):
        assert Score(piece.path).note_num() > 0
