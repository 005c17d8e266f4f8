"""A score from the events of a file that symusic reads in part or not at all.

Nothing is invented that the file does not say, except where a note ends of which the file does not say it:
at the next note of its pitch, or with its bar, whichever comes first.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.data.files.midi_events import MidiEvents, TrackEvents

DRUM_CHANNEL = 9
LAST_TICK = 2**31 - 1
"""symusic counts ticks in 32 bits."""

_LARGEST_EXPONENT = 6  # sixty-fourths; other denominators are no note values, and no token has them


@dataclass(frozen=True)
class Rebuilt:
    """A score of all notes of a file; `ended` of them had no end of their own and got one; `elsewhere` of
    them play the instrument that another track sets for their channel."""

    score: Score
    ended: int
    elsewhere: int


def instruments_elsewhere(events: MidiEvents) -> dict[int, list[tuple[int, int]]]:
    """Instruments that tracks set for channels on which others play, as channel to (tick, program), sorted.

    Only of channels on which some track plays without naming an instrument itself; symusic gives its notes
    to the piano. Not of drums, nor of files for several devices.
    """
    named: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for track in events.tracks:
        for tick, channel, program in track.programs:
            named[channel].append((tick, program))
    if len(events.tracks) < 2 or not named or events.has_ports:
        return {}
    needed = set()
    for track in events.tracks:
        own = {channel for _, channel, _ in track.programs}
        if track.count and not named.keys() <= own:
            needed |= {status & 15 for _, status, _, _ in track.notes} - own
    return {channel: sorted(named[channel]) for channel in needed & named.keys() - {DRUM_CHANNEL}}


def rebuild(events: MidiEvents) -> Rebuilt:
    """Make a score of all notes that a file's events begin."""
    score = Score(events.division)
    score.tempos.extend(Tempo(tick, mspq=value) for tick, value in sorted(events.tempos) if value)
    for tick, numerator, exponent in sorted(events.meters, key=lambda meter: meter[0]):
        score.time_signatures.append(
            TimeSignature(tick, numerator, 2 ** min(exponent, _LARGEST_EXPONENT + 1))
        )
    elsewhere = instruments_elsewhere(events)
    bar_end = _bar_ends(events)
    ended = moved = 0
    for track in events.tracks:
        parts, given = _paired(track, bar_end)
        ended += given
        columns: dict[tuple[int, bool], list[tuple[int, int, int, int]]] = defaultdict(list)
        for channel, notes in parts.items():
            own = sorted((tick, program) for tick, at, program in track.programs if at == channel)
            others = [] if own else elsewhere.get(channel, [])
            for note in notes:
                program = _in_effect(own or others, note[0])
                moved += bool(others) and program > 0
                columns[program, channel == DRUM_CHANNEL].append(note)
        for (program, is_drum), notes in columns.items():
            score.tracks.append(_track(program, is_drum, notes))
    return Rebuilt(score, ended, moved)


def _in_effect(changes: list[tuple[int, int]], tick: int) -> int:
    place = bisect_right(changes, (tick, 128))
    return changes[place - 1][1] if place else 0


def _track(program: int, is_drum: bool, notes: list[tuple[int, int, int, int]]) -> Track:
    time, duration, pitch, velocity = np.array(sorted(notes), np.int64).T
    made = Track(program=program, is_drum=is_drum)
    made.notes = Note.from_numpy(
        time.astype(np.int32), duration.astype(np.int32), pitch.astype(np.int8), velocity.astype(np.int8)
    )
    return made


def _bar_ends(events: MidiEvents) -> Callable[[int], int]:
    """A function that says where the bar of a tick ends."""
    meters = {0: (4, 2)} | {
        tick: (numerator, exponent)
        for tick, numerator, exponent in sorted(events.meters, key=lambda meter: meter[0])
    }
    starts = sorted(meters)

    def bar_end(tick: int) -> int:
        start = starts[bisect_right(starts, tick) - 1]
        numerator, exponent = meters[start]
        bar = max(1, 4 * events.division * numerator >> min(exponent, 30))
        return start + ((tick - start) // bar + 1) * bar

    return bar_end


def _paired(
    track: TrackEvents, bar_end: Callable[[int], int]
) -> tuple[dict[int, list[tuple[int, int, int, int]]], int]:
    """The notes of a track by channel, as (tick, duration, pitch, velocity), and how many of them got an end
    from us."""
    voices: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for tick, status, pitch, velocity in track.notes:
        voices[status & 15, pitch].append((tick, velocity if status >= 0x90 else 0))
    notes: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
    ended = 0
    for (channel, pitch), events in voices.items():
        found = _pairs_in_order(events)
        if found is None:
            found, given = _pairs_with_ends_given(events, bar_end)
            ended += given
        notes[channel] += [
            (tick, min(end, LAST_TICK) - tick, pitch, velocity) for tick, end, velocity in found
        ]
    return notes, ended


def _pairs_in_order(events: list[tuple[int, int]]) -> list[tuple[int, int, int]] | None:
    """The notes of one pitch as (tick, end, velocity), the first to begin ending first, as symusic pairs
    them; None when one does not end."""
    open_notes: list[tuple[int, int]] = []
    found = []
    for tick, velocity in events:
        if velocity:
            open_notes.append((tick, velocity))
        elif open_notes:
            start, loud = open_notes.pop(0)
            found.append((start, tick, loud))
    return None if open_notes else found


def _pairs_with_ends_given(
    events: list[tuple[int, int]], bar_end: Callable[[int], int]
) -> tuple[list[tuple[int, int, int]], int]:
    """As :func:`_pairs_in_order`, each note at the first of its pitch's ends, the next beginning and the end
    of the bar where no end comes before the next; notes that begin at once share an end.

    Returns:
        The notes, and for how many of them the file has no end of their own.
    """
    found: list[tuple[int, int, int]] = []
    used: set[int] = set()
    end = by = 0  # `by`: the place of the end that ends the note, -1 where none does
    following: tuple[int, bool] | None = None
    for place, (tick, velocity) in reversed(list(enumerate(events))):  # what comes next is known
        if velocity:
            if following is None:
                end, by = bar_end(tick), -1
            elif not following[1] and following[0] > tick:
                end, by = min(following[0], bar_end(tick)), -1
            found.append((tick, end, velocity))
            used |= {by} - {-1}
        else:
            end, by = tick, place
        following = tick, not velocity
    return found, len(found) - len(used)
