"""What of a piece stands in the training set, as the excess over real pieces of the same collection.

Tunes of one family share cadences and turns, so a long shared run says nothing by itself: real pieces that
no model has seen share runs with the training set too. Each composed piece is therefore held against real
held-out pieces of its genre, both cut to the length of the shorter, for a longer piece has more chances.
(Carlini et al., *Quantifying memorization across neural language models*, ICLR 2023, ask for text what is
asked for notes here.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.basics.progress import Progress
from lib.chapters.control.shared_bars import Overlap, nearest_by_bars
from lib.chapters.control.shared_runs import SharedRuns, shared_runs, steps_of
from lib.data import TokenStore
from lib.measures.music.notes import NoteReader, PieceNotes
from lib.measures.sources import PieceSet
from lib.measures.statistics import Interval


@dataclass(frozen=True)
class Passage:
    """The longest run that a piece shares with the training set.

    Attributes:
        notes: its length; 0 where not even two notes are shared.
        start: the first of its notes in the piece, counted among the pitched ones.
        row: the training piece in the store, −1 where there is none.
        place: the first of its notes there.
    """

    notes: int
    start: int
    row: int
    place: int


@dataclass(frozen=True)
class Found:
    """What was found of one piece in the training set: runs from each note on, and the nearest piece by bars.

    In `runs.piece` and `overlap.piece` stand rows of the store.
    """

    runs: SharedRuns
    overlap: Overlap

    @property
    def passage(self) -> Passage:
        """The longest shared run."""
        if not len(self.runs.steps) or not self.runs.steps.max():
            return Passage(0, 0, -1, 0)
        start = int(self.runs.steps.argmax())
        return Passage(
            int(self.runs.steps[start]) + 1, start, int(self.runs.piece[start]), int(self.runs.place[start])
        )

    def longest_within(self, notes: int) -> int:
        """Notes of the longest shared run inside the first so many notes; 0 for a piece of one note."""
        steps = self.runs.steps[: max(0, notes - 1)]
        longest = np.minimum(steps, len(steps) - np.arange(len(steps))).max(initial=0)
        return int(longest) + 1 if longest else 0


def search_training(pieces: Sequence[PieceNotes], store: TokenStore, reader: NoteReader) -> list[Found]:
    """Look pieces up in the training set of a store.

    Args:
        pieces: of any sources.
        store: the data.
        reader: of the store's token set.

    Returns:
        One entry a piece.
    """
    queries, rows, best = [steps_of(piece) for piece in pieces], store.rows("train"), None
    progress, done = Progress("searching the training pieces", len(rows), unit="pieces"), 0
    for others in reader.read_rows(store, rows):
        numbers = np.append(rows[done : done + len(others)], -1)  # the last is for "none", −1
        runs = shared_runs(queries, [steps_of(other) for other in others])
        overlaps = nearest_by_bars(pieces, others)
        here = [
            Found(
                SharedRuns(run.steps, numbers[run.piece], run.place),
                Overlap(near.shares, int(numbers[near.piece]), near.transposition),
            )
            for run, near in zip(runs, overlaps, strict=True)
        ]
        best = here if best is None else [_better(*pair) for pair in zip(best, here, strict=True)]
        done += len(others)
        progress.advance(len(others))
    return best or []


def _better(first: Found, second: Found) -> Found:
    """The longer run at each note, and the nearer piece by bars."""
    longer = second.runs.steps > first.runs.steps
    runs = SharedRuns(
        *(
            np.where(longer, getattr(second.runs, name), getattr(first.runs, name))
            for name in ("steps", "piece", "place")
        )
    )
    nearer = second.overlap if second.overlap.share > first.overlap.share else first.overlap
    return Found(
        runs,
        Overlap(np.maximum(first.overlap.shares, second.overlap.shares), nearer.piece, nearer.transposition),
    )


@dataclass(frozen=True)
class Comparison:
    """Pieces of one source against real held-out pieces.

    Attributes:
        table: one row a piece: source, title, genre, group, notes (pitched), run (longest shared run, in
            notes), run_excess (mean over the real pieces of its genre of its run minus theirs, both within
            the notes of the shorter), run_rank (share of them with a shorter run, equal ones by half),
            bar_overlap, bar_excess (the same of shares of bars), compared (real pieces of its genre), reason
            (why there are no numbers, which are NaN then).
        runs, bars: the differences behind the two kinds of excess, [pieces, real pieces]; NaN where the
            genres differ.
        real_groups: duplicate groups of the real pieces, [real pieces].
    """

    table: pd.DataFrame
    runs: np.ndarray
    bars: np.ndarray
    real_groups: np.ndarray


def compare_with_real(
    pieces: PieceSet,
    notes: Sequence[PieceNotes],
    found: Sequence[Found],
    real: PieceSet,
    real_notes: Sequence[PieceNotes],
    real_found: Sequence[Found],
) -> Comparison:
    """Each piece against the real held-out pieces of its genre.

    Args:
        pieces, notes, found: of one source.
        real, real_notes, real_found: of real pieces that no model was trained on, and that are not among
            `pieces`.
    """
    lengths = np.array([len(piece.pitched) for piece in real_notes])
    runs, bars = np.full((2, len(pieces), len(real)), np.nan)
    lines = []
    for place, (piece, match) in enumerate(zip(notes, found, strict=True)):
        count, genre = len(piece.pitched), pieces.genres[place]
        same = np.flatnonzero((np.array(real.genres) == genre) & (lengths > 1))
        line = {
            "source": pieces.name,
            "title": pieces.titles[place],
            "genre": genre,
            "group": pieces.groups[place],
            "notes": count,
            "run": match.passage.notes,
            "bar_overlap": match.overlap.share,
            "compared": len(same),
            "reason": "",
        }
        if count < 2:
            line |= {"run": np.nan, "reason": f"it has {count or 'no'} pitched note{'s' * (count == 0)}"}
        elif not len(same):
            line["reason"] = "no real piece of its genre is held out"
        else:
            for other in same:
                cut, theirs = min(count, int(lengths[other])), real_found[other]
                runs[place, other] = match.longest_within(cut) - theirs.longest_within(cut)
                cut = min(match.overlap.bars, theirs.overlap.bars)
                bars[place, other] = match.overlap.share_within(cut) - theirs.overlap.share_within(cut)
            ahead = runs[place, same]
            line |= {
                "run_excess": float(ahead.mean()),
                "bar_excess": float(bars[place, same].mean()),
                "run_rank": float(((ahead > 0) + 0.5 * (ahead == 0)).mean()),
            }
        lines.append(line)
    columns = [
        "source",
        "title",
        "genre",
        "group",
        "notes",
        "run",
        "run_excess",
        "run_rank",
        "bar_overlap",
        "bar_excess",
        "compared",
        "reason",
    ]
    return Comparison(pd.DataFrame(lines, columns=columns), runs, bars, real.groups)


def mean_excess(
    differences: np.ndarray, groups: np.ndarray, real_groups: np.ndarray, draws: int = 1000
) -> Interval:
    """The mean over pieces of their mean difference to real ones, with a 95 % interval over both.

    Real pieces are a sample too: duplicate groups are drawn on either side.

    Args:
        differences: [pieces, real pieces], NaN where two are not compared.
        groups, real_groups: duplicate groups of either side, [pieces] and [real pieces].
        draws: of the bootstrap.

    Returns:
        NaN bounds where either side has fewer than two groups.
    """
    known = np.isfinite(differences)
    values = np.where(known, differences, 0.0)

    def mean(weights: np.ndarray, real_weights: np.ndarray) -> np.ndarray:
        counted = known @ real_weights.T
        of_piece = np.divide(values @ real_weights.T, counted, out=np.zeros(counted.shape), where=counted > 0)
        shares = weights.T * (counted > 0)
        return (shares * of_piece).sum(axis=0) / shares.sum(axis=0)

    estimate = float(mean(np.ones((1, len(groups))), np.ones((1, len(real_groups))))[0])
    generator, drawn = np.random.default_rng(0), []
    for side, used in ((groups, known.any(axis=1)), (real_groups, known.any(axis=0))):
        names, number = np.unique(np.asarray(side)[used], return_inverse=True)
        if len(names) < 2:
            return Interval(estimate, float("nan"), float("nan"))
        often = np.zeros((draws, len(side)))
        for row in often:
            drawn_names = generator.integers(0, len(names), len(names))
            row[used] = np.bincount(drawn_names, minlength=len(names))[number]
        drawn.append(often)
    with np.errstate(invalid="ignore"):  # a draw may hold no pair that can be compared
        low, high = np.nanquantile(mean(*drawn), [0.025, 0.975])
    return Interval(estimate, float(low), float(high))


def memorisation_table(compared: Sequence[Comparison]) -> pd.DataFrame:
    """Each source's shared runs and bars, and their excess over real held-out pieces.

    Args:
        compared: from :func:`compare_with_real`, one a source.

    Returns:
        source, pieces, without (pieces that could not be compared), run_median, run_longest, bar_overlap
        (mean), run_excess (notes), bar_excess (share of bars), each with _low and _high (95 %, see
        :func:`mean_excess`).
    A source of which no piece can be compared has NaN there.
    """
    lines = []
    for comparison in compared:
        table = comparison.table
        known = table[table["run_excess"].notna()]
        line = {
            "source": table["source"].iloc[0],
            "pieces": len(known),
            "without": len(table) - len(known),
            "run_median": float(known["run"].median()),
            "run_longest": float(known["run"].max()),
            "bar_overlap": float(known["bar_overlap"].mean()),
        }
        for name, differences in (("run_excess", comparison.runs), ("bar_excess", comparison.bars)):
            excess = (
                mean_excess(differences, table["group"].to_numpy(), comparison.real_groups)
                if len(known)
                else Interval(*[float("nan")] * 3)
            )
            line |= {name: excess.estimate, f"{name}_low": excess.low, f"{name}_high": excess.high}
        lines.append(line)
    return pd.DataFrame(lines)


def excess_by_genre(compared: Sequence[Comparison]) -> pd.DataFrame:
    """The excess of shared runs, in notes, by genre and source.

    Args:
        compared: from :func:`compare_with_real`, one a source.

    Returns:
        genre, source, pieces, excess, low, high (95 %, see :func:`mean_excess`).
    """
    lines = []
    for comparison in compared:
        table = comparison.table
        for genre in sorted(set(table["genre"])):
            chosen = ((table["genre"] == genre) & table["run_excess"].notna()).to_numpy()
            if chosen.any():
                excess = mean_excess(
                    comparison.runs[chosen], table["group"].to_numpy()[chosen], comparison.real_groups
                )
                lines.append(
                    {
                        "genre": genre,
                        "source": table["source"].iloc[0],
                        "pieces": int(chosen.sum()),
                        "excess": excess.estimate,
                        "low": excess.low,
                        "high": excess.high,
                    }
                )
    columns = ["genre", "source", "pieces", "excess", "low", "high"]
    return pd.DataFrame(lines, columns=columns).sort_values("genre", kind="stable", ignore_index=True)
