"""The page of all pieces and the three on the first page, from a record; labels are other people's text."""

import json
from itertools import product

import nbformat
import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from nbformat.v4 import new_output

from lib.basics.places import BOOK
from lib.publish.gates import linked_media, media_exist
from lib.publish.pages_made.listening_page import listening_page, with_three_pieces
from lib.publish.site import published
from lib.show.media import LISTENING

NASTY = "<script>alert(\"1\")</script> & '🎵' {{x}} $a$"
ROLL = (
    '{"seconds":30,"bars":[0,30],"pitches":[60,60],"instruments":[{"name":"piano","colour":"#1A1A1A",'
    '"notes":[0,50,0]}]}'
)
INDEX = "# Book\n\n<!-- three-pieces -->\nWords.\n<!-- /three-pieces -->\n\nThe rest.\n"


def cell(emotion="calm", genre="irish", source="real", stem="a", seconds=40.0, **changes):
    return {
        "emotion": emotion,
        "genre": genre,
        "source": source,
        "note": "8 bars, 40 s",
        "failed": "",
        "seconds": seconds,
        "midi": f"{stem}.mid",
        "audio": f"{stem}.mp3",
        "music_xml": f"{stem}.mxl",
        "about_sound": "",
        "roll": ROLL,
    } | changes


def pair(emotion, genre, **changes):
    return [
        cell(emotion, genre, source, f"{genre if genre.isalpha() else 'x'}{source}", **changes)
        for source in ("real", "transformer", "lstm")
    ]


@pytest.fixture
def copies(tiny_book):
    """A function: the executed copies of a book whose chapter 4 left a record of these cells."""

    def made(cells, **changes):
        copy = tiny_book.copy(tiny_book.notebook("04_generation", "1 + 1"))
        record = {
            "calm": "few notes begin",
            "emotions": ["calm"],
            "genres": ["irish"],
            "excerpt": 30.0,
            "few": 23,
            "sources": ["real", "transformer", "lstm"],
            "cells": cells,
            "failures": [],
            "media": ["a.mid", "a.mp3", "a.mxl"],
        } | changes
        copy.notebook.cells[-1].outputs = [
            new_output("display_data", {LISTENING: record, "text/html": "<p>Words</p>"})
        ]
        return [copy]

    return made


def parsed(markdown):
    """The page as a browser gets it."""
    return BeautifulSoup(MarkdownIt("commonmark").render(markdown), "html.parser")


def test_each_cell_has_a_player_with_its_roll_and_downloads(copies):
    page = parsed(listening_page(copies(pair("calm", "irish"))))
    grid = page.select_one(".listen-grid")
    sources = [box["data-source"] for box in grid.select(".listen-cell")]
    assert sources == ["Real music", "Transformer", "LSTM"]
    figure = grid.figure
    assert figure["data-roll"] == ROLL
    assert figure.audio["src"] == "../notebooks/media/irishreal.mp3"
    assert figure.audio["preload"] == "none"
    assert figure.audio["aria-label"] == "Real music, calm, irish"
    assert [link["href"].rpartition(".")[2] for link in figure.select("a[download]")] == ["mid", "mxl"]


def test_labels_and_notes_appear_as_text(copies):
    page = parsed(
        listening_page(
            copies(pair(NASTY, NASTY, note=NASTY, failed=NASTY), failures=[cell(NASTY, NASTY, NASTY)])
        )
    )
    assert page.script is None
    assert page.section["data-emotion"] == NASTY
    assert page.h3.get_text() == f"{NASTY}, {NASTY}"
    assert NASTY in page.figure.get_text()


def test_a_label_with_lines_does_not_break_the_block(copies):
    page = parsed(listening_page(copies(pair("calm\n\n# A heading", "irish"))))
    assert "A heading" not in [heading.get_text() for heading in page.find_all("h1")]
    assert len(page.select(".listen-grid figure")) == 3


def test_a_piece_without_sound_tells_why_and_leaves_the_rest(copies):
    cells = pair("calm", "irish")
    cells[1] |= {"audio": None, "about_sound": "Its sound is <no> number."}
    page = parsed(listening_page(copies(cells)))
    silent = page.select_one(".listen-silent")
    assert "Its sound is <no> number." in silent.get_text()
    assert silent.select_one("a[download]")["href"] == "../notebooks/media/irishtransformer.mid"
    assert len(page.select(".listen-grid figure")) == 2


def test_failures_stand_in_their_cells_and_apart(copies):
    cells = pair("calm", "irish")
    cells[2]["failed"] = "cut off at 1,024 tokens"
    failures = [cell(source="lstm", failed="nearly empty: 3 notes")]
    page = parsed(listening_page(copies(cells, failures=failures)))
    assert "Cut off at 1,024 tokens. 8 bars" in page.select(".listen-grid figure")[2].get_text()
    apart = page.select(".listen-cells")[-1]
    assert "LSTM: calm, irish" in apart.get_text()
    assert "Nearly empty: 3 notes" in apart.get_text()


@pytest.mark.parametrize(
    ("calm", "words"), [("few begin", "*calm* means that few begin."), ("", "those of the data")]
)
def test_it_says_what_the_labels_are(copies, calm, words):
    assert words in listening_page(copies(pair("calm", "irish"), calm=calm))


def test_pairs_that_cannot_be_heard_are_counted(copies):
    page = listening_page(copies(pair("calm", "irish"), genres=["irish", "german", "chinese"]))
    assert "2 more pairs of labels cannot be heard" in page


def test_a_book_without_the_record_has_a_page_all_the_same(tiny_book):
    assert "not part of this site" in listening_page([])
    assert with_three_pieces(INDEX, []) == INDEX


def test_the_first_pair_that_lasts_stands_on_the_first_page(copies):
    cells = [
        *pair("calm", "short", seconds=9.9),
        *pair("calm", "silent"),
        *pair("calm", "irish"),
        *pair("calm", "later"),
    ]
    cells[4]["audio"] = None
    page = with_three_pieces(INDEX, copies(cells))
    front = parsed(page).select_one(".listen-front")
    assert [figure.audio["src"].rpartition("/")[2] for figure in front.select("figure")] == [
        "irishreal.mp3",
        "irishtransformer.mp3",
        "irishlstm.mp3",
    ]
    notes = front.select(".listen-note")
    assert [note.find_previous_sibling()["class"] for note in notes] == [["player"]] * 3
    assert "Words." not in page
    assert page.endswith("The rest.\n")


def roll(onsets):
    """A roll of 30 seconds in which so many notes begin."""
    notes = [0, 50, 0, *[3000 // onsets, 50, 0] * (onsets - 1)]
    part = {"name": "piano", "colour": "#1A1A1A", "notes": notes}
    return json.dumps({"seconds": 30, "bars": [0, 30], "pitches": [60, 60], "instruments": [part]})


def test_the_pair_whose_labels_can_be_heard_stands_on_the_first_page(copies):
    """In 'irish' all calm pieces move less; in 'german' only the composed ones, and by far."""
    onsets = {"irish": (90, 60, 80, 50), "german": (60, 90, 120, 30)}
    cells = [
        cell(emotion, genre, source, f"{emotion}{genre}{source}", roll=roll(count))
        for genre, counts in onsets.items()
        for (source, emotion), count in zip(
            product(("real", "transformer"), ("lively", "calm")), counts, strict=True
        )
    ]
    record = {"emotions": ["calm", "lively"], "genres": ["german", "irish"]}
    front = parsed(with_three_pieces(INDEX, copies(cells, **record))).select_one(".listen-front")
    assert [figure.audio["src"].rpartition("/")[2] for figure in front.select("figure")] == [
        "livelyirishreal.mp3",
        "livelyirishtransformer.mp3",
        "calmirishtransformer.mp3",
    ]
    assert [strong.get_text() for strong in front.select("figcaption strong")] == [
        "Real music: lively, irish",
        "Transformer: lively, irish",
        "Transformer: calm, irish",
    ]
    assert "the first 30 s of a real piece and two that the Transformer composed" in front.p.get_text()
    text = front.select(".listen-note")[-1].get_text()
    assert "labelled lively and has 3.0 onsets a second; composed for lively there are 2.7" in text
    assert "and for calm 1.7." in text


def test_where_nothing_lasts_the_first_that_sounds_is_taken(copies):
    page = with_three_pieces(INDEX, copies(pair("calm", "short", seconds=2)))
    assert "shortreal.mp3" in page


def test_the_first_page_of_the_book_has_the_place_and_words_for_readers_of_the_source():
    index = (BOOK / "index.md").read_text(encoding="utf-8")
    words = index.partition("<!-- three-pieces -->")[2].partition("<!-- /three-pieces -->")[0]
    assert "(listen.md)" in words
    assert len(words.split()) > 10


def test_files_that_the_record_names_are_linked_and_asked_for(copies, tiny_book):
    (copy,) = copies(pair("calm", "irish"))
    assert linked_media(copy.notebook) == {"a.mid", "a.mp3", "a.mxl"}
    assert len(list(media_exist(copy))) == 3
    tiny_book.folder.joinpath("media").mkdir()
    for name in ("a.mid", "a.mp3", "a.mxl"):
        tiny_book.folder.joinpath("media", name).write_bytes(b"")
    assert list(media_exist(copy)) == []


def test_the_published_notebook_has_the_words_and_not_the_record(copies):
    (copy,) = copies(pair("calm", "irish"))
    assert LISTENING not in nbformat.writes(published(copy))
    assert "<p>Words</p>" in nbformat.writes(published(copy)).replace("\\u003c", "<")
    assert LISTENING in nbformat.writes(copy.notebook)
