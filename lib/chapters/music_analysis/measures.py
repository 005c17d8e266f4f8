"""All measures of chapter 8 in one list, taken on any piece, and kept by the content of the piece.

What a measure cannot answer comes with the reason. Results lie under `artifacts/measures/`, a JSON file a
piece, named by a hash of its notes and of the code: the same notes are measured once, whatever they are
called.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from joblib import Parallel, delayed

from lib.basics.errors import BookError
from lib.basics.files import read_json, write_json
from lib.basics.kept import code_hash, kept_path
from lib.basics.progress import Progress
from lib.chapters.music_analysis import endings, outlines, sections, themes
from lib.measures.music import harmony, keys
from lib.measures.music.piece import BarredNotes, Music, UnmeasurableError


@dataclass(frozen=True)
class Measure:
    """One measure.

    Attributes:
        family: key, harmony, themes, sections or endings.
        label: its name in tables and figures.
        unit: '' for shares, which are printed in percent.
        function: from notes to a number; it raises UnmeasurableError with a reason.
        binary: whether each piece says yes (1) or no (0).
    """

    family: str
    label: str
    unit: str
    function: Callable[[BarredNotes], float]
    binary: bool = False


MEASURES = {
    "profiles_agree": Measure("key", "three profiles agree on the key", "", keys.profiles_agree, True),
    "share_in_scale": Measure("key", "notes in the scale of the key", "", keys.share_in_scale),
    "key_stability": Measure("key", "four-bar windows in the key of the whole", "", keys.key_stability),
    "opens_on_tonic": Measure("key", "opens on the tonic", "", keys.opens_on_tonic, True),
    "closes_on_tonic": Measure("key", "closes on the tonic", "", endings.closes_on_tonic, True),
    "share_of_chords": Measure("harmony", "beats with a triad or seventh chord", "", harmony.share_of_chords),
    "permuted_chords": Measure("harmony", "the same with voices permuted", "", harmony.permuted_chords),
    "falling_fifths": Measure("harmony", "changes of chord by a falling fifth", "", harmony.falling_fifths),
    "share_recurring": Measure("themes", "notes that repeat a theme", "", themes.share_recurring),
    "share_in_outline": Measure("themes", "beats that repeat an outline", "", outlines.share_in_outline),
    "share_transposed": Measure("themes", "of these, at a new pitch", "", themes.share_transposed),
    "bars_apart": Measure("themes", "distance to the last occurrence", "bars", themes.bars_apart),
    "returning_phrases": Measure(
        "sections", "four-bar phrases that return", "", sections.share_of_returning_phrases
    ),
    "is_aabb": Measure("sections", "form AABB", "", sections.is_aabb, True),
    "largest_novelty": Measure("sections", "highest novelty", "similarity", sections.largest_novelty),
    "in_fours": Measure("sections", "number of bars a multiple of four", "", sections.in_fours, True),
    "closing_density": Measure(
        "endings", "onsets in the last tenth, against the mean", "times", sections.closing_density
    ),
    "cadence": Measure("endings", "closes with a cadence", "", endings.cadence, True),
    "long_last_note": Measure("endings", "last note is long", "", endings.long_last_note, True),
    "proper_close": Measure(
        "endings", "closes on the tonic with a long note", "", endings.proper_close, True
    ),
}

CURVES: dict[str, Callable[[BarredNotes], list | str]] = {
    "recurrence_by_distance": themes.recurrence_by_distance,
    "density": sections.density_curve,
    "register": sections.register_curve,
    "numerals": harmony.numerals,
    "form": sections.form,
}

_CODE = code_hash(__name__)
_MANY = 200  # pieces from which on starting other processes pays


@dataclass(frozen=True)
class Measured:
    """Measures of many pieces.

    Attributes:
        values: a row a piece: source, name, slot, group, emotion, genre, ended, balanced, and a column a
            measure, NaN where there is a reason instead.
        curves: as long as `values`; for each piece what :data:`CURVES` gives, without what has no answer.
        reasons: a row an answer that could not be given: source, name, measure, reason.
    """

    values: pd.DataFrame
    curves: list[dict[str, list | str]]
    reasons: pd.DataFrame

    def of(self, chosen: pd.Series) -> "Measured":
        """Some of the pieces, by a boolean column as long as `values`; reasons go along."""
        kept = chosen.to_numpy(bool)
        values = self.values[kept].reset_index(drop=True)
        names = set(zip(values["source"], values["name"], strict=True))
        stay = [pair in names for pair in zip(self.reasons["source"], self.reasons["name"], strict=True)]
        return Measured(
            values,
            [curve for curve, keep in zip(self.curves, kept, strict=True) if keep],
            self.reasons[stay].reset_index(drop=True),
        )


def measure(music: BarredNotes) -> dict[str, dict]:
    """Every measure and curve of one piece.

    Returns:
        'values' (numbers by measure), 'curves', and 'reasons' (text by what has no answer), as plain data.
    """
    found: dict[str, dict] = {"values": {}, "curves": {}, "reasons": {}}
    for name, one in MEASURES.items():
        try:
            found["values"][name] = float(one.function(music))
        except UnmeasurableError as error:
            found["reasons"][name] = str(error)
    for name, function in CURVES.items():
        try:
            found["curves"][name] = function(music)
        except UnmeasurableError as error:
            found["reasons"][name] = str(error)
    return found


def measure_pieces(pieces: Sequence[Music], workers: int = 1) -> Measured:
    """Measure pieces, reading back what was measured before.

    Args:
        pieces: of any sources.
        workers: processes, for many pieces that were not measured yet.

    Raises:
        BookError: when results cannot be written.
    """
    places = [kept_path("measures", piece.barred.hash(), _CODE, ".json") for piece in pieces]
    found = {path: _read(path) for path in dict.fromkeys(places)}
    missing = [path for path, result in found.items() if result is None]
    by_path = {path: piece.barred for path, piece in zip(places, pieces, strict=True)}
    progress = Progress("measuring pieces", len(missing), unit="pieces")
    parallel = Parallel(n_jobs=workers if len(missing) >= _MANY else 1, return_as="generator")
    for path, result in zip(
        missing, parallel(delayed(measure)(by_path[path]) for path in missing), strict=True
    ):
        write_json(path, result)
        found[path] = result
        progress.advance()
    if missing:
        progress.finish()
    return _collect(pieces, [found[path] for path in places])


def _read(path: Path) -> dict | None:
    """A kept result; None where there is none, or a damaged one."""
    if not path.is_file():
        return None
    try:
        found = read_json(path)
    except BookError:
        return None
    whole = isinstance(found, dict) and set(found) == {"values", "curves", "reasons"}
    return found if whole and set(MEASURES) <= {*found["values"], *found["reasons"]} else None


def _collect(pieces: Sequence[Music], results: Sequence[dict]) -> Measured:
    rows, reasons = [], []
    for piece, result in zip(pieces, results, strict=True):
        about = {
            name: getattr(piece, name)
            for name in ("source", "name", "slot", "group", "emotion", "genre", "ended", "balanced")
        }
        rows.append(about | {name: result["values"].get(name, float("nan")) for name in MEASURES})
        reasons += [
            {"source": piece.source, "name": piece.name, "measure": name, "reason": reason}
            for name, reason in result["reasons"].items()
            if name in MEASURES
        ]
    columns = ["source", "name", "measure", "reason"]
    return Measured(
        pd.DataFrame(rows), [result["curves"] for result in results], pd.DataFrame(reasons, columns=columns)
    )
