"""Labels against uses, where it is known that they agree, and that they do not."""

import numpy as np
import pandas as pd
import pytest

from lib.measures.song_uses import cramers_v, differences, opposed, songs_with_use, use_table


def songs(emotions, functions, tmp_path, groups=None, sources=None):
    count = len(emotions)
    identifiers = [f"{number:04d}" for number in range(count)]
    pd.DataFrame(
        {
            "identifier": identifiers,
            "function": functions,
            "genre": "german",
            "source": sources or ["book"] * count,
        }
    ).to_csv(tmp_path / "pieces.csv", index=False)
    index = pd.DataFrame(
        {
            "identifier": identifiers,
            "emotion": emotions,
            "group": np.arange(count) if groups is None else groups,
        }
    )
    return songs_with_use(tmp_path, index)


def test_words_name_uses(tmp_path):
    found = songs(
        ["major-calm"] * 5,
        [
            "Liebes - Lied, Leid, Klage",
            "Tanz - Lied, Reigen",
            "Kleider - Lied",
            "Abschieds - Lied; Tanz",
            "Kinder - Lied",
        ],
        tmp_path,
    )
    assert len(found) == 4, "a song of dresses is no lament"
    assert found["lament"].tolist() == [True, False, False, False]
    assert found["love"].tolist() == [True, False, False, False]
    pair = opposed(found)
    assert pair["sad"].tolist() == [True, False], "a farewell to dance to is neither"


def test_a_label_that_tells_everything(tmp_path):
    found = songs(["minor-calm"] * 50 + ["major-lively"] * 50, ["Klage"] * 50 + ["Tanz"] * 50, tmp_path)
    pair = opposed(found)
    assert cramers_v(pair).estimate == pytest.approx(1, abs=0.02)
    table = differences(pair).set_index(["half", "within"])["difference"]
    assert table["mode: minor", "all songs"] == 1
    assert table["activity: lively", "the same book"] == -1
    uses = use_table(found).set_index("use")
    assert uses.loc["lament", "minor"] == 1
    assert uses.loc["dance", "lively"] == 1


def test_labels_the_wrong_way_round_are_below_zero(tmp_path):
    found = songs(["minor-calm"] * 50 + ["major-lively"] * 50, ["Tanz"] * 50 + ["Klage"] * 50, tmp_path)
    turned = cramers_v(opposed(found))
    assert turned.estimate == pytest.approx(-1, abs=0.02)
    assert turned.low <= turned.estimate <= turned.high < -0.9


def test_a_label_that_tells_nothing(tmp_path):
    generator = np.random.default_rng(0)
    emotions = generator.choice(["minor-calm", "major-lively", "major-calm", "minor-lively"], 600)
    found = opposed(songs(emotions, ["Klage", "Tanz"] * 300, tmp_path))
    assert cramers_v(found).estimate < 0.1
    for line in differences(found).to_dict("records"):
        assert line["low"] < 0 < line["high"]


def test_the_interval_of_few_songs_holds_the_estimate(tmp_path):
    for seed in range(20):
        emotions = np.random.default_rng(seed).choice(["minor-calm", "major-lively", "major-calm"], 8)
        found = cramers_v(opposed(songs(emotions, ["Klage", "Tanz"] * 4, tmp_path)))
        assert found.low <= found.estimate <= found.high


def test_books_that_hold_one_kind_only_do_not_count_within_books(tmp_path):
    # All that differs is the book: minor in the first, which has the laments, major in the second.
    emotions = ["minor-calm"] * 40 + ["major-calm"] * 40 + ["minor-calm", "major-calm"] * 20
    functions = ["Klage"] * 40 + ["Tanz"] * 40 + ["Klage", "Klage", "Tanz", "Tanz"] * 10
    pair = opposed(songs(emotions, functions, tmp_path, sources=["a"] * 40 + ["b"] * 40 + ["c"] * 40))
    table = differences(pair).set_index(["half", "within"])
    assert table.loc[("mode: minor", "all songs"), "difference"] > 0.5
    assert table.loc[("mode: minor", "the same book"), "difference"] == pytest.approx(0)
    assert table.loc[("mode: minor", "the same book"), "songs"] == 40


def test_variants_of_one_song_widen_the_interval(tmp_path):
    emotions = np.random.default_rng(1).choice(["minor-calm", "major-lively"], 40)
    functions = ["Klage" if (number + (label < "m")) % 3 else "Tanz" for number, label in enumerate(emotions)]
    alone = songs(emotions, functions, tmp_path)
    copied = pd.concat([alone] * 10)
    few, many = cramers_v(opposed(copied)), cramers_v(opposed(copied.assign(group=np.arange(len(copied)))))
    assert few.high - few.low > 2 * (many.high - many.low)


def test_data_without_uses(tmp_path):
    index = pd.DataFrame({"identifier": ["a"], "emotion": ["happy"], "group": [0]})
    assert songs_with_use(tmp_path, index) is None
    assert songs(["happy"], ["Klage"], tmp_path) is None, "labels that are given are not the proxy"
    pd.DataFrame({"name": ["x"]}).to_csv(tmp_path / "pieces.csv")
    assert songs_with_use(tmp_path, index) is None
