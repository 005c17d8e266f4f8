"""Pieces labelled by people: drawn evenly, asked about in the same words, kept where nothing is published."""

import json
from collections import Counter

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from made_up_vgmidi import write_clone
from symusic import Score

from lib.basics.errors import BookError
from lib.basics.places import BOOK, PROJECT, build_folder, data_folder
from lib.chapters.rated_emotions.data_sets.folders import write_folder
from lib.chapters.rated_emotions.data_sets.vgmidi import read_vgmidi
from lib.chapters.survey.keys import read_key
from lib.chapters.survey.page import key_path, make_survey, survey_pieces
from lib.chapters.survey.pieces import write_survey_pieces
from lib.chapters.survey.rated_arm import FELT, rated_scores, refuse_in_project
from lib.profiles import load_profile


@pytest.fixture(scope="module")
def rated(tmp_path_factory):
    """What 'rated vgmidi' writes of a made-up clone."""
    root = tmp_path_factory.mktemp("arm")
    write_folder(read_vgmidi(write_clone(root / "clone")), root / "rated")
    return root / "rated"


@pytest.fixture(scope="module")
def pieces(tiny_store, untrained, tmp_path_factory, rated):
    folder = tmp_path_factory.mktemp("survey") / "pieces"
    write_survey_pieces(load_profile("smoke"), tiny_store, untrained, folder, count=2, rated=rated)
    return folder


def test_rated_pieces_come_evenly_over_labels_and_series(rated, tiny_store):
    drawn = [piece for piece, _, _ in rated_scores(rated, tiny_store.tokenizer, 8, seed=1)]
    assert set(Counter(piece.emotion for piece in drawn).values()) == {2}
    table = pd.read_csv(rated / "pieces.csv").set_index("name")
    assert len({piece.name for piece in drawn}) == 8
    assert table.loc[[piece.name for piece in drawn], "series"].nunique() == 5
    again = [piece for piece, _, _ in rated_scores(rated, tiny_store.tokenizer, 8, seed=1)]
    assert again == drawn


def test_a_rated_piece_that_cannot_be_used_is_said_and_another_is_drawn(rated, tiny_store, tmp_path):
    folder = tmp_path / "damaged"
    folder.mkdir()
    for path in rated.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    first = next(rated_scores(folder, tiny_store.tokenizer, 1, seed=0))[0]
    first.path.write_bytes(b"no music")
    piece, _, remarks = next(rated_scores(folder, tiny_store.tokenizer, 1, seed=0))
    assert piece != first
    assert len(remarks) == 1
    assert first.name in remarks[0]
    with pytest.raises(BookError, match="too few pieces"):
        list(rated_scores(folder, tiny_store.tokenizer, 40, seed=0))


def test_the_third_kind_lies_beside_the_others(pieces):
    found = survey_pieces(pieces)
    assert Counter(piece.origin for piece in found) == {"composed": 2, "real": 2, "rated": 2}
    assert {piece.genre for piece in found if piece.origin == "rated"} == {"game"}
    for piece in found:
        assert Score(piece.path).note_num() > 0


def test_all_labels_are_asked_about_in_the_same_words(pieces, tmp_path):
    renamed = tmp_path / "pieces"
    for piece in survey_pieces(pieces):
        emotion = {"composed": "major-calm", "real": "minor-lively"}.get(piece.origin, piece.emotion)
        target = renamed / piece.origin / piece.path.name.replace(piece.emotion, emotion)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(piece.path.read_bytes())
    made = make_survey(renamed, tmp_path / "s.html", seconds=2)
    content = json.loads(
        BeautifulSoup(made["page"].read_text(encoding="utf-8"), "html.parser").find(id="survey-data").string
    )
    asked = {piece["emotion"]["en"] for piece in content["pieces"]}
    assert {"peaceful and calm", "tense and energetic"} <= asked
    assert not any("key" in words for words in asked)
    assert set(FELT.values()) == {"positive-high", "negative-high", "negative-low", "positive-low"}
    key = read_key(key_path(made["page"]))
    assert Counter(piece["origin"] for piece in key["pieces"].values())["rated"] == 2


def test_nothing_with_rated_pieces_is_written_where_it_could_be_published(
    pieces, rated, tiny_store, tmp_path
):
    for place in (BOOK / "s.html", PROJECT / "s.html", build_folder() / "html" / "s.html"):
        with pytest.raises(BookError, match="licence of rated pieces"):
            make_survey(pieces, place, seconds=2)
        assert not place.exists()
    with pytest.raises(BookError, match="licence of rated pieces"):
        write_survey_pieces(load_profile("smoke"), tiny_store, None, BOOK / "pieces", 2, rated)
    refuse_in_project(data_folder() / "s.html")
    refuse_in_project(tmp_path / "s.html")


def test_another_folder_is_none_of_rated_pieces(pieces, tiny_store, tmp_path):
    for folder in (pieces / "real", tmp_path, tmp_path / "no"):
        with pytest.raises(BookError, match="holds no rated pieces"):
            next(rated_scores(folder, tiny_store.tokenizer, 2, seed=0))
