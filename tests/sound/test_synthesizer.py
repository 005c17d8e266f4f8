"""The synthesizer plays what is written, when it is written, and says what it cannot play."""

import hashlib
import io
import subprocess
import sys
import time

import numpy as np
import pretty_midi
import pytest
from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.basics.errors import BookError
from lib.sound import synthesizer
from lib.sound.synthesizer import SAMPLE_RATE, not_as_written, play, soundfont_path, synthesizer_name


def score_of(*tracks: Track, tempos: tuple[tuple[int, float], ...] = ((0, 120),)) -> Score:
    score = Score(480)
    score.tempos.extend([Tempo(*tempo) for tempo in tempos])
    score.tracks.extend(tracks)
    return score


def track_of(
    *notes: tuple[int, int, int], program: int = 0, is_drum: bool = False, velocity: int = 90
) -> Track:
    """Notes as (onset, length, pitch), times in ticks of 480 a quarter."""
    track = Track(program=program, is_drum=is_drum)
    track.notes.extend([Note(*note, velocity) for note in notes])
    return track


def energy(audio: np.ndarray, pitch: int, begin: float, end: float) -> float:
    """Strength of a pitch's fundamental between two seconds."""
    part = audio[round(begin * SAMPLE_RATE) : round(end * SAMPLE_RATE)].mean(axis=1)
    phase = 2j * np.pi * 440 * 2 ** ((pitch - 69) / 12) * np.arange(len(part)) / SAMPLE_RATE
    return float(abs(np.mean(part * np.hanning(len(part)) * np.exp(phase))))


@pytest.mark.parametrize(("program", "is_drum"), [(0, False), (12, False), (24, False), (0, True)])
def test_onsets_are_where_the_score_has_them(program, is_drum):
    """Through changes of tempo and meter; where they should be, pretty_midi says, from the MIDI file."""
    track = track_of(
        *[
            (480 * place + (160 if place % 3 == 1 else 0), 120, 38 if is_drum else 60 + place)
            for place in range(16)
        ],
        program=program,
        is_drum=is_drum,
    )
    score = score_of(track, tempos=((0, 60), (480 * 4, 132.5), (480 * 7 + 100, 47), (480 * 12, 90)))
    score.time_signatures.extend([TimeSignature(0, 3, 4), TimeSignature(480 * 6, 6, 8)])
    written = pretty_midi.PrettyMIDI(io.BytesIO(score.dumps_midi())).get_onsets()
    audio = np.abs(play(score, float(written[-1]) + 0.5)).max(axis=1)
    for onset in written:
        at = round(onset * SAMPLE_RATE)
        begin = max(0, at - SAMPLE_RATE // 20)
        ringing = audio[begin:at].max(initial=0)  # of the note before
        around = audio[begin : at + SAMPLE_RATE // 20]
        heard = (begin + int(np.argmax(around > ringing + 0.1 * (around.max() - ringing)))) / SAMPLE_RATE
        assert abs(heard - onset) < 0.010, f"written at {onset:.3f} s, heard at {heard:.3f} s"


def test_the_same_score_gives_the_same_samples_in_another_process():
    code = """if True:
        import hashlib
        from symusic import Note, Score, Track
        from lib.sound.synthesizer import play
        score = Score(480)
        for program in (0, 40, 89):
            score.tracks.append(Track(program=program))
            score.tracks[-1].notes.extend([Note(240 * n, 240, 48 + n + program % 7, 90) for n in range(24)])
        print(hashlib.sha256(play(score, 6).tobytes()).hexdigest())"""
    found = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(found) == 1


def test_sixteen_instruments_and_more_are_all_heard():
    tracks = [track_of((480 * place, 480, 60 + place), program=3 * place) for place in range(20)]
    audio = play(score_of(*tracks), 10.0)
    for place in range(20):
        begin = place / 2
        assert energy(audio, 60 + place, begin + 0.05, begin + 0.45) > 3e-4, f"program {3 * place}"


def test_two_kits_of_drums_play_at_once():
    drums = [track_of((0, 240, 38), program=kit, is_drum=True) for kit in (0, 25)]
    both = play(score_of(*drums), 1.0)
    alone = [play(score_of(track), 1.0) for track in drums]
    np.testing.assert_allclose(both, alone[0] + alone[1], atol=2e-4)


def test_of_two_overlapping_notes_of_one_pitch_both_are_struck_and_the_longer_one_lasts():
    """A MIDI channel has one key for a pitch: the end of the short note would end the long one."""
    audio = play(score_of(track_of((0, 1920, 60), (480, 240, 60), program=19)), 2.0)
    alone = play(score_of(track_of((0, 1920, 60), program=19)), 2.0)
    assert energy(audio, 60, 1.2, 1.9) == pytest.approx(energy(alone, 60, 1.2, 1.9), rel=0.5)
    chord = play(score_of(track_of((0, 240, 60), (0, 960, 60), program=19)), 1.0)
    assert energy(chord, 60, 0.5, 0.9) > 0.5 * energy(alone, 60, 0.5, 0.9)


def test_the_caller_keeps_its_score():
    score = score_of(track_of((0, 480, 60), (0, 960, 60)))
    before = score.dumps_midi()
    play(score, 1.0)
    assert score.dumps_midi() == before


def test_only_the_first_seconds_are_played():
    score = score_of(track_of((0, 480, 60), (480 * 100_000, 480, 60)))
    began = time.perf_counter()
    audio = play(score, 3.0)
    assert time.perf_counter() - began < 5
    assert audio.shape == (3 * SAMPLE_RATE, 2)


def test_a_piece_of_no_notes_is_silence():
    for score in (Score(480), score_of(track_of())):
        assert not play(score, 0.5).any()
        assert not_as_written(score) == ""


def test_a_thousand_notes_at_once_are_a_sound_that_is_not_clipped():
    tracks = [
        track_of(*[(0, 960, pitch) for pitch in range(24, 101)], program=55, velocity=127) for _ in range(13)
    ]
    score = score_of(*tracks)
    assert np.abs(synthesizer._render(synthesizer._parts(score, 1.0), 1.0, [(0, 7, 127)])).max() == 1.0
    audio = play(score, 1.0)
    assert 0.05 < np.abs(audio).max() < 1.0
    assert not_as_written(score) == (
        "Not heard as written: 1,001 notes sound at once, and the synthesizer plays 64."
    )


def test_what_the_soundfont_lacks_is_said():
    high = track_of((0, 480, 60), (480, 480, 120), (960, 480, 127))
    assert not_as_written(score_of(high)) == (
        "Not heard as written: 2 of 3 notes are silent, since the soundfont has no sample for their pitch."
    )
    assert not play(score_of(track_of((0, 480, 120))), 0.5).any()
    kit = track_of((0, 480, 38), program=5, is_drum=True)
    assert not_as_written(score_of(kit)) == (
        "Not heard as written: the soundfont has no drum kit 5, and its standard kit plays instead."
    )
    standard = track_of((0, 480, 38), program=0, is_drum=True)
    np.testing.assert_array_equal(play(score_of(kit), 1.0), play(score_of(standard), 1.0))
    assert "1 of 1 notes are silent" in not_as_written(score_of(track_of((0, 480, 5), is_drum=True)))


def test_a_soundfont_without_a_program_says_so(monkeypatch):
    monkeypatch.setattr(synthesizer, "_presets", lambda path: frozenset({(0, False)}))
    assert not_as_written(score_of(track_of((0, 480, 60), program=9))) == (
        "Not heard as written: the soundfont has no program 9, and its first program plays instead."
    )


def test_the_soundfont_has_every_program_of_general_midi():
    presets = synthesizer._presets(soundfont_path())
    assert {(program, False) for program in range(128)} <= presets
    assert (0, True) in presets


def test_every_note_of_four_octaves_is_heard_as_written():
    assert not_as_written(score_of(track_of(*[(480 * n, 480, 40 + n) for n in range(48)]))) == ""


def test_a_piece_is_played_fifty_times_faster_than_it_sounds():
    """Four voices in quarters at 120 a minute, a minute of them."""
    voices = [
        track_of(*[(480 * place, 480, base + (7 * place) % 12) for place in range(120)])
        for base in (40, 50, 58, 66)
    ]
    score = score_of(*voices)
    play(score, 1.0)
    took = []
    for _ in range(3):
        began = time.process_time()
        play(score, 60.0)
        took.append(time.process_time() - began)
    assert 60 / min(took) > 50


def test_a_synthesizer_that_panics_is_explained(monkeypatch):
    class Panic(BaseException):
        """As the Rust code raises it."""

    def fail(*_):
        raise Panic("index out of bounds")

    monkeypatch.setattr("midirenderer.render_wave_from", fail)
    with pytest.raises(BookError, match=r"cannot play this piece \(index out of bounds\)"):
        play(score_of(track_of((0, 480, 60))), 1.0)


def test_an_interruption_stays_one(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("midirenderer.render_wave_from", interrupt)
    with pytest.raises(KeyboardInterrupt):
        play(score_of(track_of((0, 480, 60))), 1.0)


def test_a_missing_soundfont_is_explained(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BookError, match="soundfont"):
        soundfont_path()


def test_its_name_tells_versions_and_the_soundfont_apart(monkeypatch):
    name = synthesizer_name()
    assert hashlib.sha256(soundfont_path().read_bytes()).hexdigest()[:12] in name
    synthesizer_name.cache_clear()
    monkeypatch.setattr(synthesizer, "version", lambda package: "9.9")
    assert synthesizer_name() != name
    synthesizer_name.cache_clear()
