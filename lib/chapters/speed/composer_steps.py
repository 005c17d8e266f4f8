"""What each change to the composer that comes with the book was worth: the kept trials, told."""

from IPython.display import HTML

from lib.composing import load_pretrained
from lib.ledger.evidence import Evidence
from lib.show.composed_table import composed_table
from lib.show.words import glue_all


def steps_table(trials: Evidence) -> HTML:
    """The kept trials, a row a step, behind real pieces.

    Args:
        trials: `composer_trials`, of :func:`lib.long_runs.composer_trials.run_composer_trials`.
    """
    table = trials.table
    rows = table.to_dict("records")
    judged, composed = table["pieces"].iloc[1], table["ended_pieces"].iloc[1]
    note = (
        f"{judged:.0f} validation pieces for the loss, {composed:.0f} composed ones for the rest; 95% "
        f"intervals over pieces. {trials.origin}"
    )
    return composed_table(rows, ("step", "minutes"), "What each change was worth (kept result)", note)


def glue_steps(trials: Evidence) -> None:
    """The first trial, the last, and real pieces, for the text."""
    table = trials.table
    real, first, last = (table.iloc[place] for place in (0, 1, -1))
    glue_all(
        "composer",
        first=f"{first['nats_per_note']:.2f}",
        last=f"{last['nats_per_note']:.2f}",
        first_ended=f"{first['ended']:.0%}",
        last_ended=f"{last['ended']:.0%}",
        first_themes=f"{first['themes']:.0%}",
        last_themes=f"{last['themes']:.0%}",
        real_themes=f"{real['themes']:.0%}",
        labels=f"{table['label'].iloc[1:].min():.0%} to {table['label'].iloc[1:].max():.0%}",
        pretrained=load_pretrained().card["tokens_seen"] / last["tokens"],
    )
