"""ABC tunes to notes: tune books are split, cleaned of what is not melody, and read twice.

Each tune is read by the rules of the ABC standard (:mod:`lib.data.embedded.written`,
:mod:`lib.data.embedded.performed`), and by abc2midi through symusic from a text in which repeats are written
out and every accidental is spelled: left alone, abc2midi goes back to other places than the page says, and
lets accidentals reach other octaves. A tune that the two play differently is left out.

What abc2midi would perform by rules of its own is taken out before: grace notes and ornament signs (it plays
a trill as eight notes), chord symbols (it adds an accompaniment), and its own directives. Words such as
"D.C." are not played.
"""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from symusic import Score

from lib.data.embedded.arrange import Reading, SourceError
from lib.data.embedded.bars import TICKS_PER_QUARTER
from lib.data.embedded.performed import bars_in_order, in_order, play, spelled_out
from lib.data.embedded.silence import silent
from lib.data.embedded.written import read_voices
from lib.data.labelling.labels import Key, parse_key

_WHOLE = 4 * TICKS_PER_QUARTER
_CLOSE = 2  # ticks by which two readings of a triplet may differ
_KEPT_FIELDS = "LMPV"
_FIELD = re.compile(r"([A-Za-z]):(.*)")
_INLINE_FIELD = re.compile(r"(\[[A-Za-z]:[^\]]*\])")
_NOT_MELODY = re.compile(r'"[^"]*"?|\{[^}]*\}|![^!|]*!')
_ORNAMENTS = re.compile(r"[H-Wh-w~.]")
_MAIL_MARKS = re.compile(r"=(?:20)?\s*$")  # left at the ends of lines by mail in quoted-printable form
_METER = re.compile(r"(\d+)/(\d+)")


@dataclass(frozen=True)
class Tune:
    """One tune of a tune book, as text."""

    number: str  # the field X; unique in its file for the books used here
    position: int  # in the file, from 0
    text: str

    def field(self, letter: str) -> str:
        """The first header field of this letter, without comment; '' if there is none."""
        for line in self.text.splitlines():
            match = _FIELD.match(line)
            if match and match[1] == letter:
                return match[2].split("%")[0].strip()
        return ""

    @property
    def title(self) -> str:
        """The first title, untrusted text."""
        return " ".join(self.field("T").split())

    @property
    def key(self) -> Key | None:
        """The key field, if it can be understood."""
        return parse_key(self.field("K"))

    @property
    def meter(self) -> str | None:
        """The meter field as 'numerator/denominator'; None for tunes without meter."""
        text = {"C": "4/4", "C|": "2/2"}.get(self.field("M"), self.field("M").rstrip("]"))
        return text if _METER.fullmatch(text) else None


def read_book(path: Path) -> list[Tune]:
    """Split a tune book into its tunes; a byte that is not UTF-8 is read as Latin-1."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    parts = re.split(r"(?m)^(?=X:)", text)[1:]
    return [Tune(re.match(r"X:\s*(\S*)", part)[1], position, part) for position, part in enumerate(parts)]


def clean(tune: Tune) -> str:
    """The tune as ABC with nothing but melody: its meter, unit length, parts, voices, key and notes.

    Raises:
        SourceError: when it has no meter or no key that can be understood.
    """
    if tune.meter is None:
        raise SourceError("meter", f"no meter: field M {tune.field('M') or 'is missing'}")
    if tune.key is None:
        raise SourceError("key", f"the key field {tune.field('K')!r} names no tonic with a known mode")
    header, body, in_body = ["X:1", f"M:{tune.meter}"], [], False
    for raw in tune.text.splitlines():
        line = re.sub(r"(?<!\\)%.*", "", raw).rstrip()
        match = _FIELD.match(line)
        if not match:
            if in_body and line:
                body.append(_melody(line))
            continue
        letter, value = match[1], match[2].strip()
        if letter == "K" and not in_body:
            in_body = True
        elif letter == "K":
            key = parse_key(value)
            body.append(f"K:{key.abc if key else value}")
        elif letter in _KEPT_FIELDS and (in_body or letter != "M"):
            (body if in_body else header).append(f"{letter}:{value}")
    return "\n".join([*header, f"K:{tune.key.abc}", *body]) + "\n"


def _melody(line: str) -> str:
    """A line of music without chord symbols, grace notes and ornament signs; fields in brackets stay."""
    parts = _INLINE_FIELD.split(_NOT_MELODY.sub("", _MAIL_MARKS.sub("", line)))
    # Splitting by a pattern in brackets puts the fields at the odd places.
    return "".join(part if place % 2 else _ORNAMENTS.sub("", part) for place, part in enumerate(parts))


@contextlib.contextmanager
def _own_temporary_folder() -> Iterator[None]:
    """Let symusic write its temporary file where no other process does.

    Score.from_abc names it by a random generator that begins alike in every process: two that read at the
    same time would read each other's tunes, without a word.
    """
    before = os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = before


def read_tune(tune: Tune) -> Reading:
    """Read one tune, repeats written out, all voices together.

    Raises:
        SourceError: when it has no meter, no key or no notes, its text is unclear, or abc2midi refuses it or
            plays other notes.
    """
    text = clean(tune)
    parts = tune.field("P") if "P:" in text[: text.index("K:")] else ""
    voices = [in_order(items, parts) for items in read_voices(text).values()]
    played = [play(items) for items in voices]
    notes = [
        (round(start * _WHOLE), round((start + length) * _WHOLE) - round(start * _WHOLE), pitch)
        for voice in played
        for start, length, pitch in voice.notes
    ]
    if not notes:
        raise SourceError("notes", "no notes")
    if not _same(notes, _by_abc2midi(spelled_out(voices, tune.meter))):
        raise SourceError("reading", "two readers play different notes")
    end = max(start + length for start, length, _ in notes)
    bar_starts = sorted({round(bar * _WHOLE) for bar in played[0].bars if bar * _WHOLE < end})
    meters = [(round(start * _WHOLE), *map(int, meter.split("/"))) for start, meter in played[0].meters]
    return Reading(notes, bar_starts, meters, bars_in_order(voices[0]))


def _by_abc2midi(text: str) -> list[tuple[int, int, int]]:
    """The notes that abc2midi plays, (start, length, pitch), in ticks of 480 a quarter."""
    try:
        with silent(), _own_temporary_folder():
            score = Score.from_abc(text)
    except (RuntimeError, ValueError) as error:
        raise SourceError("reading", "abc2midi cannot read it") from error
    factor = TICKS_PER_QUARTER / score.ticks_per_quarter
    # abc2midi begins every note one tick late and ends it on time, so that repeated notes part.
    return [
        (round((note.time - 1) * factor), round((note.duration + 1) * factor), note.pitch)
        for track in score.tracks
        if not track.is_drum
        for note in track.notes
    ]


def _same(first: list[tuple[int, int, int]], second: list[tuple[int, int, int]]) -> bool:
    """Whether two readings hold the same notes, but for rounding."""
    if len(first) != len(second):
        return False
    for one, other in zip(sorted(first, key=_by_pitch), sorted(second, key=_by_pitch), strict=True):
        if one[2] != other[2] or abs(one[0] - other[0]) > _CLOSE or abs(one[1] - other[1]) > _CLOSE:
            return False
    return True


def _by_pitch(note: tuple[int, int, int]) -> tuple[int, int, int]:
    return note[2], note[0], note[1]
