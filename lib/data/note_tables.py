"""The notes of a score in one table."""

from dataclasses import dataclass

import numpy as np
from symusic import Score


@dataclass(frozen=True)
class NoteTable:
    """The notes of a score as arrays, int64 [notes], sorted by onset, then pitch (drums apart by `program`
    −1).

    Times are in ticks; `ticks_per_quarter` says how long a tick is.
    """

    onset: np.ndarray
    duration: np.ndarray
    pitch: np.ndarray
    program: np.ndarray
    ticks_per_quarter: int

    def __len__(self) -> int:
        return len(self.onset)


def note_table(score: Score) -> NoteTable:
    """All notes of a score in one table."""
    columns: dict[str, list[np.ndarray]] = {"time": [], "duration": [], "pitch": [], "program": []}
    for track in score.tracks:
        notes = track.notes.numpy()
        for key in ("time", "duration", "pitch"):
            columns[key].append(notes[key].astype(np.int64))
        program = -1 if track.is_drum else track.program
        columns["program"].append(np.full(len(notes["time"]), program, np.int64))
    onset, duration, pitch, program = (
        np.concatenate(arrays) if arrays else np.zeros(0, np.int64) for arrays in columns.values()
    )
    order = np.lexsort((duration, program, pitch, onset))
    return NoteTable(onset[order], duration[order], pitch[order], program[order], score.ticks_per_quarter)
