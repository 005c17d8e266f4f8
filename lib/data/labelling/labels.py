"""The proxy emotion of a piece: mode × lively or calm, read from the notes and the source.

`emotion_of` is the whole rule; the other functions are its parts. Composed pieces are judged by the same
parts, with the *estimated* mode. What decides between lively and calm, the *activity* of this file, is a
matter of the label scheme (:mod:`lib.data.labelling.label_schemes`): judged arousal, unless a profile names
another. Nothing here says what anybody feels: the four labels are a proxy, and a weak one.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from symusic import Score

from lib.data.labelling.key_profiles import key_fits

MODES = ("major", "minor")
ACTIVITIES = ("lively", "calm")
EMOTIONS = tuple(f"{mode}-{activity}" for mode in MODES for activity in ACTIVITIES)

# A median of fewer pieces says nothing about a repertoire.
SMALLEST_GROUP = 5

# The church modes by their third: a minor third makes minor.
_MODE_OF_NAME = {
    "maj": "major",
    "ion": "major",
    "mix": "major",
    "lyd": "major",
    "min": "minor",
    "aeo": "minor",
    "dor": "minor",
    "phr": "minor",
    "loc": "minor",
}
_PITCH_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_KEY_FIELD = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")

# Tonics as their key signatures are usually written.
_TONICS = (
    ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"),
)

PROFILE = "krumhansl"
"""The key-finding profile of every estimate of a mode.

Chosen once, on the validation pieces whose source names the mode, by the mean of the agreement on major and
on minor: :func:`lib.chapters.dataset.modes.mode_agreement` shows it beside the others.
"""

Medians = Mapping[tuple[str, str], float]  # (collection, meter such as '6/8') to activity
Measure = Callable[[Score], float | None]  # the activity of a piece; None where it cannot be measured


@dataclass(frozen=True)
class Key:
    """A key: its tonic as text ('Bb') and as pitch class (0 = C), its mode in ABC and by its third."""

    tonic: str
    pitch_class: int
    name: str
    mode: str

    @property
    def abc(self) -> str:
        """The key as every program understands it: 'Emaj', since abc2midi takes 'EM' for minor."""
        return f"{self.tonic}{self.name}"


@dataclass(frozen=True)
class Evidence:
    """What is known of a piece before it is compared with others."""

    collection: str
    meter: str
    activity: float | None  # as the label scheme measures it: judged arousal, or onsets a beat
    mode: str | None  # 'major' or 'minor'
    key: str  # as text, 'D minor'; '' if unknown
    reason: str  # why there is no mode


def examine(
    score: Score, collection: str, measure: Measure, mode_source: str = "estimate", key: Key | None = None
) -> Evidence:
    """Find mode, key, meter and activity of one piece; the parts of the rule that need no other piece.

    Args:
        score: the notes.
        collection: whose medians will judge it (its genre).
        measure: of activity, the label scheme's.
        mode_source: 'key field', 'thirds' or 'estimate', see :func:`emotion_of`.
        key: what the source's key field says; not needed for an estimate.
    """
    reason = ""
    if mode_source == "estimate":
        key = estimate_key(pitch_class_time(score))
        mode = key.mode if key else None
        reason = "" if key else "no pitches to estimate a key from"
    elif mode_source == "thirds":
        mode, reason = mode_by_thirds(key, pitch_class_time(score))
    elif mode_source == "key field":
        mode = key.mode if key else None
        reason = "" if key else "the key field names no tonic with a known mode"
    else:
        raise ValueError(f"unknown source of the mode: {mode_source!r}")
    return Evidence(
        collection,
        main_meter(score),
        measure(score),
        mode,
        f"{key.tonic} {mode}" if key and mode else "",
        reason,
    )


def emotion_of(evidence: Evidence, medians: Medians) -> tuple[str | None, str]:
    """The labelling rule: one of `EMOTIONS` and '', or None and the reason why there is none.

    *Mode* is major or minor, by the collection's own best source (:func:`examine`):

    - 'key field' (O'Neill's, Ryan's, Aird's): as the transcriber wrote it in the ABC field K; dorian,
      phrygian and aeolian count as minor, mixolydian, lydian and ionian as major.
    - 'thirds' (Essen's European part): its field K names only the tonic, and accidentals are written out; so
      the time spent on the major third above the tonic is compared with that on the minor third. No third, or
      a tie: no mode.
    - 'estimate' (chorales and other scores, Essen's Chinese part, and composed pieces): the key whose profile
      fits best (:data:`PROFILE`; C. Krumhansl, *Cognitive Foundations of Musical Pitch*, 1990). The Chinese
      tunes' field K names the note *do* of a pentatonic scale, on which one in six of them ends: by the
      thirds above it, not one of them would be minor.

    *Activity* is lively or calm: what the label scheme measures is above, or not above, the median of the
    same collection **and meter** (by collection alone, the meter would decide much of it). The book's scheme
    measures *judged arousal* (:func:`lib.data.labelling.rated_judge.judged_arousal`), an older one onsets a
    beat (:func:`onsets_per_beat`).

    That mode goes with perceived valence, and the number of events in time with arousal, is a finding of
    music psychology (A. Gabrielsson and E. Lindström in *Handbook of Music and Emotion*, 2010; J. Russell's
    plane of valence and arousal, 1980). That these four labels name feelings is not claimed.
    """
    if evidence.mode is None:
        return None, evidence.reason
    if evidence.activity is None:
        return None, "too few notes to measure its activity"
    activity = activity_label(evidence.activity, evidence.collection, evidence.meter, medians)
    if activity is None:
        return None, f"fewer than {SMALLEST_GROUP} pieces of its collection are in {evidence.meter}"
    return f"{evidence.mode}-{activity}", ""


def activity_label(activity: float, collection: str, meter: str, medians: Medians) -> str | None:
    """'lively' when `activity` is above the median of its collection and meter, else 'calm'.

    None when the collection has no median for this meter.
    """
    median = medians.get((collection, meter))
    if median is None:
        return None
    return "lively" if activity > median else "calm"


def parse_key(text: str) -> Key | None:
    """Read an ABC key field such as 'Gm', 'A Mixolydian' or 'Bb'; None if it cannot be understood."""
    match = _KEY_FIELD.fullmatch(text.split("%")[0].strip())
    if not match:
        return None
    letter, accidental, word = match.groups()
    if word in ("", "M"):
        name = "maj"
    elif word == "m":
        name = "min"
    else:
        name = word[:3].lower()
    if name not in _MODE_OF_NAME:
        return None
    pitch_class = (_PITCH_CLASS[letter] + {"": 0, "#": 1, "b": -1}[accidental]) % 12
    return Key(letter + accidental, pitch_class, name, _MODE_OF_NAME[name])


def mode_by_thirds(key: Key | None, pitch_class_time: Iterable[float]) -> tuple[str | None, str]:
    """Major or minor by the time on the two thirds above the tonic, or None and the reason."""
    if key is None:
        return None, "the key field names no tonic"
    time = list(pitch_class_time)
    major, minor = time[(key.pitch_class + 4) % 12], time[(key.pitch_class + 3) % 12]
    if major == minor:
        return None, "no third above the tonic" if major == 0 else "both thirds sound equally long"
    return ("major" if major > minor else "minor"), ""


def estimate_key(pitch_class_time: Iterable[float]) -> Key | None:
    """The key whose profile (:data:`PROFILE`) fits best the time spent on each of 12 pitch classes.

    None where the profile fits no key better than another (no notes, or all alike).
    """
    fits = key_fits(np.array(list(pitch_class_time), float), PROFILE)
    if fits is None:
        return None
    mode, pitch_class = divmod(int(np.argmax(fits)), 12)
    return Key(_TONICS[mode][pitch_class], pitch_class, MODES[mode][:3], MODES[mode])


def pitch_class_time(score: Score) -> tuple[float, ...]:
    """Sums of note lengths in quarters for the 12 pitch classes, drums left aside."""
    sums = [0.0] * 12
    for track in score.tracks:
        if not track.is_drum:
            for note in track.notes:
                sums[note.pitch % 12] += note.duration / score.ticks_per_quarter
    return tuple(sums)


def meter_changes(score: Score) -> list[tuple[int, str]]:
    """The meters of a score as (tick, 'numerator/denominator'), from tick 0; 4/4 where none is given."""
    changes = [
        (int(change.time), f"{change.numerator}/{change.denominator}")
        for change in sorted(score.time_signatures, key=lambda change: change.time)
    ]
    if not changes or changes[0][0] > 0:
        changes.insert(0, (0, "4/4"))
    return changes


def main_meter(score: Score) -> str:
    """The meter that most of the piece's time is in, measured by its notes."""
    end = max((note.end for track in score.tracks for note in track.notes), default=0)
    changes = meter_changes(score)
    ends = [start for start, _ in changes[1:]] + [max(end, changes[-1][0])]
    lasting: dict[str, int] = defaultdict(int)
    for (start, meter), until in zip(changes, ends, strict=True):
        lasting[meter] += until - start
    return max(lasting, key=lasting.get)


def beat_quarters(meter: str) -> float:
    """The length of a beat in quarters.

    In compound meters (numerator 6, 9, 12, …) three units of the denominator are one beat: 6/8 has two beats
    of a dotted quarter, 6/4 two of a dotted half. Elsewhere the denominator is the beat: 3/8 has three.
    """
    numerator, denominator = map(int, meter.split("/"))
    compound = numerator > 3 and numerator % 3 == 0
    return 4 / denominator * (3 if compound else 1)


def onsets_per_beat(score: Score) -> float:
    """Distinct moments at which a note begins, per beat of the main meter; 0 without notes.

    Notes struck together count once, drums not at all. Time runs from the first onset to the end of the last
    note, so a pickup's empty bar start does not dilute it.
    """
    notes = [note for track in score.tracks if not track.is_drum for note in track.notes]
    if not notes:
        return 0.0
    onsets = {note.time for note in notes}
    ticks = max(note.end for note in notes) - min(onsets)
    beats = ticks / score.ticks_per_quarter / beat_quarters(main_meter(score))
    # Rounded, so that a piece on the median is found on it by whoever reads the tables.
    return round(len(onsets) / beats, 6) if beats else 0.0


def find_medians(pieces: Iterable[Evidence]) -> dict[tuple[str, str], float]:
    """Medians of activity by collection and meter, wherever a collection has enough in that meter."""
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for piece in pieces:
        if piece.activity is not None:
            groups[piece.collection, piece.meter].append(piece.activity)
    return {
        group: float(np.median(values))
        for group, values in sorted(groups.items())
        if len(values) >= SMALLEST_GROUP
    }
