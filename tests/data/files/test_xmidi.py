"""Fetching XMIDI: a hostile archive harms nothing, a broken one is named, counts are held against the
page."""

import io
import json
import stat
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from lib.basics.errors import BookError
from lib.basics.places import REFERENCE
from lib.cli import main
from lib.data.files import xmidi


def archive_of(path: Path, members: dict[str, bytes | tuple[zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            if isinstance(content, tuple):
                file.writestr(*content)
            else:
                file.writestr(name, content)
    return path


def link(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    member = zipfile.ZipInfo(name)
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member, target.encode()


@pytest.fixture
def places(tmp_path) -> tuple[Path, Path]:
    """An archive's path, and the folder it is to be unpacked to."""
    return tmp_path / "XMIDI.zip", tmp_path / "data" / "XMIDI"


def test_only_named_files_are_taken_and_only_into_the_folder(places, tmp_path):
    archive, folder = places
    archive_of(
        archive,
        {
            "XMIDI_Dataset/XMIDI_angry_rock_AAAA0001.midi": b"one",
            "../../XMIDI_sad_pop_AAAA0002.midi": b"two",
            "/etc/XMIDI_happy_jazz_AAAA0003.midi": b"three",
            "..\\..\\XMIDI_happy_jazz_AAAA0004.midi": b"four",
            "../../evil.sh": b"rm",
            "README.txt": b"hello",
            "again/XMIDI_angry_rock_AAAA0001.midi": b"one",
            "other/XMIDI_sad_pop_AAAA0002.midi": b"not two",
            "link": link("XMIDI_sad_pop_AAAA0005.midi", "/etc/passwd"),
            "folder/": b"",
        },
    )
    unpacked = xmidi.unpack(archive, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "XMIDI_angry_rock_AAAA0001.midi": b"one",
        "XMIDI_sad_pop_AAAA0002.midi": b"two",
        "XMIDI_happy_jazz_AAAA0003.midi": b"three",
        "XMIDI_happy_jazz_AAAA0004.midi": b"four",
    }
    assert (unpacked.files, unpacked.bytes) == (4, 15)
    reasons = dict(unpacked.passed_over)
    assert "not a .mid" in reasons["README.txt"]
    assert "another file of this name" in reasons["other/XMIDI_sad_pop_AAAA0002.midi"]
    assert "a link" in reasons["XMIDI_sad_pop_AAAA0005.midi"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["XMIDI.zip", "data"]
    assert [path.name for path in folder.parent.iterdir()] == ["XMIDI"]


def test_sizes_are_bounded(places, monkeypatch):
    archive, folder = places
    archive_of(archive, {"XMIDI_a_b_1.midi": b"x" * 2000, "XMIDI_a_c_2.midi": b"y"})
    monkeypatch.setattr(xmidi, "LARGEST_FILE", 1000)
    unpacked = xmidi.unpack(archive, folder)
    assert [path.name for path in folder.iterdir()] == ["XMIDI_a_c_2.midi"]
    assert unpacked.passed_over == [("XMIDI_a_b_1.midi", "larger than 0 MiB")]


@pytest.mark.parametrize(("limit", "value"), [("LARGEST_TOTAL", 10), ("MOST_FILES", 1)])
def test_an_archive_that_is_too_much_is_refused(places, monkeypatch, limit, value):
    archive, folder = places
    archive_of(archive, {"XMIDI_a_b_1.midi": b"x" * 20, "XMIDI_a_c_2.midi": b"y"})
    monkeypatch.setattr(xmidi, limit, value)
    with pytest.raises(BookError, match="that is not XMIDI"):
        xmidi.unpack(archive, folder)
    assert list(folder.parent.iterdir()) == []


def test_a_member_that_unpacks_to_more_than_it_states_is_refused(places, monkeypatch):
    archive, folder = places
    archive_of(archive, {"XMIDI_a_b_1.midi": b"x" * 2000})
    monkeypatch.setattr(xmidi, "_problem", lambda *_: "")
    monkeypatch.setattr(xmidi, "LARGEST_FILE", 1000)
    with pytest.raises(BookError, match="not to be trusted"):
        xmidi.unpack(archive, folder)


@pytest.mark.parametrize("damage", ["page", "cut", "bit", "empty"])
def test_a_broken_archive_is_one_sentence_and_leaves_nothing(places, damage):
    archive, folder = places
    archive_of(archive, {"XMIDI_a_b_1.midi": bytes(range(256)) * 20, "notes.txt": b"x"})
    content = bytearray(archive.read_bytes())
    if damage == "page":
        content = bytearray(b"<html>Quota exceeded</html>")
    elif damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "bit":
        content[80] ^= 0xFF
    else:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("readme", b"")
        content = bytearray(buffer.getvalue())
    archive.write_bytes(content)
    with pytest.raises(BookError) as error:
        xmidi.unpack(archive, folder)
    assert "\n" not in str(error.value)
    assert not folder.parent.exists() or list(folder.parent.iterdir()) == []


def test_a_folder_that_holds_something_is_not_touched(places):
    archive, folder = places
    archive_of(archive, {"XMIDI_a_b_1.midi": b"x"})
    folder.mkdir(parents=True)
    (folder / "mine").write_text("")
    with pytest.raises(BookError, match="holds something already"):
        xmidi.unpack(archive, folder)
    assert [path.name for path in folder.iterdir()] == ["mine"]


def published_folder(folder: Path, scale: int) -> Path:
    """A folder whose labels have the published counts divided by `scale`, rounded."""
    from lib.data.rehearsal.pieces import labels

    folder.mkdir(parents=True)
    for number, pair in enumerate(zip(*labels(108_023 // scale, 1), strict=True)):
        (folder / f"XMIDI_{pair[0]}_{pair[1]}_{number:08d}.midi").touch()
    return folder


def test_counts_are_held_against_the_published_ones(tmp_path, monkeypatch):
    folder = published_folder(tmp_path / "XMIDI", 1000)
    published = pd.read_csv(REFERENCE / "xmidi_counts.csv")
    # The published table, at the size of this folder.
    for kind in ("emotion", "genre"):
        names = [path.name.split("_")[1 if kind == "emotion" else 2] for path in folder.iterdir()]
        chosen = published["label_kind"] == kind
        published.loc[chosen, "count"] = [names.count(label) for label in published.loc[chosen, "label"]]
    published.to_csv(tmp_path / "xmidi_counts.csv", index=False)
    monkeypatch.setattr(xmidi, "REFERENCE", tmp_path)
    table = xmidi.compare_counts(folder)
    assert len(table) == 18
    assert not table["difference"].any()
    assert "18 of 18 counts agree" in xmidi.describe_comparison(table)
    next(path for path in folder.iterdir() if "_angry_" in path.name).unlink()
    (folder / "XMIDI_bored_rock_x.midi").touch()
    differing = xmidi.compare_counts(folder).set_index("label")["difference"]
    assert (differing["angry"], differing["bored"], differing["files"]) == (-1, 1, 0)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return stopped.value.code


def test_offline_it_says_in_two_lines_how_to_place_the_archive(capsys, monkeypatch, home):
    import gdown

    def refuse(**options):
        assert options["id"] == xmidi.FILE_ID
        assert options["resume"]
        raise gdown.exceptions.DownloadError("Max retries exceeded with url: ...")

    monkeypatch.setattr(gdown, "download", refuse)
    assert run("xmidi", "fetch") == 1
    captured = capsys.readouterr()
    assert "arXiv 2501.08809" in captured.out
    assert "states no licence" in captured.out
    first, second, error = captured.err.splitlines()
    assert xmidi.FILE_ID in first
    assert "data/XMIDI.zip" in second
    assert error == "Error: XMIDI could not be downloaded (its host cannot be reached)."
    assert not (home / "data" / "XMIDI").exists()


def test_an_archive_placed_by_hand_is_unpacked_once(capsys, home):
    (home / "data").mkdir(parents=True)
    archive_of(
        home / "data" / "XMIDI.zip", {"x/XMIDI_sad_pop_1.midi": b"1", "x/XMIDI_angry_pop_2.midi": b"2"}
    )
    assert run("xmidi", "fetch") == 0
    output = capsys.readouterr().out
    assert "2 files" in output
    assert "0 of 18 counts agree" in output
    note = json.loads((home / "data" / "XMIDI-archive.json").read_text())
    assert len(note["archive_sha256"]) == 64
    assert run("xmidi", "fetch") == 0
    assert "there already" in capsys.readouterr().out
    assert run("xmidi", "verify", str(home / "data" / "XMIDI")) == 1
