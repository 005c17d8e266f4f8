"""What the README shows of the book: the answer in a sentence, and a piece as notes and as sound.

``python -m lib.publish.readme`` writes both again after another model was trained: the sentence from the
model's card, the picture `book/_static/piece.png` from a piece that the model composes. A test holds the
README to the card.
"""

import re
import textwrap
from collections.abc import Mapping
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import symusic
from matplotlib.figure import Figure
from PIL import Image

from lib.basics.files import read_json, write_text
from lib.basics.places import BOOK, PROJECT
from lib.composing import SamplingSettings, compose_pieces, load_pretrained
from lib.composing.pretrained import CARD, FOLDER
from lib.data.tokenizer import decode
from lib.publish.pages_made.answer import first_sentence
from lib.show.plots import draw_bar_lines, draw_piano_roll, pitch_name
from lib.show.style import apply_style
from lib.sound.audio import note_seconds, render
from lib.sound.score_tables import bar_grid, piano_roll
from lib.sound.synthesizer import SAMPLE_RATE

README, PICTURE = PROJECT / "README.md", BOOK / "_static" / "piece.png"
EMOTION, GENRE, SEED, BARS = "major-lively", "irish", 11, 8
_ANSWER = re.compile(r"(?<=<!-- answer -->\n).*?(?=<!-- /answer -->)", re.DOTALL)
_COLUMNS = 118  # of the README's lines
_COLOURS = 128  # of the picture's file
_WINDOW, _HOP = 8192, 1024  # samples: 0.17 s, fine enough to tell semitones from the second octave on
_OCTAVES = (48, 108)  # MIDI pitches from which to which the sound is drawn
_LOUDEST_TO_FAINTEST = 60.0  # decibels


def main() -> None:
    """Write the sentence, compose the piece and draw it."""
    write_text(README, with_answer(README.read_text(encoding="utf-8"), read_json(FOLDER / CARD)))
    apply_style()
    pretrained = load_pretrained()
    sampling = SamplingSettings(max_tokens=pretrained.context_length, bars=2 * BARS, seed=SEED)
    (piece,) = compose_pieces(pretrained, pretrained, EMOTION, GENRE, sampling)
    drawn = BytesIO()
    notes_and_sound(decode(pretrained.tokenizer, piece.tokens), BARS).savefig(drawn, dpi=150)
    Image.open(drawn).convert("RGB").quantize(_COLOURS).save(PICTURE, optimize=True)


def with_answer(text: str, card: Mapping) -> str:
    """A README whose marked place holds the answer that the card's numbers give."""
    sentence = textwrap.fill(first_sentence(card), _COLUMNS, break_on_hyphens=False)
    return _ANSWER.sub(lambda _: f"{sentence}\n", text)


def notes_and_sound(score: symusic.Score, bars: int) -> Figure:
    """The first bars of a piece of one tempo and meter, as piano roll and, below, as the spectrum of its
    sound.

    Args:
        score: in ticks.
        bars: how many are drawn.
    """
    roll = piano_roll(score, bar_grid(score))
    end = float(min(bars, np.ceil(roll["end_bar"].max())))
    figure, (above, below) = plt.subplots(2, 1, figsize=(7.2, 4.2), sharex=True)
    draw_piano_roll(above, roll, 0, end)
    above.set_title("the notes")
    seconds_a_bar = note_seconds(score) / float(roll["end_bar"].max())
    levels = semitone_levels(render(score).mean(axis=1))
    below.imshow(
        np.clip(levels - levels.max(), -_LOUDEST_TO_FAINTEST, 0),
        origin="lower",
        aspect="auto",
        extent=(0, levels.shape[1] * _HOP / SAMPLE_RATE / seconds_a_bar, *_OCTAVES),
    )
    below.grid(visible=False)
    draw_bar_lines(below, 0, end)
    ticks = range(*_OCTAVES, 12)
    below.set_yticks(ticks, [pitch_name(tick) for tick in ticks])
    below.set(title="the sound", xlabel="bar", ylabel="pitch")
    above.label_outer()
    return figure


def semitone_levels(sound: np.ndarray) -> np.ndarray:
    """The level of each semitone in a sound, decibels [semitones, frames]; a frame begins every 21 ms.

    Args:
        sound: [samples] at 48 kHz.
    """
    padded = np.pad(sound, _WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW), axis=1)) ** 2
    pitches = np.arange(*_OCTAVES, 0.5)
    at = 440 * 2 ** ((pitches - 69) / 12) * _WINDOW / SAMPLE_RATE
    found = np.array([np.interp(at, np.arange(power.shape[1]), frame) for frame in power]).T
    return 10 * np.log10(found + 1e-12)


if __name__ == "__main__":
    main()
