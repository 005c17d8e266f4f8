"""Keys: estimates by three profiles, of a piece and within it; notes outside the scale; the tonic.

A key-finding profile says how much of a piece's time one expects on each degree of a scale; the estimate is
the one of 24 keys whose profile correlates best with the time really spent; the profiles are those of
:mod:`lib.data.labelling.key_profiles`. A test holds this module to music21's own answers.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from lib.data.labelling.key_profiles import PROFILES, SCALES, key_fits
from lib.data.labelling.labels import parse_key
from lib.measures.music.piece import BarredNotes, UnmeasurableError
from lib.measures.statistics import Interval, bootstrap_mean

MAIN = "temperley"
"""The profile behind every other measure: on real pieces it finds the notated key most often.

(:func:`error_table` shows by how much. The labelling rule's own estimate stays music21's default.)
"""

WINDOW, HOP = 4, 2
"""Bars in a window for key stability, and from one window to the next."""

LOCAL_BEATS, CHANGE = 2, 0.6
"""The key at a place: so many beats on either side are looked at, and a change of key costs so much
correlation. Both were chosen on ten chorales that experts had analysed, and are held to ten others."""

_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")


class EstimatedKey(NamedTuple):
    """A key: pitch class of its tonic (0 = C), and 'major' or 'minor'."""

    tonic: int
    mode: str

    def __str__(self) -> str:
        return f"{_NAMES[self.tonic]} {self.mode}"


def estimate(pitch_class_time: np.ndarray, profile: str = MAIN) -> EstimatedKey | None:
    """The key whose profile correlates best with the time spent on each pitch class, [12], in any unit.

    None where all are sounded equally long (or none is), which fits every key alike.
    """
    fits = key_fits(pitch_class_time, profile)
    if fits is None:
        return None
    best = int(np.argmax(fits))
    return EstimatedKey(best % 12, "major" if best < 12 else "minor")


def pitch_class_ticks(music: BarredNotes, begin: float = -np.inf, end: float = np.inf) -> np.ndarray:
    """Time in ticks on each pitch class, float64 [12], of what sounds between two ticks."""
    length = np.minimum(music.end, end) - np.maximum(music.notes.onset, begin)
    return np.bincount(music.notes.pitch % 12, weights=np.maximum(length, 0), minlength=12)


def piece_key(music: BarredNotes, profile: str = MAIN) -> EstimatedKey:
    """The key of a piece.

    Raises:
        UnmeasurableError: without pitches, or where no key fits better than another.
    """
    music.need_notes(2)
    found = estimate(pitch_class_ticks(music), profile)
    if found is None:
        raise UnmeasurableError("all pitch classes sound equally long: no key fits better than another")
    return found


def local_keys(music: BarredNotes, ticks: np.ndarray) -> list[EstimatedKey]:
    """The key at each of some ticks [places], in ascending order, where a piece may change its key.

    Each key fits the beats about a tick as well as its profile correlates with the time spent there; the path
    through the keys has the largest sum of fits, less a price for each change (dynamic programming, as D.
    Temperley, *The Cognition of Basic Musical Structures*, 2001, chapter 7).

    Raises:
        UnmeasurableError: without pitches, or for no ticks.
    """
    music.need_notes(2)
    if not len(ticks):
        raise UnmeasurableError("no beat at which a key could be told")
    reach = LOCAL_BEATS * float(np.median(np.diff(music.beats))) if len(music.beats) > 1 else np.inf
    fits = [key_fits(pitch_class_ticks(music, tick - reach, tick + reach), MAIN) for tick in ticks]
    fit = np.array([np.zeros(24) if one is None else one for one in fits])
    total, came = fit[0].copy(), np.zeros(fit.shape, int)
    for place in range(1, len(fit)):
        best = int(total.argmax())
        changes = total < total[best] - CHANGE
        came[place] = np.where(changes, best, np.arange(24))
        total = np.where(changes, total[best] - CHANGE, total) + fit[place]
    path = [int(total.argmax())]
    for place in range(len(fit) - 1, 0, -1):
        path.append(int(came[place, path[-1]]))
    return [EstimatedKey(key % 12, "major" if key < 12 else "minor") for key in reversed(path)]


def profiles_agree(music: BarredNotes) -> float:
    """1 if all three profiles give the same tonic and mode, else 0."""
    return float(len({piece_key(music, profile) for profile in PROFILES}) == 1)


RAISED = (9, 11)
"""The sixth and seventh degrees of minor as its melodic form raises them; 11 is the leading note."""


def share_in_scale(music: BarredNotes, raised: bool = False) -> float:
    """Share of notes in the scale of the estimated key: 7 of 12 pitch classes, minor in its natural form.

    Args:
        music: the piece.
        raised: whether minor's raised sixth and seventh count as inside, too. They do not otherwise, in real
            and composed pieces alike, although good minor needs its leading note.

    Raises:
        UnmeasurableError: as :func:`piece_key`.
    """
    key = piece_key(music)
    inside = SCALES[key.mode] + (RAISED if raised and key.mode == "minor" else ())
    return float(np.isin((music.notes.pitch - key.tonic) % 12, inside).mean())


def key_stability(music: BarredNotes) -> float:
    """Share of windows of four bars whose own estimate is the key of the whole piece.

    Short windows mislead the estimate even where nothing modulates: the figure for real pieces is the
    reference, not 1.

    Raises:
        UnmeasurableError: for fewer than eight bars.
    """
    music.need_bars(2 * WINDOW)
    key, starts = piece_key(music), music.notes.bar_starts
    found = [
        estimate(pitch_class_ticks(music, starts[bar], starts[bar + WINDOW]))
        for bar in range(0, music.bars - WINDOW + 1, HOP)
    ]
    return float(np.mean([one == key for one in found if one is not None]))


def opens_on_tonic(music: BarredNotes) -> float:
    """1 if the lowest note of the first onset on a bar line is the tonic (else of the first onset)."""
    onset = music.notes.onset
    key = piece_key(music)
    on_line = onset[np.isin(onset, music.notes.bar_starts)]
    return float(_lowest(music, on_line[0] if len(on_line) else onset[0]) % 12 == key.tonic)


def _lowest(music: BarredNotes, onset: int) -> int:
    return int(music.notes.pitch[music.notes.onset == onset].min())


RELATIONS = ("same key", "other mode, same tonic", "relative key", "a fifth away", "another key")


def relation(found: EstimatedKey, true: EstimatedKey) -> str:
    """How an estimate misses: one of :data:`RELATIONS`."""
    if found == true:
        return RELATIONS[0]
    if found.tonic == true.tonic:
        return RELATIONS[1]
    step = (found.tonic - true.tonic) % 12
    if found.mode != true.mode and step == (9 if true.mode == "major" else 3):
        return RELATIONS[2]
    return RELATIONS[3] if found.mode == true.mode and step in (5, 7) else RELATIONS[4]


def notated_keys(pieces: pd.DataFrame) -> pd.DataFrame:
    """Keys that the sources of the embedded corpus name, from its table `pieces.csv`.

    The tune books name tonic and mode. Essen's European part names the tonic only (the mode comes from the
    thirds, and is a rule of ours). Its Chinese part names the note *do*, and the chorales' keys are
    themselves estimates: neither can tell an estimate right or wrong, and both are left out.

    Args:
        pieces: with identifier, genre, key_field and mode.

    Returns:
        identifier, tonic (pitch class), mode, written_mode (whether the source names the mode).
    """
    if not {"identifier", "genre", "key_field", "mode"} <= set(pieces):
        return pd.DataFrame(columns=["identifier", "tonic", "mode", "written_mode"])
    rows = []
    for piece in pieces[~pieces["genre"].isin(["chinese"])].itertuples():
        key = parse_key(piece.key_field) if isinstance(piece.key_field, str) else None
        if key is not None:
            rows.append(
                {
                    "identifier": piece.identifier,
                    "tonic": key.pitch_class,
                    "mode": piece.mode,
                    "written_mode": piece.genre != "german",
                }
            )
    return pd.DataFrame(rows, columns=["identifier", "tonic", "mode", "written_mode"])


def error_table(
    notated: pd.DataFrame,
    pieces: Mapping[str, BarredNotes],
    genres: Mapping[str, str],
    groups: Mapping[str, int],
) -> pd.DataFrame:
    """How well each profile finds the notated key of real pieces.

    Args:
        notated: from :func:`notated_keys`.
        pieces, genres, groups: notes, collection and duplicate group by identifier.

    Returns:
        One row a profile and collection ('all' last): tonic, tonic_low, tonic_high (share with the notated
        tonic), key, key_low, key_high (tonic and mode), and the share of each of :data:`RELATIONS`; pieces.
        Intervals are bootstrapped over groups, and Wilson's with groups as trials where all pieces agree.
    """
    rows = []
    for truth in notated.itertuples():
        if truth.identifier not in pieces:
            continue
        true = EstimatedKey(truth.tonic, truth.mode)
        for profile in PROFILES:
            found = estimate(pitch_class_ticks(pieces[truth.identifier]), profile)
            rows.append(
                {
                    "profile": profile,
                    "collection": genres[truth.identifier],
                    "group": groups[truth.identifier],
                    "relation": RELATIONS[-1] if found is None else relation(found, true),
                    "tonic": found is not None and found.tonic == true.tonic,
                }
            )
    frame, lines = pd.DataFrame(rows), []
    if frame.empty:
        return frame
    for profile in PROFILES:
        of_profile = frame[frame["profile"] == profile]
        parts = [*of_profile.groupby("collection"), ("all", of_profile)]
        for collection, part in parts:
            same = part["relation"] == RELATIONS[0]
            line = {"profile": profile, "collection": collection, "pieces": len(part)}
            for name, right in (("tonic", part["tonic"]), ("key", same)):
                interval = _share(right.to_numpy(float), part["group"].to_numpy())
                line |= {name: interval.estimate, f"{name}_low": interval.low, f"{name}_high": interval.high}
            lines.append(line | {kind: float((part["relation"] == kind).mean()) for kind in RELATIONS})
    return pd.DataFrame(lines)


def _share(right: np.ndarray, groups: np.ndarray) -> Interval:
    """A share with its interval; where all pieces agree a bootstrap has nothing to draw."""
    found, count = bootstrap_mean(right, groups, draws=500), len(np.unique(groups))
    if found.low != found.high:
        return found
    bounds = binomtest(count if found.estimate else 0, count).proportion_ci(method="wilson")
    return Interval(found.estimate, float(bounds.low), float(bounds.high))
