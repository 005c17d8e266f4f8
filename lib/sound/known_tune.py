"""A tune that everybody knows, to hear what is done to it: "Ah! vous dirai-je, Maman"."""

from itertools import accumulate

import symusic

_BEAT = 480
_A = ((60, 60, 67, 67, 69, 69, 67), (65, 65, 64, 64, 62, 62, 60))
_B = ((67, 67, 65, 65, 64, 64, 62),) * 2
_LENGTHS = (1, 1, 1, 1, 1, 1, 2)  # beats


def known_tune(beats_a_minute: int = 120, bars: int = 12) -> symusic.Score:
    """The first `bars` of twelve bars of 4/4 in C major, melody only, piano."""
    score = symusic.Score(_BEAT)
    score.time_signatures.append(symusic.TimeSignature(0, 4, 4))
    score.tempos.append(symusic.Tempo(0, beats_a_minute))
    track = symusic.Track(program=0)
    pitches = [pitch for phrase in (*_A, *_B, *_A) for pitch in phrase]
    lengths = [length * _BEAT for length in _LENGTHS * (len(pitches) // len(_LENGTHS))]
    for start, length, pitch in zip(accumulate(lengths, initial=0), lengths, pitches, strict=False):
        if start < bars * 4 * _BEAT:
            track.notes.append(symusic.Note(start, length, pitch, 79))
    score.tracks.append(track)
    return score
