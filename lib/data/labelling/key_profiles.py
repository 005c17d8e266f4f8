"""Key-finding profiles: how well each of the 24 keys fits the time that a piece spends on 12 pitch classes.

A profile says how much of the time one expects on each degree of a scale; a key fits as well as its profile
correlates with the time really spent (C. Krumhansl, *Cognitive Foundations of Musical Pitch*, 1990, with M.
Schmuckler). The numbers are music21's: Aarden and Essen's counts of folk songs, Krumhansl and Kessler's
ratings by listeners, Temperley, Kostka and Payne's counts of a harmony textbook.
"""

from functools import cache

import numpy as np

PROFILES = {"aarden": "Aarden–Essen", "krumhansl": "Krumhansl–Kessler", "temperley": "Temperley–Kostka–Payne"}
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}

_CLASSES = {"aarden": "AardenEssen", "krumhansl": "KrumhanslSchmuckler", "temperley": "TemperleyKostkaPayne"}


@cache
def profile_weights(profile: str) -> np.ndarray:
    """All 24 rotations of a profile, standardised, float64 [24, 12]: 12 major keys from C, then 12 minor."""
    from music21.analysis import discrete  # here, since the import takes a while

    found = getattr(discrete, _CLASSES[profile])()
    rows = np.array(
        [
            np.roll(np.array(found.getWeights(mode), float), tonic)
            for mode in ("major", "minor")
            for tonic in range(12)
        ]
    )
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def key_fits(pitch_class_time: np.ndarray, profile: str) -> np.ndarray | None:
    """The correlation of each of the 24 keys with the time on 12 pitch classes, float64 [24].

    None where all are sounded equally long (or none is), which fits every key alike.
    """
    time = np.asarray(pitch_class_time, float)
    deviation = time - time.mean()
    length = np.linalg.norm(deviation)
    if length < 1e-9 * max(1.0, float(time.sum())):
        return None
    return profile_weights(profile) @ (deviation / length)
