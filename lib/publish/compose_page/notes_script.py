"""A few notes of the book's own synthesizer as a script, so that the page can play what it composes.

For each program that the model uses every third semitone is played once; the page plays the pitches between
from the nearest of them, a little faster or slower. All notes of a program stand one behind the other in one
MP3, each in a slot of equal length.
"""

import base64
import io
import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import symusic
import torch

from lib.composing.grammar import Grammar
from lib.composing.pretrained import Pretrained
from lib.composing.sampling import SamplingSettings, sample_tokens
from lib.sound.synthesizer import SAMPLE_RATE, play

SLOT = 2.5  # seconds of a note
PITCHES = tuple(range(33, 100, 3))  # A1 to E♭7 and a little beyond; what lies outside is bent further
_LEAST = 0.01  # a program that begins fewer pieces than this share is not rendered
_FADE = 0.3  # seconds at the end of a slot
_BEGINNING = 32  # tokens in which a first note is finished
_COMPRESSION = 0.85  # libsndfile's scale 0–1: about 40 kbit/s for one piano note


class Instrument(NamedTuple):
    """A program as General MIDI numbers it (−1: drums), and the velocity at which its notes are rendered."""

    program: int
    velocity: int


@torch.inference_mode()
def instruments_of(pretrained: Pretrained) -> list[Instrument]:
    """The programs with which the model begins pieces, for any pair of labels, the likeliest first.

    A share of pieces is the mean over all pairs of labels of the probability of the program's token where the
    first program is named, behind the likeliest tokens. The velocity is the one that then is likeliest.
    """
    grammar, model = Grammar(pretrained.tokenizer), pretrained.model
    pairs = [(emotion, genre) for emotion in range(model.num_emotions) for genre in range(model.num_genres)]
    emotions, genres = (list(labels) for labels in zip(*pairs, strict=True))
    settings = SamplingSettings(greedy=True, max_tokens=_BEGINNING)
    programs = np.flatnonzero(grammar.rows_of_type["Program"])
    shares, velocities = np.zeros(len(programs)), []
    for pair, tokens in zip(pairs, sample_tokens(model, emotions, genres, settings, grammar), strict=True):
        kinds = [grammar.kinds[token] for token in tokens]
        place = kinds.index("Program")
        before = torch.tensor([tokens[:place].tolist()], device=model.device)
        logits, _ = model(before, *(torch.tensor([label], device=model.device) for label in pair))
        shares += logits[0, -1, torch.from_numpy(programs)].double().softmax(-1).cpu().numpy() / len(pairs)
        velocities.append(grammar.numbers[tokens[kinds.index("Velocity")]])
    velocity = max(set(velocities), key=velocities.count)
    order = np.argsort(-shares, kind="stable")
    used = [number for number in order if shares[number] >= _LEAST or number == order[0]]
    return [Instrument(grammar.numbers[programs[number]], velocity) for number in used]


def notes_script(instruments: Sequence[Instrument]) -> str:
    """The text of the script, which calls `moodNotes` with a list: for each program its number, velocity,
    pitches, the length of a slot in seconds, and the MP3 in base64.

    Raises:
        BookError: when the synthesizer fails.
    """
    found = [
        {
            "program": each.program,
            "velocity": each.velocity,
            "slot": SLOT,
            "pitches": PITCHES,
            "mp3": base64.b64encode(_mp3(rendered(each))).decode("ascii"),
        }
        for each in instruments
    ]
    return f"moodNotes({json.dumps(found, separators=(',', ':'))});\n"


def rendered(instrument: Instrument) -> np.ndarray:
    """The notes of :data:`PITCHES` one behind the other, float32 [samples] at 48 kHz, peak 0.5."""
    fade = np.linspace(1, 0, round(_FADE * SAMPLE_RATE), dtype=np.float32)
    notes = []
    for pitch in PITCHES:
        score = symusic.Score(480)
        score.tempos.append(symusic.Tempo(0, 120))
        track = symusic.Track(program=max(0, instrument.program), is_drum=instrument.program < 0)
        track.notes.append(symusic.Note(0, round(SLOT * 960), pitch, instrument.velocity))
        score.tracks.append(track)
        note = play(score, SLOT).mean(axis=1)
        note[len(note) - len(fade) :] *= fade
        notes.append(note)
    sound = np.concatenate(notes)
    return sound * np.float32(0.5 / max(np.abs(sound).max(), 1e-6))


def _mp3(sound: np.ndarray) -> bytes:
    import soundfile  # here: whoever only wants the list of instruments does not need libsndfile

    file = io.BytesIO()
    soundfile.write(
        file,
        sound,
        SAMPLE_RATE,
        format="MP3",
        subtype="MPEG_LAYER_III",
        compression_level=_COMPRESSION,
        bitrate_mode="VARIABLE",
    )
    return file.getvalue()
