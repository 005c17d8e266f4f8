"""What a data set and its labels are worth, on tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from lib.chapters.dataset import measures as dataset


def test_the_published_counts_agree_with_themselves_and_with_the_number_of_files():
    counts = dataset.published_counts()
    assert set(counts.groupby("label_kind")["count"].sum()) == {108_023}
    assert counts["agrees"].all()


@pytest.fixture
def index():
    """Meter tells the emotion of three pieces in four; genre tells nothing."""
    generator = np.random.default_rng(0)
    meter = np.where(np.arange(4000) % 2, "3/4", "6/8")
    told = np.where(meter == "3/4", "calm", "lively")
    other = np.where(meter == "3/4", "lively", "calm")
    emotion = np.where(generator.random(4000) < 0.75, told, other)
    return pd.DataFrame(
        {
            "meter": meter,
            "emotion": emotion,
            "genre": generator.choice(["a", "b"], 4000),
            "split": np.where(np.arange(4000) < 2000, "train", "test"),
            "group": np.arange(4000),
        }
    )


def test_a_telling_column_is_found_and_an_idle_one_is_not(index):
    meter = dataset.predictability(index, ["meter"])
    genre = dataset.predictability(index, ["genre"])
    assert meter["low"] < 0.75 < meter["high"]
    assert meter["high"] - meter["low"] < 0.05
    assert meter["low"] > meter["majority"]
    assert genre["low"] < 0.5 < genre["high"]
    assert meter["pieces"] == 2000


def test_a_combination_unknown_in_training_gets_the_commonest_label(index):
    index.loc[index["split"] == "test", "meter"] = "7/8"
    found = dataset.predictability(index, ["meter"])
    assert found["accuracy"] == pytest.approx(found["majority"])


def test_disagreement_counts_a_large_group_once():
    index = pd.DataFrame({"group": [0, 0, 1, 1, 1, 1, 2], "emotion": list("abaaabb")})
    found = dataset.group_disagreement(index)
    # group 0: 1 of 1 pairs differs; group 1: 3 of 6; group 2 has one member
    assert found["groups"] == 2
    assert found["pieces"] == 6
    assert found["disagreeing_pairs"] == pytest.approx((1 + 0.5) / 2)
    assert found["chance"] == pytest.approx(1 - (4 / 7) ** 2 - (3 / 7) ** 2)


def test_without_groups_there_is_nothing_to_disagree():
    found = dataset.group_disagreement(pd.DataFrame({"group": [0, 1], "emotion": ["a", "b"]}))
    assert found["groups"] == 0
    assert np.isnan(found["disagreeing_pairs"])


def test_tokens_of_bars_begin_with_their_bar_and_leave_out_the_ends(tiny_store):
    bar = tiny_store.ids_of_type("Bar")
    whole = tiny_store.tokens(0)
    count = int(np.isin(whole, bar).sum())
    parts = [dataset.tokens_of_bars(tiny_store, 0, number, number) for number in range(1, count + 1)]
    assert all(part[0] in bar for part in parts)
    joined = np.concatenate(parts)
    assert joined.tolist() == whole[-1 - len(joined) : -1].tolist()
    assert whole[-1] == tiny_store.eos_id


def test_the_vocabulary_table_adds_up(tiny_store):
    table = dataset.vocabulary_table(tiny_store)
    assert table["in the vocabulary"].sum() == len(tiny_store.vocabulary)
    assert table["share of all tokens"].sum() == pytest.approx(1)
    assert table.loc["EOS", "share of all tokens"] == pytest.approx(
        len(tiny_store.index) / tiny_store.index["length"].sum()
    )


def test_the_example_is_held_out(tiny_store):
    assert dataset.example_row(tiny_store) in tiny_store.rows("validation")


def test_note_losses_are_summed_by_genre_and_in_all():
    index = pd.DataFrame(
        {
            "genre": ["a", "a", "b"],
            "notes": [10, 30, 0],
            "notes_lost": [5, 3, 0],
            "notes_ended": [0, 2, 0],
            "notes_moved": [1, 0, 0],
            "repaired": [False, True, False],
        }
    )
    table = dataset.note_losses(index).set_index("genre")
    assert list(table.index) == ["a", "b", "all"]
    assert table.loc["a"].to_dict() == {
        "pieces": 2,
        "notes": 40,
        "lost": 8,
        "ended": 2,
        "moved": 1,
        "worst": 0.5,
        "repaired": 1,
    }
    assert table.loc["b", "worst"] == 0
    assert table.loc["all", ["pieces", "lost"]].tolist() == [3, 8]


def test_notes_add_up(tiny_store):
    notes = dataset.note_account(tiny_store)["notes"]
    assert notes[0] == notes[1:].sum() == tiny_store.index["notes"].sum()


def test_tables_of_somebodys_own_are_none_of_ours(tiny_store, tmp_path):
    for name in ("pieces.csv", "left_out.csv"):
        (tmp_path / name).write_text("file;composer\nXMIDI_a_b_1.midi;somebody\n")
    assert dataset.activity_predictability(tmp_path, tiny_store.index) is None
    assert len(dataset.left_out_table(tiny_store, tmp_path)) == 0


def test_the_meter_tells_lively_from_calm_unless_each_meter_has_a_median(tmp_path):
    index = pd.DataFrame(
        {
            "identifier": [f"{number:x}" for number in range(40)],
            "genre": "irish",
            "meter": ["6/8", "4/4"] * 20,
            "split": ["train", "train", "test", "test"] * 10,
            "group": range(40),
        }
    )
    measured = [0.2 + 0.01 * number if number % 2 else -0.2 - 0.01 * number for number in range(40)]
    index.assign(activity=measured)[["identifier", "activity"]].to_csv(tmp_path / "pieces.csv", index=False)
    used, simpler = dataset.activity_predictability(tmp_path, index)["accuracy"]
    assert simpler == 1  # all of one meter are above the collection's median, all of the other below
    assert used < 0.7


def test_reasons_that_differ_behind_the_colon_are_one_kind(tmp_path):
    class Store:
        left_out = pd.DataFrame(
            {
                "name": ["x", "y", "z"],
                "stage": "tokens",
                "reason": ["unreadable: at byte 3", "unreadable: at byte 7", "no notes"],
            }
        )

    table = dataset.left_out_table(Store(), tmp_path)
    assert table.to_dict("records") == [
        {"stage": "tokens", "reason": "unreadable", "pieces": 2},
        {"stage": "tokens", "reason": "no notes", "pieces": 1},
    ]


def test_a_folder_of_which_nothing_is_left_out(tmp_path):
    class Store:
        left_out = pd.DataFrame({"name": [], "stage": [], "reason": []})

    assert dataset.left_out_table(Store(), tmp_path).empty


def test_tables_of_somebody_else_are_passed_over(tmp_path, index):
    for name in ("pieces.csv", "left_out.csv"):
        (tmp_path / name).write_text("file,composer\na.midi,somebody\n")

    class Store:
        left_out = pd.DataFrame({"name": ["x"], "stage": ["read"], "reason": ["no notes"]})

    assert dataset.activity_predictability(tmp_path, index) is None
    assert dataset.left_out_table(Store(), tmp_path)["pieces"].tolist() == [1]


@pytest.mark.parametrize(
    ("tokens", "bars"),
    [
        ("BOS Bar Pitch Bar Pitch Bar Pitch EOS", (2, 3)),
        ("BOS Bar Drum Bar Drum Bar Drum EOS", (2, 3)),
        ("BOS Bar Drum Bar Drum Bar Drum Bar Pitch Bar Pitch EOS", (4, 5)),
        ("BOS Bar Pitch EOS", (1, 1)),
        ("BOS Bar Pitch Bar Drum EOS", (1, 2)),
        ("BOS Bar Drum Bar Pitch EOS", (1, 2)),
    ],
)
def test_the_bars_to_look_at_exist_and_hold_pitches_if_any_do(tokens, bars):
    class Store:
        names = ("BOS", "Bar", "Pitch", "Drum", "EOS")

        def written_out(self, row):
            return np.array([self.names.index(name) for name in tokens.split()])

        def ids_of_type(self, name):
            return np.array([self.names.index(name)])

    assert dataset.example_bars(Store(), 0) == bars
