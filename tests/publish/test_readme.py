"""The README says what the model's card says, and its picture shows the notes that sound."""

import numpy as np
import symusic
from matplotlib.image import imread

from lib.basics.files import read_json
from lib.composing.pretrained import CARD, FOLDER
from lib.publish import readme


def test_the_answer_is_that_of_the_card():
    text = readme.README.read_text(encoding="utf-8")
    assert readme.with_answer(text, read_json(FOLDER / CARD)) == text, "python -m lib.publish.readme"
    assert " million parameters " in text.partition("<!-- answer -->")[2].partition("<!-- /answer -->")[0]


def test_the_picture_is_there_and_small():
    text = readme.README.read_text(encoding="utf-8")
    assert f"({readme.PICTURE.relative_to(readme.PROJECT).as_posix()})" in text
    assert imread(readme.PICTURE).shape[1] > 1000
    assert readme.PICTURE.stat().st_size < 200_000
    command = (
        f"--emotion {readme.EMOTION} --genre {readme.GENRE} --seed {readme.SEED} --bars {2 * readme.BARS} "
    )
    assert command in text


def test_a_pure_tone_is_loudest_at_its_pitch():
    seconds = np.arange(48_000) / 48_000
    levels = readme.semitone_levels(np.sin(2 * np.pi * 440 * seconds))
    assert 48 + levels[:, 20].argmax() / 2 == 69


def test_notes_and_sound_have_one_axis(our_style):
    score = symusic.Score(24)
    score.tempos.append(symusic.Tempo(0, 120))
    score.time_signatures.append(symusic.TimeSignature(0, 4, 4))
    track = symusic.Track()
    track.notes.extend([symusic.Note(24 * beat, 24, 60 + beat, 80) for beat in range(8)])
    score.tracks.append(track)
    notes, sound = readme.notes_and_sound(score, bars=8).axes
    assert notes.get_xlim() == sound.get_xlim() == (0, 2)
    assert sound.images[0].get_extent()[1] >= 2
