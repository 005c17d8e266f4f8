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

from lib.data.embedded.arrange import Reading, SourceError
from lib.data.embedded.bars import TICKS_PER_QUARTER
from lib.data.embedded.sources import COLLECTIONS, Source, sources_of

SAMPLE = 50
#: Repeats and accidentals: abc2midi, which reads the tunes for us, takes a double bar line for the place to
#: repeat from, errs behind second endings, and spreads an accidental to other octaves. Who is right about
#: lengths has not been looked into.
KNOWN = {
    "irish": {"none": 28, "repeats": 19, "accidentals": 2, "lengths": 1},
    "american": {"none": 32, "accidentals": 5, "several": 2, "lengths": 2, "repeats": 6,
                 "music21 cannot write the repeats out": 3},
    "scottish": {"none": 19, "repeats": 31},
    "german": {"none": 45, "accidentals": 5},
    "chinese": {"none": 48, "left out of the book": 1, "music21 cannot write the repeats out": 1},
}


def sample(genre: str) -> list[Source]:
    collection = next(collection for collection in COLLECTIONS if collection.genre == genre)
    return random.Random(0).sample([source for source in sources_of(collection) if not source.skip], SAMPLE)


def ours(reading: Reading) -> tuple[list[tuple[Fraction, int]], set[Fraction]]:
    """Notes as (onset in quarters, pitch), and where bars are known to begin."""
    notes = sorted((Fraction(start, TICKS_PER_QUARTER), pitch) for start, _, pitch in reading.notes)
    return notes, {Fraction(start, TICKS_PER_QUARTER) for start in reading.bar_starts}


def music21s(text: str) -> tuple[list[tuple[Fraction, int]], set[Fraction]]:
    """The same from music21; grace notes and the later notes of a tie are no onsets."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        part = converter.parse(text, format="abc").parts[0].expandRepeats()
    sounding = (note for note in part.flatten().notes if not note.duration.isGrace
                and not (note.tie and note.tie.type in ("stop", "continue")))
    notes = sorted((Fraction(note.offset).limit_denominator(96), pitch.midi)
                   for note in sounding for pitch in note.pitches)
    return notes, {Fraction(bar.offset).limit_denominator(96) for bar in part.getElementsByClass(Measure)}


def difference(source: Source) -> str:
    """How the two readings of a tune differ, in a word or two."""
    try:
        notes, bars = ours(source.read())
    except SourceError:
        return "left out of the book"
    try:
        others, other_bars = music21s(source.tune.text)
    except Music21Exception:
        return "music21 cannot write the repeats out"
    if len(notes) != len(others):
        return "repeats"
    if [pitch for _, pitch in notes] != [pitch for _, pitch in others]:
        return "accidentals" if [onset for onset, _ in notes] == [onset for onset, _ in others] else "several"
    if notes != others:
        return "lengths"
    return "none" if bars <= other_bars else "bars"


@pytest.mark.slow
@pytest.mark.parametrize("genre", ["irish", "american", "scottish", "german", "chinese"])
def test_music21_reads_the_same_tunes(genre):
    found = Counter(difference(source) for source in sample(genre))
    assert found == KNOWN[genre]
