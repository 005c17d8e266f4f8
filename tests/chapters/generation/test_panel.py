"""The panel without a browser: its controls are set and its buttons pressed as the browser would."""

import json
import threading
from dataclasses import replace
from types import SimpleNamespace
from xml.etree import ElementTree

import ipywidgets as widgets
import numpy as np
import pytest
from bs4 import BeautifulSoup
from IPython.display import Markdown
from symusic import Score

from lib.basics.errors import BookError
from lib.chapters.generation import panel as panels
from lib.chapters.generation.panel import LONGEST, ComposePanel, compose_panel
from lib.composing import SamplingSettings, compose_pieces

DRAW = SamplingSettings(max_tokens=60, seed=5)
RUDE = '"><script>alert(1)</script> 😀'


@pytest.fixture
def network(untrained):
    return untrained("transformer")


@pytest.fixture
def panel(network, tiny_store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return ComposePanel({"transformer": (network, tiny_store)}, DRAW)


def store_with(store, emotions):
    """The same store under other names for its emotions."""
    return SimpleNamespace(
        **{name: getattr(store, name) for name in ("tokenizer", "vocabulary", "genres", "eos_id", "hash")},
        emotions=emotions,
    )


def generated(panel):
    """The panel after one piece."""
    panel.generate.click()
    panel.worker.join(60)
    assert not panel.worker.is_alive()
    return panel


def said(panel):
    return BeautifulSoup(panel.message.value, "html.parser").get_text()


def test_a_piece_is_composed_heard_and_seen(panel, network, tiny_store):
    panel.genre.value, panel.seed.value = "pop", 11
    generated(panel)
    (alone,) = compose_pieces(network, tiny_store, "calm", "pop", SamplingSettings(max_tokens=60, seed=11))
    assert panel.piece.tokens.tolist() == alone.tokens.tolist()
    assert said(panel) == ""
    assert "calm, pop, by the Transformer" in panel.title.value
    assert "seed 11" in panel.title.value
    assert len(panel.audio.value) > 500
    picture = BeautifulSoup(panel.roll.value, "html.parser").img
    assert picture["src"].startswith("data:image/png;base64,")
    assert "Piano roll of calm, pop, by the Transformer" in picture["alt"]
    assert "Notation of calm, pop" in ElementTree.fromstring(panel.notation.value).get("aria-label")
    assert {panel.title, panel.audio, panel.roll, panel.notation} <= set(panel.results.children)
    assert (panel.generate.disabled, panel.cancel.disabled, panel.save.disabled) == (False, True, False)


@pytest.mark.parametrize(
    ("control", "value", "sentence"),
    [
        ("temperature", 0.0, "temperature = 0.0 is impossible"),
        ("temperature", float("inf"), "temperature = inf is impossible"),
        ("top_p", 1.5, "top_p = 1.5 is impossible"),
        ("guidance", -1.0, "guidance = -1.0 is impossible"),
        ("length", 1, "max_tokens = 1 is impossible"),
        ("length", 10**9, f"ask for at most {LONGEST:,}"),
        ("seed", -1, "seed = -1 is impossible"),
        ("seed", 2**63, f"seed = {2**63} is impossible"),
    ],
)
def test_a_bad_value_gets_one_sentence_and_nothing_starts(panel, control, value, sentence):
    getattr(panel, control).value = value
    panel.generate.click()
    assert panel.worker is None
    assert sentence in said(panel)
    assert said(panel).count("impossible") + said(panel).count("at most") == 1
    assert panel.message.value.count("<p") == 1
    getattr(panel, control).value = {"length": 60, "seed": 5}.get(control, 1.0)
    assert generated(panel).piece is not None
    assert said(panel) == ""


def test_guidance_that_a_run_has_not_learned_is_refused(panel, monkeypatch):
    def refuse(*_):
        raise BookError("The run plain was trained without label dropout: leave guidance at 1.")

    monkeypatch.setattr("lib.composing.watched.check_guidance", refuse)
    assert generated(panel).piece is None
    assert "leave guidance at 1" in said(panel)
    assert panel.results.children == ()


class SlowSteps:
    """A network's steps, each of which waits until the test lets it go."""

    def __init__(self, network):
        self.taken, self.allowed = threading.Semaphore(0), threading.Semaphore(0)
        self.count = 0
        network.register_forward_hook(self)

    def __call__(self, *_):
        self.count += 1
        self.taken.release()
        assert self.allowed.acquire(timeout=30)


def test_cancel_stops_within_a_step_and_keeps_the_piece_before(panel, network, tiny_store):
    first = generated(panel).piece
    steps = SlowSteps(network)
    panel.generate.click()
    for _ in range(3):
        assert steps.taken.acquire(timeout=30)
        steps.allowed.release()
    assert steps.taken.acquire(timeout=30)
    assert (panel.generate.disabled, panel.cancel.disabled, panel.save.disabled) == (True, False, True)
    assert panel.progress.layout.visibility == "visible"
    worker = panel.worker
    panel.generate.click()
    assert panel.worker is worker, "two pieces at once"
    panel.cancel.click()
    steps.allowed.release(100)
    worker.join(30)
    assert steps.count == 4
    assert "Cancelled after 4 tokens" in said(panel)
    assert panel.piece is first
    assert (panel.generate.disabled, panel.cancel.disabled) == (False, True)
    panel.seed.value = 6
    assert generated(panel).piece is not first, "a cancelled panel must go on working"


def test_cancel_while_a_piece_is_drawn_shows_nothing_of_it(panel, monkeypatch):
    monkeypatch.setattr(panels, "mp3_bytes", lambda _: panel.cancel.click() or b"sound")
    assert generated(panel).piece is None
    assert "Cancelled" in said(panel)


def test_progress_counts_the_tokens(panel, monkeypatch):
    monkeypatch.setattr(panels, "_BETWEEN_REPORTS", -1.0)
    values = []
    panel.progress.observe(lambda change: values.append(change.new), "value")
    generated(panel)
    assert panel.progress.max == 60
    counted = [value for value in values if value]
    assert counted == list(range(1, len(counted) + 1))
    assert len(counted) >= len(panel.piece.tokens) - 1


def test_labels_are_text_everywhere(network, tiny_store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rude = ComposePanel({RUDE: (network, store_with(tiny_store, [RUDE, "悲しい"]))}, DRAW)
    assert rude.emotion.options == (RUDE, "悲しい")
    generated(rude)
    for part in (rude.title, rude.roll, rude.notation, rude.message):
        assert "<script" not in part.value
    assert RUDE in BeautifulSoup(rude.title.value, "html.parser").get_text()
    assert RUDE in BeautifulSoup(rude.roll.value, "html.parser").img["alt"]
    assert RUDE in ElementTree.fromstring(rude.notation.value).get("aria-label")
    rude.save.click()
    assert len(list((tmp_path / "home" / "artifacts" / "composed").iterdir())) == 3
    assert "<script" not in rude.message.value


def test_labels_follow_the_model_and_a_shared_choice_stays(network, tiny_store):
    two = ComposePanel(
        {
            "transformer": (network, tiny_store),
            "pretrained": (network, store_with(tiny_store, ["lively", "proud"])),
        },
        DRAW,
    )
    two.emotion.value, two.genre.value = "lively", "pop"
    two.model.value = "pretrained"
    assert two.emotion.options == ("lively", "proud")
    assert (two.emotion.value, two.genre.value) == ("lively", "pop")
    two.emotion.value = "proud"
    two.model.value = "transformer"
    assert two.emotion.value == "calm"


def test_what_is_saved_is_what_was_heard_and_says_how_it_was_made(panel, tmp_path):
    generated(panel)
    panel.folder.value, panel.name.value = "mine", "a song 😀"
    panel.save.click()
    folder = tmp_path / "mine"
    assert {path.name for path in folder.iterdir()} == {"a song 😀.json", "a song 😀.mid", "a song 😀.mp3"}
    assert (folder / "a song 😀.mp3").read_bytes() == panel.audio.value
    assert Score(folder / "a song 😀.mid").note_num() == panel.piece.notes
    assert json.loads((folder / "a song 😀.json").read_text(encoding="utf-8")) == panel.piece.record()
    assert "Saved in mine" in said(panel)


@pytest.mark.parametrize("there", [".mid", ".mp3", ".json"])
def test_nothing_is_ever_overwritten(panel, tmp_path, there):
    (tmp_path / f"song{there}").write_text("dear")
    generated(panel)
    panel.folder.value, panel.name.value = "", "song"
    panel.save.click()
    assert f"song{there} in . would be overwritten" in said(panel)
    assert (tmp_path / f"song{there}").read_text() == "dear"
    assert len(list(tmp_path.glob("song*"))) == 1
    panel.name.value = "another"
    panel.save.click()
    assert len(list(tmp_path.glob("another*"))) == 3
    panel.save.click()
    assert "another.mid and another.mp3 and another.json in . would be overwritten" in said(panel)


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", ".hidden", "x" * 300])
def test_a_name_that_no_file_can_have_is_refused(panel, tmp_path, name):
    generated(panel)
    panel.folder.value, panel.name.value = "mine", name
    panel.save.click()
    assert said(panel).startswith("This does not work. ")
    assert not list(tmp_path.glob("mine/*"))


def test_a_folder_that_cannot_be_made_and_saving_too_early_are_explained(panel, tmp_path):
    panel.save.click()
    assert "generate one first" in said(panel)
    (tmp_path / "file").write_text("")
    generated(panel)
    panel.folder.value = "file/below"
    panel.save.click()
    assert "Cannot write file/below" in said(panel)


def test_an_unforeseen_error_is_said_and_the_panel_lives_on(panel, monkeypatch):
    monkeypatch.setattr(panels, "roll_html", lambda *_: 1 / 0)
    generated(panel)
    assert "could not be made (ZeroDivisionError" in said(panel)
    assert not panel.generate.disabled
    monkeypatch.undo()


def test_a_piece_that_cannot_be_written_down_says_why_and_is_heard_all_the_same(panel, monkeypatch):
    def refuse(*_, **__):
        raise BookError("Bars 1 to 2 hold no <pitched> notes.")

    monkeypatch.setattr("lib.show.piece_views.notation_svg", refuse)
    generated(panel)
    assert "hold no &lt;pitched&gt; notes" in panel.notation.value
    assert panel.audio.value


def test_a_piece_without_a_note_is_shown_as_one(panel, tiny_store, monkeypatch):
    composed = panels.compose_watched
    bar = next(number for number, text in enumerate(tiny_store.vocabulary) if text.startswith("Bar_"))
    tokens = np.array([tiny_store.bos_id, bar, tiny_store.eos_id])
    monkeypatch.setattr(panels, "compose_watched", lambda *given: replace(composed(*given), tokens=tokens))
    generated(panel)
    assert said(panel) == ""
    assert "0 notes" in panel.title.value
    assert "no pitched notes" in panel.notation.value


def test_it_stands_in_an_open_notebook_and_a_sentence_elsewhere(network, tiny_store, monkeypatch):
    composers = {"transformer": (network, tiny_store)}
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    absent = compose_panel(composers, DRAW)
    assert isinstance(absent, Markdown)
    assert "make lab" in absent.data
    monkeypatch.setenv("JPY_SESSION_NAME", "04_generation.ipynb")
    assert isinstance(compose_panel(composers, DRAW), widgets.VBox)
    with pytest.raises(BookError, match="at least one model"):
        compose_panel({}, DRAW)
