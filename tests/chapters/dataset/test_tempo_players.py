"""One tune at three tempos: a token set without a tempo gives one result, the book's gives three."""

import re

import pytest
import soundfile
from bs4 import BeautifulSoup

from lib.chapters.dataset.tempo_players import tempo_players
from lib.data.tokenizer import build_tokenizer
from lib.sound.known_tune import known_tune


@pytest.fixture
def media(tmp_path, monkeypatch):
    monkeypatch.setenv("MOOD_MEDIA", str(tmp_path / "media"))
    return tmp_path / "media"


def two_bars(tempo):
    return known_tune(tempo, bars=2)


def rows_of(html):
    """Title and players of each row."""
    page = BeautifulSoup(html, "html.parser")
    titles = [title.get_text() for title in page.select(".row-title")]
    return dict(zip(titles, (group.select("figure") for group in page.select('[role="group"]')), strict=True))


def test_only_a_token_set_with_a_tempo_keeps_the_three_apart(media):
    sets = {"the book's tokens": build_tokenizer("book"), "the original's": build_tokenizer("original")}
    rows = rows_of(tempo_players(two_bars, sets).data)
    counts = {title: len(players) for title, players in rows.items()}
    assert counts == {"As written": 3, "Back from the book's tokens": 3, "Back from the original's": 1}
    (lost,) = rows["Back from the original's"]
    assert "60, 120 and 180 beats a minute" in lost.get_text()
    assert re.search(r"the same \d+ tokens for all of them", lost.get_text())


def test_what_is_heard_lasts_as_long_as_its_tempo_says(media):
    rows = rows_of(tempo_players(two_bars, {"the book's": build_tokenizer("book")}).data)
    for title in ("As written", "Back from the book's"):
        slow, plain, fast = (
            soundfile.info(media / player.audio["src"].removeprefix("media/")).duration
            for player in rows[title]
        )
        # Eight beats, and the same silence after the last note for each.
        assert slow - plain == pytest.approx(8 - 4, abs=0.3)
        assert plain - fast == pytest.approx(4 - 8 / 3, abs=0.3)


def test_the_name_of_a_token_set_is_text(media):
    html = tempo_players(two_bars, {'<b>"set"</b>\n\n🎵': build_tokenizer("original")}, tempos=(60,)).data
    assert BeautifulSoup(html, "html.parser").find("b") is None
    assert all(line.strip() for line in html.splitlines())
