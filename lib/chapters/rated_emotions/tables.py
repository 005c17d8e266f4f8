"""Tables of the appendix on rated emotions; each says what it rests on."""

import pandas as pd
from IPython.display import HTML

from lib.show.tables import html_table, with_interval
from lib.show.words import counted

_HEARS = {"line": "the upper line alone", "score": "notes as written", "performance": "all that was played"}


def basis(table: pd.DataFrame) -> str:
    """Pieces, series, ratings and majority of a table, in one line for below it."""
    parts = []
    for dimension, part in table.groupby("dimension", sort=False):
        first = part.iloc[0]
        series = first["series_count"] if "series_count" in part else first["series"]
        parts.append(
            f"{dimension}: {first['pieces']:.0f} pieces of {series:.0f} series, "
            f"{first['ratings']:,.0f} ratings, {first['majority']:.0%} on the commoner side"
        )
    return "; ".join(parts) + ". Intervals of 95% over series."


def rater(agreement: pd.DataFrame, dimension: str, measure: str) -> pd.Series:
    """One row of the raters' agreement."""
    return agreement[(agreement["dimension"] == dimension) & (agreement["measure"] == measure)].iloc[0]


def rater_reference(agreement: pd.DataFrame, measure: str = "balanced accuracy") -> str:
    """What one rater and half a panel score, as a line for below a table."""
    parts = []
    for who in ("one rater", "half a panel"):
        said = [
            f"{row['estimate']:.2f} ({dimension})"
            for dimension in ("valence", "arousal")
            for row in [rater(agreement, dimension, f"{who}, {measure}")]
        ]
        parts.append(f"{who} {' and '.join(said)}")
    return f"Reference, {measure} against the other raters: {', '.join(parts)}."


def agreement_html(agreement: pd.DataFrame) -> HTML:
    """How far raters agree."""
    table = agreement.assign(
        text=[with_interval(row.estimate, row.low, row.high, 2) for row in agreement.itertuples()]
    )
    wide = table.pivot(index="measure", columns="dimension", values="text").loc[
        agreement["measure"].drop_duplicates(), ["valence", "arousal"]
    ]
    return html_table(wide.reset_index(), "How far raters agree with each other", note=basis(agreement))


def proxy_html(proxy: pd.DataFrame, agreement: pd.DataFrame) -> HTML:
    """The rule's halves and what could stand in their place."""
    rows = pd.DataFrame(
        [
            {
                "guess": row.guess,
                "of": row.dimension,
                "balanced accuracy": with_interval(row.balanced_accuracy, row.low, row.high, 2),
                "right of positive": row.of_positive,
                "right of negative": row.of_negative,
                "without a label": row.without_label,
            }
            for row in proxy.itertuples()
        ]
    )
    return html_table(
        rows,
        "Signs guessed by rules, against those that people gave",
        {"right of positive": ".0%", "right of negative": ".0%"},
        note=f"Chance 0.5. {rater_reference(agreement)} {basis(proxy)}",
    )


def hearing_html(hearing: pd.DataFrame, agreement: pd.DataFrame) -> HTML:
    """Judges by what they may hear."""
    rows = pd.DataFrame(
        [
            {
                "the judge hears": row.hears,
                "of": row.dimension,
                "explained": with_interval(row.explained, row.explained_low, row.explained_high, 2),
                "AUC": with_interval(row.auc, row.auc_low, row.auc_high, 2),
                "balanced accuracy": with_interval(
                    row.balanced_accuracy, row.balanced_accuracy_low, row.balanced_accuracy_high, 2
                ),
                "error": row.error,
            }
            for row in hearing.itertuples()
        ]
    )
    return html_table(
        rows,
        "Judges on game series that did not teach them",
        {"error": ".3f"},
        note=f"Error: root mean square, on the raters' scale from −1 to 1. "
        f"{rater_reference(agreement, 'AUC')} {basis(hearing)}",
    )


def rules_html(rules: pd.DataFrame, agreement: pd.DataFrame) -> HTML:
    """Labelling rules side by side."""
    table = rules.assign(
        text=[with_interval(row.balanced_accuracy, row.low, row.high, 2) for row in rules.itertuples()]
    )
    wide = table.pivot(index="rule", columns="what", values="text").loc[
        rules["rule"].drop_duplicates(), ["valence", "arousal", "four labels"]
    ]
    return html_table(
        wide.reset_index(),
        "Labelling rules against people: balanced accuracy",
        note=f"Chance 0.5, of four labels 0.25. {rater_reference(agreement)} "
        + basis(rules.rename(columns={"what": "dimension"})),
    )


def moved_html(moved: pd.DataFrame, real: pd.DataFrame, errors: dict[str, float], names: str) -> HTML:
    """What asking moves, beside the same difference between real pieces."""
    rows = []
    for row in moved.itertuples():
        found = real[real["dimension"] == row.dimension]
        rows.append(
            {
                "judged": row.dimension,
                "moved by asking": with_interval(row.difference, row.low, row.high, 3),
                "between real pieces": with_interval(*found[["difference", "low", "high"]].iloc[0], 3)
                if len(found)
                else "–",
                "the judge's error": errors[row.dimension],
                "composed pieces": row.pieces,
                "without judgement": row.without_judgement,
                "real pieces": int(found["pieces"].iloc[0]) if len(found) else 0,
            }
        )
    over = moved.iloc[0] if len(moved) else None
    note = "The labels of these data name no side of valence or arousal."
    if over is not None:
        slots = counted(int(over["slots"]), "slot")
        note = f"{counted(int(over['runs']), 'run')} ({names}), {slots}. Interval "
        note += "over the runs." if over["over"] == "runs" else "over slots: it leaves training seeds out."
    return html_table(
        pd.DataFrame(rows),
        "Asked for the other side, same seed: what the judge says",
        {"the judge's error": ".3f"},
        note=note,
    )


def judges_html(judges: pd.DataFrame) -> HTML:
    """The judges that are kept, beside those that the same pieces teach now.

    Args:
        judges: the table `rated_judges`.
    """
    first = judges.iloc[0]
    rows = pd.DataFrame(
        [
            {
                "the judge hears": _HEARS.get(row.hears, row.hears),
                "of": row.dimension,
                "error, as kept": row.kept_error,
                "error, taught anew": row.error,
                "correlation of both": with_interval(row.correlation, row.low, row.high, 3),
                "apart": row.apart,
            }
            for row in judges.itertuples()
        ]
    )
    return html_table(
        rows,
        "The judges that the labels rest on, beside those that the same pieces teach now",
        {"error, as kept": ".3f", "error, taught anew": ".3f", "apart": ".3f"},
        note=f"Verdicts of both on {first['pieces']} pieces of {first['series_count']} series, "
        f"{first['ratings']:,} ratings. Errors on unseen series; apart: root mean square of the difference "
        "of both verdicts. Intervals of 95% over series.",
    )
