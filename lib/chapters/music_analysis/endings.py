"""Endings: how a piece closes, by cadence, length of its last note and tonic.

Whether it ended by itself is known from composing, not from its notes.
"""

from collections.abc import Sequence

import numpy as np

from lib.measures.music.harmony import BeatChord, beat_chords, chord_at
from lib.measures.music.keys import EstimatedKey, piece_key
from lib.measures.music.piece import BarredNotes, UnmeasurableError

LONG = 1.5
"""A last note is long when it lasts so many times the median time from onset to onset."""

KINDS = ("authentic", "half", "plagal", "other")
"""Kinds of cadence; see :func:`kind_of_cadence`."""

_DOMINANT, _SUBDOMINANT = (7, 11), 5  # chords on the fifth degree and on the leading note; on the fourth
_INTO_TONIC = (2, 3, 4, 7, 10, 11)  # melody: from the second, the third, the fifth or the seventh degree


def closing_chord(music: BarredNotes) -> BeatChord | None:
    """What sounds when the last note of a piece with voices is struck; None for a single voice."""
    try:
        beat_chords(music)
    except UnmeasurableError:
        return None
    return chord_at(music, int(music.notes.onset[-1]))


def closes_on_tonic(music: BarredNotes) -> float:
    """1 if the piece closes on the tonic of its estimated key, else 0.

    With voices: the root of the last chord is the tonic. One voice: the lowest note of the last onset is.

    Raises:
        UnmeasurableError: as :func:`lib.measures.music.keys.piece_key`.
    """
    key, last = piece_key(music), closing_chord(music)
    if last is not None:
        return float(last.base == key.tonic)
    onset = music.notes.onset
    return float(music.notes.pitch[onset == onset[-1]].min() % 12 == key.tonic)


def kind_of_cadence(chords: Sequence[BeatChord], key: EstimatedKey) -> str:
    """What kind of cadence the last of some chords makes with the last one before it on another root.

    Authentic: from the fifth degree or the leading note to the tonic; plagal: from the fourth to the tonic;
    half: on the fifth. Everything else, a deceptive cadence too, is 'other'.

    Args:
        chords: at least one; the last closes.
        key: in which they are heard.
    """
    roots = [(chord.base - key.tonic) % 12 for chord in chords]
    before = next((root for root in reversed(roots) if root != roots[-1]), None)
    if roots[-1] == 0 and before in _DOMINANT:
        return "authentic"
    if roots[-1] == 0 and before == _SUBDOMINANT:
        return "plagal"
    return "half" if roots[-1] == _DOMINANT[0] else "other"


def cadence(music: BarredNotes) -> float:
    """1 if the piece closes with a cadence on its tonic, else 0.

    With voices: an authentic cadence (:func:`kind_of_cadence`). A melody: its last note is the tonic,
    approached from the second, third, fifth or seventh degree (the last pitch that differs from it).

    Raises:
        UnmeasurableError: as :func:`lib.measures.music.keys.piece_key`.
    """
    key, last = piece_key(music), closing_chord(music)
    if last is not None:
        named = [chord for chord in beat_chords(music) if chord.root is not None]
        return float(kind_of_cadence([*named, last], key) == "authentic")
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
