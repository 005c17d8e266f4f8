"""Tables beside the pieces: ours are read, somebody's of the same name say nothing, a broken one is named."""

import pytest

from lib.basics.errors import BookError
from lib.data.files.companions import read_companion

COLUMNS = ("identifier", "work")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"identifier,work,more\n007,,NA\n", {"identifier": "007", "work": "", "more": "NA"}),
        (b"file,composer\na.mid,somebody\n", None),
        (b"file;work\na.mid;\xff\n", None),
        (b"", None),
        (b"\x00\xff\xfe", None),
    ],
)
def test_a_table_is_ours_by_its_columns(tmp_path, content, expected):
    (tmp_path / "pieces.csv").write_bytes(content)
    found = read_companion(tmp_path, "pieces.csv", COLUMNS)
    assert expected == (None if found is None else found.iloc[0].to_dict())


def test_a_table_of_ours_that_is_broken_is_named(tmp_path):
    (tmp_path / "pieces.csv").write_bytes(b'identifier,work\n"00\xff')
    with pytest.raises(BookError, match=r"pieces\.csv cannot be read .* mend or remove it"):
        read_companion(tmp_path, "pieces.csv", COLUMNS)
    assert read_companion(tmp_path, "absent.csv", COLUMNS) is None
