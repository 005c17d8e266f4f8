"""What the build writes into the page that composes, and beside it; labels are other people's text."""

import dataclasses
import json

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from nbformat.v4 import new_output
from simple_scores import score_of

from lib.basics.places import BOOK
from lib.composing import load_pretrained, read_prompt
from lib.publish.compose_page import page as compose_pages
from lib.publish.compose_page.page import LOSS, MARK, SCRIPTS, compose_page, stage_compose_page, write_files
from lib.show.media import LISTENING

NASTY = "<script>alert(\"1\")</script> & '🎵' {{x}} $a$\n\n# A heading"
TEXT = f"# Compose\n\n{MARK}\n\nWords. {LOSS}\n"


@pytest.fixture(scope="module")
def pretrained():
    return load_pretrained()


@pytest.fixture(scope="module")
def files(pretrained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("beside") / "compose"
    write_files(pretrained, folder)
    return folder


@pytest.fixture
def copies(tiny_book):
    """A function: a chapter that left a record of these cells for the page Listen."""

    def made(cells):
        copy = tiny_book.copy(tiny_book.notebook("04_generation", "1 + 1"))
        copy.media.mkdir()
        score = score_of([60, 62, 64, 65, 67])
        (copy.media / "real.mid").write_bytes(score.dumps_midi())
        (copy.media / "broken.mid").write_text("<html>")
        copy.notebook.cells[-1].outputs = [new_output("display_data", {LISTENING: {"cells": cells}})]
        return [copy, copy]  # chapters share the folder of their media

    return made


def cell(midi, source="real", emotion="calm", genre="irish"):
    return {"emotion": emotion, "genre": genre, "source": source, "midi": midi}


def parsed(markdown):
    return BeautifulSoup(MarkdownIt("commonmark").render(markdown), "html.parser")


def test_the_form_offers_the_labels_of_the_model_and_real_pieces_to_begin_with(pretrained, files, copies):
    made = copies([cell("real.mid"), cell("real.mid", source="lstm"), cell("broken.mid"), cell(None)])
    page = parsed(compose_page(TEXT, pretrained, made, files))
    for name, labels in (("emotion", pretrained.emotions), ("genre", pretrained.genres)):
        assert [option["value"] for option in page.select(f"select[name={name}] option")] == [*labels, ""]
    begin = page.select("select[name=from] option")
    assert [option.get_text() for option in begin][1:] == ["a real piece: calm, irish"]
    data = json.loads(page.select_one("#composer-data").string)
    expected = read_prompt(made[0].media / "real.mid", pretrained, 8)
    assert data["prompts"] == [expected[1:].tolist()]
    assert [script["src"] for script in page.select("script[src]")] == [f"compose/{name}" for name in SCRIPTS]


def test_labels_appear_as_text(pretrained, files, copies):
    odd = dataclasses.replace(pretrained, emotions=[NASTY, *pretrained.emotions[1:]])
    page = parsed(compose_page(TEXT, odd, copies([cell("real.mid", emotion=NASTY, genre=NASTY)]), files))
    assert [heading.get_text() for heading in page.find_all("h1")] == ["Compose"]
    assert page.select("select[name=emotion] option")[0]["value"] == NASTY
    assert "alert" not in "".join(script.get_text() for script in page.select("script:not([type])"))
    assert any("<script>alert" in option.get_text() for option in page.select("select[name=from] option"))


def test_what_rounding_costs_is_told_where_the_card_tells_it(pretrained, files):
    card = pretrained.card | {
        "browser": {
            "full": 0.5,
            "rounded": 0.50012,
            "more": 0.00012,
            "more_low": -0.00001,
            "more_high": 0.00031,
            "pieces": 88,
        }
    }
    told = compose_page(TEXT, dataclasses.replace(pretrained, card=card), [], files)
    assert "On 88 held-out pieces they lose 0.5001 nats a token where the published weights" in told
    assert "0.00012 [" in told
    silent = {name: value for name, value in pretrained.card.items() if name != "browser"}
    page = compose_page(TEXT, dataclasses.replace(pretrained, card=silent), [], files)
    assert page.endswith("Words. \n")


def test_everything_that_the_page_loads_is_written(files):
    assert {path.name for path in files.iterdir()} == {*SCRIPTS, "model.js", "notes.js", "compose.css"}


def test_a_book_without_the_page_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(compose_pages, "load_pretrained", lambda: pytest.fail("not needed"))
    stage_compose_page(tmp_path / "compose.md", tmp_path, [])
    assert list(tmp_path.iterdir()) == []


def test_the_book_s_page_has_the_marks():
    text = (BOOK / "compose.md").read_text(encoding="utf-8")
    assert text.count(MARK) == text.count(LOSS) == 1
