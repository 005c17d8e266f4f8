"""The tokens that shorthand adds to MidiTok's, and what their texts say. Needs numpy alone."""

from collections.abc import Sequence

import numpy as np

FARTHEST = 32
"""Bars that `Again` reaches back: 99.7 % of the embedded corpus's bars that repeat one repeat one so near."""

LONGEST = 96
"""Bars that `Length` can say; a longer piece is `Length_more`."""

_ACTIVITY_STEPS = 6  # to an octave of activity
_LEAST_ACTIVITY, _ACTIVITIES = 0.5, 25  # onsets a beat of the first step; up to 8 onsets a beat

TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_COUNTED = 4  # bars between two tokens of those that are left
AGAIN, LEFT, LENGTH, ACTIVITY, KEY = "Again", "Left", "Length", "Activity", "Key"
PLAN = (LENGTH, ACTIVITY, KEY)
"""The types of the plan, in their order; `Key` is missing where a piece has no pitches."""

BARS = ("Bar", AGAIN)
"""The types with which a bar begins."""

EXTRA = ([f"{AGAIN}_{bars}" for bars in range(1, FARTHEST + 1)]
         + [f"{LEFT}_{bars}" for bars in (*range(LONGEST), "more")]
         + [f"{LENGTH}_{bars}" for bars in (*range(1, LONGEST + 1), "more")]
         + [f"{ACTIVITY}_{step}" for step in range(_ACTIVITIES)]
         + [f"{KEY}_{tonic}:{mode}" for mode in ("major", "minor") for tonic in TONICS])
"""The texts of the tokens that come behind MidiTok's."""


def ids_of_types(vocabulary: Sequence[str], types: Sequence[str]) -> np.ndarray:
    """The ids of some token types, ascending."""
    return np.array([token for token, text in enumerate(vocabulary) if text.split("_", 1)[0] in types],
                    dtype=np.int64)


def is_counted(number: np.ndarray | int) -> np.ndarray | bool:
    """Whether `Left` stands behind the first token of the bar of this number, from 1."""
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


def transposed_key(text: str, shift: int) -> str:
    """The text of a key that lies `shift` semitones higher."""
    tonic, mode = text.removeprefix(f"{KEY}_").split(":")
    return f"{KEY}_{TONICS[(TONICS.index(tonic) + shift) % 12]}:{mode}"
