"""Blind pieces: opaque to a guesser, mixed by a coin, as long as each other, told only in the answer."""

import re
from itertools import chain

import numpy as np
import pytest
from bs4 import BeautifulSoup
from symusic import Note, Score, Track

from lib.basics.errors import BookError
from lib.chapters.generation import blind_pieces as module
from lib.chapters.generation.blind_pieces import BlindPiece, blind_pieces, composed_or_real, which_label
from lib.composing import SamplingSettings, compose_many
from lib.composing.outcomes import held_out_piece, label_pairs
from lib.data.labelling.label_schemes import SCHEMES, LabelRule
from lib.data.labelling.labels import EMOTIONS


@pytest.fixture
def media(tmp_path, monkeypatch):
    monkeypatch.setenv("MOOD_MEDIA", str(tmp_path / "media"))
    return tmp_path / "media"


@pytest.fixture
def runs(untrained, monkeypatch):
    """Two untrained networks in the place of runs."""
    monkeypatch.setattr(module, "request_pieces", compose_many)
    return {name: untrained("lstm", hidden_size=16) for name in ("transformer", "lstm")}


def score_of(*pitches):
    score = Score(480)
    score.tracks.append(Track(program=0))
    for place, pitch in enumerate(pitches):
        score.tracks[0].notes.append(Note(480 * place, 480, pitch, 80))
    return score


def piece_of(store, origin="real", emotion="sad", number=0, **parts):
    given = {
        "origin": origin,
        "emotion": emotion,
        "genre": "pop",
        "tokens": store.tokens(number),
        "score": score_of(60 + number, 64, 67),
        "name": f"a secret name {number}",
        "about": f"What I am: {origin}.",
    }
    return BlindPiece(**{**given, **parts})


def before_the_vote(html):
    """What a reader can read and what a link or a sound's address shows, answers left out."""
    page = BeautifulSoup(html, "html.parser")
    for answer in page.select(".quiz-answer"):
        answer.extract()
    told = ("src", "href", "aria-label", "title", "download")
    addresses = [value for tag in page.find_all(True) for name in told if (value := tag.get(name))]
    return " ".join([page.get_text(), *addresses])


def test_pieces_are_mixed_new_and_the_same_again(tiny_store, runs):
    pairs = label_pairs(tiny_store)
    draw = SamplingSettings(max_tokens=60, seed=5)
    quizzes = blind_pieces(tiny_store, runs, pairs, draw)
    assert [len(quiz) for quiz in quizzes] == [len(pairs)] * 2
    for quiz in quizzes:
        assert {piece.kind for piece in quiz} == {"real", "composed"}
        assert sorted((piece.emotion, piece.genre) for piece in quiz) == sorted(pairs)
    played = {tiny_store.index["name"][held_out_piece(tiny_store, *pair, 60)] for pair in pairs}
    real = [piece.name for quiz in quizzes for piece in quiz if piece.kind == "real"]
    assert set(tiny_store.index.set_index("name").loc[real, "split"]) <= {"test", "validation"}
    fresh = [name for name in real if name not in played]
    assert len(set(fresh)) == len(fresh)
    again = blind_pieces(tiny_store, runs, pairs, draw)
    for piece, same in zip(chain(*quizzes), chain(*again), strict=True):
        assert piece.name == same.name
        assert np.array_equal(piece.tokens, same.tokens)


def test_coins_show_both_sides_and_no_fixed_number():
    thrown = [module._coins(8, np.random.default_rng(seed)) for seed in range(200)]
    assert {int(coins.sum()) for coins in thrown} == {2, 3, 4, 5, 6}
    assert all(0 < module._coins(2, np.random.default_rng(seed)).sum() < 2 for seed in range(20))


def test_of_one_pair_there_is_nothing_to_ask(tiny_store, runs):
    quizzes = blind_pieces(tiny_store, runs, [("sad", "pop")], SamplingSettings(max_tokens=20))
    assert quizzes == [[], []]
    assert "at least two pairs" in composed_or_real(quizzes[0]).data


def test_nothing_is_told_before_the_vote(tiny_store, media):
    pieces = [
        piece_of(tiny_store, origin, number=number)
        for number, origin in enumerate(["real", "transformer", "lstm"])
    ]
    html = composed_or_real(pieces).data
    seen = before_the_vote(html)
    assert not re.search(
        r"secret|What I am|real|composed|transformer|lstm|pop|\.mid", seen.replace("Composed or real?", "")
    ), seen
    page = BeautifulSoup(html, "html.parser")
    answers = [block["data-answer"] for block in page.select(".quiz-question")]
    assert answers == ["real", "composed", "composed"]
    assert "What I am: transformer." in page.select(".quiz-answer")[1].get_text()
    names = set(re.findall(r'(?:src|href)="media/([^"]+)"', html))
    assert len([name for name in names if re.fullmatch(r"heard_[0-9a-f]{10}\.mp3", name)]) == 3
    assert all((media / name).is_file() for name in names)


def test_all_stop_at_the_same_moment(tiny_store, media, monkeypatch):
    asked = []
    monkeypatch.setattr(module, "write_mp3", lambda score, path, max_seconds: asked.append(max_seconds))
    composed_or_real([piece_of(tiny_store, number=number) for number in range(2)])
    assert asked == [module.EXCERPT] * 2


def test_the_quiz_of_labels_counts_real_pieces_apart(tiny_store, media):
    pieces = [
        piece_of(tiny_store, origin, emotion, number)
        for number, (origin, emotion) in enumerate(
            [("real", tiny_store.emotions[0]), ("lstm", tiny_store.emotions[1])]
        )
    ]
    html = which_label(pieces, tiny_store, LabelRule(SCHEMES["mode-activity"], {})).data
    page = BeautifulSoup(html, "html.parser")
    assert [block["data-answer"] for block in page.select(".quiz-question")] == tiny_store.emotions
    assert [block["data-group"] for block in page.select(".quiz-question")] == ["real", "composed"]
    assert "the reference" in page.select_one(".quiz")["data-groups"]
    assert "proxy" not in html


def test_where_a_rule_gave_the_labels_it_says_so_and_judges(tiny_store, media, monkeypatch):
    monkeypatch.setattr(tiny_store, "emotions", list(EMOTIONS))
    pieces = [piece_of(tiny_store, "lstm", EMOTIONS[number], number) for number in range(2)]
    rule = LabelRule(SCHEMES["mode-activity"], {("pop", meter): 0.5 for meter in ("4/4", "3/4", "6/8")})
    page = BeautifulSoup(which_label(pieces, tiny_store, rule).data, "html.parser")
    assert "a proxy" in page.select_one(".quiz-note").get_text()
    judged = [answer.get_text() for answer in page.select(".quiz-answer")]
    assert all(
        re.search(r"By the rule, with its key estimated, it is (major|minor)-(lively|calm)\.", text)
        for text in judged
    ), judged


def test_one_label_is_nothing_to_guess(tiny_store, media, monkeypatch):
    monkeypatch.setattr(tiny_store, "emotions", ["sad"])
    assert "nothing to guess" in which_label([piece_of(tiny_store)], tiny_store, None).data


def test_a_piece_that_cannot_be_played_says_why_and_the_others_are_heard(tiny_store, media, monkeypatch):
    write = module.write_mp3

    def sometimes(score, path, max_seconds):
        if score.tracks[0].notes[0].pitch == 60:
            raise BookError("Its sound is <no> number.")
        write(score, path, max_seconds)

    monkeypatch.setattr(module, "write_mp3", sometimes)
    page = BeautifulSoup(
        composed_or_real([piece_of(tiny_store, number=number) for number in range(3)]).data, "html.parser"
    )
    assert "cannot be heard: Its sound is <no> number." in page.select(".quiz-question")[0].get_text()
    assert [block.has_attr("data-answer") for block in page.select(".quiz-question")] == [False, True, True]


def test_labels_and_names_are_other_peoples(tiny_store, media):
    nasty = '<b>"quoted"</b> 悲しい 🎵'
    pieces = [piece_of(tiny_store, name=nasty, about=nasty, number=number) for number in range(2)]
    page = BeautifulSoup(composed_or_real(pieces).data, "html.parser")
    assert page.find("b") is None
    assert nasty in page.select_one(".quiz-answer").get_text()
