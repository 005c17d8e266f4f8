"""The embedded tunes, read a second time: music21's own reading of the same ABC has the same notes.

Fifty tunes of each collection are compared note by note: onset and pitch, repeats written out, and the bars.
Where the two readings differ, the kind of difference is counted; the counts are known and may only change
together with this list.
"""

import random
import warnings
from collections import Counter
from fractions import Fraction

import pytest
from music21 import converter
from music21.exceptions21 import Music21Exception
from music21.stream import Measure

from lib.data.embedded.abc import clean
from lib.data.embedded.arrange import Reading, SourceError
from lib.data.embedded.bars import TICKS_PER_QUARTER
from lib.data.embedded.performed import play
from lib.data.embedded.sources import COLLECTIONS, Source, sources_of
from lib.data.embedded.written import Event, read_voices

SAMPLE = 50
#: No pitch differs. music21 repeats from the beginning where no sign says from where, even behind a finished
#: repeat; such tunes are compared as they are written. What it counts as notes and lengths otherwise are
#: broken rhythms beside bar lines, ties between unlike pitches, and notes around backquotes.
ELSEWHERE, UNABLE, LEFT_OUT = (
    "music21 repeats from elsewhere",
    "music21 cannot write the repeats out",
    "left out of the book",
)
KNOWN = {
    "irish": {"none": 35, ELSEWHERE: 12, "lengths": 2, LEFT_OUT: 1},
    "american": {"none": 43, ELSEWHERE: 3, UNABLE: 3, LEFT_OUT: 1},
    "scottish": {"none": 18, ELSEWHERE: 31, "notes": 1},
    "german": {"none": 50},
    "chinese": {"none": 48, LEFT_OUT: 1, UNABLE: 1},
}


def sample(genre: str) -> list[Source]:
    collection = next(collection for collection in COLLECTIONS if collection.genre == genre)
    return random.Random(0).sample([source for source in sources_of(collection) if not source.skip], SAMPLE)


def ours(reading: Reading) -> tuple[list[tuple[Fraction, int]], set[Fraction]]:
    """Notes as (onset in quarters, pitch), and where bars are known to begin."""
    notes = sorted((Fraction(start, TICKS_PER_QUARTER), pitch) for start, _, pitch in reading.notes)
    return notes, {Fraction(start, TICKS_PER_QUARTER) for start in reading.bar_starts}


def music21s(text: str, repeated: bool = True) -> tuple[list[tuple[Fraction, int]], set[Fraction]]:
    """The same from music21; grace notes and the later notes of a tie are no onsets.

    It gets the tune without chord symbols, grace notes and ornaments, some of which it takes for notes or
    rhythms, and is told that accidentals stay in their octave, as in these books; left alone it lets them
    reach no other note at all.
    """
    text = "%abc-2.1\n" + text.replace("\nK:", "\n%%propagate-accidentals octave\nK:", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        part = converter.parseData(text, format="abc").parts[0]
        part = part.expandRepeats() if repeated else part
    sounding = (
        note
        for note in part.flatten().notes
        if not note.duration.isGrace and not (note.tie and note.tie.type in ("stop", "continue"))
    )
    notes = sorted(
        (Fraction(note.offset).limit_denominator(96), pitch.midi)
        for note in sounding
        for pitch in note.pitches
    )
    return notes, {Fraction(bar.offset).limit_denominator(96) for bar in part.getElementsByClass(Measure)}


def pitches_as_written(source: Source) -> tuple[list[int], list[int]]:
    """Pitches in the order of the page, nothing repeated: ours and music21's."""
    voice = next(iter(read_voices(clean(source.tune)).values()))
    notes = sorted(
        (start, pitch) for start, _, pitch in play([item for item in voice if isinstance(item, Event)]).notes
    )
    others, _ = music21s(clean(source.tune), repeated=False)
    return [pitch for _, pitch in notes], [pitch for _, pitch in others]


def difference(source: Source) -> str:
    """How the two readings of a tune differ, in a word or two."""
    try:
        notes, bars = ours(source.read())
    except SourceError:
        return LEFT_OUT
    try:
        others, other_bars = music21s(clean(source.tune))
    except Music21Exception:
        return UNABLE
    if [pitch for _, pitch in notes] != [pitch for _, pitch in others]:
        written = pitches_as_written(source)
        if written[0] == written[1]:
            return ELSEWHERE
        return "notes" if len(written[0]) != len(written[1]) else "pitches"
    if notes != others:
        return "lengths"
    return "none" if bars <= other_bars else "bars"


@pytest.mark.slow
@pytest.mark.parametrize("genre", ["irish", "american", "scottish", "german", "chinese"])
def test_music21_reads_the_same_tunes(genre):
    found = Counter(difference(source) for source in sample(genre))
    assert found == KNOWN[genre]
