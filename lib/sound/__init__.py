"""What composed notes sound and look like: audio through a soundfont, notation, tables for piano rolls."""

from lib.sound.audio import render, write_mp3
from lib.sound.notation import notation_svg
from lib.sound.score_tables import bar_lines, piano_roll

__all__ = ["bar_lines", "notation_svg", "piano_roll", "render", "write_mp3"]
