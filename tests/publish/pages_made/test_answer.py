"""The answer: its words follow from the numbers of the composer's card, and from nothing else."""

import pytest
from nbformat.v4 import new_output

from lib.basics.files import write_json
from lib.ledger.claims import RECORD, read_ledger, rule_hash
from lib.publish.pages_made import answer
from lib.publish.pages_made.answer import answer_page, first_sentence, told_rows, with_answer

INDEX = "# Book\n\n<!-- answer -->\nWords.\n<!-- /answer -->\n\nThe rest.\n"


def row(source, guidance=None, pieces=400, **measures):
    line = {"source": source, "selected_of": 1, "guidance": guidance, "pieces": pieces}
    for name, (value, low, high) in measures.items():
        line |= {name: value, f"{name}_low": low, f"{name}_high": high, f"{name}_pieces": pieces}
    return line


REAL = row(
    "real, held out",
    pieces=450,
    mode=(1.0, 0.99, 1.0),
    activity=(1.0, 0.99, 1.0),
    label=(1.0, 0.99, 1.0),
    themes=(0.5, 0.45, 0.55),
    aabb=(0.4, 0.35, 0.45),
)
NGRAM = row(
    "n-gram",
    mode=(0.5, 0.45, 0.55),
    activity=(0.52, 0.47, 0.57),
    label=(0.26, 0.2, 0.3),
    themes=(0.01, 0.0, 0.02),
    aabb=(0.0, 0.0, 0.01),
    ended=(0.9, 0.85, 0.95),
    overlap=(0.6, 0.5, 0.7),
    copied=(-3.0, -4.0, -2.0),
)


def ours(guidance, overlap=0.8, **changes):
    measures = {
        "mode": (0.8, 0.75, 0.85),
        "activity": (0.6, 0.55, 0.65),
        "label": (0.5, 0.45, 0.55),
        "themes": (0.46, 0.42, 0.5),
        "aabb": (0.02, 0.0, 0.05),
        "ended": (0.99, 0.97, 1.0),
        "copied": (0.5, -0.5, 1.5),
    } | changes
    return row("model", guidance, overlap=(overlap, overlap - 0.02, overlap + 0.02), **measures)


def nats(value):
    return {"nats_per_note": value, "nats_per_note_low": value - 0.1, "nats_per_note_high": value + 0.1}


def card(*models):
    return {
        "parameters": 3_400_000,
        "composed": [REAL, NGRAM, *models],
        "held_out": {"all": {"pieces": 450, **nats(1.5)}},
        "baseline": {"all": nats(2.5)},
    }


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Puts a card in the place of the committed one."""

    def put(content):
        write_json(tmp_path / "card.json", content)
        monkeypatch.setattr(answer, "FOLDER", tmp_path)

    return put


def test_the_strongest_guidance_that_keeps_the_style_is_told():
    models = [ours(1.0), ours(2.0), ours(3.0, overlap=0.7)]
    assert told_rows(card(*models))[2]["guidance"] == 2.0
    assert told_rows(card(ours(1.0, overlap=0.5), ours(2.0, overlap=0.4)))[2]["guidance"] == 1.0


def test_the_sentence_has_its_numbers():
    sentence = first_sentence(card(ours(1.0)))
    assert "3.4 million parameters" in sentence
    assert "80% [75%, 85%]" in sentence
    assert (
        "46% [42%, 50%] of the notes of its pieces repeat a theme (real ones: 50%), and 2% [0%, 5%]"
        in sentence
    )


def test_the_page_sorts_what_was_learned_from_what_was_not(published, tiny_book):
    published(card(ours(1.0)))
    found = tiny_book.copy(tiny_book.notebook("03b_comparison", "1 + 1"))
    claim = read_ledger().claim(1)
    outcome = {"value": 0.1, "low": 0.05, "high": 0.15, "seeds": None, "reach": [-6, 6]}
    found.notebook.cells[-1].outputs = [
        new_output(
            "display_data",
            {
                RECORD: {
                    "claim": 1,
                    "rule": rule_hash(claim),
                    "n": "5 seeds",
                    "original": outcome,
                    "replication": outcome,
                    "verdicts": {"original": "holds", "replication": "agrees"},
                },
                "text/plain": "a box",
            },
        )
    ]
    page = answer_page([found])
    learned, rest = page.split("## What it did not learn")
    assert (
        "It brings themes back: **as real pieces do** (46% [42%, 50%]; real pieces 50%; the n-gram 1%)"
        in learned
    )
    assert "AABB: **not distinguishable from no skill at all**" in rest
    assert "keeps to the notes of one scale" in page
    assert (
        "not distinguishable in length from those of real held-out pieces (+0.5 notes [−0.5, +1.5])" in rest
    )
    assert claim.claim in page
    assert "5 seeds" in page
    assert "03b_comparison.html#" in page


def test_the_first_page_gets_the_sentence(published):
    published(card(ours(1.0)))
    page = with_answer(INDEX)
    assert "3.4 million parameters" in page
    assert "(answer.md)" in page
    assert "Words." not in page
    published({"composed": []})
    assert with_answer(INDEX) == INDEX
