"""What an ABC tune writes, sign by sign: notes with the accidentals that hold for them, bar lines, endings.

The text is read strictly. A sign without a meaning is an error that names it, so that no tune is guessed at.
Lengths follow the ABC standard 2.1: tuplets, broken rhythm, unit lengths that a field changes on the way.
"""

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction

from lib.data.embedded.arrange import SourceError
from lib.data.labelling.labels import Key, parse_key

_FIFTHS_OF_MODE = {
    "maj": 0,
    "ion": 0,
    "lyd": 1,
    "mix": -1,
    "dor": -2,
    "min": -3,
    "aeo": -3,
    "phr": -4,
    "loc": -5,
}
_ORDER_OF_SHARPS = "FCGDAEB"
_NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ALTERATION = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
_SIGN = {alteration: sign for sign, alteration in _ALTERATION.items()}

_LENGTH = r"\d*(?:/\d*)*"
_NOTE = rf"(\^\^|\^|__|_|=)?([A-Ga-g])([,']*)({_LENGTH})(-?)"
_TOKEN = re.compile(
    rf"""
    (?P<field>\[[A-Za-z]:[^\]]*\])
  | (?P<bar>\[\|\]|:*(?:\[\||\|\]|\|)+:*|::)(?P<number>\d[\d,.-]*)?
  | (?P<ending>\[\d[\d,.-]*)
  | (?P<tuplet>\(\d+(?::\d*){{0,2}})
  | (?P<chord>\[(?P<inside>[^\]|:]*)\](?P<times>{_LENGTH})(?P<tied>-?))
  | (?P<note>{_NOTE})
  | (?P<rest>[zx](?P<silence>{_LENGTH})-?)
  | (?P<broken>>+|<+)
  | (?P<nothing>(?:[\s)`y*!\\]|\((?!\d))+)
""",
    re.VERBOSE,
)
_SIGNS_ONLY = re.compile(rf"(?:{_NOTE}|[\s()`.])*")


@dataclass(frozen=True)
class State:
    """What fields decide for the notes behind them: unit length and meter as in ABC."""

    unit: str
    meter: str


@dataclass(frozen=True)
class Sounding:
    """A written note: MIDI pitch, its text with the accidental spelled out, length in whole notes, tie."""

    pitch: int
    spelled: str
    length: Fraction
    tied: bool


@dataclass(frozen=True)
class Event:
    """A note, a chord or a rest (no notes); `text` is that of its brackets and lengths, `{}` for its notes.

    `length` in whole notes, tuplets and broken rhythm counted in.
    """

    notes: tuple[Sounding, ...]
    length: Fraction
    text: str
    state: State


@dataclass(frozen=True)
class Glue:
    """The sign of a tuplet or of broken rhythm: it has had its effect on the events beside it."""

    text: str


@dataclass(frozen=True)
class Bar:
    """A bar line: which one of its voice it is, counted from 1; whether a repeat ends or begins here, and
    whether it is a double one."""

    number: int
    closes: bool = False
    opens: bool = False
    double: bool = False


@dataclass(frozen=True)
class Ending:
    """The beginning of an ending, and in which pass it is played."""

    turn: int


@dataclass(frozen=True)
class Part:
    """The beginning of a part (field P within the music)."""

    name: str


Item = Event | Glue | Bar | Ending | Part


def signature(key: Key) -> dict[str, int]:
    """The alterations of a key signature: letter to +1 or −1.

    >>> signature(parse_key("Dmix"))
    {'F': 1}
    """
    fifths = _ORDER_OF_SHARPS.index(key.tonic[0]) - 1 + _FIFTHS_OF_MODE[key.name]
    fifths += 7 * (key.tonic.count("#") - key.tonic.count("b"))
    letters = _ORDER_OF_SHARPS[:fifths] if fifths > 0 else _ORDER_OF_SHARPS[::-1][:-fifths]
    return dict.fromkeys(letters, 1 if fifths > 0 else -1)


@dataclass
class _Voice:
    """Reading of one voice: what it has written so far and what holds at this place."""

    state: State
    key: dict[str, int]
    items: list[Item] = field(default_factory=list)
    accidentals: dict[tuple[str, str], int] = field(default_factory=dict)  # of this bar, by letter and octave
    held: dict[tuple[str, str], int] = field(default_factory=dict)  # tied on from the last event
    tuplet: tuple[Fraction, int] = (Fraction(1), 0)  # factor, and for how many events yet
    broken: str = ""

    def take(self, text: str) -> None:
        """Read a line of music."""
        text = re.sub(r"([<>]+)-", r"-\1", text)  # a tie may stand behind the sign of broken rhythm
        place = 0
        while place < len(text):
            match = _TOKEN.match(text, place)
            if not match:
                raise SourceError("reading", f"a sign that has no meaning here: {text[place : place + 8]!r}")
            if match.lastgroup == "number":
                self._bar(match["bar"])
                self._ending(match["number"])
            else:
                kind = next(
                    name
                    for name in (
                        "field",
                        "bar",
                        "ending",
                        "tuplet",
                        "chord",
                        "note",
                        "rest",
                        "broken",
                        "nothing",
                    )
                    if match[name] is not None
                )
                self._token(kind, match)
            place = match.end()

    def _token(self, kind: str, match: re.Match) -> None:
        if kind == "field":
            self.set_field(match[0][1], match[0][3:-1].strip())
        elif kind == "bar":
            self._bar(match[0])
        elif kind == "ending":
            self._ending(match[0][1:])
        elif kind == "tuplet":
            self._tuplet(match[0])
        elif kind == "note":
            self._event([match.group(0)], "", False, "{}")
        elif kind == "chord":
            self._chord(match)
        elif kind == "rest":
            length = _length(match["silence"]) * Fraction(self.state.unit)
            self._append((), length, f"z{match['silence']}")
        elif kind == "broken":
            place = self._last_event()
            if self.broken or place is None:
                raise SourceError("reading", f"a sign that has no meaning here: {match[0]!r}")
            self.broken = match[0]
            self.items[place] = _scaled(self.items[place], _broken(match[0], first=True))
            self.items.append(Glue(match[0]))

    def set_field(self, letter: str, value: str) -> None:
        """A field within the music: K, L, M or P; others say nothing of the notes."""
        if letter == "K":
            key = parse_key(value)
            if key is None:
                raise SourceError("key", f"the key field {value!r} names no tonic with a known mode")
            self.key = signature(key)
        elif letter in "LM":
            value = {"C": "4/4", "C|": "2/2"}.get(value, value)
            if not re.fullmatch(r"\d+/\d+", value):
                raise SourceError("meter", f"a field {letter} that cannot be read: {value!r}")
            self.state = replace(self.state, **{"unit" if letter == "L" else "meter": value})
        elif letter == "P":
            self.items.append(Part(value))

    def _bar(self, text: str) -> None:
        if self.items and isinstance(self.items[-1], Bar) and self.items[-1].opens and ":" not in text:
            raise SourceError("repeats", "a repeat sign that cannot be read: '|:|'")
        self.accidentals = {}
        double = text != "[|]" and ("||" in text or "[" in text or "]" in text)
        number = 1 + sum(isinstance(item, Bar) for item in self.items)
        self.items.append(Bar(number, text.startswith(":"), text.endswith(":"), double))

    def _ending(self, numbers: str) -> None:
        if not re.fullmatch(r"\d+", numbers):
            raise SourceError("repeats", f"an ending that cannot be read: {numbers!r}")
        self.items.append(Ending(int(numbers)))

    def _tuplet(self, text: str) -> None:
        numbers = [int(number) if number else 0 for number in text[1:].split(":")] + [0, 0]
        count, time, events = numbers[:3]
        numerator = int(self.state.meter.split("/")[0])
        compound = numerator > 3 and numerator % 3 == 0
        usual = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(count, 3 if compound else 2)
        if self.tuplet[1] or not 2 <= count <= 9:
            raise SourceError("reading", f"a tuplet that cannot be read: {text!r}")
        self.tuplet = (Fraction(time or usual, count), events or count)
        self.items.append(Glue(text))

    def _chord(self, match: re.Match) -> None:
        if not _SIGNS_ONLY.fullmatch(match["inside"]):
            raise SourceError("reading", f"a chord that cannot be read: {match[0]!r}")
        notes = [found[0] for found in re.finditer(_NOTE, match["inside"])]
        if not notes:
            raise SourceError("reading", f"a chord that cannot be read: {match[0]!r}")
        self._event(notes, match["times"], bool(match["tied"]), "[{}]" + match["times"])

    def _event(self, notes: list[str], times: str, all_tied: bool, text: str) -> None:
        sounding, held = [], {}
        for note in notes:
            sign, letter, octave, length, tie = re.fullmatch(_NOTE, note).groups()
            octave = ("'" if letter.islower() else "") + octave
            degree = (letter.upper(), octave)
            if sign:
                self.accidentals[degree] = _ALTERATION[sign]
            # A tie over the bar line carries an accidental on, to that one note.
            alteration = self.accidentals.get(degree, self.held.get(degree, self.key.get(degree[0], 0)))
            pitch = 60 + _NATURAL[degree[0]] + 12 * (octave.count("'") - octave.count(",")) + alteration
            spelled = f"{_SIGN[alteration]}{note.lstrip('^_=').rstrip('-')}"
            tied = bool(tie) or all_tied
            whole = _length(length) * _length(times) * Fraction(self.state.unit)
            sounding.append(Sounding(pitch, spelled, whole, tied))
            if tied:
                held[degree] = alteration
        self._append(tuple(sounding), sounding[0].length, text)
        self.held = held

    def _append(self, notes: tuple[Sounding, ...], length: Fraction, text: str) -> None:
        self.held = {}
        event = Event(notes, length, text, self.state)
        factor, left = self.tuplet
        if left:
            event = _scaled(event, factor)
            self.tuplet = (factor, left - 1)
        if self.broken:
            event = _scaled(event, _broken(self.broken, first=False))
            self.broken = ""
        self.items.append(event)

    def _last_event(self) -> int | None:
        """The place of the event before this one, if only signs of grouping stand between."""
        for place in range(len(self.items) - 1, -1, -1):
            if isinstance(self.items[place], Event):
                return place
            if not isinstance(self.items[place], Bar | Glue):
                break
        return None


def read_voices(text: str) -> dict[str, list[Item]]:
    """The items of each voice of a cleaned tune (:func:`lib.data.embedded.abc.clean`), by the voice's name.

    Raises:
        SourceError: for a sign that has no meaning, naming it.
    """
    lines = text.splitlines()
    ends = next(number for number, line in enumerate(lines) if line.startswith("K:"))
    header = {line[0]: line[2:].strip() for line in lines[:ends]}
    numerator, denominator = header["M"].split("/")
    unit = header.get("L", "1/16" if int(numerator) / int(denominator) < 0.75 else "1/8")
    begin = _Voice(State("1/8", header["M"]), signature(parse_key(lines[ends][2:])))
    begin.set_field("L", unit)
    voices: dict[str, _Voice] = {}
    name = header.get("V", "1").split()[0]
    for line in lines[ends + 1 :]:
        found = re.match(r"([A-Za-z]):(.*)", line)
        if line.startswith("%%"):
            continue
        # A voice may be named by a line of its own or in brackets at the beginning of one.
        named = re.match(r"(?:V:\s*(\S+)|\[V:\s*([^\]\s]+)[^\]]*\])", line)
        if named:
            name = named[1] or named[2]
        voice = voices.setdefault(name, _Voice(begin.state, begin.key))
        if named:
            line = "" if named[1] else line[named.end() :]
        elif found:
            voice.set_field(found[1], found[2].strip())
            continue
        voice.take(line)
    for voice in voices.values():
        if voice.tuplet[1] or voice.broken:
            raise SourceError("reading", "a tuplet or a broken rhythm without its last note")
    return {name: voice.items for name, voice in voices.items()}


def _length(text: str) -> Fraction:
    """A length in ABC: '3/2', '/', '//', '/4', '2'.

    >>> _length("3//"), _length("/"), _length("")
    (Fraction(3, 4), Fraction(1, 2), Fraction(1, 1))
    """
    times, *divisors = text.split("/")
    length = Fraction(int(times or 1))
    for divisor in divisors:
        if divisor == "0" or times == "0":
            raise SourceError("reading", f"a length that cannot be read: {text!r}")
        length /= int(divisor or 2)
    return length


def _broken(signs: str, first: bool) -> Fraction:
    """The factor of broken rhythm for the note before (`first`) or after: '>' lengthens the first by half."""
    short = Fraction(1, 2 ** len(signs))
    return 2 - short if (signs[0] == ">") == first else short


def _scaled(event: Event, factor: Fraction) -> Event:
    notes = tuple(replace(note, length=note.length * factor) for note in event.notes)
    return replace(event, notes=notes, length=event.length * factor)
