"""File names, read strictly, and folders of them."""

import os
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from lib.basics.errors import BookError
from lib.data.pieces import label_problem, parse_name, piece_name, read_folder


def fill(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"MThd")
    return folder


@pytest.mark.parametrize(
    "name", [f"XMIDI_angry_pop_0ABCDEFG{suffix}" for suffix in (".midi", ".mid", ".MID", ".Midi", ".MIDI")]
)
def test_names_of_the_scheme_are_read(name):
    assert parse_name(name) == ("angry", "pop", "0ABCDEFG")


def test_labels_may_be_any_letters():
    assert parse_name("XMIDI_快樂_民謠_1.mid") == ("快樂", "民謠", "1")
    assert piece_name("快樂", "民謠", "1") == "XMIDI_快樂_民謠_1.midi"


def test_decomposed_letters_are_the_same_label():
    name = unicodedata.normalize("NFD", "XMIDI_é_ü_1.mid")
    assert parse_name(name) == ("é", "ü", "1")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("song.mid", "not named XMIDI"),
        ("xmidi_angry_pop_1.mid", "not named XMIDI"),
        ("XMIDI_angry_pop.mid", "not named XMIDI"),
        ("XMIDI_angry_pop_1_2.mid", "not named XMIDI"),
        ("XMIDI__pop_1.mid", "not named XMIDI"),
        ("XMIDI_angry_pop_.mid", "not named XMIDI"),
        ("XMIDI_angry_pop_1.MIDIX", "not a .mid"),
        ("XMIDI_angry_pop_1.wav", "not a .mid"),
        ("XMIDI_a\\b_pop_1.mid", "emotion contains"),
        ("XMIDI_angry_.._1.mid", "genre begins or ends"),
        ("XMIDI_angry_po\x07p_1.mid", "unprintable"),
        ("XMIDI_angry _pop_1.mid", "begins or ends"),
        ("XMIDI_angry_pop_1.mid.mid.midi\n", "not a .mid"),
    ],
)
def test_other_names_are_refused_with_a_reason(name, reason):
    assert reason in parse_name(name)


@pytest.mark.parametrize("label", ["", "very_sad", "a/b", "a\\b", "..", " sad", "a\nb", "a:b"])
def test_labels_that_cannot_be_read_back_are_not_written(label):
    with pytest.raises(BookError, match="emotion"):
        piece_name(label, "pop", "1")


@given(*[st.text(min_size=1, max_size=12)] * 3)
def test_what_is_written_is_read_back(emotion, genre, identifier):
    parts = [unicodedata.normalize("NFC", part) for part in (emotion, genre, identifier)]
    if any(label_problem(part) for part in parts):
        with pytest.raises(BookError):
            piece_name(*parts)
    else:
        assert parse_name(piece_name(*parts)) == tuple(parts)


def test_a_folder_is_sorted_and_what_does_not_fit_is_listed(tmp_path):
    folder = fill(
        tmp_path / "data",
        "XMIDI_sad_pop_2.midi",
        "XMIDI_glad_rock_1.mid",
        "demo.mid",
        "notes.txt",
        "pieces.csv",
        ".hidden",
    )
    (folder / "XMIDI_sad_pop_3.mid").mkdir()
    pieces, left_out = read_folder(folder)
    assert [(piece.emotion, piece.genre, piece.identifier) for piece in pieces] == [
        ("glad", "rock", "1"),
        ("sad", "pop", "2"),
    ]
    assert pieces[1].path == folder / "XMIDI_sad_pop_2.midi"
    assert [item.name for item in left_out] == ["XMIDI_sad_pop_3.mid", "demo.mid", "notes.txt"]
    assert {item.stage for item in left_out} == {"name"}


@pytest.mark.parametrize(
    ("names", "words"), [((), "is empty"), (("a.mid", "b.txt"), "None of the 2 entries")]
)
def test_folders_that_cannot_be_used(tmp_path, names, words):
    folder = fill(tmp_path / "data", *names)
    with pytest.raises(BookError, match=words) as caught:
        read_folder(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_pieces_of_one_label_are_pieces(tmp_path):
    pieces, left_out = read_folder(fill(tmp_path / "data", "XMIDI_sad_pop_1.mid", "XMIDI_sad_pop_2.mid"))
    assert [piece.identifier for piece in pieces] == ["1", "2"]
    assert not left_out


def test_pieces_one_folder_deeper_are_pointed_at(tmp_path):
    fill(tmp_path / "data", "readme.txt")
    inside = fill(
        tmp_path / "data" / "XMIDI_Dataset", "XMIDI_sad_pop_1.midi", "XMIDI_sad_rock_2.MID", "b.mid"
    )
    fill(tmp_path / "data" / "other", "XMIDI_sad_pop_1.midi")
    with pytest.raises(BookError) as caught:
        read_folder(tmp_path / "data")
    assert f"but 2 files in {inside} are; give that folder" in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_a_name_that_is_not_utf8_and_links_in_a_circle_cost_themselves_only(tmp_path):
    folder = fill(tmp_path / "data", "XMIDI_sad_pop_1.midi", "XMIDI_glad_pop_1.midi")
    Path(os.fsdecode(os.fsencode(folder) + b"/XMIDI_sad_rock_caf\xe9.midi")).write_bytes(b"MThd")
    (folder / "XMIDI_sad_pop_2.midi").symlink_to("XMIDI_sad_pop_2.midi")
    (folder / "tab\there.mid").write_bytes(b"MThd")
    pieces, left_out = read_folder(folder)
    assert len(pieces) == 2
    assert [(item.name, item.reason.split(":")[0]) for item in left_out] == [
        ("XMIDI_sad_pop_2.midi", "not a file; folders inside are not read"),
        ("XMIDI_sad_rock_caf\\xe9.midi", "a name that is not UTF-8"),
        ("tab\\there.mid", "not named XMIDI_<emotion>_<genre>_<id>.midi"),
    ]


def test_one_emotion_in_two_genres_is_enough(tmp_path):
    assert len(read_folder(fill(tmp_path / "data", "XMIDI_sad_pop_1.mid", "XMIDI_sad_rock_2.mid"))[0]) == 2


def test_a_missing_folder_and_a_file(tmp_path):
    with pytest.raises(BookError, match="does not exist"):
        read_folder(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(BookError, match="is a file"):
        read_folder(tmp_path / "file")
