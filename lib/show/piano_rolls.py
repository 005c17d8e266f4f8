"""A piano roll as a few numbers inside the page: a script draws it, and a page from a disk may fetch nothing.

Times are in hundredths of a second, so that what is heard and what is seen run together; the bar lines among
them let the script draw musical time.
"""

import itertools
import json
from collections.abc import Iterable

import symusic

from lib.show.style import BAR_LINE, INK, MODEL_COLOURS
from lib.sound.score_tables import bar_grid, piano_roll

#: Notes of the first instrument are ink, as in the printed piano rolls; drums have the colour of bar lines.
INSTRUMENT_COLOURS = (
    INK,
    MODEL_COLOURS["transformer"],
    MODEL_COLOURS["lstm"],
    MODEL_COLOURS["ngram"],
    MODEL_COLOURS["original"],
    "#7A5C00",
)
_FAMILIES = (
    "piano",
    "chromatic percussion",
    "organ",
    "guitar",
    "bass",
    "strings",
    "ensemble",
    "brass",
    "reed",
    "pipe",
    "synth lead",
    "synth pad",
    "synth effects",
    "ethnic",
    "percussive",
    "sound effects",
)  # General MIDI, eight programs each


def roll_data(score: symusic.Score, seconds: float = 180.0) -> str:
    """What `book/_static/player.js` draws, as JSON: the notes that begin within the first seconds.

    Args:
        score: in ticks.
        seconds: where its sound is cut.

    Returns:
        `{"seconds", "bars", "pitches", "instruments"}`: the length; the seconds at which each bar begins, and
        one more for the end; lowest and highest pitch; for each instrument its name, its colour and a flat
        list of (hundredths since its note before, length in hundredths, semitones above the lowest pitch).
        Without notes there are no instruments.
    """
    grid = bar_grid(score)
    notes = piano_roll(score, grid)
    notes = notes[notes["start_seconds"] < seconds]
    if notes.empty:
        return json.dumps({"seconds": 0, "bars": [0, 0], "pitches": [60, 60], "instruments": []})
    length = min(seconds, float(notes["end_seconds"].max()))
    lowest = int(notes["pitch"].min())
    instruments, colours = [], itertools.cycle(INSTRUMENT_COLOURS)
    for (is_drum, program), part in notes.groupby(["is_drum", "program"], sort=True):
        flat, before = [], 0
        for note in part.itertuples():
            start, end = round(100 * note.start_seconds), round(100 * min(note.end_seconds, length))
            flat += [start - before, max(1, end - start), int(note.pitch) - lowest]
            before = start
        instruments.append(
            {
                "name": instrument_name(int(program), bool(is_drum)),
                "colour": BAR_LINE if is_drum else next(colours),
                "notes": flat,
            }
        )
    bars = [round(start, 2) for start in bar_seconds(score, grid.starts) if start < length]
    return json.dumps(
        {
            "seconds": round(length, 2),
            "bars": [*bars, round(length, 2)],
            "pitches": [lowest, int(notes["pitch"].max())],
            "instruments": instruments,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def instrument_name(program: int, is_drum: bool = False) -> str:
    """What a program sounds like, in a word: its family in General MIDI.

    >>> instrument_name(73), instrument_name(0, is_drum=True)
    ('pipe', 'drums')
    """
    return "drums" if is_drum else _FAMILIES[program // 8 % len(_FAMILIES)]


def bar_seconds(score: symusic.Score, ticks: Iterable[int]) -> list[float]:
    """The times of `ticks` in seconds, tempo changes included."""
    probe = symusic.Score(score.ticks_per_quarter)
    probe.tempos = score.tempos
    probe.markers.extend([symusic.TextMeta(int(tick), "") for tick in ticks])
    return [marker.time for marker in probe.to("second").markers]
