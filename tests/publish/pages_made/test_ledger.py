"""The page of all claims and its gate: no record, no row; no verdict that the rule does not yield."""

import copy as copying
import json
import re

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_output

from lib.ledger.claims import RECORD, read_ledger, rule_hash
from lib.publish.pages_made.claims_page import claims_page
from lib.publish.pages_made.ledger import gather, ledger_problems, told

BOUNDS = {"seeds": None, "degrees": None, "reach": [-20, 20]}


def plain(value, low=None, high=None, **more):
    return {
        "value": value,
        "low": value if low is None else low,
        "high": value if high is None else high,
        **BOUNDS,
        **more,
    }


def record(number, original=None, replication=None, verdicts=("", ""), n="12 pieces"):
    return {
        "claim": number,
        "rule": rule_hash(read_ledger().claim(number)),
        "n": n,
        "verdicts": dict(zip(("original", "replication"), verdicts, strict=True)),
        "original": original,
        "replication": replication,
    }


SURVEY = [
    record(8, plain(0.33, 0.0, 0.5), verdicts=("confounded", "not testable here")),
    record(9, plain(1.5, 1.0, 2.0), verdicts=("confounded", "not testable here")),
]


@pytest.fixture
def executed(tiny_book):
    """Makes the executed copy of a chapter with these records."""

    def make(name, *records):
        found = tiny_book.copy(tiny_book.notebook(name, "1 + 1"))
        found.notebook.cells[-1].outputs = [
            new_output("display_data", {RECORD: copying.deepcopy(each), "text/plain": "a box"})
            for each in records
        ]
        return found

    return make


def test_a_book_without_deciding_chapters_needs_no_records(executed):
    assert ledger_problems([executed("01_first")]) == []


def test_each_claim_of_a_chapter_is_asked_for_once_the_chapter_is_there(executed):
    found = ledger_problems([executed("07_survey", SURVEY[0])])
    assert found == ["Claim 9 has no record; the notebook 07_survey must record it just once."]
    assert ledger_problems([executed("07_survey", *SURVEY)]) == []
    assert "2 records" in ledger_problems([executed("07_survey", *SURVEY, SURVEY[1])])[0]


def test_a_verdict_that_the_rule_does_not_yield_is_refused(executed):
    wrong = {**SURVEY[0], "verdicts": {"original": "holds", "replication": "not testable here"}}
    found = ledger_problems([executed("07_survey", wrong, SURVEY[1])])
    assert len(found) == 1
    assert "as 'holds' and 'not testable here', but its rule yields 'confounded'" in found[0]


def test_a_record_under_an_earlier_rule_is_stale(executed):
    old = {**SURVEY[0], "rule": "0" * 12}
    assert "a rule that has changed since" in ledger_problems([executed("07_survey", old, SURVEY[1])])[0]


def test_a_record_in_another_chapter_is_refused(executed):
    found = ledger_problems([executed("01_first", SURVEY[0])])
    assert found == ["Claim 8 is recorded in 01_first, but its rule leaves it to 07_survey."]


@pytest.mark.parametrize(
    "broken",
    [
        {**SURVEY[0], "claim": 99},
        {**SURVEY[0], "claim": "8"},
        {"n": ""},
        {**SURVEY[0], "original": {"value": 0.2}},
        {**SURVEY[0], "original": None},
        {**SURVEY[0], "original": plain(0.5, 0.6, 0.7)},
        {"own": "unheard-of"},
    ],
)
def test_a_broken_record_is_one_sentence(executed, broken):
    found = ledger_problems([executed("01_first", broken)])
    assert len(found) == 1
    assert "in 01_first cannot be read" in found[0]


def test_missing_numbers_come_back_as_nan_and_decide_nothing(executed):
    empty = record(
        17,
        replication={"value": None, "low": None, "high": None, **BOUNDS, "reach": None},
        verdicts=("not tested", "inconclusive"),
    )
    copy = executed("a2_style_and_memory", empty)
    assert [entry.record["claim"] for entry in gather([copy])] == [17]
    assert all("Claim 17" not in problem for problem in ledger_problems([copy]))


def card_of(page, number):
    """The card of a claim on the page."""
    (found,) = BeautifulSoup(page, "html.parser").select(f'[data-question="claim-{number}"]')
    return found


def test_the_page_shows_ours_first_links_each_claim_and_escapes(executed):
    own = {
        "own": "better-than-counting",
        "n": "9 groups",
        "rule": rule_hash(read_ledger().own_claim("better-than-counting")),
        "verdicts": {"own": "failed"},
        "own_outcome": plain(-0.1, -0.2, -0.05, seeds=5, without_seed=[[-0.2, -0.05]] * 5),
    }
    survey = executed("07_survey", {**SURVEY[0], "n": "<43> raters"}, SURVEY[1])
    page = claims_page([survey, executed("03b_comparison", own)], "smoke")
    ours = page[page.index("## Ours") :]
    failed = ours.index(">failed</span>")
    undecided = ours.index("the chapter a2_style_and_memory")
    assert failed < undecided < ours.index("8. The merged scores")
    assert '<a href="../notebooks/07_survey.html#claim-8">' in page
    assert '<a href="../notebooks/03b_comparison.html#own-claim-better-than-counting">' in page
    assert "&lt;43&gt; raters" in page
    ledger = read_ledger()
    assert page.count('<tr><th scope="row">') == 2 * len(ledger.own) + len(ledger.claims)
    assert page.count("<h4 ") == len(ledger.claims)


def test_the_page_begins_with_all_verdicts_at_a_glance(executed):
    page = claims_page([executed("07_survey", *SURVEY)], "smoke")
    soup = BeautifulSoup(page[: page.index("## Ours")], "html.parser")
    rows = [row.get_text(" | ") for row in soup.select("tbody tr")]
    assert len(rows) == len(read_ledger().own) + len(read_ledger().claims)
    (row,) = (row for row in soup.select("tbody tr") if "8. The merged" in row.get_text())
    assert [badge.get_text() for badge in row.select(".verdict-badge")] == ["confounded", "not testable here"]
    assert row.select("td a")[-1].get_text() == "chapter 7"
    target = row.select_one("th a")["href"].removeprefix("#")
    assert f'<h4 id="{target}">' in page
    assert "[the vote](#predict-the-verdict)" in page
    assert "### Predict the verdict" in page


def test_plain_words_come_before_the_numbers_and_say_each_thing_once(executed):
    heads = record(
        16, plain(1.0, reach=[0.25, 1]), verdicts=("contradicted by its own files", "not testable here")
    )
    card = card_of(claims_page([executed("03_transformer", heads)], "smoke"), 16)
    text = card.get_text(" ", strip=True)
    assert (
        "contradicted by its own files 1.000 of the heads, where the claim asks for a value below 0.5" in text
    )
    assert "share of heads (share of heads" not in text
    assert "(s)" not in text


def test_an_amended_rule_shows_what_it_was(executed):
    noise = record(
        5,
        plain(-0.03, -0.07, 0.02),
        plain(0.0, -0.001, 0.001, reach=[-0.0025, 0.0025]),
        verdicts=("confounded", "not assessable here"),
    )
    card = card_of(claims_page([executed("06_noise", noise)], "smoke"), 5)
    history = card.select_one("details.amended")
    assert history.summary.get_text() == "The rule was amended"
    for word in (
        "2026-11-29",
        "when a tenth of the past's notes are altered",
        "differs here",
        "half the margin",
    ):
        assert word in history.get_text()
    assert card["data-answer"] == "not assessable here"
    assert "not assessable here (nothing to measure) it could only lie between" in card.get_text(
        " ", strip=True
    )


def test_no_build_calls_a_difference_what_could_not_have_come_out(executed):
    moved = executed("01_first")
    for word in ("differs", "agrees"):
        claimed = record(
            "13a", replication=plain(0.0, -0.001, 0.001, reach=[0, 0]), verdicts=("not tested", word)
        )
        found = ledger_problems([executed("08_music_analysis", claimed)])
        assert any(f"as 'not tested' and '{word}', but its rule yields" in problem for problem in found)
        assert any("'not assessable here'" in problem for problem in found)
    unbounded = record(4, plain(0.04, reach=None), plain(0.0), verdicts=("holds", "differs"))
    assert any(
        "needs a reach" in problem for problem in ledger_problems([executed("05_hyperparameters", unbounded)])
    )
    assert ledger_problems([moved]) == []


def test_the_parts_of_a_claim_are_told_apart(executed):
    parts = [
        record(part, replication=plain(0.1, 0.05, 0.15), verdicts=("not tested", "agrees"))
        for part in ("13a", "13b", "13c")
    ]
    copy = executed("08_music_analysis", *parts)
    assert not [problem for problem in ledger_problems([copy]) if "13" in problem]
    assert told(gather([copy]), "13b")[1] == "agrees"
    assert told(gather([copy]), 13) is None


def test_a_claim_opens_with_its_own_evidence_and_tells_the_verdicts_behind_the_vote(executed):
    decided = record(3, plain(0.06, 0.02, 0.1), plain(0.2, 0.15, 0.25), verdicts=("confounded", "agrees"))
    card = card_of(claims_page([executed("05_hyperparameters", decided)], "smoke"), 3)
    assert card["data-answer"] == "agrees"
    behind = card.select_one("div.quiz-answer").extract()
    assert (
        "The report's own evidence: 0.060 [0.020,\N{NO-BREAK SPACE}0.100] nats per token" in card.get_text()
    )
    assert not re.search(
        "confounded|agrees|twice the updates|0.200|12 pieces", card.get_text(), re.IGNORECASE
    )
    for word in ("confounded", "twice the updates", "agrees", "0.200 [0.150,", "12 pieces"):
        assert word in behind.get_text()


def test_where_no_music_can_decide_the_vote_is_on_the_reports_own_files(executed):
    card = card_of(claims_page([executed("07_survey", *SURVEY)], "smoke"), 8)
    assert card["data-answer"] == "confounded"
    behind = card.select_one("div.quiz-answer").extract()
    assert "the claim has it below 0.1" in card.get_text()
    assert not re.search(
        r"confounded|not testable|0\.330|12 pieces|A new survey", card.get_text(), re.IGNORECASE
    )
    for word in (
        "confounded",
        "Cohen's w 0.330 [0.000,\N{NO-BREAK SPACE}0.500]",
        "not testable here",
        "12 pieces",
        "how alike those answers are",
        "The answers rater by rater",
    ):
        assert word in behind.get_text()


def test_the_rule_stands_with_its_margin_and_its_seeds(executed):
    seeds = {"seeds": 5, "without_seed": [[0.014, 0.026]] * 5}
    first = record(1, plain(0.1), plain(0.02, 0.015, 0.025, **seeds), verdicts=("confounded", "agrees"))
    card = card_of(claims_page([executed("03b_comparison", first)], "smoke"), 1)
    assert card["data-answer"] == "agrees"
    assert (
        "agrees where the whole interval is above 0.01, from at least 5 seeds and without any one of them"
        in card.get_text()
    )


def test_nobody_is_asked_about_a_claim_whose_chapter_is_not_there(executed):
    card = card_of(claims_page([executed("07_survey", *SURVEY)], "smoke"), 1)
    assert not card.has_attr("data-answer")
    assert "the chapter 03b_comparison is not part of this site" in card.get_text()


def test_a_claim_can_be_voted_what_can_become_of_it(executed):
    page = BeautifulSoup(claims_page([executed("07_survey", *SURVEY)], "smoke"), "html.parser")
    ours, theirs = (json.loads(quiz["data-choices"]) for quiz in page.select(".quiz"))
    assert ours == {
        "agrees": "agrees",
        "differs": "differs here",
        "inconclusive": "inconclusive",
        "not assessable here": "not assessable here (nothing to measure)",
    }
    assert list(theirs) == ["holds", "confounded", "contradicted by its own files", "not tested"]
    asked = [
        [block["data-question"] for block in quiz.select(".quiz-question")] for quiz in page.select(".quiz")
    ]
    assert asked[1] == ["claim-6", "claim-7", "claim-8", "claim-9", "claim-16"]
    assert len(asked[0]) == len(read_ledger().claims) - 5


def test_no_empty_line_breaks_the_cards(executed):
    broken = {**SURVEY[0], "n": "43 raters,\n\nfive answers"}
    page = claims_page([executed("07_survey", broken, SURVEY[1])], "smoke")
    cards = page[page.index('<div class="verdicts">', page.index("### Where no music")) :].strip()
    assert all(line.strip() for line in cards.splitlines())
    assert "43 raters, five answers" in cards


def test_the_page_corrects_for_many_outcomes(executed):
    barely = plain(0.2, 0.005, 0.395)
    entries = [
        record(2, plain(11.2), plain(0.2, 0.1, 0.3), verdicts=("contradicted by its own files", "agrees")),
        record(3, plain(0.06), barely, verdicts=("confounded", "agrees")),
        record(4, plain(0.04), plain(0.0, -0.1, 0.1), verdicts=("holds", "inconclusive")),
    ]
    page = claims_page([executed("05_hyperparameters", *entries)], "smoke")
    card = card_of(page, 3)
    assert card["data-answer"] == "inconclusive", "what a reader predicts is the corrected verdict"
    assert "inconclusive agrees by itself, but not among so many outcomes; 0.200" in card.get_text(
        " ", strip=True
    )
