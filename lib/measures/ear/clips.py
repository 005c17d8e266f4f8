"""Pieces made into sound for an ear: several instruments and tempi, drawn without a look at the label.

With one instrument and one tempo an ear would hear less than a reader of notes does; with an instrument for
each genre it would need to hear nothing else. So each piece draws both, and neither tells anything of its
genre.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import symusic

from lib.basics.files import hash_of_json
from lib.basics.kept import code_hash
from lib.measures.ear.features import HOP, SAMPLE_RATE, SEGMENT_FRAMES, SEGMENTS, SoundError
from lib.sound.audio import render
from lib.sound.synthesizer import SAMPLE_RATE as PLAYED_RATE, synthesizer_name

SECONDS = HOP * SEGMENT_FRAMES * SEGMENTS / SAMPLE_RATE
"""Length of a clip: five whole segments."""

INSTRUMENTS = {0: "piano", 21: "accordion", 24: "guitar", 40: "violin", 71: "clarinet", 73: "flute"}
"""General MIDI programs that pieces are given."""

TEMPI = (96, 144)
"""Slowest and fastest tempo that pieces are given, quarters a minute."""

_CODE = code_hash(__name__)


@dataclass(frozen=True)
class Clip:
    """One piece and how it is played.

    Attributes:
        score: in ticks.
        program: General MIDI, of all tracks but drums.
        tempo: quarters a minute.
        semitones: how much higher everything sounds; halves are possible.
        decibels: how much louder than −16 LUFS.
        noise: by how many decibels white noise lies below the music; None for no noise.
    """

    score: symusic.Score
    program: int
    tempo: float
    semitones: float = 0.0
    decibels: float = 0.0
    noise: float | None = None

    @cached_property
    def key(self) -> str:
        """What decides how it sounds."""
        columns = ("time", "duration", "pitch", "velocity")
        tracks = [
            [track.is_drum, *(track.notes.numpy()[name].tolist() for name in columns)]
            for track in self.score.tracks
        ]
        return hash_of_json(
            [
                tracks,
                self.score.ticks_per_quarter,
                self.program,
                self.tempo,
                self.semitones,
                self.decibels,
                self.noise,
                SECONDS,
                _CODE,
                synthesizer_name(),
            ]
        )

    def sound(self) -> np.ndarray:
        """Mono float32 [samples] at 22,050 Hz, from the first note on, at most :data:`SECONDS` long.

        Raises:
            SoundError: when there is nothing to play.
        """
        import librosa  # here: it brings a compiler along, which only those who listen need

        score = self.arranged()
        if not score.tracks:
            raise SoundError("it has no notes")
        played = render(score, SECONDS + 2).mean(axis=1)
        # As on a tape: played slower by as much as it is then sped up, so that the tempo stays what it was.
        heard = librosa.resample(played, orig_sr=PLAYED_RATE * self._faster, target_sr=SAMPLE_RATE)
        heard = heard[: HOP * SEGMENT_FRAMES * SEGMENTS] * np.float32(10 ** (self.decibels / 20))
        if self.noise is not None:
            level = np.sqrt(np.mean(heard**2)) * 10 ** (-self.noise / 20)
            heard = heard + np.random.default_rng(0).normal(0, level, len(heard)).astype(np.float32)
        return heard

    @property
    def _faster(self) -> float:
        """How much faster than played it must run to sound higher."""
        return 2 ** (self.semitones / 12)

    @property
    def _begin(self) -> int:
        """Tick of the first note."""
        return min((note.start for track in self.score.tracks for note in track.notes), default=0)

    def arranged(self) -> symusic.Score:
        """The piece as it is played: from its first note on, with the clip's tempo and program."""
        begin = self._begin
        last = begin + round(SECONDS * self.tempo / 60 * self.score.ticks_per_quarter)
        played = symusic.Score(self.score.ticks_per_quarter)
        played.tempos.append(symusic.Tempo(0, self.tempo / self._faster))
        for track in self.score.tracks:
            notes = [note for note in track.notes if note.start < last]
            if not notes:
                continue
            part = symusic.Track("", 0 if track.is_drum else self.program, track.is_drum)
            part.notes = [
                symusic.Note(note.start - begin, note.duration, note.pitch, note.velocity) for note in notes
            ]
            played.tracks.append(part)
        return played

    def written(self) -> symusic.Score:
        """The notes that are heard, where they stand in the piece: what a reader of notes may see."""
        last = self._begin + round(SECONDS * self.tempo / 60 * self.score.ticks_per_quarter)
        score = self.score.copy()
        for track in score.tracks:
            track.notes = [note for note in track.notes if note.start < last]
        return score


def deal_clips(scores: Sequence[symusic.Score], seed: Sequence[int]) -> list[Clip]:
    """Each piece with an instrument and a tempo drawn for it, whatever its label.

    Args:
        scores: pieces, in ticks.
        seed: of the draws; with the place of a piece it decides what that piece is given.
    """
    clips = []
    for number, score in enumerate(scores):
        generator = np.random.default_rng([*seed, number])
        program = int(generator.choice(list(INSTRUMENTS)))
        clips.append(Clip(score, program, int(generator.integers(*TEMPI, endpoint=True))))
    return clips
