"""ABC tunes against what is written on the page."""

import os
from pathlib import Path

import pytest

from lib.data.embedded import abc
from lib.data.embedded.abc import Tune, clean, read_book, read_tune
from lib.data.embedded.arrange import SourceError, arrange
from lib.data.embedded.sources import COLLECTIONS, sources_of


def tune(body: str, meter: str = "2/4", key: str = "G", unit: str = "1/16") -> Tune:
    return Tune("1", 0, f"X:1\nT:A  test\nM:{meter}\nL:{unit}\nK:{key}\n{body}\n")


def heard(body: str, **header: str) -> list[tuple[float, float, int]]:
    """(start in quarters, length in quarters, pitch) of every note."""
    notes = read_tune(tune(body, **header)).notes
    return [(start / 480, length / 480, pitch) for start, length, pitch in notes]


def meters(score) -> list[tuple[int, int, int]]:
    return [(change.time, change.numerator, change.denominator) for change in score.time_signatures]


def test_notes_and_lengths():
    assert heard("G4 A2B2 | (3ABc d4 z2 | [Gc]8 |]") == [
        (0, 1, 67),
        (1, 0.5, 69),
        (1.5, 0.5, 71),
        (2, 1 / 6, 69),
        (2 + 1 / 6, 1 / 6, 71),
        (2 + 2 / 6, 1 / 6, 72),
        (2.5, 1, 74),
        (4, 2, 67),
        (4, 2, 72),
    ]


def test_an_accidental_holds_to_the_end_of_the_bar():
    assert [pitch for _, _, pitch in heard("_B4 B4 | B8 | =f4 f4 | f8")] == [70, 70, 71, 77, 77, 78]


def test_repeats_endings_and_parts_are_played():
    assert [pitch for _, _, pitch in heard("|: G8 |1 A8 :|2 B8 |]")] == [67, 69, 67, 71]
    text = "X:1\nM:2/4\nL:1/16\nP:ABA\nK:G\nP:A\nG8 |\nP:B\nA8 |\n"
    assert [note[2] for note in read_tune(Tune("1", 0, text)).notes] == [67, 69, 67]


@pytest.mark.parametrize(
    ("body", "letters"),
    [
        ("AB || CD :|", "ABCDCD"),  # back to the double bar line, not to the beginning
        ("AB | CD :| EF | G :|", "ABCDABCDEFGEFG"),
        ("A |: B || C :| D", "ABCBCD"),  # where a sign says from where, a double bar line does not
        ("|: A |1 B :|2 C || D |1 E :|2 F || G |1 A :|2 B |]", "ABACDEDFGAGB"),  # sections behind endings
        ("A :: B :|: C :|", "AABBCC"),
        ("A :|[2 B", None),
        ("|: A |1 B :|2 C :|", None),
        ("|: A | B |]", None),
        ("|: A |: B :|", None),
        ("A |:| B", None),
        ("|: A |1 B :| C", None),
    ],
)
def test_repeats_go_back_to_where_the_text_says_and_nothing_is_guessed(body, letters):
    if letters is None:
        with pytest.raises(SourceError) as caught:
            read_tune(tune(body))
        assert caught.value.stage == "repeats"
    else:
        pitch_of = {"C": 60, "D": 62, "E": 64, "F": 65, "G": 67, "A": 69, "B": 71}
        assert [pitch for _, _, pitch in heard(body, key="C")] == [pitch_of[letter] for letter in letters]


def test_the_written_bars_are_remembered():
    assert read_tune(tune("A|B|C|D:|E|F|1G|A:|2B|C|]")).bars_in_order == "1-4 1-8 5-6 9-10"
    assert read_tune(tune("A|B|C|D|]")).bars_in_order == ""


def test_an_accidental_stays_in_its_octave_and_a_tie_carries_it_on():
    assert [pitch for _, _, pitch in heard("^A4 a4 | A4 a4", key="C")] == [70, 81, 69, 81]
    assert heard("^F8- | F4 F4", key="C") == [(0, 3, 66), (3, 1, 65)]


@pytest.mark.parametrize(("identifier", "count"), [("RQUQLVVP", 110), ("MTGWJMZC", 231)])
def test_tunes_read_by_hand(identifier, count):
    """A quickstep whose second strain alone is repeated; a jig of three strains, each with two endings."""
    source = next(
        source
        for collection in COLLECTIONS[::2][:2] + COLLECTIONS[2:3]
        for source in sources_of(collection)
        if source.identifier == identifier
    )
    assert len(source.read().notes) == count


def test_blodgetts_reel_has_no_sharps_that_are_not_written():
    source = next(source for source in sources_of(COLLECTIONS[1]) if "BlodgettsReel" in source.name)
    pitches = [pitch for _, _, pitch in sorted(source.read().notes)]
    assert pitches[:11] == [74, 79, 71, 70, 71, 79, 71, 81, 71, 79, 71]


@pytest.mark.parametrize(("body", "sign"), [("G4 ,A4", "',A4'"), ("G4 | ^3^FGA", "^3"), ("+GB+ A4", "+GB")])
def test_a_sign_without_a_meaning_is_named(body, sign):
    with pytest.raises(SourceError, match="no meaning here") as caught:
        read_tune(tune(body))
    assert sign in caught.value.reason


@pytest.mark.parametrize(
    "body",
    [
        "TG4 A4",
        "{dc}G4 {g}A4",
        '"Am"G4 "_f"A4',
        "~G4 .A4",
        "vG4 uA4",
        "!trill!G4 HA4",
        "(G4 A4)",
        "G4 A4 % a comment G4",
        "%%MIDI program 40\nG4 A4",
    ],
)
def test_what_is_no_melody_is_not_played(body):
    assert heard(body) == [(0, 1, 67), (1, 1, 69)]


def test_fields_within_the_music_are_kept():
    assert [pitch for _, _, pitch in heard("F4 [K:D] F4 C4 | [M:3/4]G12 | A12")] == [66, 66, 61, 67, 69]
    assert read_tune(tune("F8 | [M:3/4]G12 | A12")).meters == [(0, 2, 4), (960, 3, 4)]


def test_capital_m_is_major():
    assert [pitch for _, _, pitch in heard("G8", key="EM")] == [68]
    assert [pitch for _, _, pitch in heard("G8", key="EMin")] == [67]


def test_voices_are_read_together():
    assert sorted(pitch for _, _, pitch in heard("[V:1]G8|A8|\n[V:2]C8|D8|")) == [60, 62, 67, 69]


def test_bar_lines_are_those_of_the_page():
    # A pickup of two sixteenths, completed by the short last bar of each repeated section.
    reading = read_tune(tune("AB | c8 | d6 :: cd | e8 | G6 :|"))
    score = arrange(reading).score
    assert meters(score) == [(0, 2, 4)]
    starts = {note.time: note.pitch for note in score.tracks[0].notes}
    assert [starts[bar * 960] for bar in range(1, 9)] == [72, 74, 72, 74, 76, 67, 76, 67]


def test_an_irregular_bar_has_its_own_meter():
    score = arrange(read_tune(tune("c8 | d8 | e4 | f8 | g8 | a8 |"))).score
    assert meters(score) == [(0, 2, 4), (1920, 1, 4), (2400, 2, 4)]


@pytest.mark.parametrize(
    ("header", "stage"),
    [({"meter": "none"}, "meter"), ({"meter": "FREI4/4"}, "meter"), ({"key": "Hp"}, "key")],
)
def test_tunes_without_meter_or_key_are_left_out(header, stage):
    with pytest.raises(SourceError) as caught:
        clean(tune("G8", **header))
    assert caught.value.stage == stage


@pytest.mark.parametrize("body", ["", "z8 | z8 |", "%"])
def test_tunes_without_notes_are_left_out(body):
    with pytest.raises(SourceError):
        read_tune(tune(body))


@pytest.mark.parametrize(
    ("field", "meter"),
    [
        ("C", "4/4"),
        ("C|", "2/2"),
        ("6/8", "6/8"),
        ("2/2]", "2/2"),
        ("9/8 % barred in 6/8", "9/8"),
        ("none", None),
        ("", None),
    ],
)
def test_meter_fields(field, meter):
    assert tune("G8", meter=field).meter == meter


def test_books_are_split_and_titles_kept(tmp_path):
    path = tmp_path / "book.abc"
    path.write_bytes("A preface\nX: 7\nT: für\nK:G\nG\n\nX:8\nT:B\nK:G\nA\n".encode())
    first, second = read_book(path)
    assert (first.number, first.title, second.number, second.position) == ("7", "für", "8", 1)
    path.write_bytes("X:1\nT: für\n".encode("latin-1"))
    assert read_book(path)[0].title == "für"


def test_every_reading_has_a_temporary_folder_of_its_own(monkeypatch):
    # symusic gives its temporary files the same names in every process.
    used = []

    class Spy:
        @staticmethod
        def from_abc(text):
            used.append(Path(os.environ["TMPDIR"]))
            assert used[-1].is_dir()
            raise RuntimeError

    monkeypatch.setattr(abc, "Score", Spy)
    monkeypatch.setenv("TMPDIR", "/before")
    for _ in range(2):
        with pytest.raises(SourceError):
            read_tune(tune("G8"))
    assert os.environ["TMPDIR"] == "/before"
    assert used[0] != used[1]
    assert not any(folder.exists() for folder in used)


def test_nothing_is_printed(capfd):
    read_tune(tune("G8 | A | B8 | y"))
    with pytest.raises(SourceError):
        read_tune(tune("G8 | ???"))
    assert capfd.readouterr() == ("", "")
