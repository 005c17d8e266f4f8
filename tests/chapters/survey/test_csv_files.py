"""Files of any origin become a header and rows, or one reason why not."""

import contextlib

import pytest
from hypothesis import given, strategies as st

from lib.chapters.survey.csv_files import decode_text, read_csv_file


def test_encodings_are_named():
    assert decode_text("情緒".encode("utf-16")) == ("情緒", "utf-16")
    assert decode_text("abc情緒".encode("utf-16-be")) == ("abc情緒", "utf-16-be")
    taiwan = "第一首 [情緒],意見\n5,很好"
    assert decode_text(taiwan.encode("cp950")) == (taiwan, "cp950")
    assert decode_text("Zeitstempel;Stück;Wünsche?\n;schön\n".encode("cp1252"))[1] == "cp1252"


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_a_reason(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(content)
    with contextlib.suppress(ValueError):
        assert all(cells for _, cells in read_csv_file(path, lambda header: False).rows)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_under_which_rows_are_as_wide_as_the_header(tmp_path, separator):
    path = tmp_path / "a.csv"
    other = ";" if separator == "," else ","
    path.write_text(f"a{other} b{separator}c{other} d{separator}e\n1{separator}2{separator}3\n")
    assert read_csv_file(path, lambda header: True).rows == [(2, ["1", "2", "3"])]
