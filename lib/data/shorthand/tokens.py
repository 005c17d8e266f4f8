"""The tokens that shorthand adds to MidiTok's, and what their texts say. Needs numpy alone."""

from collections.abc import Sequence

import numpy as np

FARTHEST = 32
"""Bars that `Again` reaches back: 99.7 % of the embedded corpus's bars that repeat one repeat one so near."""

LONGEST = 96
"""Bars that `Length` can say; a longer piece is `Length_more`."""

_ACTIVITY_STEPS = 6  # to an octave of activity
_LEAST_ACTIVITY, _ACTIVITIES = 0.5, 25  # onsets a beat of the first step; up to 8 onsets a beat
_AROUSALS, _AROUSAL_STEP = 25, 0.02  # steps on each side of 0, on the raters' scale from −1 to 1

TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_COUNTED = 4  # bars between two tokens of those that are left
AGAIN, LEFT, LENGTH, ACTIVITY, AROUSAL, KEY = "Again", "Left", "Length", "Activity", "Arousal", "Key"
PLAN = (LENGTH, ACTIVITY, AROUSAL, KEY)
"""The types of the plan, in their order; the last two are missing where a piece has no pitches."""

GAP, FILL = "Gap", "Fill"
"""`Gap_3` stands where three bars are missing, `Fill` behind the piece's last bar: there they follow."""

WIDEST_GAP = 8
"""Bars that may be missing."""

BARS = ("Bar", AGAIN)
"""The types with which a bar begins."""

EXTRA = (
    [f"{AGAIN}_{bars}" for bars in range(1, FARTHEST + 1)]
    + [f"{LEFT}_{bars}" for bars in (*range(LONGEST), "more")]
    + [f"{LENGTH}_{bars}" for bars in (*range(1, LONGEST + 1), "more")]
    + [f"{ACTIVITY}_{step}" for step in range(_ACTIVITIES)]
    + [f"{AROUSAL}_{step}" for step in range(-_AROUSALS, _AROUSALS + 1)]
    + [f"{GAP}_{bars}" for bars in range(1, WIDEST_GAP + 1)]
    + [f"{FILL}_None"]
    + [f"{KEY}_{tonic}:{mode}" for mode in ("major", "minor") for tonic in TONICS]
)
"""The texts of the tokens that come behind MidiTok's."""


def ids_of_types(vocabulary: Sequence[str], types: Sequence[str]) -> np.ndarray:
    """The ids of some token types, int64 [ids], ascending."""
    return np.array(
        [token for token, text in enumerate(vocabulary) if text.split("_", 1)[0] in types], dtype=np.int64
    )


def is_counted(number: np.ndarray | int) -> np.ndarray | bool:
    """Whether `Left` stands behind the first token of each bar number, from 1; the shape of `number`."""
    return number % _COUNTED == 0


def length_text(bars: int) -> str:
    """The token of a length in bars."""
    return f"{LENGTH}_{bars}" if 1 <= bars <= LONGEST else f"{LENGTH}_more"


def left_text(bars: int) -> str:
    """The token of the bars that are left; none less than 0."""
    return f"{LEFT}_{max(bars, 0)}" if bars < LONGEST else f"{LEFT}_more"


def activity_step(activity: float) -> int:
    """The step, from 0, of so many onsets a beat: six to each doubling, the first at half an onset a beat."""
    octaves = np.log2(max(activity, _LEAST_ACTIVITY) / _LEAST_ACTIVITY)
    return int(np.clip(round(_ACTIVITY_STEPS * octaves), 0, _ACTIVITIES - 1))


def arousal_step(arousal: float) -> int:
    """The step, 0 in the middle, of an arousal from −1 to 1."""
    return int(np.clip(round(arousal / _AROUSAL_STEP), -_AROUSALS, _AROUSALS))


def transposed_key(text: str, shift: int) -> str:
    """The text of a key that lies `shift` semitones higher."""
    tonic, mode = text.removeprefix(f"{KEY}_").split(":")
    return f"{KEY}_{TONICS[(TONICS.index(tonic) + shift) % 12]}:{mode}"
