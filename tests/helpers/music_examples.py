"""Pieces whose answers are known, for the tests of the measures of chapter 8."""

from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.measures.music.piece import BarredNotes, barred_notes

QUARTER = 480
D_MAJOR = (62, 64, 66, 67, 69, 71, 73, 74)


def score_of(notes, meters=((0, 4, 4),), program=0, is_drum=False) -> Score:
    """Notes as (start, length, pitch), meters as (start, numerator, denominator), times in quarters."""
    score = Score(QUARTER)
    score.tempos.append(Tempo(0, 120))
    for start, numerator, denominator in meters:
        score.time_signatures.append(TimeSignature(round(start * QUARTER), numerator, denominator))
    track = Track(program=program, is_drum=is_drum)
    for start, length, pitch in notes:
        track.notes.append(Note(round(start * QUARTER), round(length * QUARTER), pitch, 80))
    score.tracks.append(track)
    return score


def music(notes, meters=((0, 4, 4),)) -> BarredNotes:
    return barred_notes(score_of(notes, meters))


def line(pitches, length=1.0, start=0.0) -> list[tuple[float, float, int]]:
    """Notes one after another, all of one length in quarters."""
    return [(start + number * length, length, pitch) for number, pitch in enumerate(pitches)]


def phrase(seed: int, bars: int = 4, tonic: int = 62) -> list[tuple[float, float, int]]:
    """A melody of eighths and quarters in D major, of whole bars of 4/4; a seed always gives the same one."""
    import numpy as np

    generator, notes, at = np.random.default_rng(seed), [], 0.0
    while at < 4 * bars:
        length = float(min(generator.choice([0.5, 0.5, 1.0]), 4 * bars - at))
        notes.append((at, length, int(generator.choice(D_MAJOR)) + tonic - 62))
        at += length
    return notes


def joined(*phrases, bars: int = 4) -> list[tuple[float, float, int]]:
    """Phrases of so many bars of 4/4, one behind the other."""
    return [
        (start + 4 * bars * number, length, pitch)
        for number, part in enumerate(phrases)
        for start, length, pitch in part
    ]


def aabb(bars: int = 8) -> list[tuple[float, float, int]]:
    one, other = phrase(1, bars), phrase(2, bars)
    return joined(one, one, other, other, bars=bars)


def cadence_chords() -> list[tuple[float, float, int]]:
    """I IV V7 I in C, in four voices, twelve times, a chord a beat."""
    chords = [(48, 60, 64, 67), (53, 60, 65, 69), (55, 59, 65, 74), (48, 55, 64, 72)]
    return [(float(beat), 1.0, pitch) for beat in range(48) for pitch in chords[beat % 4]]
