"""The table of models that closes a chapter: computed lines with intervals, quoted lines marked as quoted."""

from collections.abc import Mapping, Sequence

import pandas as pd
from IPython.display import HTML

from lib.basics.places import REFERENCE
from lib.show.style import model_label
from lib.show.tables import html_table, with_interval

_MEASURES = {
    "nats_per_token": ("nats per token", 3),
    "accuracy": ("accuracy", 3),
    "nats_per_note": ("nats per source note", 2),
}


def results_table(
    results: pd.DataFrame,
    caption: str,
    about: Mapping[str, Mapping[str, object]] | None = None,
    quoted: Sequence[str] = (),
    note: str = "",
) -> HTML:
    """Models of this book, with 95% intervals, beside those of the original report.

    Args:
        results: from :func:`lib.measures.loss_tables.model_table`.
        caption: of the table.
        about: more columns by model, such as parameters; the original's models are named 'original lstm' and
            'original transformer'.
        quoted: models of the original report to add, 'lstm' or 'transformer'.
        note: below the table, behind the counts of tokens, pieces and groups.
    """
    about = about or {}
    lines = []
    for _, found in results.iterrows():
        line = {"model": model_label(found["model"]), **about.get(found["model"], {})}
        for name, (heading, digits) in _MEASURES.items():
            line[heading] = with_interval(*found[[name, f"{name}_low", f"{name}_high"]], digits)
        lines.append(line)
    published = pd.read_csv(REFERENCE / "model_comparison.csv").set_index("model")
    for name in quoted:
        lines.append(
            {
                "model": f"{model_label(name)} of the original report, other data",
                **about.get(f"original {name}", {}),
                "nats per token": f"{published.loc[name, 'val_loss']:.2f}",
                "accuracy": f"{published.loc[name, 'val_accuracy']:.2f}",
            }
        )
    counts = results.iloc[0]
    counted = (
        f"Computed lines: {counts['tokens']:,} tokens of {counts['pieces']:,} pieces in "
        f"{counts['groups']:,} groups of duplicates, 95% intervals."
    )
    return html_table(
        pd.DataFrame(lines), caption, quoted=range(len(results), len(lines)), note=f"{counted} {note}".strip()
    )


def differences_table(differences: pd.DataFrame, caption: str) -> HTML:
    """Differences of models on the same pieces, with 95% intervals.

    Args:
        differences: from :func:`lib.measures.loss_tables.difference_table`.
        caption: of the table.
    """
    lines = [
        {
            "difference": f"{model_label(line['model'])} − {model_label(line['baseline'])}",
            **{
                heading: with_interval(*line[[name, f"{name}_low", f"{name}_high"]], digits)
                for name, (heading, digits) in _MEASURES.items()
                if name in differences
            },
            "groups": line["groups"],
        }
        for _, line in differences.iterrows()
    ]
    return html_table(pd.DataFrame(lines), caption)


def heads_table(heads: pd.DataFrame, caption: str) -> HTML:
    """The heads that look back by bars.

    Args:
        heads: from :func:`lib.chapters.networks.looking_back.best_heads`.
        caption: of the table.
    """
    lines = [
        {
            "bars back": line["bars_back"],
            "head": head_name(line["layer"], line["head"]),
            "share of its attention": with_interval(line["share"], line["low"], line["high"]),
            "even spread": line["even"],
            "pieces": line["pieces"],
        }
        for line in heads.to_dict("records")
    ]
    return html_table(pd.DataFrame(lines), caption)


def head_name(layer: int, head: int) -> str:
    """'layer 2, head 1', both counted from 1."""
    return f"layer {layer}, head {head}"
