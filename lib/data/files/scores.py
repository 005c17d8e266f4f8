"""The score of somebody's MIDI file: read by symusic, held against a second reader, repaired where the two
differ; and the one door through which everybody gets it, a process that may die of it.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.basics.errors import BookError
from lib.data.files.midi_events import MidiEvents, read_events
from lib.data.files.other_kinds import what_it_is
from lib.data.files.reader_process import borrowed_reader
from lib.data.files.repair import LAST_TICK, instruments_elsewhere, rebuild
from lib.data.pieces import LeftOut, Piece

LARGEST_FILE = 16 << 20
"""Bytes; a MIDI file of an hour has a tenth of that."""

SECONDS = 30.0
"""Computing that reading one file may take, for who waits for it."""

READ_SCORE = "lib.data.files.scores:answer_score"


class UnusableError(Exception):
    """A readable file that the book cannot use; the text is the kind of reason, a colon, and particulars."""


class UnreadableError(Exception):
    """A file that is not MIDI or no longer; the text is of the same form."""


@dataclass(frozen=True)
class ReadScore:
    """A file's score, what the second reader found in the file, what had to be repaired (kinds, in words;
    empty where symusic read all that the second reader counts), and how many notes had no end of their
    own."""

    score: Score
    events: MidiEvents
    repairs: list[str]
    ended: int = 0


def load_score(path: Path) -> ReadScore:
    """Read a MIDI file; only for a process that may die, since native code reads.

    symusic's score is taken when it holds the notes that the second reader counts: as many, with the same sum
    of onsets and of pitches. Otherwise, and of damaged files, the score is made from the second reader's
    events, so that no note is lost here.

    Raises:
        UnreadableError, UnusableError: with the reason.
        OSError: when the file cannot be opened.
    """
    content = read_content(path)
    if other := what_it_is(content):
        raise UnreadableError(other)
    events = read_events(content)
    _refuse(events)
    repairs = list(events.damages)
    if events.large_bytes:
        repairs.append("data bytes over 127")
    if any(not value for _, value in events.tempos):
        repairs.append("a tempo of 0")
    if not repairs and not instruments_elsewhere(events):
        with contextlib.suppress(Exception):  # of many types; whatever it was, the events are there
            score = Score.from_midi(content)
            if _agree(score, events):
                return ReadScore(score, events, [])
    rebuilt = rebuild(events)
    if rebuilt.ended:
        repairs.append("notes without an end")
    if rebuilt.elsewhere:
        repairs.append("instruments set in another track")
    return ReadScore(rebuilt.score, events, repairs or ["events that symusic reads otherwise"], rebuilt.ended)


def count_notes(path: Path) -> int:
    """How many notes the second reader finds in a file; 0 where it is not MIDI or cannot be opened."""
    with contextlib.suppress(OSError, UnreadableError, ValueError):
        return read_events(read_content(path)).notes
    return 0


def read_content(path: Path) -> bytes:
    """The bytes of a file that is not too large to be a piece.

    Raises:
        UnreadableError: when it is.
        OSError: when it cannot be opened.
    """
    with open(path, "rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise UnreadableError(f"larger than {LARGEST_FILE >> 20} MiB: that is not one piece")
    return content


def _refuse(events: MidiEvents) -> None:
    """Refuse what cannot be told as one piece in beats."""
    if events.format == 2 and len(events.tracks) > 1:
        raise UnusableError(
            f"several songs in one file (format 2): {len(events.tracks)}; save each as a file of its own"
        )
    if events.division >= 0x8000:
        raise UnusableError("time in frames, not in beats (SMPTE): save it with ticks per quarter")
    if not events.division:
        raise UnreadableError("a quarter of no ticks: the header is damaged")
    last = max((track.last_tick for track in events.tracks), default=0)
    if last > LAST_TICK:
        raise UnusableError(f"times that overflow: {last} ticks")
    for _, numerator, exponent in events.meters:
        if exponent > 7:
            raise UnusableError(f"a meter outside the token set: {numerator}/2^{exponent}")


def _agree(score: Score, events: MidiEvents) -> bool:
    """Whether a score holds the notes that the second reader counts."""
    tables = [track.notes.numpy() for track in score.tracks]
    return (
        all(
            sum(int(table[column].sum(dtype=np.int64)) for table in tables)
            == sum(getattr(track, total) for track in events.tracks)
            for column, total in (("time", "tick_sum"), ("pitch", "pitch_sum"))
        )
        and sum(len(table["time"]) for table in tables) == events.notes
    )


_COLUMNS = (("time", "<i4"), ("duration", "<i4"), ("pitch", "i1"), ("velocity", "i1"))


def answer_score(_tokenizer: object, piece: Piece) -> tuple[dict, list[np.ndarray]]:
    """What a reader process says of a file's score (see :mod:`lib.data.files.reader_process`), and of its
    notes the onset and duration in ticks, int32 [notes], pitch and velocity, int8 [notes]; track by track."""
    score = load_score(piece.path).score
    tables = [track.notes.numpy() for track in score.tracks]
    about = {
        "ticks": score.ticks_per_quarter,
        "tempos": [[change.time, change.mspq] for change in score.tempos],
        "meters": [[change.time, change.numerator, change.denominator] for change in score.time_signatures],
        "tracks": [[track.program, track.is_drum, len(track.notes)] for track in score.tracks],
    }
    return about, [
        np.concatenate([table[column] for table in tables] or [np.zeros(0)]).astype(kind)
        for column, kind in _COLUMNS
    ]


def read_score(path: Path) -> Score:
    """As :func:`ask_for_score`, for a file without which nothing goes on.

    Raises:
        BookError: when there is no score to be had, with the reason.
    """
    score = ask_for_score(path)
    if isinstance(score, LeftOut):
        reason = score.reason.removeprefix("cannot be read: ")
        raise BookError(f"The MIDI file {path} cannot be read ({reason}); give another one.")
    return score


def ask_for_score(path: Path) -> "Score | LeftOut":
    """The score of any MIDI file, whatever it may do to its reader, or why there is none."""
    with borrowed_reader("book", SECONDS, READ_SCORE) as reader:
        answer = reader.read(Piece(Path(path).absolute(), "", "", ""))
    if isinstance(answer, LeftOut):
        return answer
    score = Score(answer.about["ticks"])
    score.tempos.extend(Tempo(time, mspq=value) for time, value in answer.about["tempos"])
    score.time_signatures.extend(TimeSignature(*meter) for meter in answer.about["meters"])
    start = 0
    for program, is_drum, count in answer.about["tracks"]:
        track = Track(program=program, is_drum=is_drum)
        track.notes = Note.from_numpy(*(array[start : start + count].copy() for array in answer.arrays))
        score.tracks.append(track)
        start += count
    return score
