"""Measures by source and against a baseline, each with its number of pieces and its interval."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lib.basics.places import REFERENCE
from lib.chapters.music_analysis.measures import MEASURES, Measured
from lib.composing.outcomes import share_with_interval
from lib.data.labelling.labels import parse_key
from lib.measures.music.keys import PROFILES
from lib.measures.statistics import Interval, bootstrap_mean


def source_table(measured: Measured, names: Sequence[str]) -> pd.DataFrame:
    """The mean of each measure over the pieces of each source.

    Where a share is 0 in all pieces, or 1 in all, a bootstrap has nothing to draw; the interval is Wilson's
    then, with groups as trials: that of how many pieces differ at all, which bounds the mean. Of measures
    with a unit on which all pieces agree, the interval has no width.

    Args:
        measured: from :func:`lib.chapters.music_analysis.measures.measure_pieces`.
        names: measures, or 'ended'.

    Returns:
        measure, source, mean, low, high (95%), pieces (with an answer), asked (all of the source).
    """
    rows = []
    for name in names:
        for source, part in measured.values.groupby("source", sort=False):
            known = part[part[name].notna()]
            if len(known):
                interval = mean_with_interval(
                    known[name].to_numpy(float), known["group"].to_numpy(), _is_share(name)
                )
                rows.append(
                    {
                        "measure": name,
                        "source": source,
                        "mean": interval.estimate,
                        "low": interval.low,
                        "high": interval.high,
                        "pieces": len(known),
                        "asked": len(part),
                    }
                )
    return pd.DataFrame(rows, columns=["measure", "source", "mean", "low", "high", "pieces", "asked"])


def _is_share(name: str) -> bool:
    return name == "ended" or not MEASURES[name].unit


def mean_with_interval(values: np.ndarray, groups: np.ndarray, share: bool) -> Interval:
    """The mean over pieces, float64 [pieces], with a 95% interval over groups.

    Of a share that all or none have the interval is Wilson's, with groups as trials.
    """
    found, count = bootstrap_mean(values, groups), len(np.unique(groups))
    if share and count > 1 and found.low == found.high and found.estimate in (0, 1):
        return Interval(*share_with_interval(count if found.estimate else 0, count))
    return found


def difference(measured: Measured, name: str, source: str, baseline: str) -> tuple[Interval, int]:
    """The mean difference of two sources, slot by slot, so that labels do not differ between them.

    Where the two do not differ in any slot, a bootstrap has nothing to draw. The interval of a share reaches
    then as far on either side as Wilson's for how many groups differ at all.

    Args:
        measured: pieces of both.
        name: a measure, or 'ended'.
        source, baseline: what is compared with what.

    Returns:
        The difference with its 95% interval (NaN for fewer than two groups or no pair), and the number of
        pairs with an answer on both sides.
    """
    values = measured.values.set_index("slot")
    sides = [values[values["source"] == one] for one in (source, baseline)]
    pairs = pd.DataFrame(
        {
            "one": sides[0][name].astype(float),
            "other": sides[1][name].astype(float),
            "group": sides[1]["group"],
        }
    ).dropna()
    if pairs.empty:
        return Interval(float("nan"), float("nan"), float("nan")), 0
    differences = (pairs["one"] - pairs["other"]).to_numpy()
    groups = pairs["group"].to_numpy()
    if _is_share(name) and not differences.any() and len(np.unique(groups)) > 1:
        _, _, most = share_with_interval(0, len(np.unique(groups)))
        return Interval(0.0, -most, most), len(pairs)
    return bootstrap_mean(differences, groups), len(pairs)


def against_own(measured: Measured, name: str, baseline: str) -> pd.DataFrame:
    """The mean difference of two measures of the same pieces, by source.

    Args:
        measured: from :func:`lib.chapters.music_analysis.measures.measure_pieces`.
        name, baseline: measures; the second is what the first would be by chance.

    Returns:
        source, difference, low, high (95%), pieces (with an answer to both).
    """
    rows = []
    for source, part in measured.values.groupby("source", sort=False):
        known = part[[name, baseline, "group"]].dropna()
        if len(known):
            found = bootstrap_mean((known[name] - known[baseline]).to_numpy(float), known["group"].to_numpy())
            rows.append(
                {
                    "source": source,
                    "difference": found.estimate,
                    "low": found.low,
                    "high": found.high,
                    "pieces": len(known),
                }
            )
    return pd.DataFrame(rows, columns=["source", "difference", "low", "high", "pieces"])


def difference_table(
    measured: Measured, names: Sequence[str], comparisons: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """Differences of several measures and pairs of sources: measure, source, baseline, difference, low, high,
    pairs."""
    rows = []
    for name in names:
        for source, baseline in comparisons:
            interval, pairs = difference(measured, name, source, baseline)
            rows.append(
                {
                    "measure": name,
                    "source": source,
                    "baseline": baseline,
                    "difference": interval.estimate,
                    "low": interval.low,
                    "high": interval.high,
                    "pairs": pairs,
                }
            )
    return pd.DataFrame(rows)


def reason_table(measured: Measured) -> pd.DataFrame:
    """How often a measure had no answer, by reason; numbers in reasons are left out so that alike ones join.

    Returns:
        measure, source, pieces, reason (an example), most frequent first.
    """
    counts: Counter = Counter()
    examples: dict[tuple, str] = {}
    for row in measured.reasons.itertuples():
        kind = "".join("#" if letter.isdigit() else letter for letter in row.reason)
        key = (MEASURES[row.measure].label, row.source, kind)
        counts[key] += 1
        examples.setdefault(key, row.reason)
    return pd.DataFrame(
        [
            {"measure": measure, "source": source, "pieces": count, "reason": examples[key]}
            for key, count in counts.most_common()
            for measure, source, _ in [key]
        ],
        columns=["measure", "source", "pieces", "reason"],
    )


def curve_table(measured: Measured, name: str) -> pd.DataFrame:
    """The mean of a curve by source, point by point, with its interval.

    Returns:
        source, place (from 0), mean, low, high, pieces.
    """
    rows = []
    for source, part in measured.values.groupby("source", sort=False):
        curves = [(measured.curves[row].get(name), part.loc[row, "group"]) for row in part.index]
        kept = [(curve, group) for curve, group in curves if curve is not None]
        if not kept:
            continue
        numbers = np.array([curve for curve, _ in kept], dtype=float)
        groups = np.array([group for _, group in kept])
        for place in range(numbers.shape[1]):
            known = ~np.isnan(numbers[:, place])
            if known.any():
                interval = bootstrap_mean(numbers[known, place], groups[known], draws=500)
                rows.append(
                    {
                        "source": source,
                        "place": place,
                        "mean": interval.estimate,
                        "low": interval.low,
                        "high": interval.high,
                        "pieces": int(known.sum()),
                    }
                )
    return pd.DataFrame(rows, columns=["source", "place", "mean", "low", "high", "pieces"])


def original_outputs() -> pd.DataFrame:
    """The original report's five published outputs: how long they are, and whether they end on a tonic.

    Returns:
        piece, bars, seconds, tokens, velocity_thirds (as published), lowest_last (the lowest pitch of the
        last onset), the key by each profile, on_tonic (how many of the profiles put that pitch on the tonic),
        and closes (1 if most do).
    """
    table = pd.read_csv(REFERENCE / "sample_outputs.csv")
    lowest = table["final_onset_pitches"].str.split().str[0]
    found = table[["piece", "bars", "seconds", "tokens", "velocity_thirds"]].assign(lowest_last=lowest)
    on_tonic = np.zeros(len(table), int)
    for profile in PROFILES:
        found[profile] = table[f"key_{profile}"]
        tonics = [parse_key(text.split()[0]).pitch_class for text in table[f"key_{profile}"]]
        pitches = [parse_key(text.rstrip("-0123456789")).pitch_class for text in lowest]
        on_tonic += np.equal(tonics, pitches)
    return found.assign(on_tonic=on_tonic, closes=(on_tonic > len(PROFILES) / 2).astype(int))
