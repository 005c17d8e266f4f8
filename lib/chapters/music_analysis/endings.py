"""Endings: how a piece closes, by cadence, length of its last note and tonic.

Whether it ended by itself is known from composing, not from its notes.
"""

import numpy as np

from lib.measures.harmony import beat_chords
from lib.measures.keys import closes_on_tonic, piece_key
from lib.measures.piece import BarredNotes, UnmeasurableError

LONG = 1.5
"""A last note is long when it lasts so many times the median time from onset to onset."""

_INTO_TONIC = (2, 11, 10, 7)  # melody: from above, from below, or from the fifth degree


def cadence(music: BarredNotes) -> float:
    """1 if the piece closes with a cadence on its tonic, else 0.

    With voices: the lowest note of the last onset is the tonic, and the last chord of another root stands on
    the fifth degree or on the leading note. A melody: its last note is the tonic, approached from the second,
    the seventh or the fifth degree (the last pitch that differs from it).

    Raises:
        UnmeasurableError: as :func:`lib.measures.keys.piece_key`.
    """
    key = piece_key(music)
    try:
        roots = [chord.root for chord in beat_chords(music) if chord.root is not None]
    except UnmeasurableError:
        roots = []
    if roots:
        before = [root for root in roots if root != key.tonic]
        from_dominant = bool(before) and (before[-1] - key.tonic) % 12 in (7, 11)
        return closes_on_tonic(music) * from_dominant
    degrees = (music.melody.pitch - key.tonic) % 12
    before = degrees[degrees != degrees[-1]]
    return float(degrees[-1] == 0 and len(before) > 0 and int(before[-1]) in _INTO_TONIC)


def long_last_note(music: BarredNotes) -> float:
    """1 if what is struck last sounds at least one and a half times as long as the piece's notes do, else 0.

    Raises:
        UnmeasurableError: for fewer than four onsets.
    """
    music.need_notes()
    onset = np.unique(music.notes.onset)
    if len(onset) < 4:
        raise UnmeasurableError(f"{len(onset)} onsets, at least 4 are needed")
    last = int(music.end.max()) - int(onset[-1])
    return float(last >= LONG * np.median(np.diff(onset)))


def proper_close(music: BarredNotes) -> float:
    """1 if the piece closes on its tonic with a long note, else 0."""
    return closes_on_tonic(music) * long_last_note(music)
