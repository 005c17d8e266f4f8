"""The card of the pretrained model, for people: what it is, how it was made, what it is worth."""


def card_text(card: dict) -> str:
    """The model card for people, in Markdown; every number comes from the card's JSON."""
    def line(name: str) -> str:
        model, baseline, below = card["held_out"][name], card["baseline"][name], card["below_baseline"][name]
        return (f"| {name} | {model['pieces']} | {model['nats_per_token']:.3f} | "
                f"{_with_bounds(model, 'nats_per_note', 2)} | {baseline['nats_per_note']:.2f} | "
                f"{below['relative']:.0%} [{below['relative_low']:.0%}, {below['relative_high']:.0%}] |")

    training, gain, endings, data = (card[name] for name in ("training", "label_gain", "endings", "data"))
    shape, sampling = card["model"], endings["sampling"]
    rows = "\n".join(line(name) for name in ("all", *card["genres"]))
    return f"""# Model card: the pretrained composer

A Transformer of {card["parameters"]:,} parameters ({shape["num_layers"]} layers of {shape["hidden_size"]},
rotary positions, pre-norm) that composes to an emotion label and a genre.
It knows the emotions {", ".join(card["emotions"])}
and the genres {", ".join(card["genres"])}; any other label is refused.
The emotions are a *proxy*, a rule about mode and onsets per beat, and say nothing about feelings.

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

Measured on the published weights. The baseline is an interpolated Witten–Bell n-gram model of order
{card["baseline"]["order"]}, fitted on the same pieces in {card["baseline"]["transposed_copies"]}
transpositions. Intervals are 95 %, from a bootstrap over duplicate groups.

| collection | pieces | nats a token | nats a source note | n-gram baseline | below the baseline |
|---|---|---|---|---|---|
{rows}

Label gain, the loss with permuted labels minus the loss with the true ones, in nats a token:
emotion {_with_bounds(gain["emotion"], "nats_per_token", 4)},
genre {_with_bounds(gain["genre"], "nats_per_token", 4)}.

Of {endings["pieces"]} composed pieces (temperature {sampling["temperature"]:g}, top-p {sampling["top_p"]}),
{endings["ended"]} ended by themselves within {sampling["max_tokens"]:,} tokens:
{endings["share"]:.0%} [{endings["low"]:.0%}, {endings["high"]:.0%}].

## What it cannot do

- It knows one piano, folk tunes of one voice and four-part chorales; no drums, no band, no dynamics, and no
  tempo but one.
- XMIDI's labels (angry, pop, …) mean nothing to it: asked for them, it answers with the list of those it
  knows.
- Nobody has rated its pieces. A low loss is not a good tune.
- It may repeat passages of its training pieces; the appendix on control and memorisation measures how much.
"""


def _overlap(overlap: dict) -> str:
    """How much of what the data at hand hold out the model has seen."""
    counts = {name: sum(overlap[part][name] for part in ("validation", "test"))
              for name in ("held_out", "seen", "related")}
    test = overlap["test"]
    store = overlap["store"][:12]
    if not counts["seen"] + counts["related"]:
        return f"It has seen none of the {counts['held_out']:,} held-out pieces (store `{store}`)."
    return (f"The split has changed since it was trained (now store `{store}`). Of {counts['held_out']:,} "
            f"pieces that are held out now it has seen {counts['seen']:,} in training, and a copy or the "
            f"melody of {counts['related']:,} more. They are left out here: of {test['held_out']:,} test "
            f"pieces, {test['judged']:,} are judged.")


def _with_bounds(values: dict, name: str, digits: int) -> str:
    return (f"{values[name]:.{digits}f} [{values[f'{name}_low']:.{digits}f}, "
            f"{values[f'{name}_high']:.{digits}f}]")
