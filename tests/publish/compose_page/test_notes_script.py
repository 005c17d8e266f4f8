"""The notes that the page plays with: those of the model's programs, at their pitches, in time, small."""

import base64
import io
import json

import numpy as np
import pytest
import soundfile

from lib.composing import load_pretrained
from lib.publish.compose_page.notes_script import PITCHES, SLOT, instruments_of, notes_script

MOST = 700_000  # bytes of the script


@pytest.fixture(scope="module")
def script():
    text = notes_script(instruments_of(load_pretrained()))
    return json.loads(text.removeprefix("moodNotes(").removesuffix(");\n")), len(text)


def test_it_holds_the_one_piano_that_the_model_knows_and_is_small(script):
    found, size = script
    assert [each["program"] for each in found] == [0]
    assert size <= MOST


def test_every_slot_sounds_at_its_pitch_from_its_beginning_and_dies_away(script):
    instrument = script[0][0]
    audio, rate = soundfile.read(io.BytesIO(base64.b64decode(instrument["mp3"])))
    assert len(audio) == pytest.approx(len(PITCHES) * SLOT * rate, abs=3000)
    for place, pitch in enumerate(PITCHES):
        first = round(place * SLOT * rate)
        note = audio[first : first + round(SLOT * rate)]
        onset = np.argmax(np.abs(note) > 0.005) / rate
        assert onset < 0.02, "MP3 has not moved it"
        assert np.abs(note[-200:]).max(initial=0) < 0.01
        piece = note[round(0.1 * rate) : round(0.6 * rate)]
        spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 8 * len(piece)))
        frequency = 440 * 2 ** ((pitch - 69) / 12)
        strength = [
            np.interp(frequency * cents, np.fft.rfftfreq(8 * len(piece), 1 / rate), spectrum)
            for cents in 2 ** (np.arange(-60, 61, 2) / 1200)
        ]
        if strength[30] > 0.05 * spectrum.max():  # the lowest strings hardly sound their fundamental
            assert abs(2 * np.argmax(strength) - 60) <= 15, f"cents away from pitch {pitch}"
