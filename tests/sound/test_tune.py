"""The soundfont heard program by program: a written pitch sounds at its frequency.

The ear is librosa's YIN, which knows nothing of our code: it may choose any fundamental within eleven
semitones of the written one; spectra tell whether the octave is right.
"""

import librosa
import numpy as np
import pytest
from symusic import Note, Score, Track

from lib.sound.synthesizer import SAMPLE_RATE, play

CENTS = 15
PITCHES = (43, 48, 52, 57, 60, 65, 69, 74, 79, 84)  # G2 to C6
SLOT, HELD = 0.7, 0.6  # seconds

#: What a listener would not call out of tune, or not an instrument with a pitch, and why.
BARS = "bars and bells: their partials are no multiples of a fundamental"
ORGAN = "an organ stop of 16 feet sounds an octave lower, too"
REEDS = "two reeds, one tuned lower on purpose, beat with each other"
LAYERS = "layers tuned apart on purpose beat with each other"
NOISE = "a noise, an effect or an instrument without a definite pitch"
EXCUSED = {
    8: BARS,
    9: BARS,
    12: BARS,
    13: BARS,
    14: BARS,
    15: BARS,
    98: BARS,
    16: ORGAN,
    17: ORGAN,
    18: ORGAN,
    19: ORGAN,
    21: REEDS,
    22: REEDS,
    23: REEDS,
    50: LAYERS,
    51: LAYERS,
    88: LAYERS,
    89: LAYERS,
    92: LAYERS,
    95: LAYERS,
    97: LAYERS,
    101: LAYERS,
    102: LAYERS,
    31: "harmonics of a guitar string: two octaves higher, as players write them",
    47: "kettledrums: an octave lower, with partials of a membrane",
    55: "an orchestra's chord, struck",
    78: "a whistle's sample, a minor sixth lower than General MIDI wants it",
    86: "each key sounds with a fifth",
    114: "steel drums: the soundfont's sample is 16 cents sharp",
    **dict.fromkeys((112, 113, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127), NOISE),
}
#: Programs that stop sounding, or stop being in tune, inside this range: lowest and highest pitch heard here.
COMPASS = {67: (43, 74), 72: (48, 84), 76: (43, 74), 77: (69, 84)}


def scale(
    program: int, pitches: tuple[int, ...], is_drum: bool = False, after: float = 0.1
) -> list[np.ndarray]:
    """Each pitch played alone, mono, from 0.1 s after its onset until it is released."""
    score = Score(1000)  # 120 quarters a minute: 2,000 ticks a second
    track = Track(program=program, is_drum=is_drum)
    track.notes.extend(
        [
            Note(round(2000 * SLOT * place), round(2000 * HELD), pitch, 100)
            for place, pitch in enumerate(pitches)
        ]
    )
    score.tracks.append(track)
    sound = play(score, SLOT * len(pitches)).mean(axis=1)
    starts = [round((SLOT * place + after) * SAMPLE_RATE) for place in range(len(pitches))]
    return [sound[start : start + round((HELD - after) * SAMPLE_RATE)] for start in starts]


def cents_off(sound: np.ndarray, pitch: int) -> float:
    """By how many cents the heard fundamental is above the written pitch."""
    written = librosa.midi_to_hz(pitch)
    heard = librosa.yin(
        sound,
        fmin=written * 2 ** (-11 / 12),
        fmax=written * 2 ** (11 / 12),
        sr=SAMPLE_RATE,
        frame_length=8192,
    )
    return float(1200 * np.log2(np.median(heard) / written))


def shares(sound: np.ndarray, pitch: int) -> tuple[float, float]:
    """Of the energy at multiples of half the fundamental: what is between its multiples, and at odd ones."""
    energy = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 2**17)) ** 2
    frequencies = np.fft.rfftfreq(2**17, 1 / SAMPLE_RATE)
    written = librosa.midi_to_hz(pitch)

    def at(*multiples: float) -> float:
        near = (
            np.abs(1200 * np.log2(np.maximum(frequencies, 1) / (written * multiple))) < 40
            for multiple in multiples
        )
        return float(sum(energy[places].max(initial=0) for places in near))

    between, odd, even = at(0.5, 1.5, 2.5), at(1, 3, 5), at(2, 4, 6)
    return between / (between + odd + even), odd / (between + odd + even)


@pytest.mark.parametrize("program", [program for program in range(128) if program not in EXCUSED])
def test_a_program_sounds_as_written(program):
    lowest, highest = COMPASS.get(program, (PITCHES[0], PITCHES[-1]))
    pitches = tuple(pitch for pitch in PITCHES if lowest <= pitch <= highest)
    sounds = scale(program, pitches)
    off = {pitch: round(cents_off(sound, pitch)) for pitch, sound in zip(pitches, sounds, strict=True)}
    assert max(map(abs, off.values())) <= CENTS, off
    for pitch, sound in zip(pitches, sounds, strict=True):
        between, odd = shares(sound, pitch)
        assert between < 0.1, f"pitch {pitch} sounds lower than written"
        assert odd > 0.02, f"pitch {pitch} sounds an octave higher than written"


@pytest.mark.parametrize("program", [0, 6, 24, 40, 48, 73])
def test_the_ends_of_the_range_are_in_tune_too(program):
    pitches = (31, 36, 40, 88, 93)
    off = [
        round(cents_off(sound, pitch)) for pitch, sound in zip(pitches, scale(program, pitches), strict=True)
    ]
    assert max(map(abs, off)) <= CENTS, off


@pytest.mark.parametrize("program", EXCUSED)
def test_an_excused_program_sounds(program):
    assert all(np.abs(sound).max() > 1e-4 for sound in scale(program, (48, 60, 72), after=0))


@pytest.mark.parametrize("kit", [0, 8, 16, 24, 25, 32, 40, 48])
def test_every_drum_of_general_midi_sounds_and_no_two_alike(kit):
    sounds = scale(kit, tuple(range(35, 82)), is_drum=True, after=0)
    assert min(np.abs(sound).max() for sound in sounds) > 0.01
    spectra = np.array([np.abs(np.fft.rfft(sound))[:8000] for sound in sounds])
    alike = np.corrcoef(spectra) - np.eye(len(spectra))
    assert alike.max() < 0.999


@pytest.mark.parametrize("shift", [-24, -12, -1, 1, 7, 12, 20, 24])
def test_the_ear_notices_what_is_played_elsewhere(shift):
    """The same questions, asked of a sound that is `shift` semitones from the pitch it is said to have."""
    wrong, said = 0, (60, 65, 69)
    for pitch, sound in zip(said, scale(0, tuple(pitch + shift for pitch in said)), strict=True):
        between, odd = shares(sound, pitch)
        wrong += abs(cents_off(sound, pitch)) > CENTS or between >= 0.1 or odd <= 0.02
    assert wrong == 3
