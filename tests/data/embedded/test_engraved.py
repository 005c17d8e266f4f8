"""Scores read by verovio."""

import zipfile

import pytest

from lib.data.embedded.arrange import SourceError, arrange
from lib.data.embedded.engraved import humdrum_title, read_engraved

ATTRIBUTES = (
    "<attributes><divisions>1</divisions><time><beats>{}</beats><beat-type>4</beat-type></time></attributes>"
)
TYPES = {1: "<type>quarter</type>", 2: "<type>half</type>", 3: "<type>half</type><dot/>"}


def note(step: str, quarters: int) -> str:
    return (
        f"<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>{quarters}</duration>"
        f"<voice>1</voice>{TYPES[quarters]}</note>"
    )


def music_xml(*measures: str, encoding: str = "UTF-8") -> str:
    bars = "".join(f'<measure number="{place}">{content}</measure>' for place, content in enumerate(measures))
    return (
        f'<?xml version="1.0" encoding="{encoding}"?><score-partwise version="3.0"><part-list>'
        '<score-part id="P1"><part-name>Voice</part-name></score-part></part-list>'
        f'<part id="P1">{bars}</part></score-partwise>'
    )


def test_a_pickup_and_a_change_of_meter(tmp_path):
    path = tmp_path / "score.xml"
    path.write_text(
        music_xml(
            ATTRIBUTES.format(3) + note("C", 1),
            note("D", 3),
            note("E", 3),
            ATTRIBUTES.format(2) + note("F", 2),
            note("G", 2),
        )
    )
    reading = read_engraved(path)
    assert [pitch for _, _, pitch in reading.notes] == [60, 62, 64, 65, 67]
    assert [length for _, length, _ in reading.notes] == [480, 1440, 1440, 960, 960]
    assert reading.bar_starts == [0, 480, 1920, 3360, 4320]
    score = arrange(reading).score
    assert [(change.time, change.numerator, change.denominator) for change in score.time_signatures] == [
        (0, 3, 4),
        (4320, 2, 4),
    ]
    assert [note.time for note in score.tracks[0].notes] == [960, 1440, 2880, 4320, 5280]


def test_compressed_scores_in_utf_16(tmp_path):
    text = music_xml(ATTRIBUTES.format(2) + note("C", 2), note("D", 2), encoding="UTF-16")
    with zipfile.ZipFile(tmp_path / "score.mxl", "w") as archive:
        archive.writestr(
            "META-INF/container.xml",
            '<container><rootfiles><rootfile full-path="score.xml"/></rootfiles></container>',
        )
        archive.writestr("score.xml", text.encode("utf-16"))
    assert [pitch for _, _, pitch in read_engraved(tmp_path / "score.mxl").notes] == [60, 62]


@pytest.mark.parametrize("name", ["score.xml", "score.mxl", "score.krn"])
def test_what_is_no_score_is_left_out_without_a_sound(tmp_path, capfd, name):
    (tmp_path / name).write_bytes(b"<html>nothing here</html>")
    with pytest.raises(SourceError):
        read_engraved(tmp_path / name)
    assert capfd.readouterr() == ("", "")


def test_titles_of_humdrum_files(tmp_path):
    path = tmp_path / "kyrie.krn"
    path.write_text("!!!COM: Palestrina\n!!!OPR: Missa brevis\n!!!OTL: Kyrie\n**kern\n")
    assert humdrum_title(path) == ("Missa brevis", "Kyrie")
    path.write_text("**kern\n")
    assert humdrum_title(path) == ("", "")
