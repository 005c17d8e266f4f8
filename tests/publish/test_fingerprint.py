from lib.publish.fingerprint import code_hash, fingerprint, short


def test_outputs_ids_and_the_data_folder_change_nothing(tiny_book):
    chapter = tiny_book.notebook("01_first", "1 + 1")
    before = fingerprint(chapter, "code", {"profile": "smoke", "data": "/here"}, "data", "single")
    tiny_book.notebook("01_first", "1 + 1")  # written again, with other cell ids
    assert fingerprint(chapter, "code", {"profile": "smoke", "data": "/there"}, "data", "single") == before


def test_cells_code_parameters_data_and_precision_change_their_own_part(tiny_book):
    chapter = tiny_book.notebook("01_first", "1 + 1")
    before = fingerprint(chapter, "code", {"profile": "smoke"}, "data", "single")

    def changed(code="code", profile="smoke", data="data", precision="single"):
        after = fingerprint(chapter, code, {"profile": profile}, data, precision)
        assert (short(after) != short(before)) == (after != before)
        return [part for part in before if after[part] != before[part]]

    assert changed() == []
    assert changed(code="other") == ["code"]
    assert changed(profile="gpu") == ["parameters"]
    assert changed(data="other") == ["data"]
    assert changed(precision="mixed") == ["precision"]
    tiny_book.notebook("01_first", "1 + 2")
    assert changed() == ["source"]


def test_every_file_of_lib_counts_but_no_cache(tiny_book):
    before = code_hash(tiny_book.folder)
    cache = tiny_book.folder / "lib" / "__pycache__"
    cache.mkdir()
    (cache / "code.pyc").write_bytes(b"")
    (tiny_book.folder / "lib" / ".code.py.swp").write_bytes(b"")
    assert code_hash(tiny_book.folder) == before
    (tiny_book.folder / "lib" / "profile.yaml").write_text("seed: 1\n")
    assert code_hash(tiny_book.folder) != before


def test_the_reference_figures_that_chapters_read_count(tiny_book):
    before = code_hash(tiny_book.folder)
    (tiny_book.folder / "book" / "reference").mkdir()
    (tiny_book.folder / "book" / "reference" / "survey.csv").write_text("score,count\n1,21\n")
    assert code_hash(tiny_book.folder) != before
