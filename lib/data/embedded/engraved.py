"""Scores in MusicXML and Humdrum to notes, through verovio's MIDI export and its map of measures."""

import base64
import json
import re
import zipfile
from pathlib import Path

from symusic import Score

from lib.data.embedded.arrange import Reading, SourceError
from lib.data.embedded.bars import TICKS_PER_QUARTER
from lib.data.embedded.silence import silent
from lib.data.engraving import engraving_toolkit


def _load(path: Path) -> bool:
    """Load a score into the toolkit; MusicXML in UTF-16, which verovio refuses, by way of UTF-8."""
    toolkit = engraving_toolkit()
    if toolkit.loadFile(str(path)):
        return True
    if path.suffix != ".mxl":
        return False
    with zipfile.ZipFile(path) as archive:
        text = archive.read(_score_name(archive)).decode("utf-16")
    return toolkit.loadData(text.replace('encoding="UTF-16"', 'encoding="UTF-8"', 1))


def read_engraved(path: Path) -> Reading:
    """Read one score, all voices together, repeats played.

    Raises:
        SourceError: when verovio refuses it, or it has no notes or meter.
    """
    try:
        with silent():
            loaded = _load(path)
            if loaded:
                score = Score.from_midi(base64.b64decode(engraving_toolkit().renderToMIDI()))
                times = engraving_toolkit().renderToTimemap({"includeMeasures": True})
    except (OSError, RuntimeError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise SourceError("reading", "verovio cannot read it") from error
    if not loaded:
        raise SourceError("reading", "verovio cannot read it")
    factor = TICKS_PER_QUARTER // score.ticks_per_quarter
    # verovio ends every note one tick early, so that repeated notes part.
    notes = [
        (note.time * factor, (note.duration + 1) * factor, note.pitch)
        for track in score.tracks
        for note in track.notes
    ]
    events = json.loads(times) if isinstance(times, str) else times
    bar_starts = [round(event["qstamp"] * TICKS_PER_QUARTER) for event in events if "measureOn" in event]
    # Every track repeats the meters.
    meters = sorted(
        {
            change.time * factor: (change.time * factor, change.numerator, change.denominator)
            for change in score.time_signatures
        }.values()
    )
    if not notes:
        raise SourceError("notes", "no notes")
    if not meters or meters[0][0] > 0:
        raise SourceError("meter", "no meter at the beginning")
    return Reading(notes, bar_starts, meters)


def notated_mode(path: Path) -> str:
    """The mode that a MusicXML file names with its first key signature ('major', 'dorian', ...); '' if none.

    The score has been read before: what cannot be opened names none.
    """
    try:
        content = path.read_bytes()
        if path.suffix == ".mxl":
            with zipfile.ZipFile(path) as archive:
                content = archive.read(_score_name(archive))
        match = re.search(r"<mode>(\w+)</mode>", content.replace(b"\0", b"").decode("latin-1"))
    except (OSError, zipfile.BadZipFile, KeyError):
        return ""
    return match[1] if match else ""


def _score_name(archive: zipfile.ZipFile) -> str:
    return next((name for name in archive.namelist() if name.endswith("xml") and "META-INF" not in name), "")


def humdrum_title(path: Path) -> tuple[str, str]:
    """The larger work and the title of a Humdrum file (its records OPR and OTL); '' where missing."""
    records = {"!!!OPR": "", "!!!OTL": ""}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        tag, _, value = line.partition(":")
        if tag in records and not records[tag]:
            records[tag] = value.strip()
    return records["!!!OPR"], records["!!!OTL"]
