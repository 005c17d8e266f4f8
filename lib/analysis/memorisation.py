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

from lib.analysis.notes import NoteReader, PieceNotes
from lib.analysis.shared_bars import Overlap, nearest_by_bars
from lib.analysis.shared_runs import SharedRuns, shared_runs, steps_of
from lib.analysis.sources import PieceSet
from lib.analysis.statistics import bootstrap_mean
from lib.basics.errors import BookError
from lib.basics.progress import Progress
from lib.data import TokenStore


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
        return Passage(int(self.runs.steps[start]) + 1, start, int(self.runs.piece[start]),
                       int(self.runs.place[start]))

    def longest_within(self, notes: int) -> int:
        """Notes of the longest shared run inside the first so many notes; 0 for a piece of one note."""
        steps = self.runs.steps[:max(0, notes - 1)]
        longest = np.minimum(steps, len(steps) - np.arange(len(steps))).max(initial=0)
        return int(longest) + 1 if longest else 0


def search_training(pieces: Sequence[PieceNotes], store: TokenStore, reader: NoteReader,
                    split: str = "train") -> list[Found]:
    """Look pieces up in the training part of a store.

    Args:
        pieces: of any sources.
        store: the data.
        reader: of the store's token set.
        split: the part that is searched.

    Returns:
        One entry a piece.
    """
    queries, rows, best = [steps_of(piece) for piece in pieces], store.rows(split), None
    progress, done = Progress("searching the training pieces", len(rows), unit="pieces"), 0
    for others in reader.read_rows(store, rows):
        numbers = np.append(rows[done:done + len(others)], -1)  # the last is for "none", −1
        runs = shared_runs(queries, [steps_of(other) for other in others])
        overlaps = nearest_by_bars(pieces, others)
        here = [Found(SharedRuns(run.steps, numbers[run.piece], run.place),
                      Overlap(near.share, near.bars, int(numbers[near.piece]), near.transposition))
                for run, near in zip(runs, overlaps, strict=True)]
        best = here if best is None else [_better(*pair) for pair in zip(best, here, strict=True)]
        done += len(others)
        progress.advance(len(others))
    return best or []


def _better(first: Found, second: Found) -> Found:
    """The longer run at each note, and the nearer piece by bars."""
    longer = second.runs.steps > first.runs.steps
    runs = SharedRuns(*(np.where(longer, getattr(second.runs, name), getattr(first.runs, name))
                        for name in ("steps", "piece", "place")))
    return Found(runs, second.overlap if second.overlap.share > first.overlap.share else first.overlap)


def compare_with_real(pieces: PieceSet, notes: Sequence[PieceNotes], found: Sequence[Found], real: PieceSet,
                      real_notes: Sequence[PieceNotes], real_found: Sequence[Found]) -> pd.DataFrame:
    """Each piece against the real held-out pieces of its genre.

    Args:
        pieces, notes, found: of one source.
        real, real_notes, real_found: of real pieces that no model was trained on, and that are not among
            `pieces`.

    Returns:
        One row a piece: source, title, genre, group, notes (pitched), run (longest shared run, in notes),
        run_excess (mean over the real pieces of its run minus theirs, both within the notes of the shorter),
        run_rank (share of them with a shorter run, equal ones by half), bar_overlap, bar_excess, compared
        (real pieces of its genre), reason (why there are no numbers, which are NaN then).
    """
    lengths = [len(piece.pitched) for piece in real_notes]
    lines = []
    for place, (piece, match) in enumerate(zip(notes, found, strict=True)):
        count, genre = len(piece.pitched), pieces.genres[place]
        line = {"source": pieces.name, "title": pieces.titles[place], "genre": genre,
                "group": pieces.groups[place], "notes": count, "run": match.passage.notes,
                "bar_overlap": match.overlap.share, "reason": ""}
        same = [number for number, other in enumerate(real.genres) if other == genre and lengths[number] > 1]
        line["compared"] = len(same)
        if count < 2:
            line |= {"run": np.nan, "reason": f"it has {count or 'no'} pitched note{'s' * (count == 0)}"}
        elif not same:
            line["reason"] = "no real piece of its genre is held out"
        else:
            cuts = [min(count, lengths[number]) for number in same]
            mine = np.array([match.longest_within(cut) for cut in cuts])
            theirs = np.array([real_found[number].longest_within(cut)
                               for number, cut in zip(same, cuts, strict=True)])
            bars = np.array([real_found[number].overlap.share for number in same])
            line |= {"run_excess": float((mine - theirs).mean()),
                     "run_rank": float(((theirs < mine) + 0.5 * (theirs == mine)).mean()),
                     "bar_excess": match.overlap.share - float(bars.mean())}
        lines.append(line)
    return pd.DataFrame(lines, columns=["source", "title", "genre", "group", "notes", "run", "run_excess",
                                        "run_rank", "bar_overlap", "bar_excess", "compared", "reason"])


def memorisation_table(compared: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Each source's shared runs and bars, and their excess over real held-out pieces.

    Args:
        compared: tables of :func:`compare_with_real`.

    Returns:
        source, pieces, without (pieces that could not be compared), run_median, run_longest, bar_overlap
        (mean), run_excess (notes), bar_excess (share of bars), each with _low and _high (95 % over groups).
    """
    lines = []
    for table in compared:
        known = table[table["run_excess"].notna()]
        if not len(known):
            raise BookError(f"None of the {len(table)} pieces of {table['source'].iloc[0]} can be compared "
                            "with real ones: compose more, or longer, pieces.")
        line = {"source": known["source"].iloc[0], "pieces": len(known), "without": len(table) - len(known),
                "run_median": float(known["run"].median()), "run_longest": int(known["run"].max()),
                "bar_overlap": float(known["bar_overlap"].mean())}
        for name in ("run_excess", "bar_excess"):
            excess = bootstrap_mean(known[name].to_numpy(), known["group"].to_numpy())
            line |= {name: excess.estimate, f"{name}_low": excess.low, f"{name}_high": excess.high}
        lines.append(line)
    return pd.DataFrame(lines)


def excess_by_genre(compared: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The excess of shared runs, in notes, by genre and source.

    Args:
        compared: tables of :func:`compare_with_real`.

    Returns:
        genre, source, pieces, excess, low, high (95 % over groups; NaN for fewer than two groups).
    """
    whole = pd.concat(compared)
    lines = []
    for (genre, source), part in whole[whole["run_excess"].notna()].groupby(["genre", "source"], sort=False):
        excess = bootstrap_mean(part["run_excess"].to_numpy(), part["group"].to_numpy())
        lines.append({"genre": genre, "source": source, "pieces": len(part), "excess": excess.estimate,
                      "low": excess.low, "high": excess.high})
    return pd.DataFrame(lines).sort_values("genre", kind="stable", ignore_index=True)
