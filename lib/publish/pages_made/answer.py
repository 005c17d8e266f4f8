"""The page "The answer", and its first sentence on the first page, from the composer's card and the ledger.

Every word that judges follows from the numbers by :func:`judged`; nothing here is typed.
"""

import re
from collections.abc import Mapping, Sequence

from lib.basics.files import read_json
from lib.basics.numbers import typeset
from lib.composing.pretrained import CARD, FOLDER
from lib.publish.gates import ExecutedCopy
from lib.publish.pages_made.learned import in_kept_tables, music_pieces, on_the_card, told_of_closing
from lib.publish.pages_made.ledger import gather, told
from lib.publish.pages_made.people import people_and_rule, people_and_swapped_labels
from lib.show.composed_table import composed_table
from lib.show.tables import with_interval
from lib.show.words import one_line

OVERLAP = 0.75
"""Guidance may cost so much of the style: the strongest that keeps this overlap with real pieces is told."""

_MARKED = re.compile(r"<!-- answer -->\n.*?<!-- /answer -->", re.DOTALL)


def told_rows(card: Mapping) -> tuple[dict, dict, dict]:
    """Of a card: the row of real pieces, the baseline's, and the model's that is told."""
    rows = card["composed"]
    real, baseline = rows[0], rows[1]
    ours = [row for row in rows if row["guidance"] is not None and row["selected_of"] == 1]
    fit = [row for row in ours if row["overlap"] >= OVERLAP and "label" in row]
    return real, baseline, max(fit, key=lambda row: row["guidance"], default=ours[0])


def first_sentence(card: Mapping) -> str:
    """The answer in a sentence with its numbers, on closing, and on listeners."""
    real, _, ours = told_rows(card)

    def share(name: str) -> str:
        return f"{ours[name]:.0%} [{ours[f'{name}_low']:.0%}, {ours[f'{name}_high']:.0%}]"

    labels = "was asked for labels that no rule judges"
    if "mode" in ours:
        labels = (
            f"gives major or minor as asked in {share('mode')} of its pieces and is lively or calm as "
            f"asked in {share('activity')}, where chance is 50%"
        )
    return (
        f"Asked for an emotion and a genre, a Transformer of {card['parameters'] / 1e6:.1f} million "
        f"parameters {labels}; {share('themes')} of the notes of its pieces repeat a theme (real ones: "
        f"{real['themes']:.0%}), and {share('aabb')} of its tunes have the form AABB (real ones: "
        f"{real['aabb']:.0%}). {told_of_closing()} Whether anybody hears the mood that was asked for, nobody "
        "has tested."
    )


def with_answer(page: str) -> str:
    """The first page with the answer in the place marked for it; as it is where the card has none."""
    card = read_json(FOLDER / CARD)
    if not card.get("composed"):
        return page
    text = f"{first_sentence(card)} [The answer](answer.md) says how we know, and what would change it.\n"
    return _MARKED.sub(lambda _: text, page)


def answer_page(copies: Sequence[ExecutedCopy]) -> str:
    """The page as Markdown."""
    card = read_json(FOLDER / CARD)
    real, baseline, ours = told_rows(card)
    found = [*on_the_card(ours, real, baseline), *in_kept_tables(ours["guidance"])]
    items = {one.learned: "" for one in found}
    for one in found:
        items[one.learned] += f"{one.line}\n"
    nothing = "- Of what was measured, nothing.\n"
    table = composed_table(
        [real, baseline, ours],
        ("source", "guidance"),
        "What is composed, what is real",
        f"{ours['pieces']} composed pieces a source, evenly over all labels; "
        f"{real['pieces']} real test pieces; 95% intervals over pieces. One training "
        "seed.",
        without="ended",
    )
    return _PAGE.format(
        sentence=first_sentence(card),
        table=table.data,
        claims=_claims(copies),
        learned=items.get(True, nothing),
        not_learned=items.get(False, nothing),
        undecided=f"## What another draw of its pieces may overturn\n\n{items[None]}"
        if None in items
        else "",
        music=music_pieces(),
        pieces=ours["pieces"],
        copied=_copied(ours),
        people=people_and_rule(),
        swapped=people_and_swapped_labels(),
        overlap=f"{ours['overlap']:.2f}",
        guidance=f"{ours['guidance']:g}",
        held_out=card["held_out"]["all"]["pieces"],
        nats=_nats(card["held_out"]["all"]),
        baseline=_nats(card["baseline"]["all"]),
    )


def _nats(losses: Mapping) -> str:
    value, low, high = (losses[f"nats_per_note{bound}"] for bound in ("", "_low", "_high"))
    return with_interval(value, low, high, 2)


def _copied(ours: Mapping) -> str:
    low, high = ours["copied_low"], ours["copied_high"]
    if low is not None and low > 0:
        word = "longer than"
    elif high is not None and high < 0:
        word = "shorter than"
    else:
        word = "not distinguishable in length from"
    numbers = typeset(f"{ours['copied']:+.1f} notes [{low:+.1f}, {high:+.1f}]")
    return (
        f"The longest passages that its pieces share with a training piece are {word} those of real "
        f"held-out pieces ({numbers})"
    )


def _claims(copies: Sequence[ExecutedCopy]) -> str:
    """What became of the two claims that the question is about, with links; from the chapters' records."""
    entries, lines = gather(copies), []
    for which in (1, "better-than-counting"):
        if (found := told(entries, which)) is not None:
            claim, verdict, text, entry = found
            rests = f" It rests on {one_line(entry.record['n']).rstrip('.')}." if entry.record["n"] else ""
            lines.append(
                f'- <a href="{entry.link}">{one_line(claim)}</a> **{one_line(verdict)}**: '
                f"{one_line(text)}.{rests}"
            )
    return "\n".join(lines) or "- The chapters that decide this are not part of this site."


_PAGE = """# The answer

{sentence}

The sentence is about the model that comes with this book, on folk tunes and Bach chorales, at guidance
{guidance} (the strongest that keeps the style of real pieces, with an overlap of {overlap}). It says
nothing about XMIDI.

## What a model of this size learned to compose

{learned}
That pieces end says nothing of a model: the grammar holds every piece to the number of bars that its plan
says. On {held_out} held-out pieces it loses {nats} nats a note, an n-gram model of the same training pieces
{baseline}.

## What it did not learn

{not_learned}- Not measured: whether phrases answer each other and a close convinces.
- It has no dynamics, no tempo but one and no instrument but the piano.

{undecided}
Scale, bars, chords, openings and closes rest on {music}, at guidance 1 ([chapter
8](../notebooks/08_music_analysis.ipynb)), the collection on those of [the chapter on
control](../notebooks/04b_control.ipynb), the rest on the pieces of this table.

{table}

## Does a Transformer do it better than an LSTM?

{claims}

## How we know

- Every number stands beside that of *real held-out pieces* and of *an n-gram model*, which only counts.
- Training and test pieces share no tune that our grouping finds: copies, transpositions, variants and common
  melodies stand on one side.
- {copied}.
- The labels are rules, and the rule behind them judges what was composed ([does it do
  what it is asked?](../notebooks/04b_control.ipynb)).
- {people}
- {swapped} [Emotions that people rated](../notebooks/a3_rated_emotions.ipynb) has the tables.

## What would change it

- Another training seed that moves a share out of its interval: one seed stands behind the composed pieces,
  and the intervals hold the variance between pieces only.
- Listeners who hear, blind, the mood that was asked for, or do not ([the
  survey](../notebooks/07_survey.ipynb) is ready).
- Other music: the same commands on XMIDI.

## How strong the evidence is

For *ends, themes, form and copying*: {pieces} pieces, measured on notes by rules that the chapters state. For
*mode and activity*: the same pieces, judged by a rule that people agree with in part, on game music; nobody
has rated these tunes. For *feeling*: none. [What became of each claim](claims.md) holds the rest.
"""
