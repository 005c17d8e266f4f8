"""From a source's bar lines to MIDI meters, so that bars of tokens are the bars of the page.

MIDI knows no bar lines, only meters counted from the last change. A pickup or an irregular bar would push
every later bar off its place; here a pickup becomes the end of a full bar, and an irregular bar gets a meter
of its own.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

TICKS_PER_QUARTER = 480
_WHOLE = 4 * TICKS_PER_QUARTER
Meter = tuple[int, int, int]  # the tick from which it holds, numerator, denominator
# With more irregular bars than this, the meter that the source names is not the meter it is in.
LARGEST_IRREGULAR_SHARE = 0.25


class MeterError(ValueError):
    """The bar lines of a source do not fit its meter; the message says how."""


@dataclass(frozen=True)
class Bars:
    """Where the bars are: ticks to add to every note, the meter changes after that, and counts of bars."""

    shift: int
    meters: list[Meter]
    irregular: int
    count: int


def lay_out(bar_starts: list[int], meters: list[Meter]) -> Bars:
    """Find the meters that put bar lines where the source has them.

    Args:
        bar_starts: ticks at which a bar is known to begin; some may be missing, as long as whole bars lie
            between.
        meters: the meters that the source names, as (tick, numerator, denominator), the first at tick 0.

    Raises:
        MeterError: when a bar is no number of eighths, or more than a quarter of the bars are irregular.
    """
    lengths = _bar_lengths(sorted({0, *bar_starts}), meters)
    shift = 0
    full = _length_of(meters[0])
    if lengths and lengths[0][1] < full:  # a pickup: fill its bar up from the front
        shift = full - lengths[0][1]
        lengths[0] = (0, full)
        lengths[1:] = [(start + shift, length) for start, length in lengths[1:]]
    lengths = _join_halves(lengths, meters, shift)
    changes: list[Meter] = []
    irregular = 0
    for start, length in lengths or [(0, full)]:
        named = _meter_at(meters, start - shift)
        if length == _length_of(named):
            numerator, denominator = named[1:]
        else:
            irregular += 1
            numerator, denominator = _meter_of_length(length, named[2])
        if not changes or changes[-1][1:] != (numerator, denominator):
            changes.append((start, numerator, denominator))
    # The last known bar line says nothing about the bars behind it: they are in the meter named there.
    last = lengths[-1] if lengths else None
    if last and last[1] != _length_of(_meter_at(meters, last[0] - shift)):
        changes.append((last[0] + last[1], *_meter_at(meters, last[0] + last[1] - shift)[1:]))
    changes += [(tick + shift, numerator, denominator) for tick, numerator, denominator in meters
                if tick + shift > changes[-1][0] and (numerator, denominator) != changes[-1][1:]]
    if lengths and irregular > LARGEST_IRREGULAR_SHARE * len(lengths):
        raise MeterError("more than a quarter of its bars do not have the length that the meter names")
    return Bars(shift, changes, irregular, len(lengths))


def _bar_lengths(marks: list[int], meters: list[Meter]) -> list[tuple[int, int]]:
    """(start, length) of each bar between the first and last mark; an odd remainder makes one short bar.

    The short bar is the first of the piece (a pickup), elsewhere the last before the next mark.
    """
    bars: list[tuple[int, int]] = []
    for start, end in pairwise(marks):
        full = _length_of(_meter_at(meters, start))
        whole, rest = divmod(end - start, full)
        pieces = [full] * whole + [rest] * (rest > 0)
        if start == 0 and rest:
            pieces = [rest] + [full] * whole
        for length in pieces:
            bars.append((start, length))
            start += length
    return bars


def _join_halves(bars: list[tuple[int, int]], meters: list[Meter], shift: int) -> list[tuple[int, int]]:
    """Join two short bars that make a full one: a section's short last bar and the next section's pickup."""
    joined: list[tuple[int, int]] = []
    for start, length in bars:
        if joined:
            before, short = joined[-1]
            full = _length_of(_meter_at(meters, before - shift))
            if short < full and short + length == full:
                joined[-1] = (before, full)
                continue
        joined.append((start, length))
    return joined


def _meter_at(meters: list[Meter], tick: int) -> Meter:
    """The meter in force at `tick`."""
    return meters[max(0, bisect_right([meter[0] for meter in meters], tick) - 1)]


def _length_of(meter: Meter) -> int:
    """Ticks in a bar."""
    return _WHOLE * meter[1] // meter[2]


def _meter_of_length(length: int, denominator: int) -> tuple[int, int]:
    """A meter of this many ticks: in the denominator of the piece, or in eighths."""
    for unit in (denominator, 8):
        if length * unit % _WHOLE == 0:
            return length * unit // _WHOLE, unit
    raise MeterError("one of its bars is no number of eighths")
