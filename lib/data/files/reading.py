"""One MIDI file becomes ids, a record for the index and a fingerprint, or is refused with a reason.

Nothing is lost or repaired in silence: the notes of a file are counted by a second reader, those without a
token are counted, a file that had to be repaired is marked with what was, and what no token can say (another
meter, endless silence) or what keeps too few of its notes is refused.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np
from miditok import REMI
from symusic import Score

from lib.data.files.scores import ReadScore, UnreadableError, UnusableError, load_score
from lib.data.grouping import duplicates
from lib.data.note_tables import NoteTable, note_table
from lib.data.pieces import Piece
from lib.data.tokenizer import (
    MAX_BARS,
    MeterSections,
    abbreviate,
    count_bars,
    count_moved,
    foreign_meters,
    main_meter,
    meter_sections,
    spell,
)

LONGEST_NOTE_BEATS = 12
"""No token is longer than so many beats."""

LARGEST_LOSS = 0.1
"""A file that loses a larger share of its notes, tracks or bytes is left out: what is left of it is another
piece."""


@dataclass(frozen=True)
class Record:
    """What the index says of a piece, before offsets, groups and split.

    `notes` counts the file's notes, as a second reader finds them; `notes_lost` those that have no tokens, of
    which `notes_out_of_range` have a pitch that no token has (the others are the same note twice after
    rounding); `notes_ended` those that the file does not end and we do; `notes_moved` those whose onset or
    length is off the grid; `bars` and `seconds` reach to the last note; `seconds_told` is the length with the
    tempos that tokens tell, and `tempos_lost` counts the file's tempos that no token comes near; `pedals`
    counts how often the sustain pedal goes down, which no token tells; `meter` is the one that holds longest;
    `pitch_low` and `pitch_high` span the notes that are not drums (−1 where there are none); of `repaired`
    files `repairs` names what was repaired.
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
    notes_out_of_range: int
    notes_ended: int
    seconds_told: float
    tempos_lost: int
    pedals: int
    repairs: str


def read_piece(tokenizer: REMI, piece: Piece) -> tuple[np.ndarray, Record, duplicates.Fingerprint]:
    """Read and tokenise one file.

    Returns:
        Its ids from BOS to EOS, uint16 [tokens], its record, its fingerprint.

    Raises:
        UnreadableError, UnusableError: when the file is not MIDI, or cannot be used.
        Exception: of any type: native readers raise RuntimeError, ValueError, KeyError and more.
    """
    found = load_score(piece.path)
    _refuse_losses(found)
    score = found.score
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
    until = min(
        int((notes.onset + notes.duration).max()), last_onset + LONGEST_NOTE_BEATS * score.ticks_per_quarter
    )
    told_score = _without_events_after(score, until)
    ids = spell(tokenizer, told_score)
    if _meters_in_order(tokenizer, ids) != _without_repeats(_texts(meter_sections(score, until))):
        raise UnusableError("meters that change faster than bars: tokens cannot tell them")
    written = int(
        np.count_nonzero(
            np.isin(ids, [*tokenizer.token_ids_of_type("Pitch"), *tokenizer.token_ids_of_type("PitchDrum")])
        )
    )
    if not written:
        raise UnusableError("no note in the range of pitches")
    lost = found.events.notes - written
    if lost > LARGEST_LOSS * found.events.notes:
        raise UnusableError(f"too many notes without a token: {lost} of {found.events.notes}")
    ids = abbreviate(tokenizer, ids, told_score)
    prints = duplicates.fingerprint(notes)
    low, high = _span(notes)
    seconds = _seconds(score)
    told, tempos_lost = _told_tempos(tokenizer, score, until, seconds)
    return (
        ids,
        Record(
            identifier=piece.identifier,
            name=piece.path.name,
            emotion=piece.emotion,
            genre=piece.genre,
            length=len(ids),
            notes=found.events.notes,
            notes_lost=lost,
            notes_moved=count_moved(tokenizer, notes, sections),
            bars=bars,
            seconds=seconds,
            meter=main_meter(sections, last_onset),
            pitch_low=low,
            pitch_high=high,
            repaired=bool(found.repairs),
            hash_exact=prints.exact,
            hash_transposed=prints.transposed,
            notes_out_of_range=_count_out_of_range(tokenizer, notes),
            notes_ended=found.ended,
            seconds_told=told,
            tempos_lost=tempos_lost,
            pedals=found.events.pedals,
            repairs="; ".join(found.repairs),
        ),
        prints,
    )


def answer_piece(tokenizer: REMI, piece: Piece) -> tuple[dict, list[np.ndarray]]:
    """What a reader process says of a piece: the index's record; ids, uint16 [tokens]; shingles, signature
    and melody, uint32 of one dimension each (:class:`lib.data.grouping.duplicates.Fingerprint`)."""
    ids, record, found = read_piece(tokenizer, piece)
    return asdict(record), [
        ids.astype("<u2"),
        *(part.astype("<u4") for part in (found.shingles, found.signature, found.melody)),
    ]


def _refuse_losses(found: ReadScore) -> None:
    """Refuse a damaged file of which more is missing than :data:`LARGEST_LOSS`."""
    events = found.events
    # One track too many is announced by programs that count wrongly, and nothing is missing.
    tracks = len(events.tracks) + events.missing_tracks
    if events.missing_tracks > max(1, LARGEST_LOSS * tracks) or not events.tracks:
        raise UnreadableError(f"damaged: {events.missing_tracks} of {tracks} tracks are missing")
    if events.lost_bytes > LARGEST_LOSS * (events.track_bytes + events.lost_bytes):
        share = events.lost_bytes / (events.track_bytes + events.lost_bytes)
        raise UnreadableError(f"damaged: {share:.0%} of its tracks are missing or make no sense")


def describe(error: BaseException) -> tuple[str, str]:
    """The stage ('tokens' or 'read') that refused a file, and the reason in one line."""
    if isinstance(error, UnusableError):
        return "tokens", str(error)
    if isinstance(error, UnreadableError):
        return "read", str(error)
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
    return [
        f"{numerator}/{denominator}"
        for numerator, denominator in zip(sections.numerator, sections.denominator, strict=True)
    ]


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


def _count_out_of_range(tokenizer: REMI, notes: NoteTable) -> int:
    """How many notes have a pitch that no token has."""
    drums = notes.program < 0
    low, high = tokenizer.config.pitch_range
    drum_low, drum_high = tokenizer.config.drums_pitch_range
    return int(
        np.count_nonzero(
            np.where(
                drums,
                (notes.pitch < drum_low) | (notes.pitch > drum_high),
                (notes.pitch < low) | (notes.pitch > high),
            )
        )
    )


def _told_tempos(tokenizer: REMI, score: Score, until: int, seconds: float) -> tuple[float, int]:
    """The length of a piece in seconds with the tempos that tokens tell, and how many of its tempos are
    further from every token than half a step; 120 a minute until the first, and where no token tells any."""
    changes = {0: 120.0} | {change.time: change.qpm for change in score.tempos if change.time < until}
    ticks = np.array(sorted(changes))
    tempos = np.array([changes[tick] for tick in ticks.tolist()])
    told, lost = np.full(len(tempos), 120.0), len(score.tempos)
    if tokenizer.config.use_tempos:
        known = tokenizer.tempos
        told = known[np.abs(known[None, :] - tempos[:, None]).argmin(axis=1)]
        lost = int(np.count_nonzero(np.abs(told - tempos) > np.diff(known).max() / 2))
    lengths = np.diff([*ticks, max(until, ticks[-1])]) / score.ticks_per_quarter * 60
    real = float((lengths / tempos).sum())
    return round(seconds * float((lengths / told).sum()) / real, 3) if real else seconds, lost


def _seconds(score: Score) -> float:
    """The end of the last note, in seconds; stray events behind it do not count."""
    ends = []
    for track in score.to("Second").tracks:
        notes = track.notes.numpy()
        if len(notes["time"]):
            ends.append(float((notes["time"] + notes["duration"]).max()))
    return round(max(ends), 3)
