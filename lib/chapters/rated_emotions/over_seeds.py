"""What swapping a label moves in the ears of the judge that people taught, over all training seeds.

The numbers are kept evidence of the chapter on control. Here they are turned to the side that was asked for:
the brighter one for valence, the livelier one for arousal.
"""

from collections.abc import Mapping

import pandas as pd
from IPython.display import HTML

from lib.measures.comparison import seeds_from_text, without_each_seed
from lib.show.style import model_label
from lib.show.tables import html_table, no_evidence, with_interval
from lib.show.words import compared, listed

CAPTION = "Asked for the other side, same seed, over training seeds: what the judge says"
APART = "valence apart from tonality"

_ASKED = {
    "valence": ("minor minus major", -1, "judged valence, major minus minor"),
    APART: ("minor minus major", -1, "of it not by tonality"),
    "arousal": ("lively minus calm", 1, "judged arousal, lively minus calm"),
}
"""By measure: the contrast that should move it, the sign that turns it to the side asked for, a heading."""

_SINGLE = ("real", "ngram")


def towards_what_was_asked(effects: pd.DataFrame) -> pd.DataFrame:
    """The effects that the judge should hear, positive where they are as asked.

    Args:
        effects: the kept table `control_effects`.

    Returns:
        source, guidance (NaN for real music), measure ('valence', the part of it that does not come from
        tonality, 'arousal'), difference, low, high, by_run, runs, pairs, pieces, far (share of the pieces
        farther from what taught the judge than 95% of that).
    """
    lines = []
    for row in effects.to_dict("records"):
        contrast, sign, _ = _ASKED.get(row["measure"], (None, 1, ""))
        if row["contrast"] == contrast:
            low, high = sorted((sign * row["low"], sign * row["high"]))
            by_run = tuple(sign * value for value in seeds_from_text(row["by_run"]))
            turned = {"difference": sign * row["difference"], "low": low, "high": high, "by_run": by_run}
            lines.append(row | turned)
    return pd.DataFrame(lines)


def over_seeds_html(
    effects: pd.DataFrame | None, errors: Mapping[str, float], taught_on: Mapping[str, int], note: str
) -> HTML:
    """A row a source and guidance.

    Args:
        effects: the kept table `control_effects`; None where none fits these data.
        errors: of the judge, by dimension.
        taught_on: what taught it: pieces, series, ratings.
        note: where the evidence is from.
    """
    if effects is None:
        return no_evidence(CAPTION, "control")
    rows = []
    asked = towards_what_was_asked(effects)
    for (source, guidance), part in asked.groupby(["source", "guidance"], sort=False, dropna=False):
        first = part.iloc[0]
        rows.append(
            {
                "source": model_label(source) + ("" if source in _SINGLE else f", guidance {guidance:g}"),
                **{
                    _ASKED[row.measure][2]: with_interval(row.difference, row.low, row.high)
                    for row in part.itertuples()
                },
                "training seeds": "–" if source in _SINGLE else f"{first['runs']}",
                "pieces": first["pieces"],
                "far": first["far"],
            }
        )
    about = (
        "Interval of 95%: over training seeds where there are five, else over slots (for real music over "
        "pieces), which leaves training seeds out. Far: share of all pieces farther from what taught the "
        "judge than 95% of that. The judge's error for one piece: "
        f"{errors['valence']:.2f} (valence), {errors['arousal']:.2f} (arousal); it was taught on "
        f"{taught_on['pieces']} pieces of {taught_on['series']} series, {taught_on['ratings']:,} ratings. "
    )
    formats = {"pieces": ",.0f", "far": ".1%"}
    return html_table(pd.DataFrame(rows), CAPTION, formats, note=about + note)


def over_seeds_words(effects: pd.DataFrame | None, errors: Mapping[str, float]) -> dict[str, str]:
    """Sentences on valence, on what of it is no tonality ('apart'), on arousal and on distance ('far').

    A word that would change without one training seed is not used.

    Args:
        effects, errors: as for :func:`over_seeds_html`.
    """
    if effects is None:
        return dict.fromkeys(("valence", "apart", "arousal", "far"), "No evidence is kept for these data.")
    asked = towards_what_was_asked(effects)
    plain = asked[asked["guidance"].isna() | (asked["guidance"] == 1)]
    told = {}
    for name, measure in (("valence", "valence"), ("apart", APART), ("arousal", "arousal")):
        rows = plain[plain["measure"] == measure].set_index("source")
        composed = [
            f"{model_label(source)}: {_moved(row)}" for source, row in rows.iterrows() if source != "real"
        ]
        real = rows.loc["real"]
        told[name] = (
            f"{'; '.join(composed)}. Between real tunes with these labels it is "
            f"{with_interval(real['difference'], real['low'], real['high'])}."
        )
    for dimension in ("valence", "arousal"):
        composed = plain[(plain["measure"] == dimension) & (plain["source"] != "real")]
        share = composed["difference"].max() / errors[dimension]
        told[dimension] += (
            f" The largest shift of composed pieces is {share:.0%} of what the judge errs by for one piece."
        )
    told["far"] = _how_far(asked.drop_duplicates(["source", "guidance"]))
    return told


def _moved(row: pd.Series) -> str:
    without = without_each_seed(row["by_run"], error_pieces=0.0, piece_degrees=1)
    verdict = compared(
        row["low"],
        row["high"],
        "moved the wrong way",
        "moved as asked",
        "not distinguishable from unmoved",
        without,
    )
    return f"{verdict}, {with_interval(row['difference'], row['low'], row['high'])}"


def _how_far(rows: pd.DataFrame) -> str:
    """Shares of far pieces: of real music, and of all composed ones by guidance."""
    real, composed = rows[rows["source"] == "real"].iloc[0], rows[rows["source"] != "real"]
    shares = [
        f"{(part['far'] * part['pieces']).sum() / part['pieces'].sum():.1%} of {part['pieces'].sum():,} at "
        f"guidance {guidance:g}"
        for guidance, part in composed.groupby("guidance")
    ]
    return (
        f"Of {real['pieces']:,} real tunes, {real['far']:.1%} lie farther from the music that taught the "
        f"judge than 95% of that music itself does; of composed pieces, {listed(shares)}."
    )
