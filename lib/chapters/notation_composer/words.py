"""Notes as words: a pitch or a chord with its length, as the course's earlier project (spring 2022, group 19)
reads MIDI, and the way back.

Its way: notes that begin together are a chord, named by its normal order (pitch classes, so that octaves and
voicing are lost); rests are dropped; on the way back a word's length moves the next onset, and every note
sounds for a quarter. The other way keeps rests as words of their own and gives a note the length of its word.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import zip_longest

import numpy as np
import symusic

from lib.data.note_tables import note_table

_GRID = 24  # steps in a quarter
_REST = "rest"
_MIDDLE_C = 60

Sounding = tuple[Fraction, Fraction, int]
"""A note: onset and length in quarters, MIDI pitch."""


@dataclass(frozen=True)
class Vocabulary:
    """The words of the training pieces, sorted; one more number stands for any other."""

    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.words) + 1

    @property
    def unknown(self) -> int:
        """The number of a word that training did not have."""
        return len(self.words)

    def numbers(self, words: Sequence[str]) -> np.ndarray:
        """Numbers of words, int64 [words]."""
        known = {word: number for number, word in enumerate(self.words)}
        return np.array([known.get(word, self.unknown) for word in words], dtype=np.int64)


def sounding_notes(score: symusic.Score) -> list[Sounding]:
    """The notes of a score on a grid of 24 steps a quarter, drums left out, sorted."""
    notes = note_table(score)
    step = Fraction(1, _GRID)
    return sorted(
        (
            round(Fraction(int(onset), notes.ticks_per_quarter) / step) * step,
            max(step, round(Fraction(int(length), notes.ticks_per_quarter) / step) * step),
            int(pitch),
        )
        for onset, length, pitch, program in zip(
            notes.onset, notes.duration, notes.pitch, notes.program, strict=True
        )
        if program >= 0
    )


def read_words(notes: Sequence[Sounding], rests: bool) -> list[str]:
    """A piece as words such as 'C#4 0.5', '0.4.7 1' or 'rest 0.5'.

    Args:
        notes: from :func:`sounding_notes`.
        rests: whether silence becomes words, too; then a word ends where the next begins, at the latest.
    """
    moments = sorted({onset for onset, _, _ in notes})
    words, end = [], Fraction(0)
    for onset, following in zip_longest(moments, moments[1:]):
        chord = [(length, pitch) for begin, length, pitch in notes if begin == onset]
        length = max(length for length, _ in chord)
        if rests:
            if onset > end:
                words.append(f"{_REST} {_number(onset - end)}")
            length = min(length, following - onset) if following is not None else length
        words.append(f"{_name(tuple(pitch for _, pitch in chord))} {_number(length)}")
        end = onset + length
    return words


def write_notes(words: Sequence[str], rests: bool) -> list[Sounding]:
    """The way back from words to notes; `rests` as they were read."""
    notes, now = [], Fraction(0)
    for word in words:
        name, _, text = word.rpartition(" ")
        length = Fraction(text).limit_denominator(_GRID)
        if name != _REST:
            sounds = length if rests else Fraction(1)
            notes += [(now, sounds, pitch) for pitch in _pitches(name)]
        now += length
    return sorted(notes)


def as_score(
    notes: Sequence[Sounding], program: int = 0, numerator: int = 4, denominator: int = 4
) -> symusic.Score:
    """Notes as a score of one track, 480 ticks a quarter, 120 quarters a minute."""
    score = symusic.Score(480)
    score.tempos.append(symusic.Tempo(0, 120.0))
    score.time_signatures.append(symusic.TimeSignature(0, numerator, denominator))
    track = symusic.Track("", program, False)
    track.notes = [
        symusic.Note(int(onset * 480), int(length * 480), pitch, 80) for onset, length, pitch in notes
    ]
    score.tracks.append(track)
    return score


def kept_shares(pieces: Sequence[Sequence[Sounding]], rests: bool) -> dict[str, float]:
    """What of real pieces is left after the way to words and back, as shares.

    Returns:
        pitch: of notes that have a note of their pitch at all (as often as it occurs); onset: at their place,
        too; length: with their length, too; and words: distinct words in all pieces. NaN where there is no
        note.
    """
    totals = dict.fromkeys(("pitch", "onset", "length"), 0)
    words: set[str] = set()
    for notes in pieces:
        read = read_words(notes, rests)
        words.update(read)
        back = write_notes(read, rests)
        for name, part in (
            ("pitch", lambda note: note[2]),
            ("onset", lambda note: (note[0], note[2])),
            ("length", lambda note: note),
        ):
            before, after = (Counter(map(part, side)) for side in (notes, back))
            totals[name] += (before & after).total()
    count = sum(map(len, pieces))
    return {
        **{name: total / count if count else float("nan") for name, total in totals.items()},
        "words": len(words),
    }


def _number(length: Fraction) -> str:
    return f"{float(length):.6g}"


@cache
def _name(pitches: tuple[int, ...]) -> str:
    from music21 import chord, pitch

    if len(pitches) == 1:
        return pitch.Pitch(pitches[0]).nameWithOctave
    return ".".join(map(str, chord.Chord(list(pitches)).normalOrder))


@cache
def _pitches(name: str) -> tuple[int, ...]:
    from music21 import pitch

    if name.replace(".", "").isdigit():  # a chord, whose octaves are not known: the one above middle C
        return tuple(_MIDDLE_C + int(part) for part in name.split("."))
    return (pitch.Pitch(name).midi,)


def by_sound(word: str) -> tuple[float, int]:
    """A word's length in quarters and the pitch of its lowest note, to sort words by; a rest has pitch 0."""
    name, _, length = word.rpartition(" ")
    return float(length), 0 if name == _REST else min(_pitches(name))


def notes_at_once(pieces: Sequence[Sequence[Sounding]]) -> float:
    """Notes that begin together, on average over the moments of all pieces at which any begins."""
    return sum(map(len, pieces)) / max(1, sum(len({note[0] for note in piece}) for piece in pieces))
