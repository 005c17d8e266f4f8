"""verovio's toolkit: it reads scores, engraves them and plays them as MIDI."""

from functools import cache
from pathlib import Path


@cache
def engraving_toolkit():
    """verovio's toolkit, one for a process: making it takes longer than reading a chorale.

    It is told where its fonts lie. verovio remembers that for the thread which imports it, and a toolkit that
    another thread makes would accept no score.
    """
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit(False)
    toolkit.setResourcePath(str(Path(verovio.__file__).parent / "data"))
    return toolkit
