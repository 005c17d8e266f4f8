"""From a source's bar lines to MIDI meters, so that bars of tokens are the bars of the page.

MIDI knows no bar lines, only meters counted from the last change. A pickup or an irregular bar would push
every later bar off its place; here a pickup becomes the end of a full bar, and an irregular bar gets a meter
of its own.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

TICKS_PER_QUARTER = 480
# With more irregular bars than this, the meter that the source names is not the meter it is in.
LARGEST_IRREGULAR_SHARE = 0.25

_WHOLE = 4 * TICKS_PER_QUARTER
Meter = tuple[int, int, int]  # the tick from which it holds, numerator, denominator
Bar = tuple[int, int]  # start and length in ticks


class MeterError(ValueError):
    """The bar lines of a source do not fit its meter; the message says how."""


@dataclass(frozen=True)
class Bars:
    """Ticks to add to every note, the meter changes after that, and how many bars are irregular."""

    shift: int
    meters: list[Meter]
    irregular: int


def lay_out(bar_starts: list[int], meters: list[Meter]) -> Bars:
    """Find the meters that put bar lines where the source has them.

    Args:
        bar_starts: ticks at which a bar is known to begin; some may be missing, as long as whole bars lie
            between.
        meters: the meters that the source names, the first at tick 0.

    Raises:
        MeterError: when a bar is no number of eighths, or more than a quarter of the bars are irregular.
    """
    bars = _join_halves(_bars_between(sorted({0, *bar_starts}), meters), meters)
    shift = 0
    if bars and bars[0][1] < _length(meters[0]):  # a pickup: its bar is filled up from the front
        shift = _length(meters[0]) - bars[0][1]
        bars[0] = (-shift, _length(meters[0]))
    changes: list[Meter] = []
    irregular = 0
    for start, length in bars:
        named = _meter_at(meters, start)
        if length == _length(named):
            _change(changes, start + shift, *named[1:])
        else:
            irregular += 1
            _change(changes, start + shift, *_meter_of_length(length, named[2]))
    if irregular > LARGEST_IRREGULAR_SHARE * len(bars):
        raise MeterError("more than a quarter of its bars do not have the length that the meter names")
    # Behind the last known bar line, bars have the length that the source names.
    end = sum(bars[-1]) if bars else 0
    _change(changes, end + shift, *_meter_at(meters, end)[1:])
    for tick, numerator, denominator in meters:
        if tick > end:
            _change(changes, tick + shift, numerator, denominator)
    return Bars(shift, changes, irregular)


def _bars_between(marks: list[int], meters: list[Meter]) -> list[Bar]:
    """The bars between the first and the last mark; an odd remainder makes one short bar.

    The short bar is the first of the piece (a pickup), elsewhere the last before the next mark.
    """
    bars: list[Bar] = []
    for start, end in pairwise(marks):
        whole, rest = divmod(end - start, _length(_meter_at(meters, start)))
        lengths = [_length(_meter_at(meters, start))] * whole
        if rest:
            lengths.insert(0 if start == 0 else whole, rest)
        for length in lengths:
            bars.append((start, length))
            start += length
    return bars


def _join_halves(bars: list[Bar], meters: list[Meter]) -> list[Bar]:
    """Join two short bars that make a full one: a section's last bar and the pickup of the next section."""
    joined = bars[:1]
    for start, length in bars[1:]:
        before, short = joined[-1]
        full = _length(_meter_at(meters, before))
        if len(joined) > 1 and short < full and short + length == full:
            joined[-1] = (before, full)
        else:
            joined.append((start, length))
    return joined


def _change(changes: list[Meter], tick: int, numerator: int, denominator: int) -> None:
    """Append a meter, unless it is the one that holds already."""
    if not changes or changes[-1][1:] != (numerator, denominator):
        changes.append((tick, numerator, denominator))


def _meter_at(meters: list[Meter], tick: int) -> Meter:
    """The meter that holds at `tick`; before the first, the first."""
    return meters[max(0, bisect_right(meters, tick, key=lambda meter: meter[0]) - 1)]


def _length(meter: Meter) -> int:
    """Ticks in a bar."""
    return _WHOLE * meter[1] // meter[2]


def _meter_of_length(length: int, denominator: int) -> tuple[int, int]:
    """A meter of this many ticks: in the denominator of the piece, or in eighths."""
    for unit in (denominator, 8):
        if length * unit % _WHOLE == 0:
            return length * unit // _WHOLE, unit
    raise MeterError("one of its bars is no number of eighths")
