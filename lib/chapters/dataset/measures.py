"""What a data set holds and what its labels are worth, before any model sees it."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.basics.places import REFERENCE
from lib.data import TokenStore
from lib.data.files.companions import read_companion
from lib.data.shorthand.tokens import AGAIN, BARS
from lib.measures.statistics import bootstrap_mean


def published_counts() -> pd.DataFrame:
    """XMIDI's published counts with the percentages computed again.

    Returns:
        label_kind, label, count, percent (as printed), share (count over the kind's sum), agrees (the printed
        percentage is the share to its two decimals).
    """
    counts = pd.read_csv(REFERENCE / "xmidi_counts.csv")
    counts["share"] = counts["count"] / counts.groupby("label_kind")["count"].transform("sum")
    counts["agrees"] = (100 * counts["share"] - counts["percent"]).abs() <= 0.005 + 1e-9
    return counts


def label_counts(index: pd.DataFrame) -> pd.DataFrame:
    """Number of pieces by emotion (rows) and genre (columns); combinations that do not occur are 0."""
    return pd.crosstab(index["emotion"], index["genre"])


def length_table(index: pd.DataFrame, window: int) -> pd.DataFrame:
    """Median and 5th to 95th percentile of lengths by genre, and the share of pieces over `window` tokens."""

    def summary(column: pd.Series) -> str:
        low, middle, high = column.quantile([0.05, 0.5, 0.95])
        return f"{middle:,.0f} ({low:,.0f}–{high:,.0f})"

    groups = index.groupby("genre")
    table = groups[["seconds", "bars", "notes", "length"]].agg(summary).rename(columns={"length": "tokens"})
    table.insert(0, "pieces", groups.size())
    table[f"over {window} tokens"] = groups["length"].agg(lambda length: f"{(length > window).mean():.0%}")
    return table


def vocabulary_table(store: TokenStore) -> pd.DataFrame:
    """Size of the vocabulary by token type, how much of it occurs, and the type's share of all tokens.

    Returns:
        indexed by token type: tokens in the vocabulary, that occur, share of the data, most frequent.
    """
    counts = token_counts(store)
    frame = pd.DataFrame(
        {
            "type": [store.type_names[kind] for kind in store.type_of_id],
            "count": counts,
            "token": store.vocabulary,
        }
    )
    groups = frame.groupby("type", sort=False)
    table = pd.DataFrame(
        {
            "in the vocabulary": groups.size(),
            "that occur": groups["count"].agg(lambda count: int((count > 0).sum())),
            "share of all tokens": groups["count"].sum() / counts.sum(),
            "most frequent": groups[["count", "token"]].apply(
                lambda part: part["token"].iloc[part["count"].argmax()] if part["count"].any() else "–"
            ),
        }
    )
    return table.sort_values("share of all tokens", ascending=False)


def token_counts(store: TokenStore) -> np.ndarray:
    """How often each id of the vocabulary occurs in the whole store: int64[V]."""
    size = len(store.vocabulary)
    return sum(
        (np.bincount(store.tokens(row), minlength=size) for row in range(len(store.index))),
        start=np.zeros(size, np.int64),
    )


def predictability(index: pd.DataFrame, given: list[str], target: str = "emotion") -> dict[str, object]:
    """How well a label is guessed from a few columns: by the commonest label of each combination in training.

    A combination that training does not hold is answered with the commonest label of all. Fitted on the part
    `train`, scored on `validation` and `test` together; the interval resamples duplicate groups.

    Args:
        index: a store's index, with any further columns named in `given`.
        given: columns that are known; empty for the majority class.
        target: the column to be guessed.

    Returns:
        given, accuracy, low, high (95%), majority (accuracy of the commonest label), pieces, groups.
    """
    fitted = index[index["split"] == "train"]
    scored = index[index["split"] != "train"]
    commonest = fitted[target].mode().iloc[0]
    guess = pd.Series(commonest, index=scored.index)
    if given:
        best = fitted.groupby(given)[target].agg(lambda labels: labels.mode().iloc[0]).rename("guess")
        guess = scored.join(best, on=given)["guess"].fillna(commonest)
    right = (guess == scored[target]).to_numpy(float)
    estimate, low, high = bootstrap_mean(right, scored["group"].to_numpy(), draws=1000)
    return {
        "given": " + ".join(given) or "nothing",
        "accuracy": estimate,
        "low": low,
        "high": high,
        "majority": float((scored[target] == commonest).mean()),
        "pieces": len(scored),
        "groups": scored["group"].nunique(),
    }


def group_disagreement(index: pd.DataFrame) -> dict[str, float]:
    """How often two members of a duplicate group carry different labels.

    Returns:
        groups (with at least two members), pieces (in them), disagreeing_groups (share of these groups),
        pairs, disagreeing_pairs (share of pairs, as a mean over groups, so that a large one counts once), and
        chance: the share of disagreeing pairs when labels are drawn at random from the whole index.
    """
    groups = [labels.to_numpy() for _, labels in index.groupby("group")["emotion"] if len(labels) > 1]
    shares = index["emotion"].value_counts(normalize=True)
    if not groups:
        return {
            "groups": 0,
            "pieces": 0,
            "disagreeing_groups": float("nan"),
            "pairs": 0,
            "disagreeing_pairs": float("nan"),
            "chance": float(1 - (shares**2).sum()),
        }
    differing, pairs = [], 0
    for labels in groups:
        _, counts = np.unique(labels, return_counts=True)
        all_pairs = len(labels) * (len(labels) - 1) / 2
        same = (counts * (counts - 1) / 2).sum()
        differing.append(1 - same / all_pairs)
        pairs += int(all_pairs)
    return {
        "groups": len(groups),
        "pieces": sum(map(len, groups)),
        "disagreeing_groups": float(np.mean([share > 0 for share in differing])),
        "pairs": pairs,
        "disagreeing_pairs": float(np.mean(differing)),
        "chance": float(1 - (shares**2).sum()),
    }


def activity_predictability(dataset_folder: Path, index: pd.DataFrame) -> pd.DataFrame | None:
    """How far the meter alone tells lively from calm, under the rule used and under a simpler one.

    The rule compares what its label scheme measures with the median of the same collection *and meter*; the
    simpler one with the median of the collection.

    Args:
        dataset_folder: the folder of the pieces, whose `pieces.csv` has their activity, as it was measured.
        index: the store's index.

    Returns:
        A row a rule as in :func:`predictability`, with the genre known; None for a folder whose labels are
        given and not ruled.
    """
    table = read_companion(dataset_folder, "pieces.csv", ("identifier", "activity"))
    if table is None:
        return None
    measured = pd.to_numeric(table.set_index("identifier")["activity"])
    frame = index.join(measured, on="identifier")
    rows = []
    for rule, columns in (
        ("median of collection and meter (used)", ["genre", "meter"]),
        ("median of the collection", ["genre"]),
    ):
        median = frame.groupby(columns)["activity"].transform("median")
        frame["half"] = np.where(frame["activity"] > median, "lively", "calm")
        rows.append({"rule": rule, **predictability(frame, ["genre", "meter"], target="half")})
    return pd.DataFrame(rows).drop(columns=["given", "groups"])


def left_out_table(store: TokenStore, dataset_folder: Path) -> pd.DataFrame:
    """How many pieces were left out, by stage and reason, when the folder was written and when it was read.

    What follows a colon in a reason is particular to one piece and not counted apart.

    Returns:
        stage, reason, pieces; most frequent first.
    """
    parts = [store.left_out]
    written = read_companion(dataset_folder, "left_out.csv", ("name", "stage", "reason"))
    if written is not None:
        parts.insert(0, written)
    found = pd.concat(parts)
    found["reason"] = found["reason"].map(lambda reason: reason.partition(":")[0])
    counts = found.groupby(["stage", "reason"]).size().rename("pieces").reset_index()
    return counts.sort_values("pieces", ascending=False, ignore_index=True)


def note_losses(index: pd.DataFrame) -> pd.DataFrame:
    """What tokenising did to the notes, by genre and in all.

    Args:
        index: a row a piece, with genre, notes, notes_lost, notes_ended, notes_moved and repaired.

    Returns:
        genre, pieces, notes, lost (notes without a token), ended (notes without an end in their file, which
        were given one), moved (notes that begin off the grid), worst (the largest share of its notes that one
        piece lost, 0–1), repaired (files that had to be repaired).
    """
    shares = index.assign(share=(index["notes_lost"] / index["notes"].clip(lower=1)).astype(float))
    named = {
        "pieces": ("notes", "size"),
        "notes": ("notes", "sum"),
        "lost": ("notes_lost", "sum"),
        "ended": ("notes_ended", "sum"),
        "moved": ("notes_moved", "sum"),
        "worst": ("share", "max"),
        "repaired": ("repaired", "sum"),
    }
    by_genre = shares.groupby("genre").agg(**named).reset_index()
    whole = shares.assign(genre="all").groupby("genre").agg(**named).reset_index()
    return pd.concat([by_genre, whole], ignore_index=True)


def note_account(store: TokenStore) -> pd.DataFrame:
    """Where every note of the data's files is, counted in the files by a second reader.

    Returns:
        notes, and of them: a row for all, for those in the store, for those without a token, and for those in
        files left out; the last three add up to the first.
    """
    counts = store.manifest["counts"]
    rows = [
        ("in all files, by the second reader", counts["notes"] + counts["notes_left_out"]),
        ("in the store, counted by their tokens", int(notes_told(store).sum())),
        ("in pieces, without a token", counts["notes_lost"]),
        ("in files left out", counts["notes_left_out"]),
    ]
    return pd.DataFrame(rows, columns=["where", "notes"])


def notes_told(store: TokenStore) -> np.ndarray:
    """How many notes the tokens of each bar of the store tell, in shorthand or not: int64 [bars]."""
    ids, again = store.ids, store.ids_of_type(AGAIN)
    notes = np.isin(ids, np.concatenate([store.ids_of_type("Pitch"), store.ids_of_type("PitchDrum")]))
    starts = np.flatnonzero(np.isin(ids, np.concatenate([store.ids_of_type(kind) for kind in BARS])))
    told = np.diff(np.cumsum(np.append(0, notes))[np.append(starts, len(ids))])
    for bar in np.flatnonzero(np.isin(ids[starts], again)):  # a bar that comes again has those of the other
        told[bar] = told[bar - int(store.vocabulary[ids[starts[bar]]].split("_")[1])]
    return told


def example_row(store: TokenStore) -> int:
    """A held-out piece that stands for the others: of the validation set, nearest to the median length.

    Among those with pitches, if there are any, and in the commonest meter, so that its bars look familiar.
    """
    index = store.index.iloc[store.rows("validation")]
    pitched = [len(_pitched_bars(store, row)) > 0 for row in index.index]
    index = index[pitched] if any(pitched) else index
    usual = index[index["meter"] == index["meter"].mode().iloc[0]]
    return int((usual["length"] - store.index["length"].median()).abs().idxmin())


def example_bars(store: TokenStore, row: int) -> tuple[int, int]:
    """Two bars of a piece to look at, counted from 1: bars 2 and 3 or, without pitches there, the first that
    hold some; of a piece of one bar that one twice."""
    bars = int(np.isin(store.written_out(row), store.ids_of_type("Bar")).sum())
    pitched = set(_pitched_bars(store, row).tolist())
    first = next((bar for bar in (2, *sorted(pitched)) if bar in pitched and bar < bars), max(1, bars - 1))
    return first, min(first + 1, bars)


def _pitched_bars(store: TokenStore, row: int) -> np.ndarray:
    """Numbers of the bars of a piece in which a note with a pitch begins, from 1, ascending."""
    tokens = store.written_out(row)
    bar = np.cumsum(np.isin(tokens, store.ids_of_type("Bar")))
    return np.unique(bar[np.isin(tokens, store.ids_of_type("Pitch"))])


def tokens_of_bars(store: TokenStore, row: int, first: int, last: int) -> np.ndarray:
    """The ids of bars `first` to `last` (from 1, inclusive) of a piece, as MidiTok spells them: [tokens]."""
    tokens = store.written_out(row)
    starts = np.flatnonzero(np.isin(tokens, store.ids_of_type("Bar")))
    end = starts[last] if last < len(starts) else len(tokens) - 1
    return tokens[starts[first - 1] : end]
