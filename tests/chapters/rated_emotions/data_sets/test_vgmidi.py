"""Reading a clone of VGMIDI: as it is, and as it should not be; everything left out is named."""

import shutil
import unicodedata

import numpy as np
import pytest
from made_up_vgmidi import COLUMNS, SERIES, name_of, read_curves, read_table, write_curves, write_table

from lib.basics.errors import BookError
from lib.chapters.rated_emotions.data_sets.vgmidi import read_vgmidi


@pytest.fixture
def copy(clone, tmp_path):
    return shutil.copytree(clone, tmp_path / "vgmidi")


def reasons(rated):
    return {item.name: item.reason for item in rated.left_out}


def test_a_clone_is_read_whole(rated):
    assert len(rated.pieces) == 30
    assert rated.left_out == ()
    assert set(rated.series) == set(SERIES)
    assert rated.ratings == 240
    assert rated.rated
    assert (rated.signs[:, 0] == np.sign(rated.means[:, 0])).mean() > 0.9
    assert rated.about["commit_of_data"] is None
    assert len(rated.about["sha256_of_data"]) == 64
    first = rated.pieces[0]
    assert (first.identifier, first.title, first.quadrant) == ("8000", "Tune 0", "positive-high")
    assert first.curves.of("arousal").shape == (8, 16)


def test_names_may_be_decomposed_by_the_file_system(copy):
    rows = read_table(copy)
    old = copy / "labelled" / "midi" / f"{name_of(0)}.mid"
    old.rename(old.with_name(unicodedata.normalize("NFD", "Pokémon_NES_Café_Tune 0.mid")))
    rows[0]["midi"] = "labelled/phrases/Pokémon_NES_Café_Tune 0_0.mid"
    named, annotations = read_curves(copy)
    named["piece0"]["midi"] = "Pokémon_NES_Café_Tune 0.mid"
    write_table(copy, rows)
    write_curves(copy, named, annotations)
    assert len(read_vgmidi(copy).pieces) == 30


def test_a_piece_whose_parts_differ_has_no_sign_there(copy):
    rows = read_table(copy)
    second = {**rows[0], "midi": rows[0]["midi"].replace("_0.mid", "_1.mid"), "arousal": -1}
    write_table(copy, [*rows, second])
    rated = read_vgmidi(copy)
    assert rated.pieces[0].signs == (1, 0)
    assert rated.pieces[0].quadrant is None
    assert len(rated.pieces) == 30


@pytest.mark.parametrize("column", ["valence", "midi"])
def test_a_renamed_column_is_named_with_those_that_are_there(copy, column):
    columns = [name if name != column else "Renamed" for name in COLUMNS]
    write_table(copy, read_table(copy), columns)
    with pytest.raises(BookError, match=rf"lacks the columns {column}; it has: id, .*Renamed"):
        read_vgmidi(copy)


def test_another_folder_is_refused_in_one_sentence(tmp_path, copy):
    with pytest.raises(BookError, match=r"no clone of VGMIDI: it has no vgmidi_labelled\.csv"):
        read_vgmidi(tmp_path)
    shutil.rmtree(copy / "labelled" / "annotations")
    with pytest.raises(BookError, match="no JSON file with the raters' curves"):
        read_vgmidi(copy)


def test_a_table_in_another_encoding_is_refused(copy):
    path = copy / "vgmidi_labelled.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    with pytest.raises(BookError, match="is not UTF-8"):
        read_vgmidi(copy)


def test_whatever_cannot_be_used_is_left_out_with_its_reason(copy):
    rows, (named, annotations) = read_table(copy), read_curves(copy)
    midi = copy / "labelled" / "midi"
    rows[0]["valence"] = "0"
    (midi / f"{name_of(1)}.mid").write_bytes(b"")
    (midi / f"{name_of(2)}.mid").unlink()
    for rater in range(8):
        del annotations[f"piece3_{rater}"]
    annotations["piece4_0"]["valence"] = annotations["piece4_0"]["valence"][:5]
    annotations["piece4_1"] = {"valence": "loud", "arousal": None}
    annotations["piece5_0"]["arousal"][0] = 7
    annotations["piece99_0"] = annotations["piece5_1"]
    shutil.copy(midi / f"{name_of(6)}.mid", midi / "Nobody_NES_Rated_This.mid")
    write_table(copy, rows)
    write_curves(copy, named, annotations)
    rated = read_vgmidi(copy)
    found = reasons(rated)
    assert found[name_of(0)] == "valence is '0', not 1 or -1"
    assert [item.name for item in rated.left_out].count(name_of(0)) == 1
    assert found[name_of(1)].startswith("empty: ")
    assert found[name_of(2)] == "no such file in labelled/midi"
    assert found[name_of(3)] == "fewer than 5 usable ratings"
    assert found[name_of(4)] == "2 of 8 ratings: not two lists of numbers of one length"
    assert found[name_of(5)] == "1 of 8 ratings: values beyond −1 and 1"
    assert found["raw_1.json: piece99"] == "1 ratings of a piece that the file does not name"
    assert found["Nobody_NES_Rated_This"] == "no row in the table of labels"
    assert len(rated.pieces) == 26
    assert {len(piece.curves.valence) for piece in rated.pieces} == {6, 7, 8}


def test_a_folder_that_is_not_there_is_no_other_data_set(tmp_path):
    with pytest.raises(BookError, match=r"There is no folder .*nowhere: clone https"):
        read_vgmidi(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["[1, 2]", "[" * 100_000])
def test_damaged_curves_are_named(copy, text):
    (copy / "labelled" / "annotations" / "raw_2.json").write_text(text)
    with pytest.raises(BookError, match=r"raw_2\.json lacks 'pieces' and 'annotations'"):
        read_vgmidi(copy)


def test_a_folder_without_a_usable_piece_says_why(copy):
    write_table(copy, [{**row, "arousal": "high"} for row in read_table(copy)])
    with pytest.raises(BookError, match=r"No piece of .* can be used as VGMIDI"):
        read_vgmidi(copy)
