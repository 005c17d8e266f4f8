"""A tune in both writings: the same bars, the same notes, and what the file itself says."""

import numpy as np
import pytest

from lib.chapters.dataset import writings
from lib.data import open_store


@pytest.fixture(scope="module")
def short_store(tiny_profile, tmp_path_factory):
    """The synthetic dataset in shorthand."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOOD_HOME", str(tmp_path_factory.mktemp("short-home")))
        yield open_store(tiny_profile, "shorthand")


def test_the_tune_has_a_bar_that_comes_again(short_store, monkeypatch):
    monkeypatch.setattr(writings, "MOST_BARS", int(short_store.index["bars"].max()))
    monkeypatch.setattr(short_store, "rows", lambda split: np.arange(len(short_store.index)))
    row = writings.tune_with_repeats(short_store)
    table = writings.both_writings(short_store, row)
    assert table["bar"].tolist() == list(range(int(short_store.index.loc[row, "bars"]) + 1))
    again = table["in shorthand"].str.startswith("Again_")
    assert again.any()
    assert (table.loc[again, "tokens saved"] > 0).all()
    assert table.loc[0, "in shorthand"].startswith("BOS Length_")
    assert table["tokens saved"].sum() == len(short_store.written_out(row)) - len(short_store.tokens(row))


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
