"""The embedded default: music21's own corpus, written as a folder of XMIDI-named files."""
