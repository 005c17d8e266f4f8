"""The card of the pretrained model, for people: what it is, how it was made, what it is worth."""

from lib.data.labelling.label_schemes import UNNAMED_LABELS, find_scheme


def card_text(card: dict) -> str:
    """The model card for people, in Markdown; every number comes from the card's JSON."""

    def line(name: str) -> str:
        model, baseline, below = card["held_out"][name], card["baseline"][name], card["below_baseline"][name]
        return (
            f"| {name} | {model['pieces']} | {model['nats_per_token']:.3f} | "
            f"{_with_bounds(model, 'nats_per_note', 2)} | {baseline['nats_per_note']:.2f} | "
            f"{below['relative']:.0%} [{below['relative_low']:.0%}, {below['relative_high']:.0%}] |"
        )

    training, gain, data, shape = (card[name] for name in ("training", "label_gain", "data", "model"))
    scheme = find_scheme(data.get("labels", UNNAMED_LABELS))
    rows = "\n".join(line(name) for name in ("all", *card["genres"]))
    return f"""# Model card: the pretrained composer

A Transformer of {card["parameters"]:,} parameters ({shape["num_layers"]} layers of {shape["hidden_size"]},
rotary positions, pre-norm) that composes to an emotion label and a genre.
It knows the emotions {", ".join(card["emotions"])}
and the genres {", ".join(card["genres"])}; any other label is refused.
The emotions are a *proxy* and say nothing about feelings: a rule gave them (label scheme `{scheme.name}`:
{scheme.claims}).

## How it was made

- Data: the training set of the book's frozen split of music21's corpus ({data["pieces"]:,} pieces,
  {data["tokens"]:,} tokens; store `{data["store"][:12]}`), without the Essen collection, whose licence is
  non-commercial. Each piece is transposed anew in every pass, by −5 to +6 semitones.
- Recipe: `recipe.yaml`; {card["tokens_seen"]:,} tokens seen in windows of {training["window"]:,},
  {card["seconds"] / 60:.0f} minutes on {card["cores"]} cores ({card["processor"]}),
  in {card["precision"]}, seed {card["seed"]}.
- Made {card["made"]} at commit `{(card["commit"] or "unknown")[:12]}`; published in half precision.
  `make pretrained` makes it again.

## On held-out pieces

{_overlap(card["overlap"])}

Measured on the published weights. The baseline is an n-gram model of the same pieces that is told emotion and
genre, the best one on the validation set: order {card["baseline"]["order"]}, {_rule(card["baseline"])}.
Intervals are 95 %, from a bootstrap over duplicate groups.

| collection | pieces | nats a token | nats a source note | n-gram baseline | below the baseline |
|---|---|---|---|---|---|
{rows}

Label gain, the loss with permuted labels minus the loss with the true ones, in nats a token:
emotion {_with_bounds(gain["emotion"], "nats_per_token", 4)},
genre {_with_bounds(gain["genre"], "nats_per_token", 4)}.

{_middles(card["middles"])}

## What it composes

{_composed(card["composed"])}

## What it cannot do

- It knows one piano, folk tunes of one voice and four-part chorales; no drums, no band, no dynamics, and no
  tempo but one.
- XMIDI's labels (angry, pop, …) mean nothing to it: asked for them, it answers with the list of those it
  knows.
- Nobody has rated its pieces. A low loss is not a good tune.
- It may repeat passages of its training pieces; the appendix on control and memorisation measures how much.
"""


def _middles(middles: dict) -> str:
    """What missing bars are worth, in sentences."""
    ways = {
        "both sides": "with the bars before and behind them",
        "left to right": "with those before them",
        "n-gram": "to the n-gram baseline, with those before them",
    }
    told = "; ".join(
        f"{text} {_with_bounds(middles[name], 'nats_per_note', 2)}" for name, text in ways.items()
    )
    return (
        f"Of {middles['pieces']} test pieces one to eight bars each were asked for ({middles['notes']:,} "
        f"notes). Nats a note: {told}."
    )


def _composed(rows: list[dict]) -> str:
    """What was composed beside real pieces: a table, and how to read it."""
    pieces = rows[-2]["pieces"]
    columns = {
        "ended": "ended by itself",
        "label": "label obtained",
        "mode": "mode",
        "activity": "lively or calm",
        "themes": "themes",
        "aabb": "AABB",
        "overlap": "style overlap",
        "copied": "copied notes",
    }
    shown = [name for name in columns if any(name in row for row in rows)]
    head = "| source | guidance | " + " | ".join(columns[name] for name in shown) + " |\n"
    head += "|---" * (len(shown) + 2) + "|\n"

    def cell(row: dict, name: str) -> str:
        if row.get(name) is None:
            return "–"
        form = "+.1f" if name == "copied" else ".0%"
        return _bounded(row, name, form)

    body = "\n".join(
        f"| {row['source']} | {row['guidance'] or '–'} | "
        + " | ".join(cell(row, name) for name in shown)
        + " |"
        for row in rows
    )
    return f"""{pieces} pieces of each source that composes, evenly over all pairs of labels; temperature 1,
top-p 0.95, nothing chosen among several but in the last row, where a classifier kept the truest
({rows[-1]["pieces"]} requests). Labels obtained are judged by the rule behind the labels, each label counting
the same. *Themes* is the mean share of melody notes that repeat a stretch heard before; *AABB* the
share of tunes (no chorales) of that form; *style overlap* that of the distributions of the style statistics
with those of real pieces; *copied notes* by how many the longest run that also stands in a training piece is
longer than that of real held-out pieces. That pieces end is the grammar's doing, which holds each to the bars
that its plan says.

{head}{body}"""


def _overlap(overlap: dict) -> str:
    """How much of what the data at hand hold out the model has seen."""
    counts = {
        name: sum(overlap[part][name] for part in ("validation", "test"))
        for name in ("held_out", "seen", "related")
    }
    test = overlap["test"]
    store = overlap["store"][:12]
    if not counts["seen"] + counts["related"]:
        return f"It has seen none of the {counts['held_out']:,} held-out pieces (store `{store}`)."
    return (
        f"The split has changed since it was trained (now store `{store}`). Of {counts['held_out']:,} "
        f"pieces that are held out now it has seen {counts['seen']:,} in training, and a copy or the "
        f"melody of {counts['related']:,} more. They are left out here: of {test['held_out']:,} test "
        f"pieces, {test['judged']:,} are judged."
    )


def _with_bounds(values: dict, name: str, digits: int) -> str:
    return _bounded(values, name, f".{digits}f")


def _bounded(values: dict, name: str, form: str) -> str:
    low, high = (values[f"{name}{end}"] for end in ("_low", "_high"))
    if low is None or high is None:  # of one piece, or pieces of one group
        return f"{values[name]:{form}}"
    return f"{values[name]:{form}} [{low:{form}}, {high:{form}}]"


def _rule(baseline: dict) -> str:
    """By whose rule the baseline is smoothed; of a card that does not say it, Witten and Bell's."""
    return {"kneser-ney": "modified Kneser–Ney"}.get(baseline.get("smoothing", ""), "Witten–Bell")
