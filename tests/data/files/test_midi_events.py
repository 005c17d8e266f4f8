"""The second reader counts what mido counts, whatever the file."""

import io

import mido
import pytest
import wild_files
from hypothesis import given, settings, strategies as st

from lib.data.files.midi_events import read_events


def by_mido(content: bytes) -> tuple[int, int, int, int]:
    """Notes, tempos, changes of instrument and pedals pressed."""
    file = mido.MidiFile(file=io.BytesIO(content), clip=True)
    messages = [message for track in file.tracks for message in track]
    return (
        sum(message.type == "note_on" and message.velocity > 0 for message in messages),
        sum(message.type == "set_tempo" for message in messages),
        sum(message.type == "program_change" for message in messages),
        sum(
            message.type == "control_change" and message.control == 64 and message.value >= 64
            for message in messages
        ),
    )


def by_us(content: bytes) -> tuple[int, int, int, int]:
    events = read_events(content)
    return (
        events.notes,
        len(events.tempos),
        sum(len(track.programs) for track in events.tracks),
        events.pedals,
    )


# mido goes by the stated length and number of tracks, and knows no chunks of somebody's own.
_BEYOND_MIDO = {
    "length-too-short",
    "length-zero",
    "length-too-long",
    "one-track-too-few",
    "somebodys-chunk",
    "cut-off-late",
}


@pytest.mark.parametrize("kind", sorted({*wild_files.KEPT, *wild_files.REPAIRED} - _BEYOND_MIDO))
def test_it_counts_what_mido_counts(kind):
    content = (wild_files.KEPT | wild_files.REPAIRED)[kind]
    assert by_us(content) == by_mido(content)


@pytest.mark.parametrize(
    ("kind", "notes"),
    [
        ("length-too-short", 40),
        ("length-zero", 40),
        ("length-too-long", 60),
        ("one-track-too-few", 40),
        ("cut-off-late", 39),
    ],
)
def test_it_goes_on_where_mido_stops(kind, notes):
    events = read_events(wild_files.REPAIRED[kind])
    assert events.notes == notes
    assert events.damages


_EVENTS = st.lists(
    st.one_of(
        st.builds(
            wild_files.on,
            st.integers(0, 127),
            st.integers(0, 40_000),
            st.integers(0, 15),
            st.integers(0, 127),
        ),
        st.builds(wild_files.off, st.integers(0, 127), st.integers(0, 40_000), st.integers(0, 15)),
        st.builds(wild_files.program, st.integers(0, 127), st.integers(0, 15)),
        st.builds(lambda value: b"\0\xb0\x40" + bytes([value]), st.integers(0, 127)),
        st.builds(lambda value: b"\0\xff\x51\3" + value.to_bytes(3, "big"), st.integers(0, 2**24 - 1)),
        st.builds(lambda text: b"\0\xff\1" + wild_files.number(len(text)) + text, st.binary(max_size=200)),
        st.builds(
            lambda data: b"\0\xf0" + wild_files.number(len(data) + 1) + data + b"\xf7",
            st.binary(max_size=9).map(lambda data: bytes(byte & 127 for byte in data)),
        ),
        st.just(b"\0\xe0\0\x40"),
        st.just(b"\0\xd0\x20"),
        st.just(b"\0\xa0\x3c\x20"),
    ),
    max_size=40,
)


@given(st.lists(_EVENTS, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_any_events_are_counted_as_mido_counts_them(tracks):
    content = wild_files.midi(*(wild_files.track(b"".join(events)) for events in tracks))
    assert by_us(content) == by_mido(content)
    assert not read_events(content).damages


@given(st.binary(max_size=300), st.integers(0, 400))
@settings(max_examples=300, deadline=None)
def test_nothing_makes_it_fail(nonsense, place):
    good = wild_files.KEPT["four-tracks"]
    events = read_events(good[: 14 + place] + nonsense + good[14 + place :])
    assert events.notes == sum(track.count for track in events.tracks)
    assert events.lost_bytes >= 0


def test_where_a_changed_byte_leaves_a_file_that_mido_reads_both_count_alike():
    good, differing = wild_files.KEPT["four-tracks"], []
    for place in range(14, len(good), 7):
        content = bytearray(good)
        content[place] ^= 0x55
        events = read_events(bytes(content))
        try:
            expected = by_mido(bytes(content))
        except Exception:
            continue
        if not events.damages and by_us(bytes(content)) != expected:
            differing.append(place)
    assert differing == []
