"""In which order a tune is played: repeats, endings and parts written out.

The rules are those of the ABC standard 2.1 (section 4.8): a repeat goes back to the sign that begins it, and
where there is none, to the last double bar line, the end of the last repeat, or the beginning. What the text
does not settle is not guessed: such a tune is refused, with the reason.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from lib.data.embedded.arrange import SourceError
from lib.data.embedded.written import Bar, Ending, Event, Glue, Item, Part

_PARTS = re.compile(r"[A-Z]+")


def in_order(items: list[Item], parts: str) -> list[Item]:
    """The items of a voice as often as they are played and in that order; bar lines stay, without repeats.

    Args:
        items: as written.
        parts: the field P of the header, such as 'ABA'; '' to play what is written from front to back.

    Raises:
        SourceError: when the text does not settle the order.
    """
    pieces: dict[str, list[Item]] = {"": []}
    name = ""
    for item in items:
        if isinstance(item, Part) and parts:
            name = item.name
            if pieces.setdefault(name, []):
                raise SourceError("repeats", f"a part that stands twice: {name!r}")
        elif not isinstance(item, Part):
            pieces[name].append(item)
    if not parts or len(pieces) == 1:
        return list(_played([item for part in pieces.values() for item in part]))
    order = parts.replace(" ", "").replace(".", "")
    if not _PARTS.fullmatch(order) or not set(order) <= set(pieces):
        raise SourceError("repeats", f"an order of parts that cannot be read: {parts!r}")
    return [item for part in ["", *order] for item in _played(pieces[part])]


def _played(items: list[Item]) -> Iterator[Item]:
    """One part with its repeats."""
    place, start, turn = 0, 0, 1
    opened = in_ending = False  # by a sign; within an ending
    while place < len(items):
        item = items[place]
        place += 1
        if isinstance(item, Ending):
            if turn == 1 and item.turn != 1:
                raise SourceError("repeats", "a second ending without a first one and its repeat sign")
            in_ending = True
            if turn != item.turn:
                place = _ending_of(items, place, turn)
        elif isinstance(item, Bar):
            yield Bar(item.number)
            if item.closes and (turn == 1 or _begins_ending(items, place, turn + 1)):
                place, turn, in_ending = start, turn + 1, False
            elif item.closes and in_ending:
                raise SourceError("repeats", "a repeat sign behind the last ending")
            elif item.opens and opened and turn == 1 and not item.closes:
                raise SourceError("repeats", "a repeat that begins within another")
            elif item.closes or item.opens or (item.double and (in_ending if turn > 1 else not opened)):
                start, turn, opened, in_ending = place, 1, item.opens, in_ending and turn == 1
        else:
            yield item
    if any(isinstance(item, Event) for item in items[start:]) and turn == 1 and (opened or in_ending):
        raise SourceError("repeats", "a repeat without an end")


def _begins_ending(items: list[Item], place: int, turn: int) -> bool:
    """Whether the ending of this pass stands here."""
    return place < len(items) and isinstance(items[place], Ending) and turn == items[place].turn


def _ending_of(items: list[Item], place: int, turn: int) -> int:
    """The place behind the beginning of the ending for this pass.

    Raises:
        SourceError: when there is none before the next repeat.
    """
    for number in range(place, len(items)):
        item = items[number]
        if isinstance(item, Ending) and turn == item.turn:
            return number + 1
        if isinstance(item, Bar) and item.opens:
            break
    raise SourceError("repeats", f"no ending for the pass {turn}")


@dataclass
class Played:
    """One voice as it sounds, times in whole notes: notes as (start, length, pitch), ties joined; the places
    of bar lines; (start, meter) wherever the meter changes."""

    notes: list[tuple[Fraction, Fraction, int]] = field(default_factory=list)
    bars: list[Fraction] = field(default_factory=list)
    meters: list[tuple[Fraction, str]] = field(default_factory=list)


def play(items: list[Item]) -> Played:
    """The notes of a voice from its items in the order of :func:`in_order`."""
    played, now = Played(), Fraction(0)
    held: dict[int, int] = {}  # pitches that are tied on, to the number of the note
    for item in items:
        if isinstance(item, Bar):
            played.bars.append(now)
        elif isinstance(item, Event):
            if not played.meters or played.meters[-1][1] != item.state.meter:
                played.meters.append((now, item.state.meter))
            held_on = {}
            for note in item.notes:
                number = held.get(note.pitch)
                if number is None:
                    number = len(played.notes)
                    played.notes.append((now, note.length, note.pitch))
                else:
                    start, _, pitch = played.notes[number]
                    played.notes[number] = (start, now + note.length - start, pitch)
                if note.tied:
                    held_on[note.pitch] = number
            held = held_on
            now += item.length
    return played


def bars_in_order(items: list[Item]) -> str:
    """The written bars in the order in which they are played, as in '1-8 1-16': a bar has the number of the
    bar line that ends it. '' where each is played once, in order."""
    runs: list[list[int]] = []
    for item in items:
        if isinstance(item, Bar):
            if runs and item.number == runs[-1][1] + 1:
                runs[-1][1] += 1
            else:
                runs.append([item.number, item.number])
    return " ".join(f"{first}-{last}" for first, last in runs) if len(runs) > 1 else ""


def spelled_out(voices: list[list[Item]], meter: str) -> str:
    """ABC without anything left to interpret but lengths: no repeats, an accidental before every note.

    A tie to another pitch is none (some books write slurs so) and is left away.
    """
    # Chords are struck, not broken; abc2midi breaks them by default.
    lines = ["X:1", f"M:{meter}", "L:1/8", "K:C", "%%MIDI chordattack 0"]
    for number, items in enumerate(voices, start=1):
        lines += [f"V:{number}"] if len(voices) > 1 else []
        lines.append(_spelled(items, meter))
    return "\n".join(lines) + "\n"


def _spelled(items: list[Item], meter: str) -> str:
    events = [item for item in items if isinstance(item, Event)]
    pitches_behind = [{note.pitch for note in event.notes} for event in events[1:]] + [set()]
    written, unit, number, bar = [], "1/8", 0, True
    for item in items:
        if isinstance(item, Bar):
            if not bar:
                written.append("|\n")
        elif isinstance(item, Glue):
            written.append(item.text)
        elif isinstance(item, Event):
            if item.state.meter != meter:
                meter = item.state.meter
                written.append(f"[M:{meter}]")
            if item.state.unit != unit:
                unit = item.state.unit
                written.append(f"[L:{unit}]")
            notes = "".join(
                note.spelled + "-" * (note.tied and note.pitch in pitches_behind[number])
                for note in item.notes
            )
            written.append(item.text.format(notes) if item.notes else item.text)
            number += 1
        bar = isinstance(item, Bar)
    return "".join(written).rstrip()
