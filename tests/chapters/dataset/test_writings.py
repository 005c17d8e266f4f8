"""A tune in both writings: the same bars, the same notes, and what the file itself says."""

import numpy as np
import pytest
from symusic import Note, Score, Track

from lib.chapters.dataset import writings
from lib.data import open_store
from lib.profiles import load_profile


@pytest.fixture(scope="module")
def short_store(tiny_profile, tmp_path_factory):
    """The synthetic dataset in shorthand."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOOD_HOME", str(tmp_path_factory.mktemp("short-home")))
        yield open_store(tiny_profile, "shorthand")


@pytest.fixture
def repeating(tmp_path, monkeypatch):
    """A store of pieces of eight bars: two, and the same two again three times."""
    folder = tmp_path / "repeating"
    folder.mkdir()
    for number in range(6):
        score = Score(480)
        track = Track(program=0)
        for bar in range(8):
            pitches = 60 + (np.arange(4) * (bar % 2 + 2) + number * np.arange(4) ** 2) % 17
            track.notes.extend(
                Note(1920 * bar + 480 * beat, 480, int(pitch), 64) for beat, pitch in enumerate(pitches)
            )
        score.tracks.append(track)
        (folder / f"XMIDI_calm_folk_{number:08d}.midi").write_bytes(score.dumps_midi())
    monkeypatch.setenv("MOOD_HOME", str(tmp_path / "home"))
    store = open_store(load_profile("smoke", folder), "shorthand")
    monkeypatch.setattr(store, "rows", lambda split: np.arange(len(store.index)))
    return store


def test_the_tune_has_a_bar_that_comes_again(repeating):
    row = writings.tune_with_repeats(repeating)
    table = writings.both_writings(repeating, row)
    assert table["bar"].tolist() == list(range(9))
    assert table.loc[0, "in shorthand"].startswith("BOS Length_8 Activity_")
    assert [text.split()[0] for text in table["in shorthand"][1:]] == ["Bar", "Bar"] + ["Again_2"] * 6
    assert (table["tokens saved"][3:] > 10).all()


def test_written_out_it_is_what_miditok_makes_of_the_file(short_store, tiny_folder):
    rows = np.arange(12)
    table = writings.compare_with_files(short_store, tiny_folder, rows)
    assert table["same"].all()
    assert (table["tokens"] < table["written_out"]).any()


def test_another_piece_s_file_is_another(short_store, tiny_folder, monkeypatch):
    index = short_store.index.copy()
    index.loc[0, "name"] = index.loc[1, "name"]
    monkeypatch.setattr(short_store, "index", index)
    assert not writings.compare_with_files(short_store, tiny_folder, np.arange(1))["same"].any()


def test_tokens_that_are_written_out_have_no_shorthand_to_show(tiny_store, tiny_folder):
    assert writings.tune_with_repeats(tiny_store) is None
    assert writings.compare_with_files(tiny_store, tiny_folder, np.arange(3))["same"].all()


def test_tokens_are_told_in_words():
    texts = ["Bar_None", "TimeSig_6/8", "Position_36", "Pitch_57", "Velocity_79", "Duration_0.12.24"]
    table = writings.explain_tokens([*texts, "Duration_1.6.24", "Tempo_120.0", "EOS_None"], steps_a_beat=24)
    assert table["says"].tolist() == [
        "a bar begins",
        "its meter: 6/8",
        "what follows begins 1 1/2 beats after the bar line (36 steps)",
        "a note of pitch 57: A3",
        "how loud: 79 of 127",
        "it lasts 1/2 beat (0, and 12 steps of 24)",
        "it lasts 1 1/4 beats (1, and 6 steps of 24)",
        "the tempo: 120.0 beats a minute",
        "",
    ]
