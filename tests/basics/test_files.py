"""Writing leaves the old file or the whole new one; errors are one sentence."""

import errno
import os

import pytest

from lib.basics.errors import BookError
from lib.basics.files import (
    atomic_path,
    check_targets,
    hash_of_files,
    hash_of_json,
    read_json,
    write_csv,
    write_json,
    write_text,
)


def write_half(target, error):
    with atomic_path(target) as temporary:
        temporary.write_text("half of the n")
        raise error


def test_a_failed_write_leaves_the_old_file_and_no_temporary(tmp_path):
    target = tmp_path / "result.txt"
    write_text(target, "old")
    with pytest.raises(RuntimeError):
        write_half(target, RuntimeError("interrupted"))
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["result.txt"]


def test_a_full_disk_is_said_in_one_sentence(tmp_path):
    target = tmp_path / "result.txt"
    write_text(target, "old")
    with pytest.raises(BookError, match=r"result\.txt: the disk is full: free some space"):
        write_half(target, OSError(errno.ENOSPC, "No space left on device"))
    assert target.read_text() == "old"


def test_a_file_in_the_place_of_a_folder_is_said(tmp_path):
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(BookError, match="a file stands where a folder is needed"):
        write_text(tmp_path / "data" / "piece.txt", "x")


def test_written_files_obey_the_umask(tmp_path):
    old = os.umask(0o022)
    try:
        write_text(tmp_path / "a.txt", "x")
    finally:
        os.umask(old)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o644


def test_json_and_csv_survive_untrusted_text(tmp_path):
    label = 'ha"ppy,<b>\n曲🎵'
    write_json(tmp_path / "a.json", {"label": label})
    assert read_json(tmp_path / "a.json") == {"label": label}
    write_csv(tmp_path / "a.csv", ["label"], [{"label": label}])
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == 'label\n"ha""ppy,<b>\n曲🎵"\n'


@pytest.mark.parametrize(("content", "said"), [(None, "is missing"), ("{half", "cannot be read as JSON")])
def test_unreadable_json_names_the_file(tmp_path, content, said):
    path = tmp_path / "manifest.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BookError, match=said):
        read_json(path)


def test_hashes_see_names_and_bytes_but_not_key_order(tmp_path):
    assert hash_of_json({"a": 1, "b": 2}) == hash_of_json({"b": 2, "a": 1})
    for name, content in (("a", "12"), ("b", "3")):
        (tmp_path / name).write_text(content)
    before = hash_of_files([tmp_path / "a", tmp_path / "b"], tmp_path)
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("23")  # the same bytes in a row, cut elsewhere
    assert hash_of_files([tmp_path / "b", tmp_path / "a"], tmp_path) != before


def test_nothing_is_written_over_what_is_read_or_twice_to_one_place(tmp_path):
    given, other = tmp_path / "given.mid", tmp_path / "other.mid"
    given.write_text("mine")
    os.link(given, other)
    check_targets(
        {"--out": tmp_path / "a.mid", "--audio": tmp_path / "a.mp3", "--record": None}, {"--prompt": given}
    )
    for target in (given, other, tmp_path / "x" / ".." / "given.mid", tmp_path / "Given.MID"):
        with pytest.raises(BookError, match=r"--prompt and --out are the same file.*would be overwritten"):
            check_targets({"--out": target}, {"--prompt": given})
    with pytest.raises(BookError, match=r"--out and --audio are the same file.*would be written twice"):
        check_targets({"--out": tmp_path / "a.mid", "--audio": tmp_path / "A.mid"}, {})
