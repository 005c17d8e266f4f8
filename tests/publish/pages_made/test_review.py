"""The page for reviewers: its numbers are the ledger's."""

from lib.basics.places import PROJECT
from lib.ledger.claims import read_ledger
from lib.publish.pages_made.review import with_verdicts


def test_every_claim_is_counted_once_and_the_page_has_a_place_for_it():
    page = (PROJECT / "book" / "reproducibility.md").read_text("utf-8")
    made = with_verdicts(page, [])
    ledger = read_ledger()
    claims, own = len(ledger.claims), len(ledger.own)
    row = f"| no chapter of this site decides it | {claims} | {claims} | {own} |"
    assert row in made
    assert "appear here when" not in made
    assert made.startswith(page[:200])


def test_a_page_without_the_place_stays_as_it_is():
    assert with_verdicts("# Page\n", []) == "# Page\n"
