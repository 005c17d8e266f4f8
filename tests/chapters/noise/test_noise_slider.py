"""The slider's stops are what was computed; each result has a player, and only those that are there."""

import re

import numpy as np
import pytest
from bs4 import BeautifulSoup

from lib.basics.numbers import shown
from lib.chapters.noise.noise_slider import noise_slider
from lib.data.tokenizer import build_tokenizer, encode
from lib.experiments.published_noise import published_noise
from lib.sound.known_tune import known_tune

DEVIATIONS = [10.0**exponent for exponent in range(-9, 0)]


@pytest.fixture
def media(tmp_path, monkeypatch):
    monkeypatch.setenv("MOOD_MEDIA", str(tmp_path / "media"))
    return tmp_path / "media"


def page_at(deviations, media):
    tokenizer = build_tokenizer("original")
    clean = encode(tokenizer, known_tune())
    noisy = {}
    for deviation in deviations:
        noisy[deviation] = clean.copy()
        noisy[deviation][1:-1] = published_noise(clean[1:-1], deviation, np.random.default_rng(7))
    html = noise_slider(tokenizer, clean, noisy).data
    for name in re.findall(r'src="media/([^"]+)"', html):
        assert (media / name).stat().st_size > 1000
    return BeautifulSoup(html, "html.parser"), clean, noisy


def test_from_the_smallest_to_the_published_there_is_one_result(media):
    page, clean, noisy = page_at(DEVIATIONS, media)
    rows = page.select("tbody tr")
    assert [row.th.get_text() for row in rows] == [shown(deviation, "g") for deviation in DEVIATIONS]
    assert len({row["data-result"] for row in rows}) == 1
    share = (noisy[0.1][1:-1].astype(int) == clean[1:-1].astype(int) - 1).mean()
    assert 0.3 < share < 0.7
    assert {row.find_all("td")[0].get_text() for row in rows} == {f"{share:.1%}"}
    assert {row.find_all("td")[1].get_text() for row in rows} == {"0.0%"}
    assert [row.th.get_text() for row in rows if row.has_attr("aria-current")] == ["0.1"]
    assert len(page.select(".noise-players [data-result]")) == 1
    assert "10⁻⁹ to 0.1, all the same" in page.get_text()


def test_a_stop_at_which_something_changes_has_a_row_and_a_player_of_its_own(media):
    page, _, _ = page_at([0.1, 0.5], media)
    results = [row["data-result"] for row in page.select("tbody tr")]
    assert len(set(results)) == 2
    assert [player["data-result"] for player in page.select(".noise-players [data-result]")] == results
    assert page.select("tbody tr")[1].find_all("td")[1].get_text() != "0.0%"
