"""The numbers of a piano roll: what is heard when, bar lines in seconds, colours that the book has."""

import json
import re

import pytest
from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.basics.places import BOOK
from lib.show.piano_rolls import INSTRUMENT_COLOURS, instrument_name, roll_data
from lib.show.style import BAR_LINE, CARD, FAINT, INK


@pytest.fixture
def score():
    """Two bars of 3/4 at 120, then two at 60: quarters of one flute, a drum on each bar."""
    made = Score(480)
    made.time_signatures.append(TimeSignature(0, 3, 4))
    made.tempos.extend([Tempo(0, 120), Tempo(6 * 480, 60)])
    flute, drums = Track(program=73), Track(program=0, is_drum=True)
    flute.notes.extend([Note(480 * beat, 480, 60 + beat, 80) for beat in range(12)])
    drums.notes.extend([Note(480 * 3 * bar, 240, 36, 80) for bar in range(4)])
    made.tracks.extend([flute, drums])
    return made


def starts(instrument):
    """Absolute starts in hundredths of a second."""
    steps = instrument["notes"][::3]
    return [sum(steps[: place + 1]) for place in range(len(steps))]


def test_times_follow_the_tempo(score):
    roll = json.loads(roll_data(score))
    flute, drums = roll["instruments"]
    assert starts(flute) == [0, 50, 100, 150, 200, 250, 300, 400, 500, 600, 700, 800]
    assert flute["notes"][1::3] == [50] * 6 + [100] * 6
    assert roll["bars"] == [0, 1.5, 3, 6, 9]
    assert roll["seconds"] == 9
    assert roll["pitches"] == [36, 71]
    assert flute["notes"][2::3] == list(range(24, 36))
    assert [flute["name"], drums["name"]] == ["pipe", "drums"]
    assert [flute["colour"], drums["colour"]] == [INK, BAR_LINE]


def test_it_ends_where_the_sound_is_cut(score):
    roll = json.loads(roll_data(score, seconds=4.5))
    assert roll["seconds"] == 4.5
    assert roll["bars"] == [0, 1.5, 3, 4.5]
    flute = roll["instruments"][0]
    assert starts(flute)[-1] == 400
    assert flute["notes"][-2] == 50, "the last note is cut with the sound"


def test_instruments_have_colours_of_their_own():
    made = Score(480)
    for program in range(0, 8 * len(INSTRUMENT_COLOURS), 8):
        track = Track(program=program)
        track.notes.append(Note(0, 480, 60, 80))
        made.tracks.append(track)
    colours = [instrument["colour"] for instrument in json.loads(roll_data(made))["instruments"]]
    assert colours == list(INSTRUMENT_COLOURS)
    assert len(set(colours)) == len(colours)


def test_a_piece_without_notes_has_no_instruments():
    assert json.loads(roll_data(Score(480)))["instruments"] == []


def test_names_of_instruments():
    assert [instrument_name(program) for program in (0, 40, 127)] == ["piano", "strings", "sound effects"]


def test_the_script_and_the_styles_have_the_colours_of_the_figures():
    script = (BOOK / "_static" / "player.js").read_text(encoding="utf-8")
    named = dict(re.findall(r'const (INK|BAR_LINE|FAINT) = "(#\w+)"', script))
    assert named == {
        name: colour.lower() for name, colour in (("INK", INK), ("BAR_LINE", BAR_LINE), ("FAINT", FAINT))
    }
    assert f"background: {CARD.lower()};" in (BOOK / "_static" / "player.css").read_text(encoding="utf-8")
