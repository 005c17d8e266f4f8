"""Asked for against obtained: does a piece get the emotion and the genre that it was composed to?

Where the emotion is a rule (:mod:`lib.data.labelling.labels`), the rule itself judges composed pieces, with
the estimated mode, for nobody notates their key. A classifier would only learn the rule again, with errors.
For everything else there is :mod:`lib.measures.classifier`. Both judges also err on real pieces: their
agreement with the labels of real held-out pieces is the reference, what ignoring the request would score the
baseline.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lib.composing.outcomes import share_with_interval
from lib.data import TokenStore
from lib.data.labelling.label_schemes import LabelRule
from lib.data.labelling.labels import EMOTIONS, emotion_of
from lib.data.tokenizer import decode
from lib.measures.music.notes import NoteReader
from lib.measures.sources import PieceSet
from lib.measures.statistics import Interval, bootstrap

NO_LABEL = "no label"
"""What a piece obtains that the judge cannot judge."""

NO_PITCHES = "it has no notes with a pitch"


def is_ruled(store: TokenStore, rule: LabelRule) -> bool:
    """Whether the emotions of a store are those of the rule, and its medians are known."""
    return bool(rule) and set(store.emotions) <= set(EMOTIONS)


def judge_by_rule(pieces: PieceSet, store: TokenStore, rule: LabelRule) -> pd.DataFrame:
    """What emotion each piece has by the rule, with the estimated mode.

    Args:
        pieces: of any source; their genre says by whose medians they are judged.
        store: for its tokenizer.
        rule: behind the labels, :func:`lib.data.labelling.label_schemes.read_rule`.

    Returns:
        One row a piece: source, asked, obtained (or :data:`NO_LABEL`), reason (why there is none), mode
        (known in meters without a median, too), group.
    """
    lines = []
    read = pieces.notes(NoteReader(store))
    for notes, tokens, asked, genre, group in zip(
        read, pieces.tokens, pieces.emotions, pieces.genres, pieces.groups, strict=True
    ):
        obtained, reason, mode = None, NO_PITCHES, None
        if len(notes.pitched):
            evidence = rule.examine(decode(store.tokenizer, tokens), genre)
            mode, (obtained, reason) = evidence.mode, emotion_of(evidence, rule.medians)
        lines.append(
            {
                "source": pieces.name,
                "asked": asked,
                "obtained": obtained or NO_LABEL,
                "reason": reason,
                "mode": mode or NO_LABEL,
                "group": group,
            }
        )
    return pd.DataFrame(lines, columns=["source", "asked", "obtained", "reason", "mode", "group"])


def agreement(judged: pd.DataFrame, draws: int = 2000) -> Interval:
    """The share of pieces that obtained what was asked for, with its 95% interval over groups.

    Every label asked for counts the same: it is the mean over labels of the share within each, so that real
    pieces, of which some labels are rare, and composed ones are on one scale. A piece without a label did
    not obtain what was asked for. Where all or none obtained it, no bootstrap sample differs; the interval is
    then Wilson's, with as many trials as groups.

    Args:
        judged: a judge's table, with the columns asked, obtained and group.
        draws: bootstrap samples.
    """
    asked = judged["asked"].to_numpy()
    of_label = (asked[:, None] == np.unique(asked)[None, :]).astype(float)
    right = (judged["obtained"].to_numpy() == asked).astype(float)
    count = of_label.shape[1]

    def mean_of_shares(sums: np.ndarray) -> np.ndarray:
        # A label that a bootstrap sample happens to lack has no share in it.
        return np.nanmean(sums[..., :count] / sums[..., count:], axis=-1)

    groups = judged["group"].to_numpy()
    if right.min() == right.max():
        trials = len(np.unique(groups))
        return Interval(*share_with_interval(int(right[0]) * trials, trials))
    return bootstrap(np.hstack([of_label * right[:, None], of_label]), groups, mean_of_shares, draws=draws)


def baseline_of(judged: pd.DataFrame) -> float:
    """What always giving the commonest label would score: 1 over the number of labels asked for.

    On the scale of :func:`agreement`, where labels count the same, the majority class and chance are one.
    """
    return 1 / judged["asked"].nunique()


def agreement_table(judgements: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Agreement of each source.

    Args:
        judgements: a judge's table of each source.

    Returns:
        source, agreement, low, high, baseline, pieces, without_label.
    """
    lines = []
    for judged in judgements:
        share = agreement(judged)
        lines.append(
            {
                "source": judged["source"].iloc[0],
                "agreement": share.estimate,
                "low": share.low,
                "high": share.high,
                "baseline": baseline_of(judged),
                "pieces": len(judged),
                "without_label": int((judged["obtained"] == NO_LABEL).sum()),
            }
        )
    return pd.DataFrame(lines)


def halves(judged: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A ruled emotion taken apart: the same table for its mode and for its activity, lively or calm.

    A piece in a meter without a median has a mode all the same.
    """
    parts = {}
    for place, name in enumerate(("mode", "activity")):
        parts[name] = judged.assign(
            **{
                column: [label if label == NO_LABEL else label.split("-")[place] for label in judged[column]]
                for column in ("asked", "obtained")
            }
        )
    if "mode" in judged:
        parts["mode"] = parts["mode"].assign(obtained=judged["mode"])
    return parts


def confusion(judged: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Shares of what pieces obtained (columns) of each label asked for (rows); rows sum to 1.

    Args:
        judged: a judge's table.
        labels: the order of rows and columns; :data:`NO_LABEL` is a column more where it occurs.
    """
    columns = [*labels, *([NO_LABEL] if (judged["obtained"] == NO_LABEL).any() else [])]
    table = pd.crosstab(judged["asked"], judged["obtained"], normalize="index")
    return table.reindex(
        index=[label for label in labels if label in table.index], columns=columns, fill_value=0.0
    )


def reasons(judgements: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Why pieces have no label: source, reason, pieces."""
    whole = pd.concat(judgements)
    found = whole[whole["reason"] != ""].groupby(["source", "reason"], sort=False).size()
    return found.rename("pieces").reset_index()
