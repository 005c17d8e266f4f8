"""Measures of a MusicXML file as music21 sees them."""

from pathlib import Path

from music21 import converter
from music21.stream import Measure


def unequal_measures(path: Path) -> list[str]:
    """Measures whose staves or voices do not have one length; between the first and the last, that of the
    meter. A line of text for each."""
    staves = [list(part.getElementsByClass(Measure)) for part in converter.parse(path).parts]
    found = [] if len({len(staff) for staff in staves}) == 1 else ["staves of different numbers of measures"]
    for number, together in enumerate(zip(*staves, strict=False)):
        lengths = {voice.highestTime for bar in together for voice in bar.voices or [bar]}
        if 0 < number < len(staves[0]) - 1:
            lengths.add(together[0].barDuration.quarterLength)
        if len(lengths) > 1:
            found.append(f"{path.name}, measure {number + 1}: {sorted(map(float, lengths))}")
    return found
