"""Is the proxy label worth its name? What songs were for, against the label that the rule gives them.

The Essen collection (Schaffrath 1995) says in its field R, in German, what many songs were sung for. Nobody
rated their mood there either, but a lament and a dance are closer to one than a key signature is. If the two
halves of the label sorted music by its mood, laments and farewells would be in minor more often than dances,
and calm more often.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.data.files.companions import read_companion
from lib.data.labelling.labels import EMOTIONS
from lib.measures.statistics import Interval, bootstrap

USES = {
    "lament": r"klage|\bleid\b",
    "farewell": r"abschied|\bscheiden\b",
    "dance": r"tanz|tänze|taenze|reigen",
    "love": r"liebe",
    "children's": r"kinder|wiegen",
    "sacred": r"geistlich|relig",
    "drinking": r"trink|zech",
    "soldiers'": r"soldat|krieg",
}
"""Uses and the words by which the field names them; a song may have several."""

GENRE = "german"
SAD, MERRY = ("lament", "farewell"), ("dance",)


def songs_with_use(dataset_folder: Path, index: pd.DataFrame) -> pd.DataFrame | None:
    """The German songs whose use is recorded.

    Args:
        dataset_folder: the folder of the pieces, whose `pieces.csv` has the column function.
        index: the store's index, for labels and duplicate groups.

    Returns:
        identifier, emotion, group, source (the book), function, minor, lively (bool), and one bool column a
        use; None where the data record no uses.
    """
    table = read_companion(dataset_folder, "pieces.csv", ("identifier", "function", "source", "genre"))
    if table is None:
        return None
    songs = table.loc[table["genre"] == GENRE, ["identifier", "source", "function"]]
    songs = songs.merge(index[["identifier", "emotion", "group"]], on="identifier")
    words = songs["function"].str.lower()
    for use, pattern in USES.items():
        songs[use] = words.str.contains(pattern, regex=True)
    songs = songs[songs[list(USES)].any(axis=1) & songs["emotion"].isin(EMOTIONS)].reset_index(drop=True)
    if not len(songs):
        return None
    return songs.assign(
        minor=songs["emotion"].str.startswith("minor-"), lively=songs["emotion"].str.endswith("-lively")
    )


def use_table(songs: pd.DataFrame) -> pd.DataFrame:
    """How the label falls over the uses.

    Returns:
        use, songs, groups, and the shares minor and lively, each with _low and _high (95% over groups);
        the last row is all songs of the table.
    """
    lines = []
    for use in [*USES, "any of these"]:
        part = songs if use == "any of these" else songs[songs[use]]
        if not len(part):
            continue
        line = {"use": use, "songs": len(part), "groups": part["group"].nunique()}
        for name in ("minor", "lively"):
            sums = np.stack([part[name].to_numpy(float), np.ones(len(part))], axis=1)
            share = bootstrap(sums, part["group"].to_numpy(), lambda total: total[..., 0] / total[..., 1])
            line |= {name: share.estimate, f"{name}_low": share.low, f"{name}_high": share.high}
        lines.append(line)
    return pd.DataFrame(lines)


def opposed(songs: pd.DataFrame) -> pd.DataFrame:
    """The songs that the test compares: laments and farewells (sad: True), dances (False), not both."""
    sad, merry = songs[list(SAD)].any(axis=1), songs[list(MERRY)].any(axis=1)
    return songs[sad != merry].assign(sad=sad)


def cramers_v(pair: pd.DataFrame) -> Interval:
    """How well the four labels tell sad from merry songs: Cramér's V, −1 to 1, with its 95% interval.

    V itself has no sign. Here it is below 0 where the labels sort the songs the wrong way round: where the
    merry ones have more of minor and calm, half a point each, than the sad ones.

    With Bergsma's correction (*Journal of the Korean Statistical Society*, 2013), since the plain V is above
    0 by chance alone. The bootstrap draws whole duplicate groups: fifty variants of one ballad are one. Few
    songs drawn with repeats look more alike than they are; where that lifts all draws above the estimate, the
    interval is widened to hold it.

    Args:
        pair: from :func:`opposed`.
    """
    cells = np.stack(
        [
            ((pair["sad"] == sad) & (pair["emotion"] == emotion)).to_numpy(float)
            for sad in (True, False)
            for emotion in EMOTIONS
        ],
        axis=1,
    )
    found = bootstrap(cells, pair["group"].to_numpy(), _corrected_v)
    return Interval(
        found.estimate, float(np.fmin(found.low, found.estimate)), float(np.fmax(found.high, found.estimate))
    )


def _corrected_v(cells: np.ndarray) -> np.ndarray:
    table = cells.reshape(*cells.shape[:-1], 2, len(EMOTIONS))
    total = table.sum(axis=(-1, -2))
    rows, columns = table.sum(axis=-1, keepdims=True), table.sum(axis=-2, keepdims=True)
    expected = rows * columns / total[..., None, None]
    chi_square = np.where(expected > 0, (table - expected) ** 2 / np.where(expected > 0, expected, 1), 0)
    phi = chi_square.sum(axis=(-1, -2)) / total
    occurring = (columns > 0).sum(axis=(-1, -2))
    phi = np.maximum(0, phi - (occurring - 1) / (total - 1))
    smaller = np.minimum(2 - 1 / (total - 1), occurring - (occurring - 1) ** 2 / (total - 1)) - 1
    both = (rows > 0).all(axis=(-1, -2))
    found = np.sqrt(phi / np.where(smaller > 0, smaller, 1))
    sadness = np.array([label.startswith("minor-") + label.endswith("-calm") for label in EMOTIONS])
    share = (table * sadness).sum(axis=-1) / np.maximum(1, rows[..., 0])  # of sad songs, of merry songs
    found = np.where(share[..., 0] < share[..., 1], -found, found)
    return np.where(both & (smaller > 0), found, np.nan)


def differences(pair: pd.DataFrame) -> pd.DataFrame:
    """Sad minus merry songs: how much more often in minor, and how much more often lively.

    Books differ in what they hold and in who wrote it down, so each difference is also taken inside the
    books that hold both kinds, and then averaged (Mantel and Haenszel's weights).

    Returns:
        half (mode or activity), within (all songs; the same book), expected (the sign that a proxy of mood
        would have), sad and merry (shares; NaN within books), difference, low, high (95% over groups),
        songs.
    """
    lines = []
    for half, column, sign in (("mode: minor", "minor", "+"), ("activity: lively", "lively", "−")):
        for within in ("all songs", "the same book"):
            books = np.zeros(len(pair), int) if within == "all songs" else pd.factorize(pair["source"])[0]
            part = np.array([pair["sad"][books == book].nunique() == 2 for book in books], dtype=bool)
            if not part.any():
                continue
            found = _difference(pair[part], books[part], column)
            shares = pair.groupby("sad")[column].mean() if within == "all songs" else {}
            lines.append(
                {
                    "half": half,
                    "within": within,
                    "expected": sign,
                    "sad": shares.get(True, np.nan),
                    "merry": shares.get(False, np.nan),
                    "difference": found.estimate,
                    "low": found.low,
                    "high": found.high,
                    "songs": int(part.sum()),
                }
            )
    return pd.DataFrame(lines)


def _difference(songs: pd.DataFrame, books: np.ndarray, column: str) -> Interval:
    numbers, book = np.unique(books, return_inverse=True)
    # By book, and by merry and sad: songs, and those of them that have it.
    cells = np.zeros((len(songs), len(numbers), 2, 2))
    at = np.arange(len(songs)), book, songs["sad"].to_numpy(int)
    cells[(*at, 0)] = 1
    cells[(*at, 1)] = songs[column].to_numpy(float)

    def pooled(sums: np.ndarray) -> np.ndarray:
        table = sums.reshape(*sums.shape[:-1], len(numbers), 2, 2)
        count, has = table[..., 0], table[..., 1]
        weight = count.prod(axis=-1) / np.maximum(1, count.sum(axis=-1))
        share = has / np.maximum(1, count)
        return (weight * (share[..., 1] - share[..., 0])).sum(axis=-1) / weight.sum(axis=-1)

    return bootstrap(cells.reshape(len(songs), -1), songs["group"].to_numpy(), pooled)
