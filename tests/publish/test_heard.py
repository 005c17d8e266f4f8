"""A site that hears itself: right sounds pass, and what is transposed, permuted or silent does not."""

import random

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly
from symusic import Note, Score, Track

from lib.publish.heard import LEAST, agreement
from lib.publish.pages import check_site
from lib.sound.audio import render, write_mp3
from lib.sound.synthesizer import SAMPLE_RATE

PAGE = """<!doctype html><html lang="en"><title>A page</title><article><h1>A page</h1>{}</article></html>"""


def tune(notes: int = 48, length: int = 240, program: int = 0, seed: int = 3) -> Score:
    """A melody over a slower bass, at 120 quarters a minute."""
    generator = np.random.default_rng(seed)
    score = Score(480)
    for base, every in ((67, 1), (43, 4)):
        track = Track(program=program)
        steps = generator.choice([0, 2, 4, 5, 7, 9, 11, 12], notes // every)
        track.notes.extend(
            [
                Note(length * every * place, length * every, base + int(step), 90)
                for place, step in enumerate(steps)
            ]
        )
        score.tracks.append(track)
    return score


def permuted(score: Score) -> Score:
    """The same pitches in another order."""
    other = score.copy()
    for track in other.tracks:
        pitches = [note.pitch for note in track.notes]
        random.Random(1).shuffle(pitches)
        for note, pitch in zip(track.notes, pitches, strict=True):
            note.pitch = pitch
    return other


@pytest.mark.parametrize("program", [0, 6, 19, 24, 40, 48, 56, 73])
def test_a_sound_agrees_with_its_notes_and_with_no_others(program):
    score = tune(program=program)
    sound = render(score)
    right = agreement(sound, SAMPLE_RATE, score)
    wrong = [agreement(sound, SAMPLE_RATE, score.shift_pitch(shift)) for shift in (-7, -1, 1, 5, 20)]
    wrong.append(agreement(sound, SAMPLE_RATE, permuted(score)))
    assert right > LEAST + 0.1
    assert max(wrong) < LEAST - 0.1


def test_fast_notes_are_heard_too():
    assert agreement(render(tune(length=60)), SAMPLE_RATE, tune(length=60)) > LEAST + 0.05


def test_any_rate_of_samples_will_do():
    slower = resample_poly(render(tune()), 147, 160, axis=0)
    assert agreement(slower, 44_100, tune()) > LEAST + 0.1


def test_a_sound_that_runs_too_fast_is_noticed():
    score = tune()
    assert agreement(render(score), round(SAMPLE_RATE * 0.75), score) < LEAST


def test_drums_say_nothing_about_pitch():
    drums = Score(480)
    drums.tracks.append(Track(is_drum=True))
    drums.tracks[0].notes.extend([Note(480 * place, 240, 38, 90) for place in range(8)])
    assert agreement(render(drums), SAMPLE_RATE, drums) is None
    both = tune()
    both.tracks.append(drums.tracks[0])
    assert agreement(render(both), SAMPLE_RATE, both) > LEAST


def site_with(folder, score: Score, sound: Score, html: str) -> list[str]:
    """What the checks of a site say of one page with one player."""
    (folder / "media").mkdir()
    score.dump_midi(folder / "media" / "tune.mid")
    write_mp3(sound, folder / "media" / "a tune.mp3")
    (folder / "page.html").write_text(PAGE.format(html), encoding="utf-8")
    return check_site(folder)


PLAYER = '<figure><a href="media/tune.mid">MIDI</a><audio src="media/a%20tune.mp3"></audio></figure>'
QUIZ = (
    '<div class="quiz-question"><figure><audio src="media/a%20tune.mp3"></audio></figure>'
    '<p><a href="media/tune.mid">MIDI</a></p></div>'
)


@pytest.mark.parametrize("html", [PLAYER, QUIZ], ids=["player", "blind question"])
def test_a_right_sound_passes_and_a_transposed_or_permuted_one_does_not(tmp_path, html):
    sounds = {"right": tune(), "transposed": tune().shift_pitch(1), "permuted": permuted(tune())}
    for name, sound in sounds.items():
        folder = tmp_path / name
        folder.mkdir()
        found = site_with(folder, tune(), sound, html)
        if name == "right":
            assert found == []
        else:
            assert len(found) == 1
            assert "media/a tune.mp3 does not sound as tune.mid is written" in found[0]


def test_a_sound_without_notes_beside_it_is_named(tmp_path):
    found = site_with(tmp_path, tune(8), tune(8), '<audio src="media/a%20tune.mp3"></audio>')
    assert found == [
        "media/a tune.mp3 has no MIDI file beside it on any page: what it should sound like nobody can tell"
    ]


def test_silence_is_noticed(tmp_path):
    (tmp_path / "media").mkdir()
    soundfile.write(tmp_path / "media" / "a tune.mp3", np.zeros((SAMPLE_RATE, 2)), SAMPLE_RATE, format="MP3")
    drums = Score(480)
    drums.tracks.append(Track(is_drum=True))
    drums.tracks[0].notes.append(Note(0, 240, 38, 90))
    drums.dump_midi(tmp_path / "media" / "tune.mid")
    (tmp_path / "page.html").write_text(PAGE.format(PLAYER), encoding="utf-8")
    assert check_site(tmp_path) == ["media/a tune.mp3 is silent, and tune.mid has notes"]
