"""Notes of one instrument laid out for reading: which staff, which voice, where bars cut them, where
rests stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

import numpy as np
import symusic

from lib.data.labelling.labels import beat_quarters
from lib.sound.score_tables import BarGrid

# Lengths that one note head can show, in quarter notes: plain, dotted, and members of triplets.
_PLAIN = [Fraction(n, 8) for n in (64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1)]
_TRIPLET = [Fraction(n, 12) for n in (16, 8, 4, 2, 1)]
_RESTS = [Fraction(n, 8) for n in (16, 8, 4, 2, 1)]
_GRID = Fraction(1, 8)  # of plain lengths
_MIDDLE_C = 60
# Where soprano, alto, tenor and bass begin to look for their next note.
_FIRST_PITCHES = {1: [69], 2: [72, 50], 3: [72, 65, 48], 4: [72, 65, 57, 48]}


@dataclass(frozen=True)
class Symbol:
    """A note, chord or rest as one note head shows it.

    Attributes:
        offset, length: quarter notes, from the beginning of its bar.
        pitches: MIDI numbers, ascending; empty for a rest.
        tie: '' for none, or 'start', 'stop', 'continue' for a sound that more than one symbol shows.
        hidden: a rest that only keeps the place, since another voice of the staff sounds.
        whole_bar: a rest that fills its bar, whatever the meter.
    """

    offset: Fraction
    length: Fraction
    pitches: tuple[int, ...] = ()
    tie: str = ""
    hidden: bool = False
    whole_bar: bool = False


@dataclass(frozen=True)
class Staff:
    """One staff of notation: its clef, and for each bar its voices, each a list of symbols."""

    clef: str  # 'treble' or 'bass'
    bars: list[list[list[Symbol]]]


_PICKUP = Fraction(1, 3)  # a first bar that begins with at least this share of rest is shown as a pickup

Voice = list[tuple[int, int, tuple[int, ...]]]  # chords: first tick, tick behind the last, pitches


@dataclass
class _Note:
    start: int
    end: int
    pitch: int


def lay_out_staves(track: symusic.Track, grid: BarGrid, first: int, last: int) -> list[Staff]:
    """Lay one track out on one staff (a melody) or two (several notes at once), bars `first` to `last`
    inclusive.

    Up to four voices are told apart, as in a chorale: each note goes to the voice whose last note is
    nearest, and voices do not cross. Denser music is shown in chords, whose notes then share the shortest
    length.
    """
    begin, end = int(grid.starts[first]), int(grid.starts[last + 1])
    notes = [
        _Note(max(note.start, begin), min(note.end, end), note.pitch)
        for note in track.notes
        if note.start < end and note.end > begin and note.duration > 0
    ]
    notes.sort(key=lambda note: (note.start, -note.pitch))
    voices = _voices(notes)
    sounding = [pitch for voice in voices for chord in voice for pitch in chord[2]]
    if len(voices) == 1:
        clef = "treble" if not sounding or np.median(sounding) >= 55 else "bass"
        groups = [(clef, voices)]
    else:
        upper = 1 if len(voices) < 4 else 2
        if len(voices) == 3 and np.median([p for chord in voices[1] for p in chord[2]] or [0]) >= _MIDDLE_C:
            upper = 2
        groups = [("treble", voices[:upper]), ("bass", voices[upper:])]
    return [Staff(clef, [_bar(part, grid, bar) for bar in range(first, last + 1)]) for clef, part in groups]


def shorten_to_pickup(staves: Sequence[Staff], grid: BarGrid) -> tuple[list[Staff], Fraction]:
    """Take away the rest with which the first bar of a piece begins in all staves, if it is long: a pickup
    remains.

    Args:
        staves: from the first bar on.
        grid: the bar lines of the piece.

    Returns:
        The staves, whose first bars have one length in all voices, and the quarters taken away.
    """
    length = Fraction(int(grid.starts[1] - grid.starts[0]), grid.ticks_per_quarter)
    silence = min(
        (symbol.offset for staff in staves for voice in staff.bars[0] for symbol in voice if symbol.pitches),
        default=Fraction(0),
    )
    if silence < _PICKUP * length:
        return list(staves), Fraction(0)
    beat = Fraction(beat_quarters(f"{grid.numerators[0]}/{grid.denominators[0]}"))

    def shortened(voice: list[Symbol]) -> list[Symbol]:
        symbols: list[Symbol] = []
        for symbol in voice:
            if symbol.offset >= silence:
                symbols.append(replace(symbol, offset=symbol.offset - silence))
            elif symbol.offset + symbol.length > silence:
                # A rest, since nothing sounds before; marked as a whole bar, it would be read as a full one.
                symbols += [
                    replace(rest, offset=rest.offset - silence, hidden=symbol.hidden)
                    for rest in _rests(silence, symbol.offset + symbol.length, beat)
                ]
        return symbols

    return [
        replace(staff, bars=[[shortened(voice) for voice in staff.bars[0]], *staff.bars[1:]])
        for staff in staves
    ], silence


def _voices(notes: list[_Note]) -> list[Voice]:
    """The voices of one instrument, the highest first."""
    count = min(4, _largest_polyphony(notes))
    last_pitch = list(_FIRST_PITCHES[count])
    busy_until = [-1] * count
    voices: list[Voice] = [[] for _ in range(count)]
    for start in sorted({note.start for note in notes}):
        new = [note for note in notes if note.start == start]  # highest first
        free = [voice for voice in range(count) if busy_until[voice] <= start]
        if not free:  # denser than four voices: cut the voice whose note ends first
            free = [min(range(count), key=lambda voice: busy_until[voice])]
            before = voices[free[0]][-1]
            voices[free[0]][-1] = (before[0], start, before[2])
        for voice, members in _assign(new, free, last_pitch, busy_until, start):
            end = min(note.end for note in members)
            pitches = tuple(sorted({note.pitch for note in members}))
            voices[voice].append((start, end, pitches))
            last_pitch[voice], busy_until[voice] = pitches[-1], end
    return voices


def _assign(
    new: list[_Note], free: list[int], last_pitch: list[int], busy_until: list[int], start: int
) -> list[tuple[int, list[_Note]]]:
    """Give notes (highest first) to free voices in order, as near as possible to what each voice sang last.

    A note may not go to a voice that lies above a higher sounding one; extra notes join their neighbour's
    chord.
    """
    groups = [[note] for note in new]
    while len(groups) > len(free):  # join the two nearest neighbours
        gaps = [groups[i][-1].pitch - groups[i + 1][0].pitch for i in range(len(groups) - 1)]
        nearest = gaps.index(min(gaps))
        groups[nearest : nearest + 2] = [groups[nearest] + groups[nearest + 1]]
    held = [voice for voice in range(len(last_pitch)) if busy_until[voice] > start]

    def cost(chosen: tuple[int, ...]) -> float:
        total = 0.0
        for voice, group in zip(chosen, groups, strict=True):
            pitch = group[0].pitch
            total += abs(pitch - last_pitch[voice])
            total += sum(24 for other in held if (pitch - last_pitch[other]) * (other - voice) < 0)
        return total

    best = min(combinations(free, len(groups)), key=cost)
    return list(zip(best, groups, strict=True))


def _largest_polyphony(notes: list[_Note]) -> int:
    changes = sorted([(note.start, 1) for note in notes] + [(note.end, -1) for note in notes])
    sounding = largest = 1 if not notes else 0
    for _, change in changes:
        sounding += change
        largest = max(largest, sounding)
    return max(1, largest)


def _bar(voices: list[Voice], grid: BarGrid, bar: int) -> list[list[Symbol]]:
    """The voices of a staff within one bar; a silent bar has one voice with one rest."""
    begin, end = int(grid.starts[bar]), int(grid.starts[bar + 1])
    quarter = grid.ticks_per_quarter
    beat = Fraction(beat_quarters(f"{grid.numerators[bar]}/{grid.denominators[bar]}"))
    inside = [[chord for chord in voice if chord[0] < end and chord[1] > begin] for voice in voices]
    singing = [voice for voice in inside if voice]
    length = Fraction(end - begin, quarter)
    if not singing:
        return [[Symbol(Fraction(0), length, whole_bar=True)]]
    together = [(chord[0], chord[1]) for chord in singing[0]]
    if len(singing) > 1 and all([(c[0], c[1]) for c in voice] == together for voice in singing[1:]):
        joined = [
            (*span, tuple(sorted({pitch for voice in singing for pitch in voice[i][2]})))
            for i, span in enumerate(together)
        ]
        singing = [joined]
    timed = [
        [
            (
                Fraction(max(start, begin) - begin, quarter),
                Fraction(min(stop, end) - begin, quarter),
                pitches,
                start < begin,
                stop > end,
            )
            for start, stop, pitches in voice
        ]
        for voice in singing
    ]
    result = []
    for number, voice in enumerate(timed):
        symbols: list[Symbol] = []
        at = Fraction(0)
        for low, high, pitches, started, goes_on in [*voice, (length, length, (), False, False)]:
            for rest in _rests(at, low, beat):
                covered = any(
                    other[0] < rest.offset + rest.length and other[1] > rest.offset
                    for others in timed
                    for other in others
                )
                symbols.append(replace(rest, hidden=number > 0 or covered))
            symbols += _heads(low, high, pitches, beat, started, goes_on)
            at = high
        result.append(symbols)
    return result


def _heads(
    start: Fraction, end: Fraction, pitches: tuple[int, ...], beat: Fraction, started: bool, goes_on: bool
) -> list[Symbol]:
    """One note as one head, or as several tied ones where no single head has its length."""
    length = end - start
    lengths = [length] if length in _PLAIN or length in _TRIPLET else _pieces(start, end, beat, _PLAIN)
    symbols = []
    for number, length in enumerate(lengths):
        before, after = started or number > 0, goes_on or number < len(lengths) - 1
        tie = {(False, True): "start", (True, True): "continue", (True, False): "stop"}
        symbols.append(Symbol(start, length, pitches, tie.get((before, after), "")))
        start += length
    return symbols


def _rests(start: Fraction, end: Fraction, beat: Fraction) -> list[Symbol]:
    symbols = []
    for length in _pieces(start, end, beat, _RESTS):
        symbols.append(Symbol(start, length))
        start += length
    return symbols


def _pieces(start: Fraction, end: Fraction, beat: Fraction, lengths: list[Fraction]) -> list[Fraction]:
    """Cut a span into lengths that a head or rest can show: whole beats from a beat on, else up to the
    next one.
    """
    pieces = []
    while start < end:
        within = start % beat
        inside = min(end - start, beat - within)  # what lies within this beat
        if within % _GRID or inside % _GRID:
            candidates, limit = _TRIPLET, inside
        elif within == 0 and end - start >= beat:
            candidates, limit = [beat * n for n in (4, 2, 1) if beat * n in _PLAIN], end - start
        else:
            candidates, limit = lengths, inside
        fitting = [length for length in candidates if length <= limit and within % length == 0]
        # What no head can show (finer than a 32nd or a triplet 32nd) is drawn as a finer one.
        pieces.append(max(fitting, default=min(limit, Fraction(1, 12))))
        start += pieces[-1]
    return pieces
