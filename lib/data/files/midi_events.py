"""A second reader of MIDI files: every event counted as the file has it, before anybody decides what it
means.

symusic, which reads for the tokens, gives only notes that have an end, and says nothing of the others. What
this reader counts is held against it, file by file, so that a note can be lost only by being told. It follows
the *Standard MIDI Files 1.0* specification as mido does, and counts what mido counts with `clip=True`, at a
twentieth of its time (tests hold the two together). Of a damaged file it gives all events up to the damage.
"""

from dataclasses import dataclass, field

HEADER, TRACK = b"MThd", b"MTrk"

_SET_TEMPO, _TIME_SIGNATURE, _PORT, _END_OF_TRACK = 0x51, 0x58, 0x21, 0x2F
_PEDAL = 64
# Data bytes of system common messages; those not listed are not defined.
_SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0, **dict.fromkeys((0xF8, 0xFA, 0xFB, 0xFC, 0xFE), 0)}


@dataclass
class TrackEvents:
    """The events of one track; times are in ticks from its beginning.

    Attributes:
        notes: beginnings and ends in the file's order, as (tick, status byte, pitch, velocity): a beginning
            has a status of 0x90 or more and a velocity above 0.
        programs: changes, as (tick, channel, program).
        count: beginnings.
        tick_sum, pitch_sum: over the beginnings.
        last_tick: of any event.
    """

    notes: list[tuple[int, int, int, int]] = field(default_factory=list)
    programs: list[tuple[int, int, int]] = field(default_factory=list)
    count: int = 0
    tick_sum: int = 0
    pitch_sum: int = 0
    last_tick: int = 0


@dataclass
class MidiEvents:
    """What a MIDI file holds, as far as it is whole.

    Attributes:
        format: 0 (one track), 1 (tracks that sound together), 2 (songs one after the other), as stated.
        division: ticks in a quarter; 0 and values from 0x8000 on (frames of a film) are no such number.
        tracks: see :class:`TrackEvents`.
        tempos: as (tick, microseconds in a quarter).
        meters: as (tick, numerator, exponent of the denominator).
        pedals: how often the sustain pedal goes down.
        has_ports: whether tracks speak to several devices, so that one channel may be several instruments.
        large_bytes: how many events hold data bytes over 127, which are no data; they are taken for 127.
        missing_tracks: that the header announces and nobody finds.
        track_bytes: of tracks, that were read.
        lost_bytes: of tracks, that are missing at the file's end or make no sense.
        damages: kinds of damage, in words.
    """

    format: int
    division: int
    tracks: list[TrackEvents] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    meters: list[tuple[int, int, int]] = field(default_factory=list)
    pedals: int = 0
    has_ports: bool = False
    large_bytes: int = 0
    missing_tracks: int = 0
    track_bytes: int = 0
    lost_bytes: int = 0
    damages: list[str] = field(default_factory=list)

    @property
    def notes(self) -> int:
        """How many notes begin."""
        return sum(track.count for track in self.tracks)

    def damaged(self, how: str) -> None:
        """Note a kind of damage once."""
        if how not in self.damages:
            self.damages.append(how)


def read_events(content: bytes) -> MidiEvents:
    """Read the content of a MIDI file, or what is left of one.

    Raises:
        ValueError: when it does not begin as a MIDI file.
    """
    if content[:4] != HEADER or len(content) < 14:
        raise ValueError("no MIDI header")
    header_size = int.from_bytes(content[4:8], "big")
    events = MidiEvents(int.from_bytes(content[8:10], "big"), int.from_bytes(content[12:14], "big"))
    announced, place = int.from_bytes(content[10:12], "big"), 8 + header_size
    if header_size != 6:
        events.damaged("a header of another length")
        if header_size < 6 or content[place : place + 4] != TRACK:
            place = max(0, content.find(TRACK))
    while place + 8 <= len(content):
        kind, size = content[place : place + 4], int.from_bytes(content[place + 4 : place + 8], "big")
        place += 8
        if kind == TRACK:
            place = _read_track(content, place, place + size, events)
        elif len(events.tracks) < announced and place + size <= len(content):
            place += size  # a chunk of somebody's own
        else:
            break
    events.missing_tracks = max(0, announced - len(events.tracks))
    if events.missing_tracks:
        events.damaged("missing tracks")
    return events


def _read_track(content: bytes, place: int, stated_end: int, events: MidiEvents) -> int:
    """Read one track from `place` on, add its events, and return where the next chunk begins.

    The stated end counts where the track's own end or another chunk stands there; where neither does, the
    length is wrong, and the track goes on to its own end.
    """
    track = TrackEvents()
    events.tracks.append(track)
    ends_well = stated_end == len(content) or content[stated_end : stated_end + 4] == TRACK
    place, ended = _read_until(content, place, min(stated_end, len(content)), track, events)
    if stated_end > len(content):
        if ended:  # the length is wrong, and nothing is missing
            events.damaged("a track of another length than stated")
            return place
        events.damaged("cut off")
        # A length may be any number; more than the file itself has is not counted as missing.
        events.lost_bytes += min(stated_end - len(content), len(content))
        return len(content)
    if place == stated_end and (ended or ends_well):
        return stated_end
    if ended:
        events.damaged("a track of another length than stated")
        return place if content[place : place + 4] == TRACK or not ends_well else stated_end
    if place < stated_end and ends_well:  # nonsense within
        events.damaged("bytes that are no events")
        events.lost_bytes += stated_end - place
        return stated_end
    events.damaged("a track of another length than stated")
    following = content.find(TRACK, place)
    following = len(content) if following < 0 else following
    place, ended = _read_until(content, place, following, track, events)
    if not ended and place < following:
        events.lost_bytes += following - place
        return following
    return place


def _read_until(
    content: bytes, place: int, end: int, track: TrackEvents, events: MidiEvents
) -> tuple[int, bool]:
    """Add the events from `place` to `end`; an event that reaches over `end` is none.

    Returns:
        Where the first event that is none would begin, and whether the last one was the track's end.
    """
    notes = track.notes
    tick, status, began, begins, ended = track.last_tick, 0, place, place, False
    try:
        while place < end:
            begins = place
            delta = content[place]
            place += 1
            if delta > 127:  # most are one byte
                delta, place = _number(content, place - 1)
            byte = content[place]
            if byte >= 0xF0:
                if byte == 0xFF:
                    ended, place = _read_meta(content, place + 1, end, tick + delta, events)
                else:
                    ended, place = False, _skip_system(content, place + 1, end, byte)
                tick += delta
                if ended and content[place : place + 4] == TRACK:
                    begins = place  # the stated length reaches into the next track
                    break
                continue
            if byte > 127:
                status = byte
                place += 1
            size = 1 if 0xC0 <= status < 0xE0 else 2
            if not status or place + size > end:
                raise IndexError
            tick += delta
            ended = False
            if status < 0xA0:  # not a function of its own: these are most of the reader's time
                pitch, velocity = content[place], content[place + 1]
                if pitch > 127 or velocity > 127:
                    events.large_bytes += 1
                    pitch, velocity = min(pitch, 127), min(velocity, 127)
                notes.append((tick, status, pitch, velocity))
                if velocity and status >= 0x90:
                    track.count += 1
                    track.tick_sum += tick
                    track.pitch_sum += pitch
            else:
                _add_change(track, tick, status, content[place : place + size], events)
            place += size
        else:
            begins = place
    except IndexError:
        pass
    track.last_tick = tick
    events.track_bytes += begins - began
    return begins, ended


def _add_change(track: TrackEvents, tick: int, status: int, data: bytes, events: MidiEvents) -> None:
    """Take in a program change and the sustain pedal; of the others only what is no data."""
    events.large_bytes += max(data) > 127
    if 0xC0 <= status < 0xD0:
        track.programs.append((tick, status & 15, min(data[0], 127)))
    elif 0xB0 <= status < 0xC0 and data[0] == _PEDAL and data[1] >= 64:
        events.pedals += 1


def _number(content: bytes, place: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = 0
    while True:
        byte = content[place]
        place += 1
        value = value << 7 | byte & 127
        if byte < 128:
            return value, place


def _read_meta(content: bytes, place: int, end: int, tick: int, events: MidiEvents) -> tuple[bool, int]:
    """Take in one meta event behind its 0xFF.

    Returns:
        Whether it ends the track, and where it ends itself.

    Raises:
        IndexError: when it reaches over `end`.
    """
    kind = content[place]
    size, place = _number(content, place + 1)
    if place + size > end:
        raise IndexError
    if kind == _SET_TEMPO and size >= 3:
        events.tempos.append((tick, int.from_bytes(content[place : place + 3], "big")))
    elif kind == _TIME_SIGNATURE and size >= 2:
        events.meters.append((tick, content[place], content[place + 1]))
    elif kind == _PORT and size and content[place]:
        events.has_ports = True
    return kind == _END_OF_TRACK, place + size


def _skip_system(content: bytes, place: int, end: int, status: int) -> int:
    """Where a system message ends whose status stands before `place`.

    Raises:
        IndexError: when no such message is defined, or it reaches over `end`.
    """
    if status in (0xF0, 0xF7):
        size, place = _number(content, place)
    else:
        size = _SYSTEM_BYTES.get(status, len(content))
    if place + size > end:
        raise IndexError
    return place + size
