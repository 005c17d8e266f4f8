"""What a label does: pieces composed to every pair of labels, each from the same random numbers.

A *slot* is a seed. Within a slot pieces differ in nothing but their labels, so what changes between them is
the labels' doing, as in an experiment whose subjects are their own controls. A *run* is a training seed.
Several runs have Student's interval over their means, which holds the variance of runs and of pieces; a
source with one run has a bootstrap over its slots, which leaves the training seed out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.basics.progress import Progress
from lib.chapters.control.judges import Judge
from lib.composing import SamplingSettings, request_pieces
from lib.composing.compose import Source
from lib.composing.outcomes import share_with_interval
from lib.composing.protocols import Vocabulary
from lib.data import TokenStore
from lib.data.labelling.emotion_features import FEATURES, NoFeaturesError, emotion_features
from lib.data.labelling.rated_judge import RatedJudge
from lib.data.tokenizer import decode
from lib.measures.comparison import seeds_as_text
from lib.measures.label_control import NO_LABEL, agreement, baseline_of, halves
from lib.measures.sources import PieceSet, composed_set
from lib.measures.statistics import Interval, bootstrap_mean, seed_interval

CONTRASTS = {"minor minus major": (0, "minor", "major"), "lively minus calm": (1, "lively", "calm")}
"""By name: which half of an emotion label, and its two sides."""

APART = "valence apart from tonality"
HEARD = ("valence", APART, "arousal")
"""What a taught listener says of a piece, on the raters' scale; other measures are features of the notes."""


@dataclass(frozen=True)
class Crossed:
    """Pieces of one run for every pair of labels.

    Attributes:
        source: what composed, such as 'lstm'.
        run: which training of it.
        guidance: how strongly labels were put forward; 1 is the model as it is.
        pieces: one a pair and slot.
        slot: the slot of each piece, int64 [pieces].
        ended: which pieces the model ended itself, bool [pieces].
    """

    source: str
    run: str
    guidance: float
    pieces: PieceSet
    slot: np.ndarray
    ended: np.ndarray


def compose_crossed(
    source: Source,
    store: Vocabulary,
    draw: SamplingSettings,
    slots: int,
    name: str,
    run: str,
    identity: str | None = None,
    genres: Sequence[str] = (),
) -> Crossed:
    """Compose each slot to every pair of labels; what was composed before is read back.

    Args:
        source: as :func:`lib.composing.keep.request_pieces` takes it.
        store: the data behind it, or the pretrained model itself.
        draw: how tokens are drawn; slot i has the seed `draw.seed` + i whatever is asked for.
        slots: how many.
        name, run: of the source.
        identity: of a bare network.
        genres: those of the store that are asked for; none: all.
    """
    pairs = [(emotion, genre) for emotion in store.emotions for genre in genres or store.genres]
    progress = Progress(f"composing to every label, {name} {run}", len(pairs), unit="pairs of labels")
    made = []
    for pair in pairs:
        made += request_pieces(source, store, [pair] * slots, draw, identity=identity)
        progress.advance()
    progress.finish()
    return Crossed(
        name,
        run,
        draw.guidance,
        composed_set(name, made),
        np.tile(np.arange(slots), len(pairs)),
        np.array([piece.ended for piece in made]),
    )


def judge_crossed(
    crossed: Crossed, judges: Mapping[str, Judge], store: TokenStore, listener: RatedJudge
) -> pd.DataFrame:
    """What every judge says of each piece, and what its notes are like.

    Args:
        crossed: the pieces.
        judges: from :func:`lib.chapters.control.judges.make_judges`.
        store: for its tokenizer.
        listener: the judge that people taught.

    Returns:
        A row a piece: source, run, guidance, slot, emotion, genre, group, ended; what it obtained, a column a
        judge, and 'mode', where the rule judges; the columns of :func:`heard_in_notes`.
    """
    table = pd.DataFrame(
        {
            "source": crossed.source,
            "run": crossed.run,
            "guidance": crossed.guidance,
            "slot": crossed.slot,
            "emotion": crossed.pieces.emotions,
            "genre": crossed.pieces.genres,
            "group": crossed.pieces.groups,
            "ended": crossed.ended,
        }
    )
    for title, judge in judges.items():
        judged = judge(crossed.pieces)
        table[title] = judged["obtained"].to_numpy()
        if "mode" in judged:
            table["mode"] = judged["mode"].to_numpy()
    return table.join(heard_in_notes(note_features(crossed.pieces, store, listener), listener))


def note_features(pieces: PieceSet, store: TokenStore, listener: RatedJudge) -> pd.DataFrame:
    """The listener's features of each piece; NaN for one that cannot be measured."""
    found = []
    for tokens in pieces.tokens:
        try:
            found.append(emotion_features(decode(store.tokenizer, tokens), listener.hears))
        except NoFeaturesError:
            found.append(dict.fromkeys(listener.features, float("nan")))
    return pd.DataFrame(found, columns=listener.features)


def heard_in_notes(features: pd.DataFrame, listener: RatedJudge) -> pd.DataFrame:
    """What the listener says of pieces with these features.

    Args:
        features: from :func:`note_features`.
        listener: the judge that people taught.

    Returns:
        The features; valence, arousal and distance, as :class:`lib.data.labelling.rated_judge.Judgement` has
        them; and what of the valence comes from other features than tonality. A label that asks for minor
        moves tonality by definition, so that only the rest is news.
    """
    valence, arousal, distance = listener.judge_features(features.to_numpy())
    other = np.array([FEATURES[name][0] != "tonality" for name in listener.features])
    standard = (features.to_numpy() - listener.mean) / listener.scale
    return features.assign(
        valence=valence,
        arousal=arousal,
        distance=distance,
        **{APART: standard[:, other] @ listener.weights["valence"][other]},
    )


def obtained_table(judged: pd.DataFrame, titles: Sequence[str], own: str = "slot") -> pd.DataFrame:
    """How often each source obtained what was asked for, by every judge.

    Args:
        judged: from :func:`judge_crossed`, of several runs and sources one below the other.
        titles: the judges.
        own: the column whose values are drawn together in a bootstrap.

    Returns:
        source, guidance, by (who judges what), agreement, low, high, baseline, runs, pieces, by_run (the
        runs' shares, one after the other).
    """
    lines = []
    for (source, guidance), part in judged.groupby(["source", "guidance"], sort=False):
        for by, view in _views(part, titles).items():
            view = view.assign(group=part[own])
            shares = [agreement(one) for _, one in view.groupby(part["run"], sort=False)]
            lines.append(
                {
                    "source": source,
                    "guidance": guidance,
                    "by": by,
                    **over_runs(shares, "agreement"),
                    "baseline": baseline_of(view),
                    "pieces": len(view),
                }
            )
        ended = [
            Interval(*share_with_interval(int(one.sum()), len(one)))
            for _, one in part.groupby("run")["ended"]
        ]
        line = {"source": source, "guidance": guidance, "by": "ended by itself"}
        lines.append({**line, **over_runs(ended, "agreement"), "baseline": float("nan"), "pieces": len(part)})
    return pd.DataFrame(lines)


def _views(judged: pd.DataFrame, titles: Sequence[str]) -> dict[str, pd.DataFrame]:
    """By who judges what, asked and obtained; where a rule judges the emotion, also each of its halves."""
    views = {}
    for title in titles:
        target = title.split(" ")[0].rstrip(":")
        view = pd.DataFrame({"asked": judged[target], "obtained": judged[title]})
        views[title] = view
        if title == "emotion by the rule":
            parts = halves(view.assign(mode=judged["mode"]))
            views |= {f"its {half}": table[["asked", "obtained"]] for half, table in parts.items()}
    return views


def over_runs(found: Sequence[Interval], name: str) -> dict[str, object]:
    """One interval from those of the runs: Student's over their estimates, or the only one there is."""
    estimates = [float(one.estimate) for one in found]
    whole = seed_interval(estimates) if len(found) > 1 else found[0]
    return {
        name: whole.estimate,
        "low": whole.low,
        "high": whole.high,
        "runs": len(found),
        "by_run": seeds_as_text(estimates),
    }


def difference_table(judged: pd.DataFrame, titles: Sequence[str], first: str, second: str) -> pd.DataFrame:
    """How much more often one source obtained what was asked for than another, run by run of the same seed.

    Returns:
        by, difference (first minus second), low, high, runs, by_run; only at guidance 1 and for runs that
        both sources have.
    """
    plain = judged[judged["guidance"] == 1]
    parts = {name: plain[plain["source"] == name] for name in (first, second)}
    runs = [run for run in parts[first]["run"].unique() if run in set(parts[second]["run"])]
    lines = []
    for by in _views(plain, titles):
        shares = {
            name: [
                float(
                    agreement(
                        _views(part[part["run"] == run], titles)[by].assign(group=part["slot"])
                    ).estimate
                )
                for run in runs
            ]
            for name, part in parts.items()
        }
        gaps = [one - other for one, other in zip(shares[first], shares[second], strict=True)]
        found = seed_interval(gaps)
        lines.append(
            {
                "by": by,
                "difference": found.estimate,
                "low": found.low,
                "high": found.high,
                "runs": len(runs),
                "by_run": seeds_as_text(gaps),
            }
        )
    return pd.DataFrame(lines)


def effect_table(judged: pd.DataFrame, measures: Sequence[str], scale: Mapping[str, float]) -> pd.DataFrame:
    """How far asking for the other side of an emotion moves the notes, all else the same.

    Within a slot and genre, the mean over the labels of one side minus that of the other.

    Args:
        judged: from :func:`judge_crossed`.
        measures: columns of numbers.
        scale: the standard deviation of each over real pieces, the unit of the result.

    Returns:
        source, guidance, contrast, measure, difference, low, high (in standard deviations of real pieces),
        runs, pairs (of slot and genre with both sides), by_run; and of all pieces of the source that can be
        judged, whatever was asked for: how many pieces, their median distance from what taught the listener,
        and the share that is far (above 1).
    """
    lines = []
    for (source, guidance), part in judged.groupby(["source", "guidance"], sort=False):
        for contrast, (half, plus, minus) in CONTRASTS.items():
            sides = part["emotion"].str.split("-").str[half]
            for measure in measures:
                means = part.assign(side=sides).pivot_table(
                    index=["run", "genre", "slot"], columns="side", values=measure, aggfunc="mean"
                )
                if not {plus, minus} <= set(means.columns):
                    continue
                gaps = ((means[plus] - means[minus]) / scale[measure]).dropna()
                found = [_slots_interval(one) for _, one in gaps.groupby("run")]
                lines.append(
                    {
                        "source": source,
                        "guidance": guidance,
                        "contrast": contrast,
                        "measure": measure,
                        **over_runs(found, "difference"),
                        "pairs": len(gaps),
                        **_how_far(part["distance"]),
                    }
                )
    return pd.DataFrame(lines)


def _how_far(distance: pd.Series) -> dict[str, float]:
    known = distance.dropna()
    return {"pieces": len(known), "distance": known.median(), "far": (known > 1).mean()}


def _slots_interval(gaps: pd.Series) -> Interval:
    return bootstrap_mean(gaps.to_numpy(), gaps.index.get_level_values("slot").to_numpy())


def real_effects(
    real: PieceSet, features: pd.DataFrame, measures: Sequence[str], scale: Mapping[str, float]
) -> pd.DataFrame:
    """The same differences between real pieces that have the labels: a reference, and no limit.

    Other pieces have each label here, not the same ones under another, so genres are weighed alike first: the
    mean over genres of the difference within each.

    Args:
        real: the pieces.
        features: of them, from :func:`heard_in_notes`.
        measures, scale: as for :func:`effect_table`.

    Returns:
        As :func:`effect_table`, with the source 'real' and the pieces as `pairs`.
    """
    table = features.assign(genre=real.genres, group=real.groups)
    lines = []
    for contrast, (half, plus, minus) in CONTRASTS.items():
        side = pd.Series(real.emotions).str.split("-").str[half]
        for measure in measures:
            known = table[measure].notna() & side.isin([plus, minus])
            part = table[known].assign(high=side[known] == plus)
            gaps = [
                _difference(genre[measure].to_numpy() / scale[measure], genre["high"].to_numpy())
                for _, genre in part.groupby("genre")
                if genre["high"].nunique() == 2
            ]
            if not gaps:
                continue
            mean = float(np.mean([gap for gap, _ in gaps]))
            half_width = 1.96 * float(np.sqrt(np.sum([error**2 for _, error in gaps]))) / len(gaps)
            lines.append(
                {
                    "source": real.name,
                    "guidance": float("nan"),
                    "contrast": contrast,
                    "measure": measure,
                    "difference": mean,
                    "low": mean - half_width,
                    "high": mean + half_width,
                    "runs": 1,
                    "by_run": seeds_as_text([mean]),
                    "pairs": int(known.sum()),
                    **_how_far(table["distance"]),
                }
            )
    return pd.DataFrame(lines)


def _difference(values: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """The difference of two means, and its standard error (Welch)."""
    first, second = values[high], values[~high]
    if min(len(first), len(second)) < 2:
        return float(first.mean() - second.mean()), float(values.std())
    error = first.var(ddof=1) / len(first) + second.var(ddof=1) / len(second)
    return float(first.mean() - second.mean()), float(np.sqrt(error))


def unjudged(judged: pd.DataFrame, titles: Sequence[str]) -> pd.DataFrame:
    """How many pieces of each source a judge could not judge: source, by, pieces; where there are any."""
    lines = [
        {"source": source, "by": title, "pieces": int((part[title] == NO_LABEL).sum())}
        for source, part in judged.groupby("source", sort=False)
        for title in titles
    ]
    return pd.DataFrame([line for line in lines if line["pieces"]], columns=["source", "by", "pieces"])
