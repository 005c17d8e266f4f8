"""The survey page: one file, blind, in two languages, with labels for everything; a wrong piece is named."""

import base64
import json
import re
import shutil

import pytest
import wild_files
from bs4 import BeautifulSoup
from symusic import Note, Score, Track

from lib.basics.errors import BookError
from lib.chapters.survey import page as survey_page
from lib.chapters.survey.answer_rows import PAGE_COLUMNS
from lib.chapters.survey.keys import read_key
from lib.chapters.survey.page import make_survey

LABELS = (("sad", "pop"), ("‹i›x", "Bob & Sue's"))


def tune(first: int) -> Score:
    """Eight notes upwards."""
    score = Score(48)
    score.tracks.append(Track(program=0))
    for number in range(8):
        score.tracks[0].notes.append(Note(24 * number, 24, first + number, 80))
    return score


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two composed and two real pieces; the second label is text that must not become HTML."""
    root = tmp_path_factory.mktemp("survey") / "pieces"
    for number, (origin, (emotion, genre)) in enumerate(
        (origin, labels) for origin in ("composed", "real") for labels in LABELS
    ):
        (root / origin).mkdir(parents=True, exist_ok=True)
        tune(50 + 3 * number).dump_midi(root / origin / f"XMIDI_{emotion}_{genre}_{origin}{number}.midi")
    return root


@pytest.fixture(scope="module")
def made(folder):
    """What `make_survey` returned for the folder."""
    return make_survey(folder, folder.parent / "survey.html", seconds=3, contact="Ann </script><b>")


@pytest.fixture(scope="module")
def page(made):
    return BeautifulSoup(made["page"].read_text(encoding="utf-8"), "html.parser")


def data(page, name):
    return json.loads(page.find(id=f"survey-{name}").string)


def test_the_page_and_its_key_belong_together(made, page):
    key = read_key(survey_page.key_path(made["page"]))
    content = data(page, "data")
    assert key["survey"] == content["id"] == made["survey"]
    assert {piece["id"] for piece in content["pieces"]} == set(key["pieces"]) == set(data(page, "audio"))
    assert sorted(piece["origin"] for piece in key["pieces"].values()) == ["composed"] * 2 + ["real"] * 2


def test_nothing_in_the_page_tells_a_composed_piece_from_a_real_one(made, page):
    audio = page.find(id="survey-audio")
    names = list(json.loads(audio.string))
    origins = [made["pieces"][name]["origin"] for name in names]
    assert names == sorted(names)
    assert names == [piece["id"] for piece in data(page, "data")["pieces"]]
    assert set(data(page, "data")["pieces"][0]) == {"id", "emotion", "genre"}
    text = made["page"].read_text(encoding="utf-8").replace(audio.string, "")
    for piece in made["pieces"].values():
        assert piece["file"] not in text
        assert piece["midi"] not in text
    assert "composed" not in text.replace("some were composed by a computer", "")
    assert len(set(origins)) == 2


def test_the_order_of_the_folder_does_not_show(folder, tmp_path):
    orders = set()
    for seed in range(6):
        key = make_survey(folder, tmp_path / f"{seed}.html", seconds=2, seed=seed)
        orders.add(tuple(piece["origin"] for piece in key["pieces"].values()))
    assert len(orders) > 1


def test_the_sound_is_in_the_page(made, page):
    for sound in data(page, "audio").values():
        content = base64.b64decode(sound)
        assert content[:3] == b"ID3" or content[0] == 0xFF
        assert len(content) > 5000


def test_the_page_asks_no_other_host(made, page):
    text = made["page"].read_text(encoding="utf-8")
    assert "http://" not in text
    assert "https://" not in text
    assert not page.find_all("link", href=lambda link: not link.startswith("data:"))
    assert not page.find_all(["script", "img", "iframe", "source"], src=True)
    policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'")
    assert "connect-src" not in policy
    assert not re.search(r"fetch\(|XMLHttpRequest|sendBeacon|WebSocket|import\(", text)
    assert "url(" not in text


def test_untrusted_labels_and_contact_stay_text(made, page):
    assert data(page, "data")["contact"] == "Ann </script><b>"
    assert "Bob & Sue's" in {piece["genre"]["en"] for piece in data(page, "data")["pieces"]}
    assert len(page.find_all("script")) == 4
    assert not page.find_all("b")
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write", page.find_all("script")[-1].string)


def test_a_template_mark_inside_a_label_is_left_alone(folder, tmp_path):
    found = make_survey(folder, tmp_path / "s.html", seconds=2, contact="{{script}}")
    assert (
        data(BeautifulSoup(found["page"].read_text(encoding="utf-8"), "html.parser"), "data")["contact"]
        == "{{script}}"
    )


def test_three_questions_in_two_languages(page):
    texts = data(page, "texts")
    assert list(texts) == ["en", "zh-Hant"]
    assert set(texts["en"]) == set(texts["zh-Hant"])
    for language in texts.values():
        assert all(text.strip() for text in language.values())
        for question in ("emotion", "genre"):
            assert "{label}" in language[question]
    for name in texts["en"]:
        marks = [sorted(re.findall(r"\{\w+\}", texts[language][name])) for language in texts]
        assert marks[0] == marks[1], name
    questions = [fieldset["data-question"] for fieldset in page.find_all("fieldset")]
    assert questions == ["emotion", "genre", "human"]
    assert all(fieldset.find("legend") for fieldset in page.find_all("fieldset"))


def test_every_text_of_the_page_exists_and_every_text_is_used(page):
    texts = data(page, "texts")["en"]
    script = page.find_all("script")[-1].string
    named = {node["data-text"] for node in page.find_all(attrs={"data-text": True})}
    named |= {node["data-label"] for node in page.find_all(attrs={"data-label": True})}
    assert named <= set(texts)
    used_by_script = {name for name in texts if re.search(rf'"{name}"|\.{name}\b', script)}
    assert set(texts) - named - used_by_script <= {
        "emotion",
        "genre",
        "human",
        "fit_low",
        "fit_high",
        "human_low",
        "human_high",
    }


def test_known_labels_are_translated_and_others_shown_as_they_are(page):
    words = [piece["emotion"] for piece in data(page, "data")["pieces"]]
    assert {"en": "sad", "zh-Hant": "悲傷"} in words
    assert {"en": "‹i›x", "zh-Hant": "‹i›x"} in words


def test_words_of_ones_own(folder, tmp_path):
    words = tmp_path / "words.csv"
    words.write_text("label,en,zh-Hant\nsad,sorrowful,哀傷\n", encoding="utf-8-sig")
    found = make_survey(folder, tmp_path / "s.html", seconds=2, words=words)
    pieces = data(BeautifulSoup(found["page"].read_text(encoding="utf-8"), "html.parser"), "data")["pieces"]
    assert {"en": "sorrowful", "zh-Hant": "哀傷"} in [piece["emotion"] for piece in pieces]
    words.write_text("label,en\nsad,sorrowful\n", encoding="utf-8")
    with pytest.raises(BookError, match="lacks the column zh-Hant"):
        make_survey(folder, tmp_path / "t.html", seconds=2, words=words)
    assert not (tmp_path / "t.html").exists()


def test_the_page_is_made_for_phones_keyboards_and_the_dark(page):
    assert page.find("meta", {"name": "viewport"})["content"] == "width=device-width, initial-scale=1"
    style = page.find("style").string
    assert "prefers-color-scheme: dark" in style
    assert ":focus-visible" in style
    assert page.find(id="problem")["role"] == "alert"
    identifiers = [node["id"] for node in page.find_all(id=True)]
    assert len(identifiers) == len(set(identifiers))
    for node in page.find_all(attrs={"aria-labelledby": True}):
        assert node["aria-labelledby"] in identifiers
    for label in page.find_all("label"):
        assert label["for"] in identifiers
    assert not page.find_all(attrs={"tabindex": lambda value: value and int(value) > 0})


def test_the_script_writes_the_columns_that_are_read(page):
    script = page.find_all("script")[-1].string
    head = re.search(r"const head = \[(.+?)\];", script)[1]
    names = re.findall(r'"(\w+)"', head.replace("...questions", '"emotion", "genre", "human"'))
    assert tuple(names) == PAGE_COLUMNS
    assert "localStorage" in script


def test_the_same_pieces_and_seed_give_the_same_page(folder, tmp_path):
    first, second = (
        make_survey(folder, tmp_path / name, seconds=2)["page"].read_bytes() for name in ("a.html", "b.html")
    )
    assert first == second
    other = make_survey(folder, tmp_path / "c.html", seconds=2, seed=1)
    assert other["page"].read_bytes() != first


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda root: (root / "real" / "song.mid").write_bytes(b"x"), r"song\.mid is not named XMIDI_"),
        (
            lambda root: (root / "real" / "XMIDI_sad_pop_9.mid").write_bytes(b"<html>"),
            r"9\.mid cannot be read",
        ),
        (lambda root: Score(480).dump_midi(root / "real" / "XMIDI_sad_pop_9.mid"), r"9\.mid has no notes"),
        (
            lambda root: (root / "real" / "XMIDI_sad_pop_9.mid").write_bytes(
                wild_files.KEPT["silence-first"]
            ),
            r"9\.mid is silent for its first 2 seconds",
        ),
        (
            lambda root: next((root / "real").iterdir()).unlink(),
            "at least 2 MIDI files .*real, but there is 1",
        ),
        (lambda root: (root / "real").rename(root / "x"), "at least 2 MIDI files .*real, but there are none"),
        (
            lambda root: (root / "real" / "XMIDI_sad_pop_9.mid").write_bytes(
                next((root / "composed").iterdir()).read_bytes()
            ),
            "sound the same",
        ),
    ],
)
def test_a_piece_that_cannot_be_used_is_named_and_nothing_is_written(folder, tmp_path, change, sentence):
    root = tmp_path / "pieces"
    shutil.copytree(folder, root)
    change(root)
    with pytest.raises(BookError, match=sentence):
        make_survey(root, tmp_path / "survey.html", seconds=2)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "home") == ["pieces"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"out": "survey.pdf"}, r"must end in \.html"),
        ({"seconds": 0}, "1 to 600 seconds"),
        ({"per_rater": 3}, "4 to 4 of the 4 pieces, not 3"),
        ({"pieces": "nowhere"}, "does not exist"),
        ({"words": "nowhere.csv"}, r"nowhere\.csv cannot be read"),
    ],
)
def test_impossible_wishes_are_refused_before_anything_is_written(folder, tmp_path, options, sentence):
    wanted = {"pieces": folder, "out": "survey.html", "seconds": 2, **options}
    wanted["out"] = tmp_path / "new" / wanted["out"]
    with pytest.raises(BookError, match=sentence):
        make_survey(**wanted)
    assert not (tmp_path / "new").exists()


def test_the_key_of_another_survey_is_never_replaced(folder, tmp_path):
    page = tmp_path / "s.html"
    make_survey(folder, page, seconds=2)
    before = {path: path.read_bytes() for path in tmp_path.glob("s.*")}
    make_survey(folder, page, seconds=2)  # the same survey once more changes nothing
    with pytest.raises(BookError, match="key of another survey"):
        make_survey(folder, page, seconds=2, seed=1)
    assert {path: path.read_bytes() for path in tmp_path.glob("s.*")} == before


def test_without_its_key_no_page_is_left(folder, tmp_path, monkeypatch):
    def fail(path, content):
        raise BookError("Cannot write the key.")

    monkeypatch.setattr(survey_page, "write_json", fail)
    with pytest.raises(BookError, match="Cannot write the key"):
        make_survey(folder, tmp_path / "s.html", seconds=2)
    assert not list(tmp_path.glob("s.*"))


def test_a_page_too_large_for_a_phone_is_refused(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(survey_page, "LARGEST", 1000)
    with pytest.raises(BookError, match="too much for a phone"):
        make_survey(folder, tmp_path / "new" / "s.html", seconds=2)
    assert not (tmp_path / "new").exists()
