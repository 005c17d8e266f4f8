"""A word that another kind of machine would not say is worded as undecided, in the kept book too."""

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell

from lib.basics.places import PROJECT
from lib.ledger import claims
from lib.publish.numbers import words_apart
from lib.publish.numbers.compare import Numbers, keep_numbers
from lib.publish.numbers.words_apart import kept_on, unworded

PROFILES = sorted({path.stem.partition("-")[0] for path in (PROJECT / "book" / "numbers").glob("*.csv")})


@pytest.mark.parametrize("profile", PROFILES)
def test_no_word_of_the_book_depends_on_the_machine_unless_it_says_so(profile):
    kept = kept_on(profile)
    if len(kept) < 2:
        pytest.skip(f"of {profile} there is only {', '.join(kept)}: nothing to hold it against")
    assert unworded(profile) == []


@pytest.fixture
def keep(tiny_book):
    """Keeps words under the name of a kind of machine."""

    def put(kind, **values):
        found = {("01_first", name.replace("_", "-")): text for name, text in values.items()}
        keep_numbers(Numbers({"kind": kind}, found), "laptop", tiny_book.folder)

    return put


def chapter(tiny_book, text):
    tiny_book.notebook("01_first", "1 + 1")
    path = tiny_book.folder / "notebooks" / "01_first.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(new_markdown_cell(f"Another paragraph.\n\n{text}"))
    nbformat.write(notebook, path)


def test_another_word_needs_a_sentence_that_leaves_it_open(tiny_book, keep):
    keep("cpu-bf16", first_verdict="above chance", first_loss="0.61")
    keep("cpu-fp32", first_verdict="not distinguishable from chance", first_loss="0.62")
    chapter(tiny_book, "It is {glue:text}`first-verdict`, by {glue:text}`first-loss:.2f`.")
    (found,) = unworded("laptop", tiny_book.folder)
    assert found.startswith("01_first: 'first-verdict' is 'above chance' in laptop-cpu-bf16 and 'not")
    assert "does not say that it is undecided: It is {glue" in found
    chapter(tiny_book, "It is {glue:text}`first-verdict` in this book; in fp32 it is undecided.")
    assert unworded("laptop", tiny_book.folder) == []


def test_the_same_words_around_other_numbers_are_the_same(tiny_book, keep):
    keep("cpu-bf16", first_share="0.00", first_pieces="– (1 pieces)", speed_machine="AMD EPYC")
    keep(
        "cpu-fp32",
        first_share="0.00 [0.00, 0.01]",
        first_pieces="0.11 [0.1, 0.2] (18 pieces)",
        speed_machine="M2",
    )
    chapter(tiny_book, "{glue:text}`first-share` {glue:text}`first-pieces` {glue:text}`speed-machine`")
    assert unworded("laptop", tiny_book.folder) == []


def test_a_claim_needs_a_mark_in_its_rule(tiny_book, keep, tmp_path, monkeypatch):
    for kind, word in (("cpu-bf16", "agrees"), ("cpu-fp32-one-thread", "inconclusive")):
        keep(kind, **{"claim 4, replication": word, "claim 4, original": "holds"})
    (found,) = unworded("laptop", tiny_book.folder)
    assert found.endswith("its rule is not marked 'unsettled'")
    marked = claims.LEDGER.read_text(encoding="utf-8").replace(
        "      family: primary\n    would_change: More tokens, since",
        "      unsettled: bf16 agrees\n      family: primary\n    would_change: More tokens, since",
    )
    path = tmp_path / "claims.yaml"
    path.write_text(marked, encoding="utf-8")
    monkeypatch.setattr(words_apart, "read_ledger", lambda: claims.read_ledger(path))
    assert unworded("laptop", tiny_book.folder) == []


def test_parts_of_claims_and_claims_of_ours_are_looked_up(tiny_book, keep):
    for kind, word in (("cpu-bf16", "agrees"), ("cpu-fp32", "differs")):
        keep(kind, **{"claim 13b, replication": word, "claim of ours better-than-counting, own": word})
    assert len(unworded("laptop", tiny_book.folder)) == 2
