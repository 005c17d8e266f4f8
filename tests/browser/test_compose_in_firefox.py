"""The page book/compose in another browser: the same piece, from a disk and without a network."""

import pytest
from firefox import PROGRAM, Firefox

from lib.composing import Grammar, SamplingSettings, load_pretrained, sample_tokens
from lib.composing.browser.weights import quantised

CHOICES = "emotion=minor-calm&genre=irish&guidance=2&seed=3&tokens=120"


@pytest.fixture
def firefox(tmp_path):
    if not PROGRAM:
        pytest.skip("there is no Firefox on this machine")
    opened = Firefox(tmp_path)
    yield opened
    opened.close()


def test_the_same_choices_give_the_same_piece_as_in_python(firefox, site):
    address = (site / "book" / "compose.html").as_uri()
    firefox.ask("WebDriver:Navigate", url=f"{address}#{CHOICES}")
    firefox.wait_for("page.mood.page")
    firefox.click(".composer button[name=compose]")
    firefox.wait_for("page.mood.page.piece && !page.mood.page.piece.composing", seconds=120)
    assert firefox.evaluate("return Boolean(page.mood.page.engine.worker);"), "it composes in a Worker"
    pretrained = quantised(load_pretrained())
    labels = [pretrained.emotions.index("minor-calm")], [pretrained.genres.index("irish")]
    settings = SamplingSettings(guidance=2, seed=3, max_tokens=120, top_p=0.95, generator="browser")
    expected = sample_tokens(pretrained.model, *labels, settings, Grammar(pretrained.tokenizer))[0]
    assert firefox.evaluate("return Array.from(page.mood.page.piece.tokens);") == expected.tolist()
    firefox.click(".composer-inside summary")
    firefox.click("button[name=after]")
    firefox.wait_for("page.document.querySelectorAll('.composer-table tbody tr').length")
