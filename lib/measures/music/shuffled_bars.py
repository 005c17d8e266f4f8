"""A control: the same piece with its bars in a random order.

Every note, every bar, and all that happens within bars stay; what is lost is what a piece does over time.
"""

import numpy as np
import symusic

from lib.sound.score_tables import bar_grid


def shuffle_bars(score: symusic.Score, seed: int) -> symusic.Score:
    """A copy of a score with its bars, and their meters, permuted.

    A note belongs to the bar in which it begins and keeps its length; one that was held over a bar line may
    now sound into another bar. Tempo changes but the first are left out.

    Args:
        score: in ticks.
        seed: of the order.
    """
    grid = bar_grid(score)
    bars = len(grid)
    order = np.random.default_rng(seed).permutation(bars)
    lengths = np.diff(grid.starts)
    # The last bar may be cut short by nothing: every bar has its whole length.
    begins = np.concatenate([[0], np.cumsum(lengths[order])[:-1]])
    moved = np.empty(bars, np.int64)
    moved[order] = begins - grid.starts[order]
    copy = symusic.Score(score.ticks_per_quarter)
    copy.tempos = [symusic.Tempo(0, change.qpm) for change in score.tempos][:1]
    before = None
    for bar, begin in zip(order.tolist(), begins.tolist(), strict=True):
        meter = int(grid.numerators[bar]), int(grid.denominators[bar])
        if meter != before:
            copy.time_signatures.append(symusic.TimeSignature(begin, *meter))
        before = meter
    for track in score.tracks:
        new = symusic.Track(name=track.name, program=track.program, is_drum=track.is_drum)
        notes = []
        for note in track.notes:
            bar = int(grid.bar_of(np.array([note.time]))[0])
            notes.append(symusic.Note(int(note.time + moved[bar]), note.duration, note.pitch, note.velocity))
        notes.sort(key=lambda note: (note.time, note.pitch))
        for note in notes:
            new.notes.append(note)
        copy.tracks.append(new)
    return copy
