"""One MIDI file becomes ids, a record for the index and a fingerprint, or is refused with a reason.

Nothing is repaired in silence: a file that only a lenient second reading opens is marked, notes without a
token are counted, and what no token can say (another meter, endless silence) is refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from miditok import REMI
from symusic import Score

from lib.data import duplicates
from lib.data.pieces import Piece
from lib.data.tokenizer import (
    MAX_BARS,
    MeterSections,
    NoteTable,
    count_bars,
    count_moved,
    encode,
    foreign_meters,
    load_score,
    main_meter,
    meter_sections,
    note_table,
)

LONGEST_NOTE_BEATS = 12
"""No token is longer than so many beats."""


@dataclass(frozen=True)
class Record:
    """What the index says of a piece, before offsets, groups and split.

    `notes` counts the file's notes; `notes_lost` those that have no tokens (pitch out of range, or the same
    note twice after rounding); `notes_moved` those whose onset or length is off the grid; `bars` and
    `seconds` reach to the last note; `meter` is the one that holds longest; `pitch_low` and `pitch_high` span
    the notes that are not drums (−1 where there are none); `repaired` files needed the lenient reading.
    """

    identifier: str
    name: str
    emotion: str
    genre: str
    length: int
    notes: int
    notes_lost: int
    notes_moved: int
    bars: int
    seconds: float
    meter: str
    pitch_low: int
    pitch_high: int
    repaired: bool
    hash_exact: str
    hash_transposed: str


class UnusableError(Exception):
    """A readable file that the book cannot use; the text is the kind of reason, a colon, and particulars."""


def read_piece(tokenizer: REMI, piece: Piece) -> tuple[np.ndarray, Record, duplicates.Fingerprint]:
    """Read and tokenise one file.

    Returns:
        Its ids from BOS to EOS (uint16), its record, its fingerprint.

    Raises:
        UnusableError: when the file can be read and still not be used.
        Exception: of any type, when it cannot be read: the readers raise RuntimeError, ValueError, KeyError,
            ZeroDivisionError and more.
    """
    score, repaired = load_score(piece.path)
    if score.ticks_per_quarter < 1:
        raise ValueError("a quarter has no ticks")
    notes = note_table(score)
    if not len(notes):
        raise UnusableError("no notes")
    last_onset = int(notes.onset[-1])
    sections = meter_sections(score, last_onset)
    if foreign := foreign_meters(tokenizer, sections):
        raise UnusableError(f"a meter outside the token set: {', '.join(foreign[:5])}")
    bars = count_bars(sections, last_onset, score.ticks_per_quarter)
    if bars > MAX_BARS:
        raise UnusableError(f"more than {MAX_BARS} bars: {bars}")
    # A tempo or a meter behind that would be led up to by empty bars.
    until = min(int((notes.onset + notes.duration).max()),
                last_onset + LONGEST_NOTE_BEATS * score.ticks_per_quarter)
    ids = encode(tokenizer, _without_events_after(score, until))
    if _meters_in_order(tokenizer, ids) != _without_repeats(_texts(meter_sections(score, until))):
        raise UnusableError("meters that change faster than bars: tokens cannot tell them")
    written = int(np.count_nonzero(np.isin(ids, [*tokenizer.token_ids_of_type("Pitch"),
                                             *tokenizer.token_ids_of_type("PitchDrum")])))
    if not written:
        raise UnusableError("no note in the range of pitches")
    found = duplicates.fingerprint(notes)
    low, high = _span(notes)
    return ids, Record(
        identifier=piece.identifier, name=piece.path.name, emotion=piece.emotion, genre=piece.genre,
        length=len(ids), notes=len(notes), notes_lost=len(notes) - written,
        notes_moved=count_moved(tokenizer, notes, sections), bars=bars, seconds=_seconds(score),
        meter=main_meter(sections, last_onset), pitch_low=low, pitch_high=high, repaired=repaired,
        hash_exact=found.exact, hash_transposed=found.transposed), found


def describe(error: BaseException) -> tuple[str, str]:
    """The stage ('tokens' or 'read') that refused a file, and the reason in one line."""
    if isinstance(error, UnusableError):
        return "tokens", str(error)
    text = " ".join(str(error).split())
    return "read", f"cannot be read: {type(error).__name__} {text}"[:200].strip()


def _without_events_after(score: Score, until: int) -> Score:
    """The score without the tempos and meters behind a tick: MidiTok would write empty bars up to them."""
    if all(event.time <= until for events in (score.tempos, score.time_signatures) for event in events):
        return score
    kept = score.copy()
    for events in (kept.tempos, kept.time_signatures):
        near = [event for event in events if event.time <= until]
        events.clear()
        events.extend(near)
    return kept


def _texts(sections: MeterSections) -> list[str]:
    return [f"{numerator}/{denominator}"
            for numerator, denominator in zip(sections.numerator, sections.denominator, strict=True)]


def _without_repeats(texts: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for text in texts:
        if not kept or kept[-1] != text:
            kept.append(text)
    return kept


def _meters_in_order(tokenizer: REMI, ids: np.ndarray) -> list[str]:
    """The meters that the tokens name, without repeats."""
    chosen = ids[np.isin(ids, tokenizer.token_ids_of_type("TimeSig"))]
    return _without_repeats(tokenizer[int(token)].split("_")[1] for token in chosen)


def _span(notes: NoteTable) -> tuple[int, int]:
    """The lowest and the highest pitch that is not a drum's; −1 and −1 where there are none."""
    pitched = notes.pitch[notes.program >= 0]
    return (int(pitched.min()), int(pitched.max())) if len(pitched) else (-1, -1)


def _seconds(score: Score) -> float:
    """The end of the last note, in seconds; stray events behind it do not count."""
    ends = []
    for track in score.to("Second").tracks:
        notes = track.notes.numpy()
        if len(notes["time"]):
            ends.append(float((notes["time"] + notes["duration"]).max()))
    return round(max(ends), 3)
