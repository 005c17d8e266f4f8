"""MIDI files as the world makes them: one generator a kind of damage or oddity, byte by byte.

Written without any MIDI library, so that no library's opinion of a file decides what is tested.
`tests/data/README.md` says where each kind stands.
"""

import random
import struct

TICKS = 480
TEMPO = b"\0\xff\x51\3" + (500_000).to_bytes(3, "big")
METER = b"\0\xff\x58\4\4\2\x18\x08"
HEAD = TEMPO + METER


def number(value: int) -> bytes:
    """A number of variable length."""
    parts = [value & 127]
    while value := value >> 7:
        parts.append(128 | value & 127)
    return bytes(reversed(parts))


def on(pitch: int, wait: int = 0, channel: int = 0, velocity: int = 90) -> bytes:
    """A note's beginning, after `wait` ticks."""
    return number(wait) + bytes([0x90 | channel, pitch, velocity])


def off(pitch: int, wait: int = 0, channel: int = 0) -> bytes:
    """A note's end, after `wait` ticks."""
    return number(wait) + bytes([0x80 | channel, pitch, 0])


def note(pitch: int, ticks: int = 240, channel: int = 0) -> bytes:
    """A note and its end."""
    return on(pitch, 0, channel) + off(pitch, ticks, channel)


def program(value: int, channel: int = 0) -> bytes:
    """A change of instrument."""
    return bytes([0, 0xC0 | channel, value])


def tune(count: int = 40, channel: int = 0, seed: int = 0) -> bytes:
    """Notes one after the other, the same for the same seed."""
    draw = random.Random(seed)
    return b"".join(
        note(48 + draw.randrange(36), draw.choice((120, 240, 480)), channel) for _ in range(count)
    )


def track(events: bytes, stated: int | None = None, end: bytes = b"\0\xff\x2f\0") -> bytes:
    """A track chunk, perhaps with another length than it has."""
    content = events + end
    return b"MTrk" + struct.pack(">I", len(content) if stated is None else stated) + content


def midi(
    *tracks: bytes,
    form: int | None = None,
    division: int = TICKS,
    announced: int | None = None,
    header: bytes = b"",
) -> bytes:
    """A whole file; `header` are further bytes of a longer header."""
    form = (len(tracks) > 1) if form is None else form
    announced = len(tracks) if announced is None else announced
    return (
        b"MThd" + struct.pack(">IHHH", 6 + len(header), form, announced, division) + header + b"".join(tracks)
    )


def _tempo(microseconds: int) -> bytes:
    return midi(track(b"\0\xff\x51\3" + microseconds.to_bytes(3, "big") + METER + tune()))


_GOOD = midi(track(HEAD), track(tune(40, 0)), track(tune(40, 1, seed=1)), track(tune(40, 9, seed=2)))
_PLAIN = midi(track(HEAD + tune()))

KEPT = {
    "plain": _PLAIN,
    "four-tracks": _GOOD,
    "running-status": midi(
        track(HEAD + on(60) + b"".join(b"\x78\x3c\0\0\x3c\x50" for _ in range(20)) + off(60, 120))
    ),
    "no-end-of-track": midi(track(HEAD + tune(), end=b"")),
    "bytes-behind": _PLAIN + b"behind the last track",
    "somebodys-chunk": midi(b"XFIH\0\0\0\4abcd", track(HEAD + tune()), announced=1),
    "system-messages": midi(
        track(HEAD + tune(20) + b"\0\xf0\x03\x01\x02\xf7" + b"\0\xf1\x05" + b"\0\xf8" + tune(20))
    ),
    "overlapping": midi(track(HEAD + (on(60) + on(60, 120) + off(60, 120) + off(60, 120)) * 10)),
    "at-once": midi(track(HEAD + (on(60) + on(60, velocity=40) + off(60, 240) + off(60)) * 10)),
    "no-length": midi(track(HEAD + (on(60, 120) + off(60)) * 10)),
    "fast": _tempo(187_500),
    "slow": _tempo(2_000_000),
    "pedal": midi(track(HEAD + tune(20) + b"\0\xb0\x40\x7f" + tune(20) + b"\0\xb0\x40\0")),
    "silence-first": midi(track(HEAD + number(TICKS * 400) + b"\xff\x01\x01x" + tune())),
    "smallest": midi(track(note(60))),
}
"""Files that are read as they are."""

REPAIRED = {
    "half-never-ends": midi(track(HEAD + tune(16) + b"".join(on(40 + pitch) for pitch in range(16)))),
    "none-ends": midi(track(HEAD + b"".join(on(60 + pitch % 12, 240) for pitch in range(32)))),
    "three-share-an-end": midi(track(HEAD + (on(60, 120) * 3 + off(60, 120)) * 16)),
    "two-at-once-share-an-end": midi(track(HEAD + (on(60) + on(60, velocity=40) + off(60, 240)) * 10)),
    "ends-in-another-track": midi(track(HEAD + on(60) + on(64)), track(off(60, 480) + off(64))),
    "length-too-short": midi(track(HEAD + tune(), stated=60)),
    "length-zero": midi(track(HEAD + tune(), stated=0)),
    "length-too-long": midi(track(HEAD), track(HEAD + tune(), stated=4000), track(tune(20, 1))),
    "header-longer": midi(track(HEAD + tune()), header=b"\0\0"),
    "one-track-too-few": midi(track(HEAD), track(tune()), announced=3),
    "cut-off-late": _PLAIN[:-12],
    "velocity-200": midi(track(HEAD + tune() + on(60, velocity=200) + off(60, 240))),
    "pitch-128": midi(track(HEAD + tune() + b"\0\x9f\x80\x5a\x78\x8f\x80\0")),
    "control-168": midi(track(HEAD + tune() + b"\0\xb0\xa8\x40")),
    "tempo-0": _tempo(0),
    "instrument-in-another-track": midi(track(HEAD + program(40, 1)), track(tune(40, 1))),
}
"""Files of which every note is there after a repair."""

LEFT_OUT = {
    "empty": (b"", "empty"),
    "zeros": (bytes(400), "nothing but zeros"),
    "page": (b"\n <!DOCTYPE html><html><body>404 Not Found</body></html>", "a web page"),
    "page-late": (b"<!-- saved --><html><body>Sign in</body></html>", "a web page"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n", "a Git LFS pointer"),
    "annex": (b"/annex/objects/MD5E-s12--0.mid\n", "a git-annex pointer"),
    "riff": (
        b"RIFF" + struct.pack("<I", len(_PLAIN) + 12) + b"RMIDdata" + struct.pack("<I", len(_PLAIN)) + _PLAIN,
        "a RIFF file",
    ),
    "wave": (b"RIFF\0\0\0\0WAVEfmt ", "a RIFF file"),
    "gzip": (b"\x1f\x8b\x08\0" + bytes(20), "a gzip archive"),
    "zip": (b"PK\3\4" + bytes(20), "a ZIP archive"),
    "mp3": (b"ID3\3\0" + bytes(20), "a recording"),
    "score": (b"\xef\xbb\xbf<?xml version='1.0'?><score-partwise/>", "XML"),
    "abc": (b"X:1\nT:tune\nK:C\nabc\n", "a tune in ABC"),
    "words": (b"this is not music\n", "a text"),
    "mac": (bytes(1) + b"tune" + bytes(123) + _PLAIN, "a MIDI file inside a MacBinary wrapper"),
    "anything": (bytes(range(128, 256)), "not MIDI"),
    "header-only": (_PLAIN[:10], "cut off"),
    "no-track": (midi(track(HEAD + tune()))[:14], "damaged"),
    "cut-off-early": (_PLAIN[: len(_PLAIN) // 2], "damaged"),
    "cut-between-tracks": (_GOOD[: len(_GOOD) - 2 * len(track(tune(40, 1, seed=1)))], "damaged"),
    "nonsense-in-a-track": (midi(track(HEAD + tune(10) + b"\0\xf4" + tune(40))), "damaged"),
    "several-songs": (midi(track(HEAD + tune()), track(tune(seed=1)), form=2), "several songs in one file"),
    "frames": (midi(track(HEAD + tune()), division=0xE728), "time in frames"),
    "no-ticks": (midi(track(HEAD + tune()), division=0), "a quarter of no ticks"),
    "overflow": (
        midi(track(HEAD + tune() + b"\xff\xff\xff\x7f\xff\x01\x01a" * 9 + note(60))),
        "times that overflow",
    ),
    "denominator": (midi(track(TEMPO + b"\0\xff\x58\4\4\x20\x18\x08" + tune())), "a meter outside"),
    "very-low": (
        midi(track(HEAD + b"".join(note(pitch % 12) for pitch in range(32)))),
        "no note in the range",
    ),
    "half-too-high": (
        midi(track(HEAD + tune(20) + b"".join(note(115) for _ in range(20)))),
        "too many notes without a token",
    ),
    "silent": (midi(track(HEAD)), "no notes"),
    "huge": (_PLAIN + bytes(17 << 20), "larger than 16 MiB"),
}
"""Files that are left out, each with the beginning of its reason."""
