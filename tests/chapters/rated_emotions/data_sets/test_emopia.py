"""EMOPIA by its published file names, on made-up clips; it was not at hand."""

import pytest
from made_up_vgmidi import score_of

from lib.basics.errors import BookError
from lib.chapters.rated_emotions.data_sets.emopia import read_emopia
from lib.chapters.rated_emotions.data_sets.folders import write_folder
from lib.chapters.rated_emotions.elsewhere import elsewhere_table
from lib.data.pieces import read_folder

VIDEOS = ("0vLPYiPN7qY", "_8v0MFBZoco", "P-We4q3goKU", "3_MxhSS86oU")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("emopia") / "EMOPIA_2.2"
    (folder / "midis").mkdir(parents=True)
    for number in range(16):
        quadrant = number % 4 + 1
        score = score_of(quadrant in (1, 4), quadrant in (1, 2), number)
        score.dump_midi(folder / "midis" / f"Q{quadrant}_{VIDEOS[number // 4]}_{number}.mid")
    (folder / "midis" / "Q5_0vLPYiPN7qY_1.mid").write_bytes(b"MThd")
    (folder / "midis" / "Q1_0vLPYiPN7qY_99.mid").write_bytes(b"")
    (folder / "label.csv").write_text("ID,4Q,annotator\n")
    return folder


def test_quadrants_songs_and_what_was_left_out(archive):
    rated = read_emopia(archive)
    assert len(rated.pieces) == 16
    assert set(rated.series) == set(VIDEOS)
    assert {piece.path.name[:2]: piece.quadrant for piece in rated.pieces} == {
        "Q1": "positive-high",
        "Q2": "negative-high",
        "Q3": "negative-low",
        "Q4": "positive-low",
    }
    assert not rated.rated
    assert [item.name for item in rated.left_out] == ["Q1_0vLPYiPN7qY_99.mid", "Q5_0vLPYiPN7qY_1.mid"]


def test_it_becomes_a_folder_of_the_scheme(archive, tmp_path):
    written, _ = write_folder(read_emopia(archive), tmp_path / "out")
    pieces, left_out = read_folder(tmp_path / "out")
    assert (written, len(pieces), left_out) == (16, 16, [])
    assert {piece.genre for piece in pieces} == {video.replace("_", "-") for video in VIDEOS}


def test_the_rule_and_the_judges_are_held_against_it(archive):
    table = elsewhere_table(read_emopia(archive))
    assert table["pieces"].eq(16).all()
    assert table["series_count"].eq(4).all()
    valence = table[table["dimension"] == "valence"].set_index("by")["estimate"]
    assert valence["mode-activity"] == 1
    tempo = table[(table["dimension"] == "arousal")].set_index("by")["estimate"]
    assert tempo["judge, hears the performance"] == 1


def test_a_folder_without_clips_is_refused(tmp_path):
    with pytest.raises(BookError, match="There is no folder"):
        read_emopia(tmp_path / "missing")
    (tmp_path / "tune.mid").write_bytes(b"")
    with pytest.raises(BookError, match="can be used as EMOPIA; most often because: not named Q1_"):
        read_emopia(tmp_path)
