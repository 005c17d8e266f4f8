"""Themes in outline: what comes again when ornaments between the beats, and one beat in eight, may differ.

A theme that returns with passing notes is no exact repeat, and a listener hears it all the same. Its outline,
the melody's pitch at each beat, hardly changes. A looser measure also finds more by chance: it says something
only beside the same pieces with their bars shuffled.
"""

import numpy as np

from lib.measures.music.piece import BarredNotes, UnmeasurableError

BEATS, ALIKE = 8, 7
"""So many beats are compared, so many of them must lie at one transposition."""

LEAST_PITCHES = 4
"""An outline with fewer different pitches is a figure or a held note, not a theme."""

FARTHEST_BEATS = 256


def outline(music: BarredNotes) -> np.ndarray:
    """The melody's pitch at each beat from its first to its last note, held over rests: MIDI number [beats].

    Raises:
        UnmeasurableError: for fewer than sixteen such beats: eight cannot come again.
    """
    music.need_notes()
    onset = music.melody.onset
    beats = music.beats[(music.beats >= onset[0]) & (music.beats <= onset[-1])]
    if len(beats) < 2 * BEATS:
        raise UnmeasurableError(f"{len(beats)} beats, at least {2 * BEATS} are needed")
    return music.melody.pitch[np.searchsorted(onset, beats, side="right") - 1]


def share_in_outline(music: BarredNotes) -> float:
    """Share of a melody's beats within eight beats whose outline was heard before, transposed or not.

    Raises:
        UnmeasurableError: as :func:`outline`.
    """
    pitch = outline(music)
    windows = np.lib.stride_tricks.sliding_window_view(pitch, BEATS)
    rich = np.array([len(set(window)) >= LEAST_PITCHES for window in windows.tolist()])
    again = np.zeros(len(pitch), bool)
    for lag in range(BEATS, min(len(pitch) - BEATS, FARTHEST_BEATS) + 1):
        shift, number = np.unique(pitch[lag:] - pitch[:-lag], return_inverse=True)
        same = number[:, None] == np.arange(len(shift))  # [beats, transpositions]
        total = np.vstack([np.zeros(len(shift), int), np.cumsum(same, axis=0)])
        counts = total[BEATS:] - total[:-BEATS]
        for start in np.flatnonzero((counts.max(axis=1) >= ALIKE) & rich[lag:]):
            again[lag + start : lag + start + BEATS] |= same[start : start + BEATS, counts[start].argmax()]
    return float(again.mean())
