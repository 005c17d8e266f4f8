"""The table of modes: agreement with what the sources name, and labels that another profile would move."""

import pandas as pd
import pytest
from simple_scores import score_of

from lib.chapters.dataset.modes import mode_agreement
from lib.data.labelling.labels import estimate_key, pitch_class_time

C_MAJOR, A_MINOR = [60, 62, 64, 65, 67, 67, 64, 60, 60], [69, 71, 72, 74, 76, 76, 72, 68, 69, 69]


@pytest.fixture
def folder(tmp_path):
    rows = []
    for number in range(8):
        pitches, mode = (C_MAJOR, "major") if number % 2 else (A_MINOR, "minor")
        score_of(pitches).dump_midi(tmp_path / f"{number}.midi")
        assert estimate_key(pitch_class_time(score_of(pitches))).mode == mode
        rows.append(
            {
                "identifier": f"P{number}",
                "notated_mode": mode if number < 4 else "",
                "mode": mode,
                "key_field": "C" if number < 4 else "",
            }
        )
    pd.DataFrame(rows).to_csv(tmp_path / "pieces.csv", index=False)
    return tmp_path


def index() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "identifier": [f"P{number}" for number in range(8)],
            "genre": "folk",
            "name": [f"{number}.midi" for number in range(8)],
            "split": ["train"] + ["validation"] * 7,
            "group": range(8),
        }
    )


def test_agreement_and_moved_labels(folder):
    table = mode_agreement(index(), folder)
    assert table["pieces"].tolist() == [3, 3, 3]
    assert table["estimated"].tolist() == [4, 4, 4]
    assert table.loc[0, ["major", "minor", "mean", "agreement", "moved"]].tolist() == [1, 1, 1, 1, 0]
    assert "Krumhansl" in table.loc[0, "profile"]


def test_a_folder_without_its_table_has_none(tmp_path, folder):
    (folder / "pieces.csv").unlink()
    assert mode_agreement(index(), folder).empty
