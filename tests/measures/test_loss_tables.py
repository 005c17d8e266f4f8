"""Tables of losses on three pieces whose numbers fit on a slip of paper."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lib.basics.errors import BookError
from lib.measures.loss_tables import (
    EVERYTHING,
    MACRO,
    difference_table,
    label_gain_table,
    label_table,
    model_table,
    position_tables,
    type_table,
)
from lib.measures.losses import TokenLosses

# Tokens: 0 PAD, 1 BOS, 2 EOS, 3 Bar, 4 and 5 Pitch. Rows 2, 3 and 5 are judged; 2 and 3 are variants.
STORE = SimpleNamespace(
    type_names=["PAD", "BOS", "EOS", "Bar", "Pitch"],
    type_of_id=np.array([0, 1, 2, 3, 4, 4]),
    index=pd.DataFrame(
        {
            "group": [0, 0, 7, 7, 1, 8],
            "notes": [9, 9, 2, 1, 9, 1],
            "bars": [9, 9, 1, 1, 9, 2],
            "genre": ["x", "x", "irish", "irish", "x", "bach"],
            "emotion": ["x", "x", "calm", "lively", "x", "calm"],
        }
    ),
)
#        row, place, token, loss, correct
TOKENS = [
    (2, 1, 3, 0.5, True),
    (2, 2, 4, 1.0, True),
    (2, 3, 5, 2.0, False),
    (2, 4, 2, 0.5, True),
    (3, 1, 3, 0.5, True),
    (3, 2, 4, 1.0, False),
    (3, 3, 2, 0.5, True),
    (5, 1, 3, 0.0, True),
    (5, 2, 3, 1.0, False),
    (5, 3, 5, 3.0, False),
]


def losses(change=0.0):
    row, place, token, loss, correct = (np.array(column) for column in zip(*TOKENS, strict=True))
    return TokenLosses(row, place, token.astype(np.uint16), (loss + change).astype(np.float32), correct)


def test_one_row_a_model():
    table = model_table({"lstm": losses(), "transformer": losses(-0.1)}, STORE).set_index("model")
    first = table.loc["lstm"]
    assert first[["tokens", "pieces", "groups", "notes", "bars"]].tolist() == [10, 3, 2, 4, 4]
    assert first["nats_per_token"] == pytest.approx(10 / 10)
    assert first["accuracy"] == pytest.approx(6 / 10)
    assert first["nats_per_note"] == pytest.approx(10 / 4)
    assert first["bits_per_bar"] == pytest.approx(10 / np.log(2) / 4)
    # Two groups: drawing the first twice gives 6 / 7, the second twice 4 / 3.
    assert first["nats_per_token_low"] == pytest.approx(6 / 7)
    assert first["nats_per_token_high"] == pytest.approx(4 / 3)
    assert table.loc["transformer", "nats_per_note"] == pytest.approx(9 / 4)


def test_by_type():
    table = type_table(losses(), STORE).set_index("type")
    assert table.index.tolist() == [EVERYTHING, "EOS", "Bar", "Pitch"]
    assert table["tokens"].tolist() == [10, 2, 4, 4]
    assert table["pieces"].tolist() == [3, 2, 3, 3]
    assert table["groups"].tolist() == [2, 1, 2, 2]
    assert table["loss"].tolist() == pytest.approx([1.0, 0.5, 0.5, 1.75])
    assert table["accuracy"].tolist() == pytest.approx([0.6, 1.0, 0.75, 0.25])
    assert table["share"].tolist() == pytest.approx([1.0, 0.1, 0.2, 0.7])
    assert table["nats_per_note"].tolist() == pytest.approx([10 / 4, 1 / 4, 2 / 4, 7 / 4])
    # Pitch: the group of variants has 4 nats in 3 tokens, the other 3 in 1.
    assert table.loc["Pitch", ["low", "high"]].tolist() == pytest.approx([4 / 3, 3.0])
    # Only one group has an EOS: nothing is known of how much groups differ.
    assert table.loc["EOS", ["low", "high", "accuracy_low", "accuracy_high"]].isna().all()


def test_paired_difference():
    worse = losses(0.2)
    table = difference_table({"ngram": worse, "lstm": losses()}, STORE, baseline="ngram")
    row = table.iloc[0]
    assert len(table) == 1
    assert (row["model"], row["baseline"], row["pieces"]) == ("lstm", "ngram", 3)
    # The same 0.2 on every token: no uncertainty, although the losses themselves differ between groups.
    for column in ("nats_per_token", "nats_per_token_low", "nats_per_token_high"):
        assert row[column] == pytest.approx(-0.2)
    assert row["nats_per_note"] == pytest.approx(-2 / 4)
    assert row["relative"] == pytest.approx(10 / 12 - 1)
    assert row["relative_low"] == pytest.approx(6 / 7.4 - 1)
    assert row["relative_high"] == pytest.approx(4 / 4.6 - 1)


def test_by_collection_and_macro_average():
    table = label_table({"lstm": losses()}, STORE).set_index("label")
    assert table.index.tolist() == ["bach", "irish", MACRO]
    assert table["pieces"].tolist() == [1, 2, 3]
    assert table["notes"].tolist() == [1, 3, 4]
    assert table["nats_per_note"].tolist() == pytest.approx([4.0, 2.0, 3.0])
    assert table["nats_per_token"].tolist() == pytest.approx([4 / 3, 6 / 7, (4 / 3 + 6 / 7) / 2])
    assert table["nats_per_note_low"].isna().tolist() == [True, True, False]
    by_emotion = label_table({"lstm": losses()}, STORE, label="emotion").set_index("label")
    assert by_emotion.loc["lively", "nats_per_token"] == pytest.approx(2 / 3)


def test_by_position():
    tables = position_tables({"ngram": losses(0.5), "lstm": losses()}, STORE, "ngram", edges=(1, 2, 4, 64))
    table = tables["lstm"]
    assert table["start"].tolist() == [1, 2, 4]
    assert table["end"].tolist() == [2, 4, 64]
    assert table["tokens"].tolist() == [3, 6, 1]
    assert table["pieces"].tolist() == [3, 3, 1]
    assert table["groups"].tolist() == [2, 2, 1]
    assert table["loss"].tolist() == pytest.approx([1 / 3, 8.5 / 6, 0.5])
    for column in ("difference", "difference_low", "difference_high"):
        assert table[column].tolist()[:2] == pytest.approx([-0.5] * 2)
    assert table["low"].isna().tolist() == [False, False, True]
    assert tables["ngram"]["difference"].tolist() == pytest.approx([0] * 3)
    last = position_tables({"lstm": losses()}, STORE, "lstm", edges=(1, 2))["lstm"]
    assert last["end"].tolist() == [2, 5]


def test_label_gain():
    table = label_gain_table(losses(), {"emotion": losses(0.1), "genre": losses(0.4)}, STORE)
    assert table["shuffled"].tolist() == ["emotion", "genre"]
    assert table["nats_per_token"].tolist() == pytest.approx([0.1, 0.4])
    assert table["nats_per_note_low"].iloc[1] == pytest.approx(0.4 * 7 / 3)
    assert table["pieces"].tolist() == [3, 3]


def test_different_tokens_are_not_compared():
    few = TokenLosses(*(column[:5] for column in vars(losses()).values()))
    for make in (
        lambda pair: model_table(pair, STORE),
        lambda pair: difference_table(pair, STORE, "a"),
        lambda pair: label_table(pair, STORE),
        lambda pair: position_tables(pair, STORE, "a"),
    ):
        with pytest.raises(BookError, match="'a' and 'b' were judged on different tokens"):
            make({"a": losses(), "b": few})
